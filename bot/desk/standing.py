"""How things stand where a plan is to begin: CI, reviews and locks, asked for where a rule wants to know."""

from __future__ import annotations

from bot.desk.model import Desk
from bot.plans.model import Plan
from bot.policy import Policy, State
from bot.ports import Ci, Role
from bot.runs import Target

MOST_ROLES = 10  # people whose role is asked for; no rule asks for more of them


def state_now(desk: Desk, plan: Plan, target: Target, policy: Policy) -> State:
    """What no rule of the files asks about costs no request, and is not known."""
    held = [lock for lock in desk.locks(target.place) if lock.name == plan.environment]
    return State(
        at=desk.clock.now(),
        ci=_ci(desk, target) if policy.asks_about("ci") else None,
        reviews=_reviews(desk, target) if policy.asks_about("reviews_below") else None,
        lock_holder=held[0].held.person.login if held and held[0].held else "",
    )


def _ci(desk: Desk, target: Target) -> Ci | None:
    return desk.standing.ci(target.place, target.sha)


def _reviews(desk: Desk, target: Target) -> int | None:
    """Of people who may write, live: on a public repository anybody may approve. An issue has none."""
    if not target.on_pull:
        return 0
    approvers = desk.standing.approvers(target.place, target.number, target.sha)
    if approvers is None:
        return None
    roles = [desk.permissions.role(target.place, login) for login in approvers[:MOST_ROLES]]
    return sum(role.at_least(Role.WRITE) for role in roles)
