"""What only the desk can say while somebody fills in a form: what a list offers, and a preview."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from anyio import CapacityLimiter, fail_after, to_thread

from bot.chat.enquiry import PATIENCE_S, Enquiry, Pairs, read
from bot.chat.open_form import OpenForm
from bot.errors import Hiccup
from bot.ports import Enquiries
from handlers.slack.ears import Preview, Suggest

_log = logging.getLogger(__name__)

MOST = 20  # asked at once, half of our threads: the others are for what has to be acknowledged in time


def suggest(enquiries: Enquiries) -> Suggest:
    """Where too many ask, there is nothing to choose from for a moment; whoever types on asks again."""
    room = asyncio.Semaphore(MOST)

    async def asked(question: Enquiry) -> Pairs:
        if room.locked():
            return []
        async with room:
            return read(await to_thread.run_sync(enquiries.ask, question.written(), PATIENCE_S))

    return asked


def previews(put: Callable[[str, bytes], None]) -> Preview:
    """`put` is that of `bot.ports.OpenForms`. A form without a preview can be sent all the same."""
    in_order = CapacityLimiter(1)  # as they came, and with one thread for all who type

    async def typed(form: OpenForm) -> None:
        try:
            with fail_after(PATIENCE_S):
                await to_thread.run_sync(
                    put, form.name, form.written(), limiter=in_order, abandon_on_cancel=True
                )
        except (Hiccup, TimeoutError) as problem:
            _log.warning("A form is not previewed: %r", problem)

    return typed
