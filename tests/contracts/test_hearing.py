"""Hearing: what people say in one conversation is handled in the order in which they said it."""

from __future__ import annotations

import threading

import orjson
from sqlalchemy import update

from bot.deliveries import Delivery
from bot.desk.hearing import hear_in_turn
from bot.desk.turns import Turns
from bot.events import Comment, Commented, CommentKind
from bot.ledger import Ledger
from bot.ledger.engine import writing
from bot.ledger.schema import deliveries
from tests.scripted import NOON, PLACE, WILL, a_desk


def said(comment: int, *, on: int) -> Delivery:
    """Small talk that asks us for nothing."""
    text = Comment(CommentKind.ISSUE, comment, "Nice.", "https://github.test/c")
    event = Commented(PLACE, WILL, on, on_pull=True, comment=text, previous_text=None, at=NOON)
    return Delivery(f"g{comment}", "issue_comment", f"c{comment}", event)


def test_what_was_said_before_is_handled_first(ledger: Ledger) -> None:
    """The queue gave it to a slower listener, who finds it done; another conversation is left to its own."""
    ledger.deliveries.store([said(1, on=7), said(2, on=8), said(3, on=7)], NOON)

    hear_in_turn(a_desk(ledger), Turns(4), 3, threading.Event())

    assert [state for _, state, _ in ledger.deliveries.outcomes()] == ["done", "new", "done"]


def test_what_another_version_wrote_down_is_in_nobodys_way(ledger: Ledger) -> None:
    """It is tried again, for a process of that version may still be there; a comment is heard meanwhile."""
    ledger.deliveries.store([said(1, on=7), said(2, on=7)], NOON)
    with writing(ledger._engine) as connection:
        gone = orjson.dumps({"kind": "gone"})
        connection.execute(update(deliveries).where(deliveries.c.id == 1).values(event=gone))
    desk = a_desk(ledger)

    hear_in_turn(desk, Turns(4), 1, threading.Event())
    hear_in_turn(desk, Turns(4), 2, threading.Event())

    assert [state for _, state, _ in ledger.deliveries.outcomes()] == ["new", "done"]
    assert ledger.deliveries.due(NOON) == []
