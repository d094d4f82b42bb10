"""Making surfaces equal to the truth: what to do next is decided here, doing it is a short loop.

Creating is intent → look up by marker → create → record. Changes are paced; a final state does not wait.
What time can fix is tried until it works. A refusal is tried for an hour: it may be a moment's confusion, and
a required check that stays `in_progress` blocks people.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import structlog
from pydantic import TypeAdapter

from bot.chat.ports import Gone
from bot.chat.showing import ChatScreen
from bot.errors import ConversationLocked, Crowded, Hiccup, Uninstalled, UserError
from bot.events import Comment
from bot.forecast import Outlook
from bot.ids import RunId
from bot.ledger import Ledger
from bot.ledger.surfaces import Shown, Surface, SurfaceKind
from bot.pace import next_change
from bot.ports import Annotation, CheckRun, CheckRuns, Clock, Comments, Reactions
from bot.reports.check import check as render_check
from bot.reports.comment import comment as render_comment
from bot.reports.comment import marker, reply_marker
from bot.runs import Run, RunState, Step

log = structlog.get_logger(__name__)

ANNOTATIONS_A_REQUEST = 50  # GitHub's limit
MAX_RETRY_WAIT_S = 300.0
REFUSED_WAIT_S = 4.0  # what is refused is asked for less often than what was not answered
REFUSED_FOR = timedelta(hours=1)  # then it is given up, and the log and the doctor say so
UNINSTALLED_FOR = timedelta(minutes=5)  # then nobody is left to show it to
LEAST_TRIES = 8  # before anything is given up, whatever the clock says
_COMMENT: TypeAdapter[Comment] = TypeAdapter(Comment)
_CHECK: TypeAdapter[CheckRun] = TypeAdapter(CheckRun)


@dataclass(frozen=True)
class Voices:
    """Where things are shown."""

    check_runs: CheckRuns
    comments: Comments
    reactions: Reactions


@dataclass(frozen=True)
class Reconciler:
    """Shows what is due. Several may work on one ledger: each surface is claimed before it is changed."""

    ledger: Ledger
    voices: Voices
    clock: Clock
    page: Callable[[Run], str]
    interval: timedelta  # least time between two changes of one surface while its run goes
    screen: ChatScreen | None = None  # None: no chat is set up

    def show(self, surface: Surface) -> None:
        """Make one claimed surface true, and write down that it is."""
        now = self.clock.now()
        try:
            shown = self._show(surface, now)
        except Crowded:
            self.ledger.surfaces.put_off(surface)  # it is chosen again when there is room
        except Hiccup as hiccup:
            wait = min(max(hiccup.retry_after_s, 2.0**surface.failures), MAX_RETRY_WAIT_S)
            self.ledger.surfaces.fail(surface, str(hiccup), now + timedelta(seconds=wait))
            log.info("surface.waits", surface=surface.key, seconds=wait, why=str(hiccup))
        except Gone as gone:
            self.ledger.surfaces.end_early(surface, str(gone), now)
            log.info("surface.ended_early", surface=surface.key, why=str(gone))
        except ConversationLocked as locked:
            self.ledger.surfaces.close(surface)  # people mean it, and the check run shows everything
            log.info("surface.closed", surface=surface.key, why=str(locked))
        except UserError as refusal:
            self._refused(surface, refusal, now)
        else:
            self.ledger.surfaces.show(surface, shown)

    def _refused(self, surface: Surface, refusal: UserError, now: datetime) -> None:
        since = surface.refused_since or now
        nobody_there = isinstance(refusal, Uninstalled)
        patience = UNINSTALLED_FOR if nobody_there else REFUSED_FOR
        if surface.failures < LEAST_TRIES or now - since < patience:
            wait = timedelta(seconds=min(REFUSED_WAIT_S * 2.0**surface.failures, MAX_RETRY_WAIT_S))
            self.ledger.surfaces.fail(surface, str(refusal), now + wait, refused_since=since)
            log.warning("surface.refused", surface=surface.key, why=str(refusal))
        elif nobody_there:
            self.ledger.surfaces.close(surface)
            log.info("surface.closed", surface=surface.key, why=str(refusal))
        else:
            self.ledger.surfaces.give_up(surface, str(refusal), now)
            log.error("surface.given_up", surface=surface.key, why=str(refusal))

    def _show(self, surface: Surface, now: datetime) -> Shown:
        match surface.kind:
            case SurfaceKind.REACTION:
                return self._react(surface, now)
            case SurfaceKind.REPLY:
                return self._reply(surface, now)
            case SurfaceKind.RULES:
                return self._rules(surface, now)
            case SurfaceKind.CHECK_RUN:
                return self._check_run(surface, self._run(surface.run), now)
            case SurfaceKind.COMMENT:
                return self._comment(surface, self._run(surface.run), now)
            case _:
                return self._in_chat(surface, now)

    def _in_chat(self, surface: Surface, now: datetime) -> Shown:
        if self.screen is None:
            raise Gone("No chat is set up any more.")
        run = None if surface.run is None else self._run(surface.run)
        return self.screen.show(surface, run, now)

    def _react(self, surface: Surface, now: datetime) -> Shown:
        comment = _COMMENT.validate_python(surface.content["comment"])
        reached = self.voices.reactions.react(surface.place, comment, surface.content["reaction"])
        if not reached and surface.failures < LEAST_TRIES:
            raise Hiccup("GitHub does not find the comment that asked.")  # it may have been deleted
        return Shown(None, 1, "", 0, now, done=True)

    def _reply(self, surface: Surface, now: datetime) -> Shown:
        mark = reply_marker(surface.key)
        remote_id = self._existing_comment(surface, mark)
        if remote_id is None:
            text = f"{surface.content['text']}\n\n{mark}"
            remote_id = self.voices.comments.create(surface.place, surface.number, text)
        return Shown(remote_id, 1, "", 0, now, done=True)

    def _rules(self, surface: Surface, now: datetime) -> Shown:
        check, there = _CHECK.validate_python(surface.content["check"]), surface.content["shown"]
        if there is not None and self.voices.check_runs.update(surface.place, there, check):
            return Shown(there, 1, "", 0, now, done=True)
        remote_id = self._found(surface, check) or self.voices.check_runs.create(surface.place, check)
        return Shown(remote_id, 1, "", len(check.annotations), now, done=True)

    def _comment(self, surface: Surface, run: Run, now: datetime) -> Shown:
        text = render_comment(
            run, page_url=self.page(run), tails=self._tails(run), outlook=self._outlook(run)
        )
        digest = _hash(text)
        remote_id = surface.remote_id or self._existing_comment(surface, marker(run.id))
        if remote_id is None and surface.updates:
            log.info("surface.deleted", surface=surface.key)  # somebody meant it, and the check run has all
            return Shown(None, run.version, "", 0, now, done=True)
        if remote_id is None:
            remote_id = self.voices.comments.create(surface.place, surface.number, text)
        elif digest != surface.shown_hash:
            self._must_be_there(surface, self.voices.comments.update(surface.place, remote_id, text))
        return Shown(
            remote_id,
            run.version,
            digest,
            0,
            next_change(surface.updates, self.interval, now),
            done=run.state.final,
        )

    def _check_run(self, surface: Surface, run: Run, now: datetime) -> Shown:
        remote_id = surface.remote_id or self._found(surface, self._render(run, ()))
        if remote_id is None and run.state in (RunState.RUNNING, RunState.PUBLISHING, RunState.QUEUED):
            run = _as_it_began(
                run
            )  # hands may be faster than we are: everybody sees queued, then in_progress
        sent = self._annotations_sent(surface, run, remote_id)
        fresh = self.ledger.runs.annotations(run.id, sent, ANNOTATIONS_A_REQUEST)
        wanted = self._render(run, fresh)
        digest = _hash(json.dumps(asdict(replace(wanted, annotations=())), default=str, sort_keys=True))
        if remote_id is None:
            remote_id = self.voices.check_runs.create(surface.place, wanted)
        elif digest != surface.shown_hash or fresh:
            self._must_be_there(surface, self.voices.check_runs.update(surface.place, remote_id, wanted))
        sent += len(fresh)
        more = bool(self.ledger.runs.annotations(run.id, sent, 1))
        return Shown(
            remote_id,
            run.version - 1 if more else run.version,  # behind by one: what is left is sent at once
            digest,
            sent,
            next_change(surface.updates, self.interval, now),
            done=run.state.final and not more,
        )

    def _render(self, run: Run, fresh: Sequence[Annotation]) -> CheckRun:
        return render_check(
            run,
            tails=self._tails(run),
            page_url=self.page(run),
            annotations=fresh,
            outlook=self._outlook(run),
        )

    def _outlook(self, run: Run) -> Outlook | None:
        waiting = run.state is RunState.QUEUED
        return self.ledger.line.outlook(run, self.clock.now()) if waiting else None

    def _tails(self, run: Run) -> Mapping[int, str]:
        return self.ledger.journals.tails(run.id, len(run.steps))

    def _found(self, surface: Surface, check: CheckRun) -> int | None:
        """The one of an earlier attempt whose end we did not see. The first attempt does not look."""
        if surface.attempted:
            return self.voices.check_runs.find(surface.place, check)
        self.ledger.surfaces.begin_creation(surface)
        return None

    def _annotations_sent(self, surface: Surface, run: Run, remote_id: int | None) -> int:
        """GitHub appends annotations and never takes one back: before more are sent, it is asked."""
        sent = surface.sent_annotations
        if remote_id is None or not self.ledger.runs.annotations(run.id, sent, 1):
            return sent
        return max(sent, self.voices.check_runs.annotated(surface.place, remote_id))

    def _must_be_there(self, surface: Surface, updated: bool) -> None:
        """What GitHub does not find by its id is looked for by its marker, a moment later."""
        if not updated:
            self.ledger.surfaces.lose(surface)
            raise Hiccup("GitHub does not find what it showed a moment ago.")

    def _existing_comment(self, surface: Surface, mark: str) -> int | None:
        if surface.attempted:
            return self.voices.comments.find(surface.place, surface.number, mark)
        self.ledger.surfaces.begin_creation(surface)
        return None

    def _run(self, run: RunId | None) -> Run:
        found = None if run is None else self.ledger.runs.get(run)
        if found is None:
            raise UserError(f"There is no run {run} to show.")
        return found


def _as_it_began(run: Run) -> Run:
    """The run before anybody took it, a version behind, so that the truth follows at once."""
    steps = tuple(Step(step.index, step.action) for step in run.steps)
    behind = run.version if run.state is RunState.QUEUED else run.version - 1
    return replace(run, state=RunState.QUEUED, version=behind, steps=steps, started_at=None, notes=())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
