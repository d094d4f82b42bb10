"""A workspace that we are in no more."""

from __future__ import annotations

from bot.desk.model import Desk
from bot.events import ChatLeft


def attend_leaving(desk: Desk, event: ChatLeft) -> str:
    """Nothing is said there any more, and our token is forgotten."""
    desk.ledger.workspaces.revoke(event.team, desk.clock.now())
    return "forgotten."
