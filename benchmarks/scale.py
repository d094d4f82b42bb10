"""How much is measured: all of it, or just enough to see that it still can be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    load_s: float  # of one round of webhooks against one server
    load_rounds: int
    runs: int  # one `/agent run` each
    publishes: int  # runs that end in a pull request
    steps: int  # pairs of a step and a raw exec
    boxes: int  # pairs of a box and a plain container
    crowd: int  # boxes at once
    log_mb: int  # of output of one step
    files: int  # of a large repository
    kills: int  # of hands, in the middle of a run
    cancels: int
    commands_s: float  # of slash commands, by the clock


FULL = Scale(
    load_s=4.0,
    load_rounds=5,
    runs=20,
    publishes=5,
    steps=80,
    boxes=12,
    crowd=50,
    log_mb=1024,
    files=5_000,
    kills=9,
    cancels=20,
    commands_s=10.0,
)
QUICK = Scale(
    load_s=1.0,
    load_rounds=1,
    runs=3,
    publishes=1,
    steps=10,
    boxes=2,
    crowd=3,
    log_mb=64,
    files=500,
    kills=1,
    cancels=2,
    commands_s=1.0,
)
