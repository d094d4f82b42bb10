"""The six promises, judged: each broken one is a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.actions import ACTIONS
from bot.journal import Entry, EntryKind
from bot.reports import safe
from bot.reports.check import CONCLUSIONS
from bot.runs import OPEN, RunState, StepState
from tests.auditor.evidence import Evidence, Left, RunSeen

LONGEST_LEFT_S = 60.0
_OPEN = {str(state) for state in OPEN}


def violations(evidence: Evidence) -> list[str]:
    """One sentence for each; none when all promises were kept."""
    return [
        *_every_delivery_is_done(evidence),
        *_one_command_is_one_run(evidence),
        *(said for seen in evidence.runs for said in _no_step_is_done_twice(seen)),
        *(said for seen in evidence.runs for said in _shown_once(seen)),
        *_said_once(evidence),
        *(said for seen in evidence.runs for said in _one_true_end(seen)),
        *_nothing_is_left(evidence),
    ]


# --- 1: nothing is lost ---------------------------------------------------------------------------------


def _every_delivery_is_done(evidence: Evidence) -> Iterator[str]:
    for sent in evidence.sent:
        if sent.taken and not sent.stored:
            yield f"1: delivery {sent.guid} ({sent.event}) was accepted and is not in the ledger."
        elif not sent.taken and not sent.ignored:
            yield f"1: delivery {sent.guid} ({sent.event}) was answered with {sent.answered} and never taken."
        elif sent.stored and sent.state != "done":
            yield f"1: delivery {sent.guid} ({sent.event}) is {sent.state}: {sent.outcome or 'not handled'}"
    for written in evidence.written:
        if written.commands and not written.runs + written.answers:
            yield f"1: {written.where} was neither begun nor answered."


# --- 2: one command is one run --------------------------------------------------------------------------


def _one_command_is_one_run(evidence: Evidence) -> Iterator[str]:
    for written in evidence.written:
        if written.runs > written.begin:
            yield f"2: {written.where} asked for {written.begin} runs and began {written.runs}."
    for pressed in evidence.pressed:
        if pressed.followed != pressed.times:
            yield f"2: {pressed.where} was pressed {pressed.times} times; {pressed.followed} things followed."


# --- 3: no effect twice ---------------------------------------------------------------------------------


def _no_step_is_done_twice(seen: RunSeen) -> Iterator[str]:
    run = seen.run
    for entries in _attempts(seen.journal):
        begun = Counter(each.step for each in entries if each.text == StepState.RUNNING)
        for position, times in begun.items():
            action = run.plan.actions[position or 0]
            if times > 1 and not ACTIONS[action.action_type].may_repeat(action.parameters):
                kind = action.action_type
                yield f"3: run {run.id}: step {position} ({kind}) began {times} times in one attempt."
    for step in run.steps:
        if run.state.final and not step.state.final:
            yield f"3: run {run.id} has ended and its step {step.index} is {step.state}."


def _attempts(journal: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The entries about steps, cut where a run that had ended was queued once more."""
    found: list[Entry] = []
    ended = False
    for entry in journal:
        if entry.kind is EntryKind.RUN:
            if ended:
                yield found
                found = []
            ended = entry.text not in _OPEN
        elif entry.kind is EntryKind.STEP:
            found.append(entry)
    yield found


# --- 4: shown once --------------------------------------------------------------------------------------


def _shown_once(seen: RunSeen) -> Iterator[str]:
    run = seen.run
    if seen.excused:
        return
    commits = Counter(check.commit for check in seen.checks)
    for commit, times in commits.items():
        if times > 1:
            yield f"4: run {run.id} has {times} check runs on {commit[:7]}."
    if commits[run.target.sha] == 0:
        yield f"4: run {run.id} has no check run on {run.target.sha[:7]}."
    if len(seen.comments) != 1:
        yield f"4: run {run.id} has {len(seen.comments)} status comments."
    if len(seen.branches) > 1:
        yield f"4: run {run.id} has the branches {', '.join(seen.branches)}."
    if len(seen.pulls) > 1:
        yield f"4: run {run.id} has the pull requests {', '.join(map(str, seen.pulls))}."
    told = [] if run.pull is None else [run.pull.number]
    if run.state.final and list(seen.pulls) != told:
        yield f"4: run {run.id} tells of the pull requests {told}, and GitHub has {list(seen.pulls)}."


def _said_once(evidence: Evidence) -> Iterator[str]:
    for key, times in (evidence.replies or {}).items():
        if times != 1:
            yield f"4: the reply {key} was said {times} times."
    for check in evidence.foreign_checks:
        yield f"4: check run {check.id} names the run {check.run}, which nobody began."


# --- 5: one true end ------------------------------------------------------------------------------------


def _one_true_end(seen: RunSeen) -> Iterator[str]:
    run = seen.run
    if not run.state.final:
        yield f"5: run {run.id} is still {run.state}."
        return
    lives = list(_lives(seen.journal))
    if len(lives) != run.attempt:
        yield f"5: run {run.id} has {run.attempt} attempts, and its journal {len(lives)}."
    for entries in lives:
        ends = [entry.text for entry in entries if entry.text not in _OPEN]
        if len(ends) != 1:
            yield f"5: run {run.id} ended {len(ends)} times in one attempt: {', '.join(ends)}."
    if seen.excused:
        return
    wanted = str(CONCLUSIONS[run.state])
    for check in seen.checks:
        if check.status != "completed":
            yield f"5: run {run.id} is {run.state}, and its check run {check.id} is {check.status}."
        elif check.commit == run.target.sha and check.conclusion != wanted:
            yield f"5: run {run.id} is {run.state}, and its check run concludes {check.conclusion}."
        elif check.commit == run.target.sha and check.title != seen.says:
            yield f"5: run {run.id} is {run.state}, and its check run says {check.title!r}."
        if _goes_back(check.statuses) > run.attempt - 1 + _parkings(seen.journal):
            yield f"5: the check run of {run.id} was completed and then {' → '.join(check.statuses)}."
    for body in seen.comments:
        if f"**{safe.words(seen.says)}**" not in body:
            yield f"5: run {run.id} is {run.state}, and its comment says {_first_words(body)!r}."


def _lives(journal: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The run's own states, one list an attempt."""
    found: list[Entry] = []
    for entry in journal:
        if entry.kind is not EntryKind.RUN:
            continue
        if entry.text in _OPEN and found and found[-1].text not in _OPEN:
            yield found
            found = []
        found.append(entry)
    yield found


def _parkings(journal: Sequence[Entry]) -> int:
    """How often it waited for an approval, which a check run shows as completed."""
    return sum(entry.kind is EntryKind.RUN and entry.text == RunState.PARKED for entry in journal)


def _goes_back(statuses: Sequence[str]) -> int:
    """How often a completed check run was opened again."""
    return sum(before == "completed" != after for before, after in pairwise(statuses))


def _first_words(body: str) -> str:
    return body.partition("\n")[2][:100]


# --- 6: nothing is left ---------------------------------------------------------------------------------


def _nothing_is_left(evidence: Evidence) -> Iterator[str]:
    for left in evidence.left:
        if _too_old(left):
            since = f"{left.age_s:.0f} s after its end"
            yield f"6: the {left.kind} {left.name} of run {left.run or 'nobody'} is there {since}."


def _too_old(left: Left) -> bool:
    return left.age_s is not None and left.age_s > LONGEST_LEFT_S
