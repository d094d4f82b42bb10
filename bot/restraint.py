"""How much people may ask for in a while, and how much we say: decided here, counted in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.ids import RunId

HOUR = timedelta(hours=1)

# Whoever wants to stop something, or to know how it stands, always may.
ALWAYS_WELCOME = frozenset({"cancel", "deny", "status"})


@dataclass(frozen=True)
class Restraint:
    """The numbers: `rates` in the server's file."""

    person_commands: int = 20
    repository_commands: int = 60
    window_minutes: int = 10
    replies_an_hour: int = 20
    replies_a_run: int = 5
    same_reply_minutes: int = 10

    @property
    def window(self) -> timedelta:
        return timedelta(minutes=self.window_minutes)

    @property
    def same_reply(self) -> timedelta:
        return timedelta(minutes=self.same_reply_minutes)


# --- what people ask -----------------------------------------------------------------------------------


class Scope(StrEnum):
    """Whose commands are counted together."""

    PERSON = "person"  # in all repositories
    REPOSITORY = "repository"  # of those who may: strangers use up nobody's room


class Welcome(StrEnum):
    """What becomes of a command."""

    FOLLOWED = "followed"
    REFUSED = "refused"  # and whoever wrote it is told so
    DROPPED = "dropped"  # they were told already


def welcome(before: Sequence[Welcome], most: int) -> Welcome:
    """`before` is what became of the commands of the window: only those that were followed use it up."""
    if before.count(Welcome.FOLLOWED) < most:
        return Welcome.FOLLOWED
    return Welcome.DROPPED if Welcome.REFUSED in before else Welcome.REFUSED


# --- what we say ---------------------------------------------------------------------------------------


class Speech(StrEnum):
    """What becomes of a reply."""

    SAID = "said"
    REPEATED = "repeated"  # it stands there already
    LAST = "last"  # instead of it, that we are quiet for now
    QUIET = "quiet"


@dataclass(frozen=True)
class Spoken:
    """A reply in a conversation. `digest` is of its text; `run` is the one that it is about."""

    at: datetime
    digest: str
    run: RunId | None = None
    last: bool = False


def speech(reply: Spoken, here: Sequence[Spoken], of_run: Sequence[Spoken], most: Restraint) -> Speech:
    """`here` is what was said in this conversation within the hour, `of_run` all about the same run.

    The sentence that we are quiet now counts, too: what is allowed is never exceeded by it.
    """
    if any(each.digest == reply.digest and reply.at - each.at < most.same_reply for each in here):
        return Speech.REPEATED
    return min(_room(here, most.replies_an_hour), _room(of_run, most.replies_a_run), key=_STRICTEST.index)


_STRICTEST = (Speech.QUIET, Speech.LAST, Speech.SAID)


def _room(earlier: Sequence[Spoken], most: int) -> Speech:
    room = most - len(earlier)
    if room > 1:
        return Speech.SAID
    if room < 1 or any(each.last for each in earlier):
        return Speech.QUIET
    return Speech.LAST
