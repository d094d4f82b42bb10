"""What may be remembered for a minute: what lists and previews need, and which channels are shared.

What is sent, pressed or written is decided on live.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

FRESH_S = 60.0
MOST = 10_000


@dataclass
class Remembered:
    """Answers by what was asked. Where there was none, it is asked again."""

    answers: dict[Hashable, tuple[float, Any]] = field(default_factory=dict)

    def recall(self, key: Hashable, ask: Callable[[], T]) -> T:
        """What `ask` says, or said less than a minute ago under the same key."""
        at, answer = self.answers.get(key, (-FRESH_S, None))
        if time.monotonic() - at < FRESH_S:
            known: T = answer
            return known
        told = ask()
        if len(self.answers) > MOST:
            self.answers.clear()
        self.answers[key] = (time.monotonic(), told)
        return told
