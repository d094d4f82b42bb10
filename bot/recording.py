"""Writing down what a run's steps say and become: batched, bounded, under the fence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from bot.ids import RunId
from bot.journal import EntryKind
from bot.ledger import Ledger
from bot.ledger.fence import FencedError
from bot.ports import Clock, Signals, Stream
from bot.reports.annotations import Findings
from bot.runs import Run, Step

log = structlog.get_logger(__name__)

PATIENCE_S = 0.1  # least time between two writes of a run's output
BATCH = 64 * 1024  # characters in one journal entry
BACKLOG = 2 * 1024 * 1024  # characters waiting to be written before a step has to wait
READ_FOR_FINDINGS = 16 * 1024 * 1024  # bytes of a step that are looked through for `file:line`
TAIL = 64 * 1024  # characters of a step's end that are kept even above the run's limit
_KINDS = {Stream.OUT: EntryKind.OUT, Stream.ERR: EntryKind.ERR}


class Recorder:
    """A `bot.perform.Listener` over the ledger. Use as a context manager: leaving it writes what waits."""

    def __init__(
        self, run: Run, *, ledger: Ledger, signals: Signals, clock: Clock, known: frozenset[str]
    ) -> None:
        """`known` are the paths of the commit: only they can be annotated."""
        self._run = run
        self._ledger = ledger
        self._signals = signals
        self._clock = clock
        self._findings = Findings(known)
        self._finding = threading.Lock()
        self._bytes = {step.index: 0 for step in run.steps}
        self._kept = 0
        self._unkept: dict[int, _Tail] = {}
        self._waiting: list[tuple[EntryKind, int | None, str]] = []
        self._size = 0
        self._written_at = 0.0  # by the monotonic clock
        self._ready = threading.Condition()
        self._writing = threading.Lock()
        self._closed = False
        self._failure: BaseException | None = None
        self._on_lost: Callable[[], None] = lambda: None
        self._writer = threading.Thread(target=self._write, name=f"recorder-{run.id}", daemon=True)

    def __enter__(self) -> Recorder:
        self._writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._flush_and_stop()

    def when_lost(self, stop: Callable[[], None]) -> None:
        """Call this when the run turns out to belong to somebody else, or the ledger fails."""
        self._on_lost = stop

    # --- the listener -----------------------------------------------------------------------------------

    def heard(self, step: int, stream: Stream, text: str) -> None:
        text = text.replace("\x00", "␀")  # Postgres stores no NUL in a text
        if self._bytes[step] < READ_FOR_FINDINGS:
            with self._finding:
                self._findings.hear(step, text)
        with self._ready:
            size = len(text.encode())
            self._bytes[step] += size
            if self._kept >= self._run.limits.log_bytes:
                self._unkept.setdefault(step, _Tail()).add(_KINDS[stream], text)
            else:
                self._kept += size
                self._add(_KINDS[stream], step, text)
            while self._size > BACKLOG and not self._failure and not self._closed:
                self._ready.wait(1)

    def finished(self, step: int) -> None:
        with self._ready:
            tail = self._unkept.pop(step, None)
            if tail is not None:
                self._add(EntryKind.NOTE, step, tail.sentence())
                for kind, text in tail.pieces():
                    self._add(kind, step, text)
        with self._finding:
            self._findings.end(step)
            found = self._findings.take()
        self._settle()
        self._ledger.runs.annotate(self._run.id, self._run.epoch, found)

    def changed(self, *steps: Step) -> None:
        self._settle()
        counted = [replace(step, output_bytes=self._bytes[step.index]) for step in steps]
        self._ledger.runs.set_steps(self._run.id, self._run.epoch, self._clock.now(), *counted)
        self._tell()

    # --- the writer -------------------------------------------------------------------------------------

    def _add(self, kind: EntryKind, step: int, text: str) -> None:
        """Join what the same stream of the same step says; the caller holds the lock."""
        if self._waiting:
            last_kind, last_step, last_text = self._waiting[-1]
            if (last_kind, last_step) == (kind, step) and len(last_text) + len(text) <= BATCH:
                self._waiting[-1] = (kind, step, last_text + text)
                self._size += len(text)
                return
        self._waiting.extend((kind, step, text[at : at + BATCH]) for at in range(0, len(text), BATCH))
        self._size += len(text)
        self._ready.notify_all()

    def _write(self) -> None:
        while True:
            with self._ready:
                while not self._waiting and not self._closed:
                    self._ready.wait()
                self._wait_for_company()
                if not self._waiting and self._closed:
                    return
            try:
                self._write_waiting()
            except Exception as error:
                self._fail(error)
                return

    def _wait_for_company(self) -> None:
        """What comes after a silence is written at once, what follows it waits; the caller holds the lock."""
        until = self._written_at + PATIENCE_S
        while not self._closed and self._size < BATCH and (left := until - time.monotonic()) > 0:
            self._ready.wait(left)

    def _write_waiting(self) -> None:
        """What waits goes into the ledger. One at a time, so that the order stays; steps go on meanwhile."""
        with self._writing:
            with self._ready:
                batch, self._waiting, self._size = self._waiting, [], 0
            if not batch:
                return
            self._ledger.journals.append(self._run.id, self._run.epoch, self._clock.now(), batch)
            with self._ready:
                self._written_at = time.monotonic()
                self._ready.notify_all()
        self._tell()

    def _fail(self, error: BaseException) -> None:
        with self._ready:
            self._failure = error
            self._ready.notify_all()
        if not isinstance(error, FencedError):
            log.error("recorder.failed", run=self._run.id, error=repr(error))
        self._on_lost()

    def _settle(self) -> None:
        """Everything heard so far is in the ledger, or the failure is raised here."""
        self._write_waiting()
        if self._failure:
            raise self._failure

    def _flush_and_stop(self) -> None:
        with self._ready:
            self._closed = True
            self._ready.notify_all()
        self._writer.join()

    def _tell(self) -> None:
        self._signals.tell(run_topic(self._run.id))
        self._signals.tell(DESK_TOPIC)


class _Tail:
    """The end of what is not kept, and how much that was."""

    def __init__(self) -> None:
        self._pieces: list[tuple[EntryKind, str]] = []
        self._length = 0
        self._dropped = 0

    def add(self, kind: EntryKind, text: str) -> None:
        self._pieces.append((kind, text[-TAIL:]))
        self._dropped += max(0, len(text) - TAIL)
        self._length += len(self._pieces[-1][1])
        while self._length - len(self._pieces[0][1]) >= TAIL:
            _, gone = self._pieces.pop(0)
            self._length -= len(gone)
            self._dropped += len(gone)

    def sentence(self) -> str:
        return f"{self._dropped:,} characters were not kept: the run's log is full. The end follows."

    def pieces(self) -> list[tuple[EntryKind, str]]:
        return self._pieces


DESK_TOPIC = "desk"


def run_topic(run: RunId) -> str:
    return f"run:{run}"
