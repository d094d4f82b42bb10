"""What each condition of a written rule asks of the facts: it holds, it does not, or (None) nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bot.policy.facts import Facts, StepFacts
from bot.policy.globs import matches, matches_any
from bot.policy.windows import Window
from bot.policy.written import When
from bot.ports import Role

Condition = Callable[[Any, Facts, StepFacts], bool | None]


def holds(when: When, facts: Facts, step: StepFacts) -> bool | None:
    """All conditions together. What is known to be otherwise decides; else one unknown makes all unknown."""
    asked = [(name, getattr(when, name)) for name in CONDITIONS if getattr(when, name) is not None]
    answers = [CONDITIONS[name](wanted, facts, step) for name, wanted in asked]
    if False in answers:
        return False
    return None if None in answers else True


def inputs(when: When, facts: Facts, step: StepFacts) -> dict[str, str]:
    """What the named conditions looked at, for whoever wants it explained."""
    return {name: _SEEN[name](facts, step) for name in CONDITIONS if getattr(when, name) is not None}


def _among(value: object, wanted: Iterable[object]) -> bool | None:
    return None if value is None else value in set(wanted)


def _paths(wanted: list[str], _: Facts, step: StepFacts) -> bool | None:
    """The paths of a command are not known before: they are asked about again when the run has ended."""
    if step.paths is None:
        return None if step.risk is None else False
    return matches_any(step.paths, wanted)


def _branches(wanted: list[str], facts: Facts, _: StepFacts) -> bool | None:
    names = (facts.site.branch, facts.site.base)
    if matches_any([name for name in names if name is not None], wanted):
        return True
    return None if None in names else False


def _repositories(wanted: list[str], facts: Facts, _: StepFacts) -> bool | None:
    repository = facts.site.repository
    return None if repository is None else any(matches(str(repository), glob) for glob in wanted)


def _role_below(wanted: str, facts: Facts, _: StepFacts) -> bool | None:
    return None if facts.who.role is None else not facts.who.role.at_least(Role(wanted))


def _outside_teams(wanted: list[str], facts: Facts, _: StepFacts) -> bool | None:
    answers = [facts.who.teams.get(team) for team in wanted]
    if True in answers:
        return False
    return None if None in answers else True


def _teams_seen(facts: Facts, _: StepFacts) -> str:
    return shown(tuple(f"{team}: {shown(member)}" for team, member in facts.who.teams.items()))


def _same(value: bool | None, wanted: bool) -> bool | None:
    return None if value is None else value is wanted


def _provenance(wanted: list[Any], _: Facts, step: StepFacts) -> bool | None:
    sources = list(step.chosen.values())
    if any(source in wanted for source in sources if source is not None):
        return True
    return None if None in sources else False


def _freeze(wanted: list[Window], facts: Facts, _: StepFacts) -> bool | None:
    at = facts.state.at
    return None if at is None else any(window.holds(at) for window in wanted)


def _reviews_below(wanted: int, facts: Facts, _: StepFacts) -> bool | None:
    return None if facts.state.reviews is None else facts.state.reviews < wanted


def _locked(wanted: bool, facts: Facts, _: StepFacts) -> bool | None:
    """One's own lock is in nobody's way."""
    holder = facts.state.lock_holder
    return None if holder is None else (holder not in ("", facts.who.login)) is wanted


CONDITIONS: dict[str, Condition] = {
    "verb": lambda wanted, facts, _: _among(facts.verb, wanted),
    "action": lambda wanted, _, step: step.action_type in wanted,
    "risk": lambda wanted, _, step: _among(step.risk, wanted),
    "paths": _paths,
    "branches": _branches,
    "repositories": _repositories,
    "role_below": _role_below,
    "outside_teams": _outside_teams,
    "came": lambda wanted, facts, _: _among(facts.who.came, wanted),
    "from_fork": lambda wanted, facts, _: _same(facts.site.from_fork, wanted),
    "draft": lambda wanted, facts, _: _same(facts.site.draft, wanted),
    "reader": lambda wanted, facts, _: _among(facts.reader, wanted),
    "provenance": _provenance,
    "freeze": _freeze,
    "ci": lambda wanted, facts, _: _among(facts.state.ci, wanted),
    "reviews_below": _reviews_below,
    "locked": _locked,
}

_SEEN: dict[str, Callable[[Facts, StepFacts], str]] = {
    "verb": lambda facts, _: shown(facts.verb),
    "action": lambda _, step: step.action_type,
    "risk": lambda _, step: shown(step.risk),
    "paths": lambda _, step: shown(step.paths),
    "branches": lambda facts, _: shown((shown(facts.site.branch), shown(facts.site.base))),
    "repositories": lambda facts, _: shown(facts.site.repository),
    "role_below": lambda facts, _: shown(facts.who.role),
    "outside_teams": _teams_seen,
    "came": lambda facts, _: shown(facts.who.came),
    "from_fork": lambda facts, _: shown(facts.site.from_fork),
    "draft": lambda facts, _: shown(facts.site.draft),
    "reader": lambda facts, _: shown(facts.reader),
    "provenance": lambda _, step: shown(
        tuple(f"{name}: {shown(came)}" for name, came in step.chosen.items())
    ),
    "freeze": lambda facts, _: shown(facts.state.at and facts.state.at.isoformat()),
    "ci": lambda facts, _: shown(facts.state.ci),
    "reviews_below": lambda facts, _: shown(facts.state.reviews),
    "locked": lambda facts, _: "nobody" if facts.state.lock_holder == "" else shown(facts.state.lock_holder),
}


def shown(value: object) -> str:
    """A fact as one short text."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value[:10]) or "none"
    return str(value)
