"""What must be approved before a step may run: by whom, how many of them, and why."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ports import Role


@dataclass(frozen=True)
class Need:
    """Steps that wait for people. `steps` count from 0; `sentence` says why, `rule` is its name.

    With `by_another` nobody approves what they have asked for themselves. With a `team` (`organisation/team`)
    each of them is in it.
    """

    steps: tuple[int, ...]
    role: Role  # the least that an approver must have, live
    count: int  # how many different people
    by_another: bool
    sentence: str
    rule: str
    team: str = ""
