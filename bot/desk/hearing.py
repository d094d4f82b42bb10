"""From a delivery to what follows from it. Handled once: what time can fix is handled again, a few times."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from bot.desk.chat.asking import attend_said
from bot.desk.chat.filling import attend_form, give_up_chat
from bot.desk.chat.home import attend_home
from bot.desk.chat.leaving import attend_leaving
from bot.desk.chat.linking import attend_revoked, come_back
from bot.desk.chat.pressing import attend_press
from bot.desk.commands import attend_comment, give_up_comment
from bot.desk.configuring import review_configuration
from bot.desk.following import attend_deleted_comment, attend_installation, attend_pull, attend_repository
from bot.desk.model import Desk
from bot.desk.pressing import attend_button, attend_suite
from bot.desk.requesting import attend_request, give_up_request
from bot.desk.turns import Turn, Turns, turn_of
from bot.errors import Crowded, Hiccup, UserError
from bot.events import (
    AuthorizationRevoked,
    ChatFormSent,
    ChatHomeOpened,
    ChatLeft,
    ChatPressed,
    ChatSaid,
    CheckPressed,
    CommentDeleted,
    Commented,
    Event,
    InstallationChanged,
    PullChanged,
    RepositoryChanged,
    Requested,
    SignInReturned,
    SuiteRerun,
    Unreadable,
)
from bot.ledger.moments import after
from bot.recording import DESK_TOPIC
from bot.rules import served

log = structlog.get_logger(__name__)


def hear_in_turn(desk: Desk, turns: Turns, delivery: int, stopping: threading.Event) -> None:
    """Handle this delivery when it is its turn, and whatever may be handled after that, here or elsewhere."""
    event = desk.ledger.deliveries.open(delivery)
    if event is not None:
        wanted = turn_of(delivery, event)
        for earlier in _said_before(desk, wanted):
            turns.add(earlier)
        turns.add(wanted)
    while not stopping.is_set() and (turn := turns.next()) is not None:
        try:
            hear(desk, turn.delivery)
        finally:
            turns.end(turn)


def _said_before(desk: Desk, wanted: Turn) -> list[Turn]:
    """What was said earlier in the same conversation: the listener that the queue gave it may be slower."""
    if wanted.conversation is None:
        return []
    before = desk.ledger.deliveries.untried_before(wanted.delivery)
    turns = [turn_of(delivery, event) for delivery, event in before]
    return [turn for turn in turns if turn.conversation == wanted.conversation]


def hear(desk: Desk, delivery: int) -> None:
    """Handle one stored delivery, unless it is handled already."""
    event = desk.ledger.deliveries.take(delivery, desk.clock.now())
    if event is None:
        return
    try:
        outcome = attend(desk, event)
    except Crowded as crowded:  # nothing was tried, so it does not count as a try
        desk.ledger.deliveries.put_off(delivery, after(desk.clock.now(), crowded.retry_after_s))
    except Hiccup as hiccup:
        log.info("delivery.later", delivery=delivery, why=str(hiccup))
        _later(desk, delivery, event, hiccup)
    except Exception as bug:
        log.exception("delivery.broke", delivery=delivery)
        _later(desk, delivery, event, Hiccup(repr(bug)))
    else:
        desk.ledger.deliveries.close(delivery, outcome)
        log.info("delivery.done", delivery=delivery, event_kind=getattr(event, "kind", ""), outcome=outcome)
        desk.signals.tell(DESK_TOPIC)


def _later(desk: Desk, delivery: int, event: Event | Unreadable, hiccup: Hiccup) -> None:
    """Again in a while; after the last time, whoever asked is told that nothing was done."""
    now = desk.clock.now()
    if desk.ledger.deliveries.postpone(delivery, str(hiccup), now, least_s=hiccup.retry_after_s):
        return
    match event:
        case Commented():
            give_up_comment(desk, event)
        case Requested():
            give_up_request(desk, event)
        case ChatSaid() | ChatPressed() | ChatFormSent():
            give_up_chat(desk, event)


def attend(desk: Desk, event: Event | Unreadable) -> str:
    """What came of it, in one sentence."""
    # Who wants something must be served; what follows a run follows it wherever it is.
    if isinstance(event, Commented | CheckPressed | SuiteRerun) and not served(event.place.repo, desk.server):
        return "The server's list does not have this repository."
    match event:
        case Commented():
            return attend_comment(desk, event)
        case CheckPressed():
            return attend_button(desk, event)
        case SuiteRerun():
            return attend_suite(desk, event)
        case CommentDeleted():
            return attend_deleted_comment(desk, event)
        case RepositoryChanged():
            return attend_repository(desk, event)
        case InstallationChanged():
            return attend_installation(desk, event)
        case Unreadable():  # during an upgrade, a process of the other version may read it
            raise Hiccup("Another version wrote it down.")
        case AuthorizationRevoked():
            return attend_revoked(desk, event)
        case Requested():
            return attend_request(desk, event)
        case ChatSaid():
            return attend_said(desk, event)
        case ChatPressed():
            return attend_press(desk, event)
        case ChatFormSent():
            return attend_form(desk, event)
        case ChatHomeOpened():
            return _shown(lambda: attend_home(desk, event))
        case ChatLeft():
            return attend_leaving(desk, event)
        case SignInReturned():
            return come_back(desk, event)
        case PullChanged():
            followed = attend_pull(desk, event)
            review_configuration(desk, event)
            return followed
        case _:
            return "Noted."


def _shown(show: Callable[[], str]) -> str:
    """What is shown to one person while they look. When it cannot be, nobody waits for a word about that."""
    try:
        return show()
    except UserError as refusal:
        return str(refusal)
