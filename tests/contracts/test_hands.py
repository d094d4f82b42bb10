"""What hands do with a run, from the claim to its one end: the ledger is real, the rest follows a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from bot import clearance
from bot.actions.model import Command
from bot.errors import Hiccup
from bot.hands import Tools, perform_run
from bot.ids import RunId, Sha
from bot.ledger import Ledger
from bot.plans.model import Action, Plan
from bot.ports import BoxSpec, Changes, Ended, Exit, FileChange, FileMode, Hear, Origin, Snapshot
from bot.runs import Run, RunState, StepState
from tests.scripted import HEAD, NOON, Clock, ScriptedBox, action, begun

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

    def publish(self, run: RunId) -> None:
        if self.away:
            raise Hiccup("Redis did not take the message.")
        self.published.append(run)

    def deliver(self, delivery: int) -> None:
        raise AssertionError("hands deliver nothing")

    def perform(self, run: RunId) -> None:
        raise AssertionError("hands begin nothing")


def yes(**to: object) -> bytes:
    origin = Origin("https://github.test/acme/shop.git", HEAD, "ghs_once")
    return clearance.grant(origin, **to)  # type: ignore[arg-type]


def no(**to: object) -> bytes:
    return clearance.refuse("You may not.", **to)  # type: ignore[arg-type]


@dataclass
class Scene:
    ledger: Ledger
    run: RunId
    boxes: Boxes
    desk: Desk
    queue: Queue

    def performs(self) -> Run:
        tools = Tools(
            ledger=self.ledger,
            boxes=self.boxes,
            snapshots=Snapshots(),
            mailbox=self.desk,
            queue=self.queue,
            signals=Taps(),
            clock=Clock(),
            worker="hands:1",
            image="sandbox",
        )
        perform_run(tools, self.run)
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
    """Without an answer nothing is started."""
    scene.desk.answers = None

    assert scene.performs().state is RunState.DENIED
    assert scene.boxes.opened == []


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
