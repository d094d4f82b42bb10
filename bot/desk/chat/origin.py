"""Where a form was opened: put into it, and back when it is sent."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Origin:
    channel: str
    thread: str
    run: str = ""

    def written(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @staticmethod
    def read(text: str) -> Origin:
        return Origin(**json.loads(text))
