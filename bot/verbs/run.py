"""`/agent run <plan>`: checks the plan and begins a run of it, on this pull request or the default branch."""

from __future__ import annotations

from dataclasses import replace

from bot.plans.build import build
from bot.plans.model import Draft, Plan
from bot.plans.readers import read
from bot.ports import Role
from bot.reports import replies
from bot.rules import Rules
from bot.runs import Target
from bot.verbs.model import Asked, Facts, Start, Verb


def _answer(asked: Asked, facts: Facts) -> Start:
    plan = planned(asked)
    target = _pull(asked, facts) if asked.on_pull else _default_branch(asked, facts)
    return Start(plan, target)


def planned(asked: Asked) -> Plan:
    """The plan of a command under the rules of its repository. PlanError says what is wrong with it."""
    draft = read(asked.ask.words, asked.ask.text)
    return build(_with_rules(draft, asked.rules), asked.grant, limits=asked.rules.limits)


def _with_rules(draft: Draft, rules: Rules) -> Draft:
    """What the plan leaves open, the repository's rules say. A step that opens a pull request asks for it."""
    asks_for_pull = any(item.get("action_type") == "open_pull_request" for item in draft.actions)
    wanted = rules.pull_request or asks_for_pull
    return replace(
        draft,
        error_handling=draft.error_handling or rules.error_handling,
        pull_request=wanted if draft.pull_request is None else draft.pull_request,
    )


def _pull(asked: Asked, facts: Facts) -> Target:
    pull = facts.code.pull(asked.place, asked.number)
    if not pull.open:
        raise replies.pull_request_is_closed(pull.number)
    if pull.head_repo is None:
        raise replies.fork_is_gone(pull.number)
    if not pull.head_ref:
        raise replies.head_branch_is_gone(pull.number)
    return Target(
        place=asked.place,
        number=pull.number,
        on_pull=True,
        sha=pull.head_sha,
        base_ref=pull.head_ref,
        source=pull.head_repo,
        title=pull.title,
    )


def _default_branch(asked: Asked, facts: Facts) -> Target:
    branch, sha = facts.code.default_branch(asked.place)
    return Target(
        place=asked.place,
        number=asked.number,
        on_pull=False,
        sha=sha,
        base_ref=branch,
        source=asked.place.repo,
    )


RUN = Verb(
    name="run",
    usage="/agent run <plan>",
    summary="Runs a plan in a locked-down box and opens a pull request with what it changed.",
    example="/agent run `pytest -q`",
    needs=Role.WRITE,
    answer=_answer,
)
