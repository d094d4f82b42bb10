"""The recorder: what steps say and become is in the ledger, in order, within bounds, under the fence."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby

import pytest

from bot.journal import EntryKind
from bot.ledger import Ledger
from bot.ledger.fence import FencedError
from bot.limits import Limits
from bot.ports import Stream
from bot.recording import Recorder
from bot.runs import Run, StepState
from tests.scripted import Clock, Signals, claimed

NOTHING: frozenset[str] = frozenset()


def recorder(ledger: Ledger, run: Run, known: frozenset[str] = NOTHING) -> Recorder:
    return Recorder(run, ledger=ledger, signals=Signals(), clock=Clock(), known=known)


def output(ledger: Ledger, run: Run) -> list[tuple[EntryKind, int | None, str]]:
    spoken = (EntryKind.OUT, EntryKind.ERR, EntryKind.NOTE)
    return [
        (entry.kind, entry.step, entry.text)
        for entry in ledger.journals.read(run.id, limit=10_000)
        if entry.kind in spoken
    ]


def test_what_is_heard_is_written_in_order_with_its_stream(ledger: Ledger) -> None:
    """Leaving the recorder writes all of it, each piece under its stream."""
    run = claimed(ledger)

    with recorder(ledger, run) as listening:
        listening.heard(0, Stream.OUT, "a")
        listening.heard(0, Stream.OUT, "b\n")
        listening.heard(0, Stream.ERR, "c\n")
        listening.heard(0, Stream.OUT, "d\n")

    said = [
        (kind, "".join(text for _, _, text in pieces)) for kind, pieces in groupby(output(ledger, run), _kind)
    ]
    assert said == [(EntryKind.OUT, "ab\n"), (EntryKind.ERR, "c\n"), (EntryKind.OUT, "d\n")]


def _kind(entry: tuple[EntryKind, int | None, str]) -> EntryKind:
    return entry[0]


def test_output_is_there_before_its_step_ends(ledger: Ledger) -> None:
    """A step's change of state never overtakes what it said."""
    run = claimed(ledger)

    with recorder(ledger, run) as listening:
        listening.heard(0, Stream.OUT, "last words")
        listening.changed(replace(run.steps[0], state=StepState.SUCCEEDED))
        kinds = [entry.kind for entry in ledger.journals.read(run.id)]

    assert kinds[-2:] == [EntryKind.OUT, EntryKind.STEP]


def test_a_full_log_keeps_the_end_and_counts_the_middle(ledger: Ledger) -> None:
    """Above the run's limit output is counted, and the last of it is kept."""
    run = claimed(ledger, limits=replace(Limits(), log_bytes=10))

    with recorder(ledger, run) as listening:
        listening.heard(0, Stream.OUT, "0123456789")
        listening.heard(0, Stream.OUT, "m" * 200_000)
        listening.heard(0, Stream.OUT, "the end")
        listening.finished(0)
        listening.changed(replace(run.steps[0], state=StepState.SUCCEEDED))

    said = output(ledger, run)
    assert said[0] == (EntryKind.OUT, 0, "0123456789")
    assert said[1][0] is EntryKind.NOTE
    assert "134,464 characters were not kept" in said[1][2]
    assert said[-1][2].endswith("the end")
    found = ledger.runs.get(run.id)
    assert found is not None
    assert found.steps[0].output_bytes == 200_017


def test_parallel_steps_are_written_apart(ledger: Ledger) -> None:
    """What two steps say at once is kept whole for each."""
    run = claimed(ledger)

    with recorder(ledger, run) as listening, ThreadPoolExecutor(2) as speakers:
        speakers.submit(_say, listening, 0, "a")
        speakers.submit(_say, listening, 1, "b")

    texts = dict.fromkeys((0, 1), "") | {
        step: "".join(text for _, spoken, text in output(ledger, run) if spoken == step) for step in (0, 1)
    }
    assert texts == {0: "a" * 1000, 1: "b" * 1000}


def _say(listening: Recorder, step: int, text: str) -> None:
    for _ in range(1000):
        listening.heard(step, Stream.OUT, text)


def test_failures_with_a_line_become_annotations(ledger: Ledger) -> None:
    """What a tool said about a line of a file of the commit is kept as an annotation."""
    run = claimed(ledger)

    with recorder(ledger, run, frozenset({"shop/prices.py"})) as listening:
        listening.heard(0, Stream.OUT, "shop/prices.py:4: error: Incompatible return value  [return-value]\n")
        listening.finished(0)

    (found,) = ledger.runs.annotations(run.id, 0, 50)
    assert (found.path, found.line) == ("shop/prices.py", 4)


def test_whoever_lost_the_run_is_told_and_writes_no_more(ledger: Ledger) -> None:
    """A recorder of an older epoch stops the box and raises at the next change."""
    run = claimed(ledger)
    stopped = threading.Event()
    late = replace(run, epoch=run.epoch - 1)

    with recorder(ledger, late) as listening:
        listening.when_lost(stopped.set)
        listening.heard(0, Stream.OUT, "too late")

        assert stopped.wait(5)
        with pytest.raises(FencedError):
            listening.changed(replace(run.steps[0], state=StepState.SUCCEEDED))

    assert output(ledger, run) == []


def test_a_nul_does_not_stop_the_log(ledger: Ledger) -> None:
    """Postgres stores no NUL in a text, so it is shown as a sign."""
    run = claimed(ledger)

    with recorder(ledger, run) as listening:
        listening.heard(0, Stream.OUT, "a\x00b")

    assert output(ledger, run) == [(EntryKind.OUT, 0, "a␀b")]
