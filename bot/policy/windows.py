"""Freeze windows: a part of every week, in a time zone, in which changes need somebody's approval."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOMENT = rf"^({'|'.join(_DAYS)}) ([01][0-9]|2[0-3]):([0-5][0-9])$"
_DAY = 24 * 60


def _moment(value: str) -> str:
    if not re.fullmatch(_MOMENT, value):
        raise ValueError("must be a day and a time, like `fri 16:00`.")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError) as error:  # KeyError is that of a zone which nobody knows
        raise ValueError("must be a time zone, like `Europe/Berlin` or `UTC`.") from error
    return value


Moment = Annotated[str, Field(max_length=9, json_schema_extra={"pattern": _MOMENT}), AfterValidator(_moment)]


class Window(BaseModel):
    """A part of every week. One that ends before it begins goes over Sunday night."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    begins: Moment = Field(description="Day and time, like `fri 16:00`.")
    ends: Moment = Field(description="Day and time at which it is over.")
    timezone: Annotated[str, Field(max_length=64), AfterValidator(_zone)] = Field(
        default="UTC", description="In which day and time are meant, like `Europe/Berlin`."
    )

    def holds(self, at: datetime) -> bool:
        local = at.astimezone(ZoneInfo(self.timezone))
        now = local.weekday() * _DAY + local.hour * 60 + local.minute
        begins, ends = minute_of_week(self.begins), minute_of_week(self.ends)
        return begins <= now < ends if begins < ends else now >= begins or now < ends


def minute_of_week(moment: str) -> int:
    """How many minutes after the beginning of Monday."""
    day, _, time = moment.partition(" ")
    hour, _, minute = time.partition(":")
    return _DAYS.index(day) * _DAY + int(hour) * 60 + int(minute)
