"""The policy asked about a plan: facts gathered live, and a sentence for a plan that is denied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.desk.model import Desk
from bot.desk.standing import state_now
from bot.errors import UserError
from bot.ids import Person
from bot.ledger.audit import AuditLine
from bot.plans.model import Plan
from bot.policy import (
    Came,
    Effect,
    Facts,
    Judgement,
    Policy,
    Provenances,
    Ruling,
    Site,
    Who,
    by_its_author,
    granted_actions,
    judge,
    judge_changes,
    reader_of,
)
from bot.ports import Role
from bot.reports import refusals
from bot.runs import Run, Target

# What only the pull request itself tells; it is not asked for when no rule of the files wants to know.
_OF_THE_PULL = ("branches", "draft")


@dataclass(frozen=True)
class Undertaking:
    """A plan that somebody wants to begin, here and now. `verb` is the one that begins it.

    `provenance` is that of a plan that a model made; any other is its author's.
    """

    verb: str
    person: Person
    role: Role  # live
    plan: Plan
    target: Target
    provenance: Provenances = None
    came: Came = Came.GITHUB


def judged(desk: Desk, wanted: Undertaking, policy: Policy) -> Judgement:
    """What holds for it, in the audit unless it is simply allowed. UserError when it is denied."""
    judgement = foreseen(desk, wanted, policy)
    if judgement.effect is not Effect.ALLOW:
        _write_down(desk, wanted, judgement.decided)
    if judgement.effect is Effect.DENY:
        raise UserError(refusals.denied_by_policy(judgement.decided.rule, judgement.decided.sentence))
    return judgement


def foreseen(desk: Desk, wanted: Undertaking, policy: Policy) -> Judgement:
    """What would hold for it if it were to begin now; nothing is written down."""
    return judge(facts_now(desk, wanted, policy), wanted.plan, policy)


def again(desk: Desk, run: Run, role: Role, *, verb: str = "run") -> Undertaking:
    """What a run that there is undertakes, for whoever has asked for it."""
    provenance = desk.ledger.runs.provenance(run.id)
    return Undertaking(verb, run.requester, role, run.plan, run.target, provenance, run.came)


def refuse_surprises(desk: Desk, run: Run, role: Role, changed: Iterable[str], policy: Policy) -> None:
    """UserError when a run changed what is denied, or needs an approval for which its plan did not ask."""
    wanted = again(desk, run, role)
    found = judge_changes(facts_now(desk, wanted, policy), run.plan, changed, policy)
    if found:
        decided = max(found, key=lambda ruling: ruling.strictness)
        _write_down(desk, wanted, decided)
        raise UserError(refusals.changed_without_approval(decided.rule, decided.sentence))


def facts_now(desk: Desk, wanted: Undertaking, policy: Policy) -> Facts:
    """As GitHub, the ledger and the clock tell them."""
    return Facts(
        who=Who(
            login=wanted.person.login,
            id=wanted.person.id,
            role=wanted.role,
            is_bot=wanted.person.app_id is not None,
            app_id=wanted.person.app_id,
            requester_id=wanted.person.id,
            came=wanted.came,
            teams=_teams(desk, wanted, policy),
        ),
        site=_site(desk, wanted.target, policy),
        state=state_now(desk, wanted.plan, wanted.target, policy),
        verb=wanted.verb,
        granted=granted_actions("run"),
        reader=reader_of(wanted.plan),
        provenance=wanted.provenance or by_its_author(wanted.plan),
    )


def _teams(desk: Desk, wanted: Undertaking, policy: Policy) -> dict[str, bool]:
    """Of those that a rule names. An App is in none."""
    if wanted.person.app_id is not None:
        return dict.fromkeys(policy.teams, False)
    place, login = wanted.target.place, wanted.person.login
    found = {team: desk.permissions.member(place, team, login) for team in policy.teams}
    return {team: member for team, member in found.items() if member is not None}


def _site(desk: Desk, target: Target, policy: Policy) -> Site:
    repository, branch, from_fork = target.place.repo, target.base_ref, target.from_fork
    if not target.on_pull:
        return Site(repository, branch, branch, from_fork, draft=False, default_branch=branch)
    if not policy.asks_about(*_OF_THE_PULL):
        return Site(repository, branch, from_fork=from_fork)
    pull = desk.code.pull(target.place, target.number)
    return Site(repository, branch, pull.base_ref, from_fork, pull.draft, pull.author_id)


def _write_down(desk: Desk, wanted: Undertaking, ruling: Ruling) -> None:
    desk.ledger.audit.write(
        AuditLine(
            at=desk.clock.now(),
            actor=wanted.person.login,
            actor_id=wanted.person.id,
            place=str(wanted.target.place.repo),
            number=wanted.target.number,
            what=wanted.verb,
            verdict="refused" if ruling.effect is Effect.DENY else "needs approval",
            reason=f"{ruling.origin} rule {ruling.rule}: {ruling.sentence}",
        )
    )
