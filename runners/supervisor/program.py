"""The supervisor's own file, which `scripts/supervisor` makes of supervisor.c."""

from __future__ import annotations

from pathlib import Path

from bot.errors import UserError

_BUILT = Path(__file__).with_name("supervisor")


def program() -> Path:
    """UserError when it was not built."""
    if not _BUILT.exists():
        raise UserError(
            "The supervisor that runs in each box was not built. Build it with `scripts/supervisor`."
        )
    return _BUILT
