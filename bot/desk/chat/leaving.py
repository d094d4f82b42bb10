"""A workspace that we are in no more."""

from __future__ import annotations

from bot.desk.model import Desk
from bot.events import ChatLeft


def attend_leaving(desk: Desk, event: ChatLeft) -> str:
    """Our token is forgotten and nothing is said there any more, unless we were installed anew after that."""
    desk.ledger.workspaces.leave(event.team, event.at, desk.clock.now())
    return "forgotten, unless installed anew."
