"""From a delivery to what follows from it. Handled once: what time can fix is handled again, a few times."""

from __future__ import annotations

from datetime import timedelta

import structlog

from bot.desk.commands import attend_comment, give_up_comment
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
        log.info("delivery.later", delivery=delivery, why=str(hiccup))
        _later(desk, delivery, event, hiccup)
    except Exception as bug:
        log.exception("delivery.broke", delivery=delivery)
        _later(desk, delivery, event, Hiccup(repr(bug)))
    else:
        desk.ledger.deliveries.close(delivery, outcome)
        log.info("delivery.done", delivery=delivery, event_kind=event.kind, outcome=outcome)
        desk.signals.tell(DESK_TOPIC)


def _later(desk: Desk, delivery: int, event: Event, hiccup: Hiccup) -> None:
    """Again in a while; after the last time, whoever asked is told that nothing was done."""
    wait = max(AGAIN, timedelta(seconds=hiccup.retry_after_s))
    hope = desk.ledger.deliveries.postpone(delivery, str(hiccup), desk.clock.now() + wait)
    if not hope and isinstance(event, Commented):
        give_up_comment(desk, event)


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
