"""From a delivery to what follows from it. Handled once: what time can fix is handled again, a few times."""

from __future__ import annotations

from datetime import timedelta

import structlog

from bot.desk.commands import attend_comment
from bot.desk.model import Desk
from bot.desk.pressing import attend_button, attend_suite
from bot.errors import Hiccup
from bot.events import CheckPressed, Commented, Event, SuiteRerun
from bot.ids import Repo
from bot.recording import DESK_TOPIC
from bot.rules import served

log = structlog.get_logger(__name__)

AGAIN = timedelta(seconds=5)


def hear(desk: Desk, delivery: int) -> None:
    """Handle one stored delivery, unless it is handled already."""
    event = desk.ledger.deliveries.take(delivery, desk.clock.now())
    if event is None:
        return
    try:
        outcome = attend(desk, event)
    except Hiccup as hiccup:
        wait = max(AGAIN, timedelta(seconds=hiccup.retry_after_s))
        desk.ledger.deliveries.postpone(delivery, str(hiccup), desk.clock.now() + wait)
        log.info("delivery.later", delivery=delivery, why=str(hiccup))
    except Exception as bug:
        desk.ledger.deliveries.postpone(delivery, repr(bug), desk.clock.now() + AGAIN)
        log.exception("delivery.broke", delivery=delivery)
    else:
        desk.ledger.deliveries.close(delivery, outcome)
        log.info("delivery.done", delivery=delivery, event_kind=event.kind, outcome=outcome)
        desk.signals.tell(DESK_TOPIC)


def attend(desk: Desk, event: Event) -> str:
    """What came of it, in one sentence."""
    repo = _repo(event)
    if repo is not None and not served(repo, desk.server):
        return "The server's list does not have this repository."
    match event:
        case Commented():
            return attend_comment(desk, event)
        case CheckPressed():
            return attend_button(desk, event)
        case SuiteRerun():
            return attend_suite(desk, event)
        case _:
            return "Noted."


def _repo(event: Event) -> Repo | None:
    place = getattr(event, "place", None)
    return None if place is None else place.repo
