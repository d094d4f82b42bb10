"""Making a chat equal to the truth: a run's one message, its log, its end, and what is said once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.chat.message import MESSAGE, Message, Prose, says
from bot.chat.model import ChatUser, Spot, ts_of
from bot.chat.pacing import Pacing, need_of
from bot.chat.placing import once, run_surfaces
from bot.chat.ports import Chat, Gone
from bot.errors import Crowded, Hiccup
from bot.ids import Place
from bot.ledger import Ledger
from bot.ledger.surfaces import Shown, Surface, SurfaceKind
from bot.pace import next_change
from bot.reports.chat import no_more_in_channel, not_in_channel, not_shown_any_more
from bot.reports.chat_run import end_message, run_message
from bot.runs import Run, RunState

log = structlog.get_logger(__name__)

WORTH_A_FILE = 1_500  # bytes of output that a message does not show
LONGEST_LOG = 1_000_000  # bytes of a file: the end of what was said
SOON_S = 0.5
FAILURES = frozenset({RunState.FAILED, RunState.TIMED_OUT, RunState.BUDGET_EXHAUSTED})


@dataclass(frozen=True)
class ChatScreen:
    """Shows claimed surfaces of a chat. Gone: it cannot be shown any more, and that is all there is to it."""

    ledger: Ledger
    chat: Chat
    pacing: Pacing
    page: Callable[[Run], str]
    check_page: Callable[[Run], str]
    may_read: Callable[[Place, Spot], bool]  # whether all who read there may know of the repository
    interval: timedelta  # least time between two changes of one message

    def show(self, surface: Surface, run: Run | None, now: datetime) -> Shown:
        try:
            return self._show(surface, run, now)
        except Crowded as crowded:  # what Slack calls the place may not be what we stand in line for
            self.pacing.close((need_of(surface),), crowded.retry_after_s)
            raise

    def _show(self, surface: Surface, run: Run | None, now: datetime) -> Shown:
        match surface.kind:
            case SurfaceKind.CHAT_SAY:
                return self._say(surface, now)
            case SurfaceKind.CHAT_RUN | SurfaceKind.CHAT_FAILED if run is not None:
                return self._run(surface, run, now)
            case SurfaceKind.CHAT_LOG if run is not None:
                return self._log(surface, run, now)
            case SurfaceKind.CHAT_END if run is not None:
                return self._end(surface, run, now)
        raise AssertionError(f"{surface.kind} of no run is no surface of a chat.")

    def _must_be_readable(self, surface: Surface, run: Run) -> None:
        if not self._is_readable(surface, run):
            raise Gone("Not everybody who reads the channel may know of the repository.")

    def _is_readable(self, surface: Surface, run: Run) -> bool:
        spot = _spot(surface)
        try:
            return not spot.channel or self.may_read(run.target.place, spot)
        except Crowded as crowded:  # GitHub's limit is none of this channel's
            raise Hiccup(str(crowded), retry_after_s=crowded.retry_after_s) from None

    # --- a run ------------------------------------------------------------------------------------------

    def _run(self, surface: Surface, run: Run, now: datetime) -> Shown:
        if surface.kind is SurfaceKind.CHAT_FAILED and run.state not in FAILURES:
            return Shown(surface.remote_id, run.version, "", 0, now, done=True)
        number = surface.remote_id
        if number is None:
            return self._begin(surface, run, now)
        if self._is_readable(surface, run):
            message = self._message(surface, run)
        else:
            message = says(not_shown_any_more())
            self._show_directly(surface, run, now)
        digest = _digest(message)
        if digest != surface.shown_hash:
            self.pacing.update(surface.line, now)
            self.chat.messages.update(self._real(surface, _spot(surface)), number, message)
        return self._shows(surface, run, number, digest, now)

    def _begin(self, surface: Surface, run: Run, now: datetime) -> Shown:
        try:
            self._must_be_readable(surface, run)
            number = self._existing(surface, surface.key)
            if number is not None:  # found: it is changed when there is room
                return Shown(number, run.version - 1, "", 0, now, done=False)
            message = self._message(surface, run)
            number = self._post(surface, message, surface.key, now)
        except Gone:
            self._show_directly(surface, run, now)
            raise
        return self._shows(surface, run, number, _digest(message), now)

    def _shows(self, surface: Surface, run: Run, number: int, digest: str, now: datetime) -> Shown:
        due_at = next_change(surface.updates, self.interval, now)
        return Shown(number, run.version, digest, 0, due_at, done=run.state.final)

    def _show_directly(self, surface: Surface, run: Run, now: datetime) -> None:
        """Whoever asked sees all of it, even where the channel does not let us in."""
        if _asked_in_channel(surface):
            direct, to = Spot(surface.content["team"], ""), surface.content["to"]
            for new in run_surfaces(surface.place, surface.number, run.id, direct, to=to, away=True):
                self.ledger.surfaces.add(new, now)

    def _message(self, surface: Surface, run: Run) -> Message:
        waits = run.state is RunState.QUEUED
        return run_message(
            run,
            page_url=self.page(run),
            check_url=self.check_page(run),
            tails=self.ledger.journals.tails(run.id, len(run.steps)),
            outlook=self.ledger.line.outlook(run, self.pacing.clock.now()) if waits else None,
            why_here=not_in_channel() if surface.content.get("away") else "",
        )

    def _end(self, surface: Surface, run: Run, now: datetime) -> Shown:
        """One more message, because an edited one calls nobody. Each attempt has an end of its own."""
        thread = self._thread(surface)
        key, asker = f"{surface.key}:{run.attempt}", self._asker(surface, run)
        message = end_message(run, page_url=self.page(run), to=asker)
        try:
            self._must_be_readable(surface, run)
            number = self._existing(surface, key, thread) or self._post(surface, message, key, now, thread)
        except Gone:
            if _asked_in_channel(surface) and self._head(surface) is not None:
                self._tell_directly(ChatUser(thread.team, asker), message, f"direct:{key}", now)
            raise
        return Shown(number, run.version, "", 0, now, done=True)

    def _asker(self, surface: Surface, run: Run) -> str:
        """Whoever asked for this attempt, as this workspace knows them; "" when it does not."""
        team = surface.content["team"]
        here = [user.id for user in self.ledger.links.members(run.requester.id) if user.team == team]
        first = surface.content["to"]
        return first if first in here or not here else here[0]

    def _log(self, surface: Surface, run: Run, now: datetime) -> Shown:
        written = sum(step.output_bytes for step in run.steps if not run.kept(step))
        if written > WORTH_A_FILE:
            self._must_be_readable(surface, run)
            spot = self._real(surface, self._thread(surface))
            name = f"agent-{run.id}-{run.attempt}.log.txt"
            if not (surface.attempted and self.chat.files.find(spot, name)):
                self.ledger.surfaces.begin_creation(surface)
                self.pacing.post(surface.line, now)
                end = self.ledger.journals.end(run.id, run.attempt, LONGEST_LOG)
                self.chat.files.attach(spot, name, end.encode("utf-8", "replace")[-LONGEST_LOG:])
        return Shown(1, run.version, "", 0, now, done=True)

    def _thread(self, surface: Surface) -> Spot:
        """Where a run is talked about: the thread in which it was asked for, or the one below its message."""
        spot = _spot(surface)
        if spot.thread:
            return spot
        head = self._head(surface)
        if head is not None:
            return spot.in_thread(ts_of(head))
        if self.ledger.surfaces.is_done(surface.content["head"]):
            raise Gone("The run's own message could not be posted.")
        raise Hiccup("The run's own message is not there yet.", retry_after_s=SOON_S)

    def _head(self, surface: Surface) -> int | None:
        return self.ledger.surfaces.number_of(surface.content["head"])

    def _tell_directly(self, user: ChatUser, message: Message, key: str, now: datetime) -> None:
        """How it ended, where the channel does not let us in any more."""
        told = replace(message, parts=(*message.parts, Prose(no_more_in_channel())), mentions="")
        self.ledger.surfaces.add(once(key, told, Spot(user.team, ""), to=user.id), now)

    # --- what is said once ------------------------------------------------------------------------------

    def _say(self, surface: Surface, now: datetime) -> Shown:
        content = surface.content
        message = MESSAGE.validate_python(content["message"])
        spot, to = _spot(surface), content["to"]
        if to and spot.channel:
            self._whisper(surface, spot, to, message)
            number = 1
        else:
            number = self._existing(surface, surface.key) or self._post(surface, message, surface.key, now)
        self.ledger.surfaces.forget_words(surface)
        return Shown(number, 1, "", 0, now, done=True)

    def _whisper(self, surface: Surface, spot: Spot, to: str, message: Message) -> None:
        """Where we are not, nobody can be whispered to: then it is said directly."""
        try:
            self.chat.messages.whisper(spot, to, message)
        except Gone as why:
            log.info("chat.whisper_directly", line=surface.line, why=str(why))
            direct = self.chat.people.direct(ChatUser(spot.team, to))
            if self._existing(surface, surface.key, direct) is None:
                self.chat.messages.post(direct, message, key=surface.key)

    # --- posting ----------------------------------------------------------------------------------------

    def _post(
        self, surface: Surface, message: Message, key: str, now: datetime, spot: Spot | None = None
    ) -> int:
        self.pacing.post(surface.line, now)
        return self.chat.messages.post(self._real(surface, spot or _spot(surface)), message, key=key)

    def _existing(self, surface: Surface, key: str, spot: Spot | None = None) -> int | None:
        """The one of an earlier attempt whose end we did not see. The first attempt does not look."""
        if surface.attempted:
            return self.chat.messages.find(self._real(surface, spot or _spot(surface)), key=key)
        self.ledger.surfaces.begin_creation(surface)
        return None

    def _real(self, surface: Surface, spot: Spot) -> Spot:
        if spot.channel:
            return spot
        direct = self.chat.people.direct(ChatUser(spot.team, surface.content["to"]))
        return replace(direct, thread=spot.thread)


def _digest(message: Message) -> str:
    return hashlib.sha256(MESSAGE.dump_json(message)).hexdigest()


def _asked_in_channel(surface: Surface) -> bool:
    return bool(surface.content["to"] and surface.content["channel"])


def _spot(surface: Surface) -> Spot:
    content = surface.content
    return Spot(content["team"], content["channel"], content["thread"])
