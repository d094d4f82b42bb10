"""A form that somebody is filling in, as it travels. Only its newest state matters to anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter


@dataclass(frozen=True)
class OpenForm:
    """What is chosen and typed in a form of ours that is not sent. `origin` was put into it by us."""

    team: str
    home: str  # the workspace of whoever fills it in
    user: str
    view: str
    origin: str
    fields: dict[str, str]
    at: datetime

    @property
    def name(self) -> str:
        return f"{self.team}:{self.view}"

    def written(self) -> bytes:
        return _FORM.dump_json(self)

    @staticmethod
    def read(body: bytes) -> OpenForm:
        return _FORM.validate_json(body)


_FORM = TypeAdapter(OpenForm)
