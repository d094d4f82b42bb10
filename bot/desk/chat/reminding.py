"""Whoever asked for a run that waits for an approval hears of it, once, where only they read."""

from __future__ import annotations

from bot.desk.chat.telling import tell_directly
from bot.desk.model import Desk
from bot.reports import chat as words


def tell_who_waits(desk: Desk) -> None:
    """In every workspace in which they are somebody."""
    if desk.chat is None or not desk.tells_after:
        return
    for name in desk.ledger.gates.waiting_since(desk.clock.now() - desk.tells_after):
        run = desk.run(name)
        if run is None:
            continue
        for user in desk.ledger.links.members(run.requester.id):
            message = words.still_waits(run, desk.page(run), desk.check_page(run))
            tell_directly(desk, user, message, key=f"waits:{run.id}:{run.attempt}:{user.team}:{user.id}")
