"""What an examination finds: one thing that was looked at, whether it is well, and what to do if not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    name: str  # what was looked at, in two or three words
    ok: bool
    sentence: str  # what is so; when not ok, also what to do
