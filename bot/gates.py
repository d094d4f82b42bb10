"""Gates: what a parked run waits for, what an approval binds, who may give one, and what voids it. Pure.

A gate belongs to one attempt of one run and opens once. An approval counts only for what was shown: the
plan's digest, the commits and the policy of that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.ids import Digest, Person, Sha
from bot.policy import Need
from bot.ports import Role

OPEN_FOR = timedelta(hours=4)
REMINDER = timedelta(hours=1)  # before the end
SHORTEST_DIGEST = 7  # characters of a digest that somebody may give instead of all 64


@dataclass(frozen=True)
class Bound:
    """What an approval is for. When any of it is another by the time of execution, the approval is void."""

    digest: Digest
    head: Sha
    base: Sha  # what the pull request is merged into, at the time; the head itself for an issue
    policy: str  # the version of the policy that asked for the approval


class GateState(StrEnum):
    SHUT = "shut"
    OPENED = "opened"  # everybody who was needed has approved
    REFUSED = "refused"  # somebody denied it
    LAPSED = "lapsed"  # nobody did either in time
    VOID = "void"  # what it was for is not there any more


@dataclass(frozen=True)
class Approval:
    """One person's yes, with the role that GitHub told at that moment. `teams` are those in which they were,
    of the teams that were needed."""

    by: Person
    role: Role
    at: datetime
    teams: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewGate:
    """What a run is parked with."""

    needs: tuple[Need, ...]
    bound: Bound
    until: datetime


@dataclass(frozen=True)
class Gate:
    """`settled_by` is who denied it, or whose approval was the last that was needed."""

    needs: tuple[Need, ...]
    bound: Bound
    until: datetime
    state: GateState = GateState.SHUT
    approvals: tuple[Approval, ...] = ()
    settled_by: str = ""

    def missing(self, requester: Person) -> int:
        """How many more people have to approve, at least: one may meet several needs."""
        left = (need.count - _counted(need, self.approvals, requester) for need in self.needs)
        return max(0, *left)

    def open_needs(self, requester: Person) -> tuple[Need, ...]:
        """Those that the approvals so far do not meet."""
        return still_needed(self.needs, self.approvals, requester)


def still_needed(needs: Iterable[Need], approvals: Sequence[Approval], requester: Person) -> tuple[Need, ...]:
    """The needs for which too few different people with the right role have said yes."""
    return tuple(need for need in needs if _counted(need, approvals, requester) < need.count)


def _counted(need: Need, approvals: Sequence[Approval], requester: Person) -> int:
    people = {
        each.by.id
        for each in approvals
        if _may(need, each) and not (need.by_another and each.by.id == requester.id)
    }
    return len(people)


def _may(need: Need, approval: Approval) -> bool:
    return approval.role.at_least(need.role) and (not need.team or need.team in approval.teams)


def teams_of(needs: Iterable[Need]) -> tuple[str, ...]:
    """Those in which somebody who approves has to be."""
    return tuple(dict.fromkeys(need.team for need in needs if need.team))


def fresh(approvals: Iterable[Approval], now: datetime) -> list[Approval]:
    """Those that still count: a run that waits longer for its start than a gate is open needs new ones."""
    return [each for each in approvals if now < each.at + OPEN_FOR]


class Bar(StrEnum):
    """Why an approval of somebody does not count."""

    OWN = "own"  # they asked for the run themselves
    ROLE = "role"  # they have too low a role for every need that is left
    TEAM = "team"  # their role is enough, and they are not in the team
    TWICE = "twice"  # they have approved it already


def bar(gate: Gate, approval: Approval, requester: Person) -> Bar | None:
    """Why this yes does not count here, or None. Whoever asked is never the one who approves."""
    person = approval.by
    if any(each.by.id == person.id for each in gate.approvals):
        return Bar.TWICE
    left = gate.open_needs(requester)
    if person.id == requester.id and any(need.by_another for need in left):
        return Bar.OWN
    if any(_may(need, approval) for need in left):
        return None
    return Bar.TEAM if any(approval.role.at_least(need.role) for need in left) else Bar.ROLE


def changed(bound: Bound, now: Bound) -> str:
    """What is not any more as it was shown, in a word for people; "" when all is the same."""
    for what, before, after in (
        ("plan", bound.digest, now.digest),
        ("commit", bound.head, now.head),
        ("base", bound.base, now.base),
        ("policy", bound.policy, now.policy),
    ):
        if before != after:
            return what
    return ""


def names(digest: Digest, word: str) -> bool:
    """Whether what somebody typed is this digest, or enough of its beginning."""
    typed = word.strip("`").lower().removeprefix("sha256:")
    return len(typed) >= SHORTEST_DIGEST and digest.startswith(typed)
