"""What may be spent on a model: four budgets, and whether a call still fits into all of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

DAY = timedelta(days=1)
MICROS = 1_000_000  # of a dollar

# A call's price is known only after it. Until then it counts at the price of a dear model, so that calls
# which are under way together cannot go over a limit together.
DEAR_INPUT_MICROS = 15  # a token
DEAR_OUTPUT_MICROS = 75


@dataclass(frozen=True)
class Allowances:
    """The most that may be spent. A day is one of UTC; `command` is one command with all its calls."""

    command_calls: int = 6
    command_tokens: int = 200_000
    command_usd: float = 5.0
    user_calls: int = 100
    user_tokens: int = 1_000_000
    user_usd: float = 10.0
    repository_calls: int = 300
    repository_tokens: int = 3_000_000
    repository_usd: float = 20.0
    day_calls: int = 2_000
    day_tokens: int = 20_000_000
    day_usd: float = 100.0


class Scope(StrEnum):
    """What a budget is of."""

    COMMAND = "command"
    USER = "user"  # in all repositories, a day
    REPOSITORY = "repository"  # of everybody, a day
    DAY = "day"  # of everybody in all repositories that this server serves


class Unit(StrEnum):
    CALLS = "calls"
    TOKENS = "tokens"
    USD = "usd"


@dataclass(frozen=True)
class Spent:
    """Calls with their tokens, and micro-dollars as far as prices are known."""

    calls: int = 0
    tokens: int = 0
    micros: int = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.calls + other.calls, self.tokens + other.tokens, self.micros + other.micros)


@dataclass(frozen=True)
class Exhausted:
    """The budget that has no room for a call: `most` of `unit`, of which `spent` are used or reserved."""

    scope: Scope
    unit: Unit
    most: float
    spent: float


def reservation(input_tokens: int, output_tokens: int) -> Spent:
    """What one call may cost at most."""
    micros = input_tokens * DEAR_INPUT_MICROS + output_tokens * DEAR_OUTPUT_MICROS
    return Spent(1, input_tokens + output_tokens, micros)


def exhausted(spent: Mapping[Scope, Spent], wanted: Spent, allowances: Allowances) -> Exhausted | None:
    """The first budget into which the call does not fit any more, or None."""
    for scope in Scope:
        used = spent[scope]
        after = used + wanted
        for unit, now, then in (
            (Unit.CALLS, used.calls, after.calls),
            (Unit.TOKENS, used.tokens, after.tokens),
            (Unit.USD, used.micros / MICROS, after.micros / MICROS),
        ):
            most = getattr(allowances, f"{scope}_{unit}")
            if then > most:
                return Exhausted(scope, unit, most, now)
    return None
