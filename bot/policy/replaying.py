"""Past runs judged anew under another policy: what would not have begun, or not have been published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.policy.deciding import judge, judge_changes
from bot.policy.facts import Facts, Site, State, Who, by_its_author, reader_of
from bot.policy.granting import granted_actions
from bot.policy.model import Policy
from bot.policy.verdict import Ruling
from bot.ports import Role
from bot.runs import Run


@dataclass(frozen=True)
class Difference:
    """A run that would have been decided otherwise, and the ruling that would have decided."""

    run: Run
    ruling: Ruling


def difference(
    run: Run, changed: Iterable[str], policy: Policy, *, before: Policy | None = None
) -> Difference | None:
    """None when it would be decided as under the policy `before`; without one that is what is built in.

    What is not remembered counts as usual: everybody is a writer, no pull request a draft, its branch the
    only one. How CI, reviews and locks stood is not known.
    """
    paths = list(changed)
    was, now = (_strictest(run, paths, each) for each in (before or Policy(), policy))
    return Difference(run, now) if now.effect is not was.effect else None


def _strictest(run: Run, changed: list[str], policy: Policy) -> Ruling:
    facts = _facts(run)
    rulings = [judge(facts, run.plan, policy).decided, *judge_changes(facts, run.plan, changed, policy)]
    return max(rulings, key=lambda ruling: ruling.strictness)


def _facts(run: Run) -> Facts:
    target, who = run.target, run.requester
    return Facts(
        who=Who(who.login, who.id, Role.WRITE, is_bot=False, requester_id=who.id, came=run.came),
        site=Site(
            repository=target.place.repo,
            branch=target.base_ref,
            base=target.base_ref,
            from_fork=target.from_fork,
            draft=False,
        ),
        state=State(at=run.queued_at),
        verb="run",
        granted=granted_actions("run"),
        reader=reader_of(run.plan),
        provenance=by_its_author(run.plan),
    )
