"""Keeping true what people read about runs that wait: a place that changed is shown anew."""

from __future__ import annotations

from bot.desk.model import Desk
from bot.recording import DESK_TOPIC


def look_at_places(desk: Desk) -> None:
    """Mark the waiting runs whose reason or place is not what was last said."""
    if desk.ledger.line.note(desk.clock.now()):
        desk.signals.tell(DESK_TOPIC)
