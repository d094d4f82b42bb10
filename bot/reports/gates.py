"""What people read about a parked run: which steps wait for whom, how to answer, and what came of it.

Sentences of the policy are Markdown of ours, harmless already; everything of the plan is shown as code.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.actions import ACTIONS
from bot.actions.model import Reversal, Risk
from bot.gates import Bar, Gate, GateState
from bot.plans.model import Action, Plan
from bot.policy import Effect, Judgement, Need
from bot.reports import phrases, safe
from bot.runs import Run

MOST_BYTES = 40_000  # of the steps that wait: whoever approves must have been shown every one of them, whole
SHORT = 12  # characters of a digest that tell two plans apart for people


def title(run: Run) -> str:
    """`Waiting for approval of 2 of 5 steps.`"""
    gate = run.gate
    many = len(_waiting(gate.needs)) if gate is not None else 0
    return f"Waiting for approval of {many} of {phrases.count(len(run.steps), 'step')}."


def details(run: Run, *, where: str = "on the check run", call: str = "/agent") -> list[str]:
    """Markdown paragraphs: every step that waits, the gravest first, and how and where to answer. `call` is
    what commands begin with there."""
    gate = run.gate
    if gate is None:
        return []
    digest = gate.bound.digest[:SHORT]
    return [
        shown(run.plan, gate.needs),
        *needed(run),
        *_given(gate),
        f"Nothing runs before that. Press *Approve* or *Deny* {where}, or write "
        f"`{call} approve {run.id} {digest}` or `{call} deny {run.id} <why>`. "
        f"The time for it is over on {phrases.moment(gate.until)}.",
    ]


def needed(run: Run) -> list[str]:
    """Who has to approve what, as far as nobody has yet; nothing when the run never waited."""
    return [] if run.gate is None else [_need(need) for need in run.gate.open_needs(run.requester)]


def shown(plan: Plan, needs: Sequence[Need]) -> str:
    """Each step that waits, with all the parameters that it was given; destructive ones first."""
    waiting = sorted(_waiting(needs), key=lambda index: (not _is_grave(plan.actions[index]), index))
    return "\n\n".join(_step(index, plan.actions[index]) for index in waiting)


def foreseen(judgement: Judgement) -> str:
    """What would have to be approved by whom before a shown plan could run, or why it could not; or ""."""
    if judgement.effect is Effect.DENY:
        return f"It could not run for you: {phrases.sentence(judgement.decided.sentence)}"
    if not judgement.needs:
        return ""
    return "\n".join(["Before it runs:", "", *(f"- {_need(need)}" for need in judgement.needs)])


def too_long(plan: Plan, needs: Sequence[Need]) -> bool:
    """Whether what waits could not be shown whole to who approves."""
    return len(shown(plan, needs).encode()) > MOST_BYTES


def _waiting(needs: Sequence[Need]) -> set[int]:
    return {index for need in needs for index in need.steps}


def _is_grave(action: Action) -> bool:
    return ACTIONS[action.action_type].risk is Risk.DESTRUCTIVE


def _step(index: int, action: Action) -> str:
    grave = "**destructive**, " if _is_grave(action) else ""
    if ACTIONS[action.action_type].reversal is Reversal.NEVER:
        grave += "**cannot be undone**, "
    given = {name: value for name, value in action.parameters.items() if value is not None}
    what = json.dumps(given, ensure_ascii=False)
    return f"Step {index + 1}, {grave}{safe.inline(action.action_type)}:\n\n{safe.fence(what, 'json')}"


def _need(need: Need) -> str:
    which = phrases.joined([str(index + 1) for index in need.steps])
    noun = "Step" if len(need.steps) == 1 else "Steps"
    who = phrases.count(need.count, "person") if need.count == 1 else f"{need.count} people"
    other = ", and not who asked for it" if need.by_another else ""
    team = f" in the team {safe.inline(need.team)}" if need.team else ""
    must = "needs" if len(need.steps) == 1 else "need"
    return (
        f"{noun} {which} {must} the approval of {who} with the role `{need.role}` or higher{team}{other}: "
        f"{phrases.sentence(need.sentence)}"
    )


def _given(gate: Gate) -> list[str]:
    if not gate.approvals:
        return []
    names = phrases.joined([safe.inline(each.by.login) for each in gate.approvals])
    return [f"Approved so far by {names}."]


# --- what came of it -----------------------------------------------------------------------------------


def approved(run: Run, gate: Gate) -> str:
    if gate.state is GateState.OPENED:
        return f"Run {safe.inline(run.id)} is approved, and goes on."
    missing = phrases.count(gate.missing(run.requester), "approval")
    return f"Noted. Run {safe.inline(run.id)} still waits for {missing} more."


def settled(run: Run, gate: Gate) -> str:
    """For who came late: what was decided, and by whom."""
    by = safe.inline(gate.settled_by)
    return {
        GateState.OPENED: f"Run {safe.inline(run.id)} was approved by {by} already.",
        GateState.REFUSED: f"Run {safe.inline(run.id)} was denied by {by} already.",
        GateState.LAPSED: f"Nobody approved run {safe.inline(run.id)} in time. Ask for it once more.",
        GateState.VOID: f"Run {safe.inline(run.id)} has changed since it was shown. Ask for it once more.",
        GateState.SHUT: f"Run {safe.inline(run.id)} does not wait for an approval any more.",
    }[gate.state]


def nothing_to_approve(run: Run) -> str:
    return f"Run {safe.inline(run.id)} does not wait for an approval."


def denied_now(run: Run) -> str:
    return f"Run {safe.inline(run.id)} is denied. Nothing of it was done."


def barred(run: Run, why: Bar) -> str:
    return {
        Bar.OWN: (
            f"You asked for run {safe.inline(run.id)} yourself, so somebody else has to approve it. "
            "Ask one of those whom its check run names."
        ),
        Bar.ROLE: (
            f"Run {safe.inline(run.id)} needs the approval of somebody with a higher role than yours. "
            "Its check run says which."
        ),
        Bar.TEAM: (
            f"Run {safe.inline(run.id)} needs the approval of somebody in a team, and GitHub does not say "
            "that you are in it. Its check run says which."
        ),
        Bar.TWICE: f"You have approved run {safe.inline(run.id)} already; somebody else has to, as well.",
    }[why]


def other_digest(run: Run) -> str:
    return (
        f"That is not the digest of run {safe.inline(run.id)}, so I did not approve it. Look at its plan "
        f"again: it is `{run.plan.digest[:SHORT]}` now."
    )


def of_another_commit(run: Run) -> str:
    return (
        f"Run {safe.inline(run.id)} is at another commit by now than this check run, so I did nothing. Look "
        f"at the check run of `{run.target.sha[:10]}`."
    )


def name_one_run(verb: str) -> str:
    return (
        f"Say exactly which run, as in `/agent {verb} k3v9x2m4ab`: one at a time, so that nothing is "
        "approved unseen."
    )


def edits_never_approve() -> str:
    return "An edited comment approves nothing. Please write a new one."


# --- why a parked run ends -----------------------------------------------------------------------------


def yes(by: str) -> str:
    return f"Approved by {by}."


def approved_by(gate: Gate) -> str:
    """The same of all who did, for whoever looks at the run."""
    return f"Approved by {phrases.joined([each.by.login for each in gate.approvals])}."


def denied(by: str, why: str) -> str:
    return f"Denied by {by}: {phrases.sentence(why)}" if why else f"Denied by {by}."


def lapsed() -> str:
    return "Nobody approved it in time. Ask for it once more if it is still wanted."


_CHANGED = {
    "plan": "The plan is not the one that was shown for approval",
    "commit": "The code has a newer commit than the one that was shown for approval",
    "base": "The branch it goes into has moved since it was shown for approval",
    "policy": "The policy has changed since it was shown for approval",
}


def void(what: str) -> str:
    return f"{_CHANGED[what]}, so the approval does not count. Ask for it once more."


def needed_now() -> str:
    return "It needs an approval by now that it did not need when it was asked for. Ask for it once more."


def approval_too_old() -> str:
    return "The approval is too old by now: it was given hours ago. Ask for it once more."


def approver_lost_right() -> str:
    return "Whoever approved it does not have the right to any more. Ask for it once more."


def reminder(run: Run) -> str:
    until = "" if run.gate is None else f" until {phrases.moment(run.gate.until)}"
    return (
        f"Run {safe.inline(run.id)} still waits for an approval{until}. Approve or deny it on its check run, "
        f"or write `/agent approve {run.id}` or `/agent deny {run.id} <why>`."
    )


def cannot_be_shown() -> str:
    return (
        "What has to be approved in this plan is too long to be shown whole, and nobody should approve what "
        "they were not shown. Split the plan, or put long content into a commit first."
    )
