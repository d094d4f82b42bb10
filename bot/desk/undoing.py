"""Taking back what an earlier run did outside: its pull request closed, its branch deleted."""

from __future__ import annotations

from bot.desk.model import Desk
from bot.errors import UserError
from bot.ids import RunId, Sha
from bot.reports import undoing as words
from bot.runs import Run


def undo(desk: Desk, run: Run, past_id: str) -> str:
    """What was done, in a sentence; doing it twice does it once. UserError when it cannot be done."""
    past = desk.run(RunId(past_id))
    if past is None or past.target.place.repo_id != run.target.place.repo_id:
        raise UserError(words.no_such_run(past_id))
    if not past.state.final or past.pull is None:
        raise UserError(words.nothing_outside(past))
    pull = past.pull
    sha = None if pull.sha is None else Sha(pull.sha)
    return words.undone(pull, desk.pull_requests.take_back(run.target.place, pull.number, pull.branch, sha))
