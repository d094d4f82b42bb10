"""How long a run will take and when it may start, as the past lets one expect. Pure, and rough on purpose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.admission import Wait, Why

ENOUGH = 3  # past runs; from fewer nothing is foretold
LOOKED_AT = 50  # of the past, the newest


@dataclass(frozen=True)
class Usual:
    """Half of the runs took no longer than `p50_s`, nine of ten no longer than `p90_s`."""

    p50_s: float
    p90_s: float


@dataclass(frozen=True)
class Outlook:
    """What a waiting run may expect. None is what nobody can tell."""

    wait: Wait
    usual: Usual | None = None
    starts_s: float | None = None  # roughly, until it starts


def usual(seconds: Sequence[float]) -> Usual | None:
    """From how long others took; None when there were too few."""
    if len(seconds) < ENOUGH:
        return None
    ordered = sorted(seconds)
    return Usual(_quantile(ordered, 0.5), _quantile(ordered, 0.9))


def outlook(
    wait: Wait, *, same_plan: Sequence[float], same_repository: Sequence[float], side_by_side: int
) -> Outlook:
    """`side_by_side` is how many runs of the line that it stands in go at once."""
    here = usual(same_repository)
    return Outlook(
        wait=wait,
        usual=usual(same_plan) or here,
        starts_s=None if here is None else _starts(wait, here.p50_s, max(1, side_by_side)),
    )


def _starts(wait: Wait, pace_s: float, side_by_side: int) -> float | None:
    """What goes now is half done, as far as anybody knows; a person's lock ends when it ends."""
    if wait.why is Why.LOCK or (wait.why is Why.TURN and wait.before == 0):
        return None
    return (wait.before + 0.5) * pace_s / (1 if wait.why is Why.ENVIRONMENT else side_by_side)


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[math.ceil(share * len(ordered)) - 1]
