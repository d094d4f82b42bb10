"""Surfaces: created once, changed when there is something to show, true in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.errors import ConversationLocked, Crowded, Hiccup, Uninstalled, UserError
from bot.events import Comment, CommentKind
from bot.ids import InstallationId, Place, RunId, new_run_id
from bot.ledger import Ledger
from bot.ledger.runs import NewRun
from bot.ledger.surfaces import SHOWN_TOGETHER, NewSurface, Rank, SurfaceKind
from bot.limits import Limits
from bot.ports import Annotation, CheckRun, Conclusion, Level
from bot.runs import RunState
from bot.surfaces import Reconciler, Voices
from tests.scripted import NOON, PLACE, WILL, Clock, a_run, commands


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
    hidden: set[int] = field(default_factory=set)  # is said not to be there, once
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
        number = max(self.github.checks, default=0) + 1
        self.github.checks[number] = check
        self.github.annotations += check.annotations
        self.github._after()
        return number

    def update(self, place: Place, check_id: int, check: CheckRun) -> bool:
        self.github._before()
        if check_id in self.github.hidden or check_id not in self.github.checks:
            self.github.hidden.discard(check_id)
            return False
        self.github.checks[check_id] = check
        self.github.annotations += check.annotations
        self.github.updates += 1
        self.github._after()
        return True

    def stands(self, place: Place, check_id: int) -> tuple[str, Conclusion | None] | None:
        raise AssertionError("what is shown is not asked for")

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

    def update(self, place: Place, comment_id: int, text: str) -> bool:
        there = comment_id in self.github.comments
        if there:
            self.github.comments[comment_id] = text
        return there


@dataclass
class Reactions:
    github: ScriptedGitHub

    def react(self, place: Place, comment: Comment, reaction: str) -> bool:
        self.github.reactions.append((comment.id, reaction))
        return True


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

    def shows_for(self, hours: float) -> None:
        """The desk's loop, once a minute."""
        for _ in range(int(hours * 60)):
            self.shows()
            self.clock.goes_on(60)

    def also_comments(self) -> None:
        self.ledger.surfaces.add(
            NewSurface(f"comment:{self.run}", SurfaceKind.COMMENT, PLACE, 7, run=self.run), self.clock.now()
        )

    def shows_a_note(self, epoch: int) -> int:
        """A second later something has happened: how many surfaces that changed."""
        self.clock.goes_on(1)
        self.ledger.runs.add_note(self.run, epoch, f"It is {self.clock.now()}.")
        return self.shows()

    def claims(self) -> int:
        claimed = self.ledger.runs.claim_next(worker="w", seal_key=b"k", now=self.clock.now())
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


def test_want_of_room_is_no_failure(scene: Scene) -> None:
    """What GitHub has no room for stays as it was: not looked up, and true when its turn comes."""
    scene.github.fails = [Crowded(60)]
    scene.shows()
    scene.ends(scene.claims())

    (waiting,) = scene.ledger.surfaces.due(scene.clock.now())
    scene.shows()

    assert (waiting.surface.attempted, waiting.surface.failures) == (False, 0)
    assert (scene.github.checks[1].status, scene.github.updates) == ("completed", 0)


def test_progress_becomes_rarer(scene: Scene) -> None:
    """The longer a run goes on, the less often its check run changes, down to once in 15 s."""
    scene.shows()
    epoch = scene.claims()
    scene.shows()

    changed = [second for second in range(120) if scene.shows_a_note(epoch)]

    gaps = [later - earlier for earlier, later in pairwise(changed)]
    assert gaps == sorted(gaps)
    assert (gaps[0], gaps[-1]) == (5, 15)


def test_the_weightiest_come_first(scene: Scene) -> None:
    """Ends of check runs, new ones, replies, reactions, comments, and progress last."""
    now, new = scene.clock.now(), NewSurface
    scene.ledger.surfaces.add(new("c", SurfaceKind.COMMENT, PLACE, 7, run=scene.run), now)
    scene.ledger.surfaces.add(new("e", SurfaceKind.REACTION, PLACE, 7), now)
    scene.ledger.surfaces.add(new("r", SurfaceKind.REPLY, PLACE, 7), now)

    began = [each.rank for each in scene.ledger.surfaces.due(now)]
    scene.ends(scene.claims())
    ended = [each.rank for each in scene.ledger.surfaces.due(now)]

    assert began == [Rank.NEW_CHECK, Rank.REPLY, Rank.REACTION, Rank.COMMENT]
    assert ended == [Rank.FINAL_CHECK, Rank.REPLY, Rank.REACTION, Rank.COMMENT]


def test_many_in_one_installation_hide_nobody_elses(scene: Scene) -> None:
    """Of each installation the weightiest are looked at, however many wait elsewhere."""
    other = replace(PLACE, installation=InstallationId(12))
    for number in range(100):
        scene.ledger.surfaces.add(NewSurface(f"r{number}", SurfaceKind.REPLY, PLACE, 7), scene.clock.now())
    scene.ledger.surfaces.add(NewSurface("theirs", SurfaceKind.REACTION, other, 7), scene.clock.now())

    due = scene.ledger.surfaces.due(scene.clock.now())

    assert due[-1].surface.key == "theirs"
    assert len(due) == SHOWN_TOGETHER + 1


NO = UserError("The App may not write checks here.")


def test_a_stray_refusal_is_a_moments_confusion(scene: Scene) -> None:
    """GitHub's no is tried again soon: a check run is not left in progress for one wrong answer."""
    scene.shows()
    epoch = scene.claims()
    scene.github.fails = [NO]
    scene.shows()
    scene.ends(epoch)
    scene.clock.goes_on(5)

    scene.shows()

    assert scene.github.checks[1].status == "completed"


def test_a_refusal_is_borne_for_an_hour(scene: Scene) -> None:
    """A no that stays is tried with growing pauses, and shown as soon as it ends."""
    scene.github.fails = [NO] * 1000
    scene.shows_for(0.9)
    tries = 1000 - len(scene.github.fails)
    scene.github.fails = []

    scene.shows_for(0.1)

    assert 10 < tries < 30
    assert scene.github.checks[1].status == "queued"


def test_a_closed_door_is_not_knocked_at_for_ever(scene: Scene) -> None:
    """When GitHub says no for an hour, the surface is given up, and the reason kept for the doctor."""
    scene.github.fails = [NO] * 1000
    scene.shows_for(1.2)
    scene.github.fails = []

    assert scene.shows() == 0
    assert scene.ledger.surfaces.given_up(NOON) == [(f"check_run:{scene.run}", str(NO))]


def test_a_clock_that_jumps_gives_nothing_up(scene: Scene) -> None:
    """An hour that only the clock has seen is not an hour of refusals."""
    scene.github.fails = [NO]
    scene.shows()
    scene.clock.goes_on(7200)
    scene.github.fails = [NO]
    scene.shows()
    scene.clock.goes_on(10)

    scene.shows()

    assert scene.github.checks[1].status == "queued"


def test_an_uninstalled_app_ends_quietly(scene: Scene) -> None:
    """Where the App was uninstalled nobody is left to show anything to: that is no failure."""
    scene.github.fails = [Uninstalled("Not installed.")] * 1000
    scene.shows_for(0.5)

    assert scene.ledger.surfaces.all() == [(f"check_run:{scene.run}", True, "")]
    assert scene.ledger.surfaces.given_up(NOON) == []


def test_a_locked_conversation_is_left_in_peace(scene: Scene) -> None:
    """One try, no regret: who locks it means it."""
    scene.github.fails = [ConversationLocked("Locked.")]
    scene.shows()

    assert scene.ledger.surfaces.all() == [(f"check_run:{scene.run}", True, "")]
    assert scene.ledger.surfaces.given_up(NOON) == []


def test_a_check_run_that_vanished_is_made_again(scene: Scene) -> None:
    """A check run that GitHub has lost is created once more, and tells the whole truth."""
    scene.shows()
    epoch = scene.claims()
    scene.ledger.runs.annotate(scene.run, epoch, many(3))
    scene.shows()
    scene.github.checks.clear()
    scene.github.annotations.clear()
    scene.ends(epoch)

    scene.shows_for(0.1)

    assert [check.status for check in scene.github.checks.values()] == ["completed"]
    assert len(scene.github.annotations) == 3


def test_a_check_run_that_is_there_after_all_is_not_doubled(scene: Scene) -> None:
    """A 404 on our own check run is not believed: it is looked up by its marker, and found."""
    scene.shows()
    epoch = scene.claims()
    scene.github.hidden = {1}
    scene.ends(epoch)

    scene.shows_for(0.1)

    assert [check.status for check in scene.github.checks.values()] == ["completed"]


def test_a_deleted_comment_is_not_written_again(scene: Scene) -> None:
    """Who deletes our status comment does not want it; the check run goes on alone."""
    scene.also_comments()
    scene.shows()
    epoch = scene.claims()
    scene.github.comments.clear()
    scene.ends(epoch)

    scene.shows_for(0.1)

    assert scene.github.comments == {}
    assert all(done for _, done, _ in scene.ledger.surfaces.all())
    assert scene.ledger.surfaces.given_up(NOON) == []


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
