"""What hands do with a run, from the claim to its one end: the ledger is real, the rest follows a script."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from bot import clearance
from bot.actions.model import Command
from bot.errors import Hiccup
from bot.hands import Tools, Underway, perform_waiting
from bot.ids import RunId, Sha
from bot.journal import EntryKind
from bot.ledger import Ledger
from bot.ledger.attempts import NewAttempt
from bot.limits import Limits
from bot.plans.model import Action, Plan
from bot.ports import BoxSpec, Changes, Ended, Exit, FileChange, FileMode, Hear, Origin, Snapshot
from bot.reports import refusals
from bot.runs import Run, RunState, StepState
from runners.parcels import FileParcels
from tests.scripted import HEAD, NOON, WILL, Clock, ScriptedBox, action, begun

PLAN = Plan((action("make"), Action("open_pull_request", {}, "Open a pull request")))
ONE_FILE = Changes((FileChange("a.txt", FileMode.FILE, b"a\n"),), b"diff --git a/a.txt b/a.txt\n")


@dataclass
class Taps:
    def tell(self, topic: str) -> None:
        """Nobody else is here."""

    def wait(self, topic: str, timeout_s: float) -> bool:
        return False


@dataclass
class Kept:
    sha: Sha = HEAD
    paths: frozenset[str] = frozenset()

    def excerpt(self, globs: Sequence[str]) -> Kept:
        raise AssertionError(f"Nobody sets up anything here: {globs}.")

    def fingerprint(self, globs: Sequence[str]) -> str:
        return " ".join(globs)


class Snapshots:
    def fetch(self, origin: Origin) -> Kept:
        assert origin.token == "ghs_once"
        return Kept()


@dataclass
class ChangingBox(ScriptedBox):
    """Changes one file; `before` happens while its command runs."""

    before: Callable[[], object] = lambda: None

    def run(self, command: Command, hear: Hear) -> Exit:
        self.before()
        return super().run(command, hear)

    def changes(self) -> Changes:
        return ONE_FILE


@dataclass
class Boxes:
    box: ChangingBox = field(default_factory=ChangingBox)
    opened: list[BoxSpec] = field(default_factory=list)

    @contextmanager
    def open(self, spec: BoxSpec, snapshot: Snapshot) -> Iterator[ChangingBox]:
        self.opened.append(spec)
        yield self.box

    def pinned(self, image: str) -> str:
        return image


@dataclass
class Desk:
    """Clears every run with what `answers` makes of it; None keeps silent."""

    ledger: Ledger
    answers: Callable[..., bytes] | None = None

    def ask(self, run: RunId, epoch: int, timeout_s: float) -> bytes | None:
        key = self.ledger.runs.seal_key(run, epoch)
        assert key is not None
        return None if self.answers is None else self.answers(to=key, run=run, epoch=epoch)

    def answer(self, run: RunId, epoch: int, sealed: bytes) -> None:
        raise AssertionError("hands answer nobody")


@dataclass
class Queue:
    """Takes what is to be published, unless it is away."""

    away: bool = False
    published: list[RunId] = field(default_factory=list)
    performed: list[RunId] = field(default_factory=list)

    def publish(self, run: RunId) -> None:
        if self.away:
            raise Hiccup("Redis did not take the message.")
        self.published.append(run)

    def deliver(self, delivery: int) -> None:
        raise AssertionError("hands deliver nothing")

    def perform(self, run: RunId) -> None:
        self.performed.append(run)


def yes(**to: object) -> bytes:
    origin = Origin("https://github.test/acme/shop.git", HEAD, "ghs_once")
    return clearance.grant(clearance.Cleared(origin), **to)  # type: ignore[arg-type]


def no(**to: object) -> bytes:
    return clearance.refuse("You may not.", **to)  # type: ignore[arg-type]


@dataclass
class Scene:
    ledger: Ledger
    run: RunId
    boxes: Boxes
    desk: Desk
    queue: Queue
    clock: Clock = field(default_factory=Clock)
    underway: Underway = field(default_factory=Underway)
    unanswered: dict[RunId, datetime] = field(default_factory=dict)

    def performs(self) -> Run:
        tools = Tools(
            ledger=self.ledger,
            boxes=self.boxes,
            snapshots=Snapshots(),
            parcels=FileParcels(Path()),
            mailbox=self.desk,
            queue=self.queue,
            signals=Taps(),
            clock=self.clock,
            worker="hands:1",
            image="sandbox",
            underway=self.underway,
            unanswered=self.unanswered,
        )
        perform_waiting(tools, lambda: True)
        return self.now()

    def now(self) -> Run:
        found = self.ledger.runs.get(self.run)
        assert found is not None
        return found


@pytest.fixture
def scene(ledger: Ledger) -> Scene:
    return Scene(ledger, begun(ledger, PLAN), Boxes(), Desk(ledger, yes), Queue())


def test_a_good_run_goes_to_the_desk_with_its_changes(scene: Scene) -> None:
    """Its changes are kept and the desk is asked to publish them."""
    run = scene.performs()

    assert run.state is RunState.PUBLISHING
    assert scene.queue.published == [run.id]
    assert scene.ledger.runs.changes(run.id) == ONE_FILE


def test_the_token_that_fetched_the_code_is_never_written_down(scene: Scene) -> None:
    """It is in no box; were it ever printed in one, in any shape, the run's log would not hold it."""
    encoded = base64.b64encode(b"x-access-token:ghs_once").decode()
    scene.boxes.box.says = {"make": f"ghs_once {encoded}\n"}

    run = scene.performs()

    said = "".join(entry.text for entry in scene.ledger.journals.read(run.id) if entry.kind is EntryKind.OUT)
    assert said == f"[redacted] {encoded[:20]}[redacted]{encoded[-2:]}\n"  # 6 bits of it are left


def test_a_queue_that_is_away_does_not_fail_a_good_run(scene: Scene) -> None:
    """When the desk cannot be told, the run waits for it: the sweeper reminds the desk."""
    scene.queue.away = True

    assert scene.performs().state is RunState.PUBLISHING


def test_without_a_yes_no_box_is_opened(scene: Scene) -> None:
    """The desk's no is the run's end, with its reason."""
    scene.desk.answers = no

    run = scene.performs()

    assert (run.state, run.reason) == (RunState.DENIED, "You may not.")
    assert scene.boxes.opened == []


def test_a_silent_desk_is_no_yes(scene: Scene) -> None:
    """Without an answer nothing is started: the run waits in the queue for a desk that answers."""
    scene.desk.answers = None

    assert scene.performs().state is RunState.QUEUED
    assert scene.boxes.opened == []


def test_a_run_that_was_put_back_lets_others_pass(scene: Scene) -> None:
    """It is not taken again at once: a desk that cannot clear it would keep a worker busy for ever."""
    scene.desk.answers = None
    scene.performs()
    scene.desk.answers = yes

    assert scene.performs().state is RunState.QUEUED
    scene.clock.goes_on(30)
    assert scene.performs().state is RunState.PUBLISHING


def test_a_desk_that_stays_silent_is_not_waited_for_for_ever(scene: Scene) -> None:
    """After half an hour the run fails, and nothing was done."""
    scene.desk.answers = None
    scene.performs()
    scene.clock.goes_on(31 * 60)

    run = scene.performs()

    assert (run.state, scene.boxes.opened) == (RunState.FAILED, [])
    assert "Ask again." in run.reason


def test_a_run_that_was_stopped_for_maintenance_goes_to_another_worker(scene: Scene) -> None:
    """When the grace period is over its box ends, and it begins again from its first step."""
    scene.boxes.box.waits = frozenset({"make"})
    scene.boxes.box.before = scene.underway.hand_over

    run = scene.performs()

    assert run.state is RunState.QUEUED
    assert [step.state for step in run.steps] == [StepState.PENDING, StepState.PENDING]
    assert run.notes == (refusals.handed_over(),)
    assert run.losses == 0
    assert scene.queue.performed == [run.id]


def test_what_must_not_begin_twice_is_not_handed_over(ledger: Ledger) -> None:
    """A command that says `once` is interrupted, the run ends, and what it changed so far is kept."""
    once = Action("run_command", {"command": "make", "once": True}, "Release")
    scene = Scene(ledger, begun(ledger, Plan((once,))), Boxes(), Desk(ledger, yes), Queue())
    scene.boxes.box.waits = frozenset({"make"})
    scene.boxes.box.before = scene.underway.hand_over

    run = scene.performs()

    assert (run.state, run.steps[0].state) == (RunState.FAILED, StepState.INTERRUPTED)
    assert run.steps[0].note == refusals.stopped_for_maintenance()
    assert ledger.runs.changes(run.id) == ONE_FILE


def test_a_new_attempt_finds_the_files_of_the_last_one(ledger: Ledger) -> None:
    """A box in which something is kept from before is filled with what was changed then."""
    two = begun(ledger, Plan((action("one"), action("two"))))
    scene = Scene(ledger, two, Boxes(), Desk(ledger, yes), Queue())
    scene.boxes.box.script = {"two": Exit(Ended.EXITED, 1, 0.1)}
    ended = scene.performs()
    new = NewAttempt(
        ended, "again", WILL, "https://github.test/c/2", ended.target, (1,), RunState.QUEUED, Limits()
    )
    ledger.attempts.begin(new, NOON)
    scene.boxes.box.script = {}

    run = scene.performs()

    assert run.state is RunState.SUCCEEDED
    assert scene.boxes.box.ran == ["one", "two", "two"]
    assert [spec.tree for spec in scene.boxes.opened] == [None, ONE_FILE]


def test_a_run_is_performed_once(scene: Scene) -> None:
    """A second message about the same run does nothing."""
    scene.performs()
    scene.performs()

    assert len(scene.boxes.opened) == 1


def test_a_cancellation_in_the_last_moment_counts(scene: Scene) -> None:
    """Who was told that the run is cancelled was told the truth, even when every step had just succeeded."""
    scene.boxes.box.before = lambda: scene.ledger.runs.ask_cancel(scene.run, "wendy", NOON)

    run = scene.performs()

    assert (run.state, run.reason) == (RunState.CANCELLED, "Cancelled by wendy.")
    assert scene.queue.published == []
    assert scene.ledger.runs.changes(run.id) == ONE_FILE


def test_our_own_mistake_ends_the_run_and_says_so(scene: Scene) -> None:
    """What nobody foresaw ends the run as failed, in one sentence, and no step is left running."""

    def breaks() -> None:
        raise RuntimeError("a bug")

    scene.boxes.box.before = breaks

    run = scene.performs()

    assert run.state is RunState.FAILED
    assert run.reason == "The agent itself broke (RuntimeError). Its log has the details."
    assert [step.state for step in run.steps] == [StepState.INTERRUPTED, StepState.SKIPPED]


def test_a_lost_box_has_nothing_to_give(scene: Scene) -> None:
    """When the container went away under a step, nothing of it is published."""
    scene.boxes.box.script = {"make": Exit(Ended.BOX_LOST, None, 0.1)}

    run = scene.performs()

    assert run.state is RunState.FAILED
    assert run.steps[0].state is StepState.INTERRUPTED
    assert scene.queue.published == []
