"""What desk says while people fill in forms: what their lists have to choose from, and previews."""

from __future__ import annotations

import threading

from bot.chat import enquiry
from bot.chat.enquiry import Enquiry
from bot.desk.chat.enquiring import answer_enquiry
from bot.desk.chat.previewing import GAP_S, preview_newest
from bot.desk.model import Desk
from bot.processes.threads import Loop, logged
from runners.queue.connection import connect
from runners.queue.enquiries import RedisEnquiries
from runners.queue.jobs import ENQUIRE, ENQUIRIES, PREVIEW, PREVIEWS, Jobs, work
from runners.queue.open_forms import RedisOpenForms

SUGGESTERS = 2  # lists to choose from that are made at once


def filling(desk: Desk, redis_url: str) -> dict[str, Loop]:
    """One preview after the other, with a gap behind each: more of them Slack would not show anyway."""
    redis = connect(redis_url)
    jobs = Jobs(redis)
    enquiries, forms = RedisEnquiries(redis, jobs), RedisOpenForms(redis, jobs)

    def enquired(name: str) -> None:
        question = enquiries.question(name)
        if question is not None:
            enquiries.answer(name, enquiry.written(answer_enquiry(desk, Enquiry.read(question))))

    def suggesting(stopping: threading.Event) -> None:
        work(connect(redis_url), (ENQUIRIES,), {ENQUIRE: logged(enquired)}, stopping)

    def previewing(stopping: threading.Event) -> None:
        def changed(name: str) -> None:
            if preview_newest(desk, forms, name):
                stopping.wait(GAP_S)

        work(connect(redis_url), (PREVIEWS,), {PREVIEW: logged(changed)}, stopping)

    return {**{f"suggesting-{n}": suggesting for n in range(SUGGESTERS)}, "previewing": previewing}
