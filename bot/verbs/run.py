"""`/agent run <plan>`: begins a run of a plan, its id or its words, on this pull request or default branch.

What no reader understands, a model makes a plan of, if there is one.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.errors import NotUnderstood, UserError
from bot.ids import Place, PlanId
from bot.planning.model import Planned
from bot.plans.model import Draft, Plan, as_draft
from bot.plans.readers import read
from bot.ports import Code, Role
from bot.reports import replies
from bot.rules import Rules
from bot.runs import Target
from bot.verbs.model import Asked, Facts, Start, Verb

_PLAN_ID = re.compile(r"plan-[0-9a-hjkmnp-tv-z]{10}\Z", re.ASCII)


def _answer(asked: Asked, facts: Facts) -> Start:
    known = understood(asked, facts)
    # Before a model is asked, so that nobody pays for a plan that cannot begin.
    target = target_now(asked.place, asked.number, facts.code, on_pull=asked.on_pull)
    return Start(known or thought(asked, facts), target)


def understood(asked: Asked, facts: Facts) -> Planned | None:
    """The plan that is meant, without a model; None when only a model can tell.

    PlanError says what is wrong with it, NotUnderstood that it is prose and there is no model.
    """
    words = asked.ask.words.strip().strip("`")
    if _PLAN_ID.match(words) and not asked.ask.text:
        return _as_shown(PlanId(words), asked, facts)
    try:
        draft = read(asked.ask.words, asked.ask.text)
    except NotUnderstood:
        if facts.thinker is None:
            raise
        return None
    return Planned(_checked(draft, asked))


def thought(asked: Asked, facts: Facts) -> Planned:
    """The plan that a model makes of the words, under the same rules as any other."""
    if facts.thinker is None:
        raise AssertionError("Whoever has no model was told so when the words were not understood.")
    return facts.thinker.propose(asked, lambda draft: _checked(draft, asked))


def _as_shown(plan: PlanId, asked: Asked, facts: Facts) -> Planned:
    """The same plan by today's rules. UserError when they would make another one of it."""
    shown = facts.shown_plan(plan)
    if shown is None or (shown.repo_id, shown.number) != (asked.place.repo_id, asked.number):
        raise UserError(replies.no_such_plan(plan))
    now = asked.plan(as_draft(shown.planned.plan))
    if now.digest != shown.planned.plan.digest:
        raise UserError(replies.plan_has_changed(plan))
    return shown.planned


def _checked(draft: Draft, asked: Asked) -> Plan:
    """The plan of a draft under the rules of its repository. PlanError says what is wrong with it."""
    return asked.plan(_with_rules(draft, asked.rules))


def _with_rules(draft: Draft, rules: Rules) -> Draft:
    """What the plan leaves open, the repository's rules say. A step that opens a pull request asks for it."""
    asks_for_pull = any(item.get("action_type") == "open_pull_request" for item in draft.actions)
    wanted = rules.pull_request or asks_for_pull
    return replace(
        draft,
        error_handling=draft.error_handling or rules.error_handling,
        pull_request=wanted if draft.pull_request is None else draft.pull_request,
        environment=rules.environment if draft.environment is None else draft.environment,
    )


def target_now(place: Place, number: int, code: Code, *, on_pull: bool) -> Target:
    """The newest commit of this pull request, or of the default branch for an issue."""
    return _pull(place, number, code) if on_pull else _default_branch(place, number, code)


def _pull(place: Place, number: int, code: Code) -> Target:
    pull = code.pull(place, number)
    if not pull.open:
        raise replies.pull_request_is_closed(pull.number)
    if pull.head_repo is None:
        raise replies.fork_is_gone(pull.number)
    if not pull.head_ref:
        raise replies.head_branch_is_gone(pull.number)
    return Target(
        place=place,
        number=pull.number,
        on_pull=True,
        sha=pull.head_sha,
        base_ref=pull.head_ref,
        source=place.repo
        if pull.head_repo == pull.repo
        else pull.head_repo,  # it may have another name by now
        title=pull.title,
    )


def _default_branch(place: Place, number: int, code: Code) -> Target:
    branch, sha = code.default_branch(place)
    return Target(
        place=place,
        number=number,
        on_pull=False,
        sha=sha,
        base_ref=branch,
        source=place.repo,
    )


RUN = Verb(
    name="run",
    usage="/agent run <plan>",
    summary="Runs a plan in a locked-down box and opens a pull request with what it changed.",
    example="/agent run `pytest -q`",
    needs=Role.WRITE,
    answer=_answer,
)
