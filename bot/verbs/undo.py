"""`/agent undo [run]`: the inverse plan of what a run did outside, begun like any other plan.

An open pull request is closed and its branch deleted; of a merged one the patch is taken back in a new pull
request. What stayed in the box needs no undoing.
"""

from __future__ import annotations

from bot.actions.apply_patch import MAX_PATCH_BYTES
from bot.errors import UserError
from bot.planning.model import Planned
from bot.plans.model import Draft, Plan
from bot.ports import Role
from bot.reports import undoing
from bot.runs import Run, RunState
from bot.verbs.model import Asked, Facts, Reply, Start, Verb
from bot.verbs.run import target_now
from bot.verbs.status import named


def _answer(asked: Asked, facts: Facts) -> Start | Reply:
    name = asked.ask.words.strip().strip("`").lower()
    run = named(name, asked, facts) if name else facts.latest_published(asked.place, asked.number)
    if run is None:
        return Reply(undoing.no_such_run(name) if name else undoing.nothing_here())
    if not run.state.final or run.pull is None:
        return Reply(undoing.nothing_outside(run))
    if facts.code.pull(asked.place, run.pull.number).merged:
        plan = _taken_back(run, run.pull.number, asked, facts)
    else:
        plan = _plan(asked, {"action_type": "undo_run", "parameters": {"run": run.id}}, pull_request=False)
    before = facts.latest_of(asked.place, plan.digest)
    if before is not None and (not before.state.final or before.state is RunState.SUCCEEDED):
        return Reply(undoing.undone_before(run, before))
    return Start(Planned(plan), target_now(asked.place, asked.number, facts.code, on_pull=asked.on_pull))


def _taken_back(run: Run, number: int, asked: Asked, facts: Facts) -> Plan:
    """UserError when there is no patch that could be."""
    if asked.number != run.target.number:
        raise UserError(undoing.ask_there(run, run.target.number))
    patch = facts.patch(run)
    try:
        text = patch.decode()
    except UnicodeDecodeError:
        text = ""
    if not text or len(patch) > MAX_PATCH_BYTES:
        raise UserError(undoing.press_revert(run, number))
    step: dict[str, object] = {
        "action_type": "apply_patch",
        "parameters": {"patch": text, "reverse": True},
        "step_description": f"Take back what run {run.id} changed",
    }
    return _plan(asked, step, pull_request=True)


def _plan(asked: Asked, step: dict[str, object], *, pull_request: bool) -> Plan:
    draft = Draft((step,), pull_request=pull_request, reader="undo")
    return asked.plan(draft)


UNDO = Verb(
    name="undo",
    usage="/agent undo [run]",
    summary="Takes back what a run did outside: closes its pull request, or reverts it where it is merged.",
    example="/agent undo",
    needs=Role.WRITE,
    answer=_answer,
)
