"""What is said about taking back a run."""

from __future__ import annotations

from bot.ports import Branch, TakenBack
from bot.reports import refusals
from bot.reports.safe import inline
from bot.runs import PullRef, Run, RunState


def no_such_run(name: str) -> str:
    return f"I know no run {inline(name, limit=60)} in this repository, so there is nothing to undo."


def nothing_here() -> str:
    return "No run here made a pull request, so there is nothing to undo. Name a run: `/agent undo <run>`."


def nothing_outside(run: Run) -> str:
    if not run.state.final:
        return f"{refusals.still_going(run.id)} `/agent cancel {run.id}` ends it."
    return f"Run `{run.id}` did nothing outside of its box, so there is nothing to undo."


def undone_before(run: Run, by: Run) -> str:
    if by.state is RunState.SUCCEEDED:
        return f"Run `{run.id}` is undone already: run `{by.id}`, asked for by `{by.requester.login}`."
    return f"Run `{by.id}`, asked for by `{by.requester.login}`, is undoing run `{run.id}` already."


def press_revert(run: Run, number: int) -> str:
    return (
        f"Pull request #{number} of run `{run.id}` is merged, and I have no patch of it to take back. "
        "Press *Revert* on its page."
    )


def ask_there(run: Run, number: int) -> str:
    return f"Run `{run.id}` was asked for in #{number} and is merged there, so ask me there to take it back."


def not_undone(reason: str) -> str:
    return f"It was not undone: {reason}"


def undone(pull: PullRef, taken: TakenBack) -> str:
    closed = (
        f"Pull request {pull.number} is closed" if taken.closed else f"Pull request {pull.number} was closed"
    )
    branch = pull.branch  # a plan can name only what is harmless everywhere
    match taken.branch:
        case Branch.DELETED:
            return f"{closed}, its branch {branch} deleted."
        case Branch.GONE:
            return f"{closed}, its branch {branch} was gone already."
        case Branch.KEPT:
            return (
                f"{closed}. Its branch {branch} is kept, because it does not end in the commit of that run."
            )
