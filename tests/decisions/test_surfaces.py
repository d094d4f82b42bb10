"""Surfaces: created once, changed when there is something to show, true in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.errors import Hiccup, UserError
from bot.events import Comment, CommentKind
from bot.ids import Place, RunId, new_run_id
from bot.ledger import Ledger
from bot.ledger.runs import NewRun
from bot.ledger.surfaces import NewSurface, SurfaceKind
from bot.limits import Limits
from bot.ports import Annotation, CheckRun, Level
from bot.runs import RunState
from bot.surfaces import Reconciler, Voices
from tests.scripted import PLACE, WILL, Clock, a_run, commands


@dataclass
class ScriptedGitHub:
    """Check runs, comments and reactions in memory. `fails` are raised first, one a request; a request
    in `arrives_anyway` is obeyed before it fails."""

    checks: dict[int, CheckRun] = field(default_factory=dict)
    annotations: list[Annotation] = field(default_factory=list)
    comments: dict[int, str] = field(default_factory=dict)
    reactions: list[tuple[int, str]] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)
    arrives_anyway: bool = False
    updates: int = 0

    def _before(self) -> None:
        if self.fails and not self.arrives_anyway:
            raise self.fails.pop()

    def _after(self) -> None:
        if self.fails and self.arrives_anyway:
            raise self.fails.pop()


@dataclass
class CheckRuns:
    github: ScriptedGitHub

    def find(self, place: Place, check: CheckRun) -> int | None:
        found = [key for key, each in self.github.checks.items() if each.external_id == check.external_id]
        return next(iter(found), None)

    def create(self, place: Place, check: CheckRun) -> int:
        self.github._before()
        number = len(self.github.checks) + 1
        self.github.checks[number] = check
        self.github.annotations += check.annotations
        self.github._after()
        return number

    def update(self, place: Place, check_id: int, check: CheckRun) -> None:
        self.github._before()
        self.github.checks[check_id] = check
        self.github.annotations += check.annotations
        self.github.updates += 1
        self.github._after()

    def annotated(self, place: Place, check_id: int) -> int:
        return len(self.github.annotations)


@dataclass
class Comments:
    github: ScriptedGitHub

    def find(self, place: Place, number: int, marker: str) -> int | None:
        return next((key for key, text in self.github.comments.items() if marker in text), None)

    def create(self, place: Place, number: int, text: str) -> int:
        self.github._before()
        key = len(self.github.comments) + 1
        self.github.comments[key] = text
        self.github._after()
        return key

    def update(self, place: Place, comment_id: int, text: str) -> None:
        self.github.comments[comment_id] = text


@dataclass
class Reactions:
    github: ScriptedGitHub

    def react(self, place: Place, comment: Comment, reaction: str) -> None:
        self.github.reactions.append((comment.id, reaction))


@dataclass
class Scene:
    """A ledger, a GitHub and a reconciler between them; time goes on only when it is told to."""

    ledger: Ledger
    github: ScriptedGitHub
    clock: Clock
    reconciler: Reconciler
    run: RunId

    def shows(self) -> int:
        """Make true what is due; how many surfaces that were."""
        due = self.ledger.surfaces.claim_due(self.clock.now())
        for surface in due:
            self.reconciler.show(surface)
        return len(due)

    def claims(self) -> int:
        claimed = self.ledger.runs.claim(self.run, worker="w", seal_key=b"k", now=self.clock.now())
        assert claimed is not None
        return claimed.epoch

    def ends(self, epoch: int) -> None:
        self.ledger.runs.end(self.run, epoch, RunState.SUCCEEDED, self.clock.now())


@pytest.fixture
def scene(ledger: Ledger) -> Scene:
    clock, github, plan, run = Clock(), ScriptedGitHub(), commands("one"), new_run_id()
    reconciler = Reconciler(
        ledger=ledger,
        voices=Voices(CheckRuns(github), Comments(github), Reactions(github)),
        clock=clock,
        page=lambda run: f"https://agent.test/runs/{run.id}",
        interval=timedelta(seconds=5),
    )
    shown_on = [NewSurface(f"check_run:{run}", SurfaceKind.CHECK_RUN, PLACE, 7, run=run)]
    target = a_run(plan).target
    ledger.runs.begin(
        NewRun(run, "ask", target, WILL, "https://github.test/c/1", plan, Limits(), "key"),
        shown_on,
        clock.now(),
    )
    return Scene(ledger, github, clock, reconciler, run)


def test_a_queued_run_gets_its_check_run(scene: Scene) -> None:
    """The check run is there, queued, before anybody has taken the run."""
    scene.shows()

    assert [check.status for check in scene.github.checks.values()] == ["queued"]


def test_the_beginning_is_shown_at_once(scene: Scene) -> None:
    """The first change after the creation does not wait for the interval: it says that it has begun."""
    scene.shows()
    scene.claims()

    scene.shows()

    assert scene.github.checks[1].status == "in_progress"


def test_a_fast_worker_does_not_skip_the_queue(scene: Scene) -> None:
    """When hands took the run before it was shown, its check run is queued first and then in progress."""
    scene.claims()

    scene.shows()
    first = scene.github.checks[1].status
    scene.shows()

    assert (first, scene.github.checks[1].status) == ("queued", "in_progress")


def test_progress_is_paced_and_the_end_is_not(scene: Scene) -> None:
    """Between two updates of a going run lie five seconds; the end is shown at once."""
    scene.shows()
    epoch = scene.claims()
    scene.shows()
    scene.ledger.runs.add_note(scene.run, epoch, "Something happened.")

    assert scene.shows() == 0
    scene.ends(epoch)
    assert scene.shows() == 1
    assert scene.github.checks[1].status == "completed"


def test_nothing_new_costs_no_request(scene: Scene) -> None:
    """A run that changed in a way that its check run does not show is not sent again."""
    scene.shows()
    epoch = scene.claims()
    scene.shows()
    scene.ledger.journals.append(scene.run, epoch, scene.clock.now(), [])
    scene.clock.goes_on(6)
    before = scene.github.updates

    assert scene.shows() == 1
    assert scene.github.updates == before


def test_what_was_created_without_an_answer_is_found_again(scene: Scene) -> None:
    """A creation that arrived but was not answered is looked up, not repeated."""
    scene.github.fails = [Hiccup("reset after the effect")]
    scene.github.arrives_anyway = True
    scene.shows()
    scene.clock.goes_on(60)

    scene.shows()

    assert len(scene.github.checks) == 1


def test_a_failure_is_tried_again_later_and_later(scene: Scene) -> None:
    """What time can fix is retried after a wait, and what it asked for is respected."""
    scene.github.fails = [Hiccup("limited", retry_after_s=60)]
    scene.shows()
    scene.clock.goes_on(59)

    assert scene.shows() == 0
    scene.clock.goes_on(2)
    assert scene.shows() == 1
    assert len(scene.github.checks) == 1


def test_a_closed_door_is_not_knocked_at_for_ever(scene: Scene) -> None:
    """When GitHub says no for good, the surface is given up and the reason kept."""
    scene.github.fails = [UserError("The App may not write checks here.")]
    scene.shows()
    scene.clock.goes_on(3600)

    assert scene.shows() == 0
    assert scene.ledger.surfaces.all()[0][1:] == (True, "The App may not write checks here.")


def many(count: int) -> Sequence[Annotation]:
    return [Annotation("a.py", line, Level.FAILURE, "wrong") for line in range(1, count + 1)]


def test_each_annotation_is_sent_once_and_fifty_at_a_time(scene: Scene) -> None:
    """120 annotations are three requests, also after the run has ended, and none comes twice."""
    scene.shows()
    epoch = scene.claims()
    scene.ledger.runs.annotate(scene.run, epoch, many(120))
    scene.ends(epoch)

    shown = [scene.shows(), scene.shows(), scene.shows(), scene.shows()]

    assert shown == [1, 1, 1, 0]
    assert [each.line for each in scene.github.annotations] == list(range(1, 121))


def test_annotations_of_an_unanswered_update_are_not_sent_again(scene: Scene) -> None:
    """After an update of which nobody knows whether it arrived, GitHub is asked what it has."""
    scene.shows()
    epoch = scene.claims()
    scene.ledger.runs.annotate(scene.run, epoch, many(3))
    scene.github.fails = [Hiccup("timeout after the effect")]
    scene.github.arrives_anyway = True
    scene.shows()
    scene.ends(epoch)
    scene.clock.goes_on(60)

    scene.shows()

    assert len(scene.github.annotations) == 3
    assert scene.github.checks[1].status == "completed"


def test_a_reply_is_said_once(scene: Scene) -> None:
    """A reply that arrived without an answer is found by its hidden marker."""
    scene.ledger.surfaces.add(
        NewSurface("reply:1", SurfaceKind.REPLY, PLACE, 7, content={"text": "Hello."}), scene.clock.now()
    )
    scene.github.arrives_anyway = True
    scene.shows()
    scene.github.fails = []
    scene.clock.goes_on(60)
    scene.shows()

    assert len(scene.github.comments) == 1
    assert scene.github.comments[1].startswith("Hello.")


def test_the_receipt_is_a_reaction(scene: Scene) -> None:
    """A reaction is put on the comment that asked."""
    comment = Comment(CommentKind.ISSUE, 5, "", "https://github.test/c/5")
    scene.ledger.surfaces.add(
        NewSurface(
            "eyes:5",
            SurfaceKind.REACTION,
            PLACE,
            7,
            content={
                "comment": {"kind": "issue", "id": 5, "text": "", "url": comment.url},
                "reaction": "eyes",
            },
        ),
        scene.clock.now(),
    )

    scene.shows()

    assert scene.github.reactions == [(5, "eyes")]
