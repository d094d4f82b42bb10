"""When something that was put off is due: only a wrong clock writes a later one than we ever wait for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, or_

LONGEST_WAIT = timedelta(minutes=10)  # nothing is put off for longer
_FARTHEST = LONGEST_WAIT + timedelta(minutes=1)  # the clocks of two machines are never quite the same


def after(now: datetime, seconds: float) -> datetime:
    """When what has to wait for so long is due: whoever wants more than the longest is asked again then."""
    return now + timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds()))


def has_come(moment: Column[Any], now: datetime) -> ColumnElement[bool]:
    """Whether the moment has come, or can never have been meant."""
    return or_(moment <= now, moment > now + _FARTHEST)


def believed(moment: datetime, now: datetime) -> datetime:
    """The same for a value: what can never have been meant is now."""
    return now if moment > now + _FARTHEST else moment
