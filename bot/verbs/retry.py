"""`/agent retry [run] [--failed | --from STEP | --all] [--head]`: a run that has ended, once more.

Without a run it is the latest one here; without a choice it is what failed. `--head` goes on to the newest
commit, where everything is done from the beginning.
"""

from __future__ import annotations

import re

from bot.errors import UserError
from bot.ports import Role
from bot.reports import refusals, replies
from bot.retrying import Choice, Everything, Failed, Since
from bot.runs import Run, Target
from bot.verbs.model import Asked, Facts, Reply, Retry, Verb
from bot.verbs.run import target_now
from bot.verbs.status import named

_WORD = re.compile(r"--from[ =]+\S+|\S+")
_FROM = re.compile(r"--from[ =]+([1-9][0-9]{0,3})\Z", re.ASCII)


def _answer(asked: Asked, facts: Facts) -> Retry | Reply:
    name, choice, head = _read(asked.ask.words)
    run = named(name, asked, facts) if name else facts.latest_run(asked.place, asked.number)
    if run is None:
        return Reply(
            replies.no_such_run(name) if name else replies.no_run_yet(asked.number, on_pull=asked.on_pull)
        )
    return Retry(run, choice, pinned(run, facts) if not head else _at_the_head(run, facts))


def pinned(run: Run, facts: Facts) -> Target:
    """The same commit. UserError when its pull request is closed."""
    if run.target.on_pull and not facts.code.pull(run.target.place, run.target.number).open:
        raise UserError(refusals.closed_meanwhile(run.target.number))
    return run.target


def _at_the_head(run: Run, facts: Facts) -> Target:
    if run.pull is not None:
        raise UserError(refusals.already_published(run.id, run.pull.number))
    return target_now(run.target.place, run.target.number, facts.code, on_pull=run.target.on_pull)


def _read(words: str) -> tuple[str, Choice, bool]:
    """The run's name or "", what is to be done again, and whether on the newest commit."""
    name, head = "", False
    choices: list[Choice] = []
    for word in _WORD.findall(words):
        step = _FROM.match(word)
        if step:
            choices.append(Since(int(step[1]) - 1))
        elif word in _CHOICES:
            choices.append(_CHOICES[word])
        elif word == "--head":
            head = True
        elif word.startswith("-") or name:
            raise UserError(replies.retry_not_understood(word))
        else:
            name = word.strip("`").lower()
    if len(choices) > 1:
        raise UserError(replies.one_choice_only())
    if head and choices not in ([], [Everything()]):
        raise UserError(replies.head_is_everything())
    return name, Everything() if head else (choices or [Failed()])[0], head


_CHOICES: dict[str, Choice] = {"--failed": Failed(), "--all": Everything()}

RETRY = Verb(
    name="retry",
    usage="/agent retry [run] [--failed|--from STEP|--all] [--head]",
    summary="Does again what failed in a run, or all from a step on, or everything; as a new attempt of it.",
    example="/agent retry --failed",
    needs=Role.WRITE,
    answer=_answer,
)
