"""What becomes of open runs when the world around them changes. An event says when to look, not what is true:
deliveries come late and in any order, so what is decided on is what GitHub says now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.desk.approving import void_when_moved
from bot.desk.model import Desk
from bot.errors import Hiccup
from bot.events import CommentDeleted, InstallationChanged, PullChange, PullChanged, RepositoryChanged
from bot.ids import Place
from bot.ports import Pull, Whereabouts
from bot.reading import asks
from bot.reports import refusals
from bot.runs import NOT_BEGUN, Run, Supersede
from bot.verbs import VERBS, chosen

CANCELLED = "cancelled"
SHOWN_AGAIN = timedelta(days=14)  # GitHub itself calls older check runs that did not end stale
GITHUB = "github"  # who cancelled a run when the world did it and no person is known


@dataclass(frozen=True)
class End:
    """The run is of no use any more."""

    reason: str


@dataclass(frozen=True)
class Remark:
    """The run goes on, and says that its pull request has moved on to this commit."""

    head: str


def verdict(run: Run, pull: Pull) -> End | Remark | None:
    """Pure: what follows for an open run from its pull request as it is now."""
    if not pull.open:
        return End(refusals.closed(pull.number))
    if pull.head_sha == run.target.sha or run.supersede is Supersede.NEVER:
        return None
    if run.supersede is Supersede.CANCEL:
        return End(refusals.superseded(pull.head_sha))
    return Remark(pull.head_sha)


def attend_pull(desk: Desk, event: PullChanged) -> str:
    """Closed or pushed to: its open runs follow. Drafts are worked on like any other pull request."""
    if event.change not in (PullChange.CLOSED, PullChange.PUSHED):
        return "Noted."
    runs = desk.open_runs(event.place, event.number)
    if not runs:
        return "No run is open there."
    pull = desk.code.pull(event.place, event.number)
    return _told(follow(desk, run, pull, by=event.actor.login) for run in runs)


def attend_deleted_comment(desk: Desk, event: CommentDeleted) -> str:
    """A run that has not begun is not wanted any more; one that has begun goes on."""
    runs = desk.ledger.runs.asked_by(event.place, event.comment)
    if not runs and any(chosen(ask) is VERBS["run"] for ask in asks(event.comment.text, slug=desk.slug)):
        raise Hiccup("The comment itself has not been heard yet, or it was refused.", retry_after_s=5.0)
    waiting = [run for run in runs if run.state in NOT_BEGUN and run.attempt == 1]
    if not waiting:
        return "No run waits for it."
    reason = refusals.comment_deleted()
    return _told(end(desk, run, reason, by=event.actor.login) for run in waiting)


def attend_repository(desk: Desk, event: RepositoryChanged) -> str:
    """Renamed, transferred, archived or deleted: whatever it was, GitHub says where it is now."""
    told = _told(
        _settled(
            desk, _open_runs(desk, lambda place: place.repo_id == event.place.repo_id), by=event.actor.login
        )
    )
    owed = [event.place for place in _owed(desk) if place.repo_id == event.place.repo_id]
    return told + _shown_again(desk, owed)


def attend_installation(desk: Desk, event: InstallationChanged) -> str:
    """Wherever its runs are, GitHub says whether we are still let in."""
    told = _told(
        _settled(desk, _open_runs(desk, lambda place: _concerns(event, place)), by=event.actor.login)
    )
    return told + _shown_again(desk, [place for place in _owed(desk) if _concerns(event, place)])


def _concerns(event: InstallationChanged, place: Place) -> bool:
    """Pure: an App that is installed again is another installation, maybe of another owner."""
    return (
        place.installation == event.installation
        or place.repo_id in event.repositories
        or place.repo.owner.lower() == event.account.lower()
    )


def _owed(desk: Desk) -> list[Place]:
    return desk.ledger.surfaces.owed(desk.clock.now() - SHOWN_AGAIN)


def _shown_again(desk: Desk, places: Iterable[Place]) -> str:
    """What was let go where we might not speak is owed again where we may."""
    now = desk.clock.now()
    shown = 0
    for place in places:
        there = desk.code.whereabouts(place)
        if there is not None and not there.archived:
            shown += desk.ledger.surfaces.reopen(there.place, now - SHOWN_AGAIN, now)
    return f" Shown again: {shown}." if shown else ""


def settle_place(desk: Desk, runs: Sequence[Run], *, by: str) -> str:
    """Open runs of one repository follow to where it is now, or end."""
    before = runs[0].target.place
    there = desk.code.whereabouts(before)
    reason = _why_not_there(before, there)
    if there is not None and there.place != before:
        desk.ledger.runs.move(there.place)
        desk.ledger.surfaces.move(there.place)
    if there is None or there.archived:  # before the runs: once they have ended, nobody comes back for this
        desk.ledger.surfaces.close_in(before.repo_id)
    if reason:
        for run in runs:
            end(desk, run, reason, by=by)
    return CANCELLED if reason else "followed"


def _why_not_there(before: Place, there: Whereabouts | None) -> str:
    """Pure: why its open runs end, or ""."""
    if there is None:
        return refusals.unreachable(str(before.repo))
    if there.archived:
        return refusals.archived()
    if there.place.repo.owner.lower() != before.repo.owner.lower():
        return refusals.transferred(str(there.place.repo))
    return ""


def _open_runs(desk: Desk, concerned: Callable[[Place], bool]) -> list[Run]:
    return [run for run in desk.ledger.runs.open() if concerned(run.target.place)]


def _settled(desk: Desk, runs: Iterable[Run], *, by: str) -> Iterator[str]:
    here: dict[int, list[Run]] = {}
    for run in runs:
        here.setdefault(run.target.place.repo_id, []).append(run)
    for those in here.values():
        yield settle_place(desk, those, by=by)


def follow(desk: Desk, run: Run, pull: Pull, *, by: str) -> str:
    """Do what follows for one open run. What came of it, in a word."""
    if pull.open and void_when_moved(desk, run, pull.head_sha):
        return "void"
    found = verdict(run, pull)
    if found is None or run.cancelled_by or _is_said(run, found) or _is_our_push(desk, run, pull):
        return "goes on"
    if isinstance(found, End):
        return end(desk, run, found.reason, by=by)
    head = found.head
    desk.ledger.runs.remark(run.id, lambda notes: with_head(notes, head))
    desk.told(run.id)
    return "told"


def end(desk: Desk, run: Run, reason: str, *, by: str) -> str:
    """Cancel an open run for a reason that is no person's wish. One that publishes ends by itself."""
    desk.cancel(run.id, by, reason=reason)
    return CANCELLED


def _is_said(run: Run, found: End | Remark) -> bool:
    return isinstance(found, Remark) and refusals.head_moved_on(found.head) in run.notes


def _is_our_push(desk: Desk, run: Run, pull: Pull) -> bool:
    """What our own App put on the branch is the work of a run, and supersedes none."""
    return pull.open and desk.code.author(run.target.place, pull.head_sha) == f"{desk.slug}[bot]"


def with_head(notes: Sequence[str], head: str) -> list[str]:
    """Pure: the notes with one sentence about where the head is now, however often it moved."""
    others = [note for note in notes if not note.startswith(refusals.HEAD_MOVED_ON)]
    return [*others, refusals.head_moved_on(head)]


def _told(outcomes: Iterable[str]) -> str:
    said = ", ".join(outcomes)
    return f"Open runs: {said}." if said else "No run is open there."
