"""What somebody's home in a chat shows."""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat.forms import Home
from bot.chat.message import Heading, Listing, Part, Prose, When, Where
from bot.chat.model import Link
from bot.reports import phrases, safe
from bot.reports.headline import headline
from bot.runs import Run

Shown = Sequence[tuple[Run, str]]  # a run, and where to look at it


def unwelcome(why: str) -> Home:
    return Home((Prose(why),))


def of_nobody() -> Home:
    return Home(
        (
            Heading("You are not linked yet"),
            Prose("Write `/agent link` in any channel to show me who you are on GitHub."),
        )
    )


def of(link: Link, mine: Shown, waiting: Shown, channels: Sequence[tuple[str, str]]) -> Home:
    """Their latest runs, runs that wait for their approval, channels with a repository, and who they are.

    `channels` are (id, repository): Slack tells the names of private ones to nobody else.
    """
    who = f"You are {safe.inline(link.person.login)} on GitHub. `/agent unlink` forgets it."
    bound = tuple((Where(channel), f" is about {safe.inline(repo)}") for channel, repo in channels)
    parts: list[Part] = [
        Heading("Waiting for you"),
        _list(waiting) or Prose("No run waits for your approval."),
        Heading("My runs"),
        _list(mine) or Prose("You have started no run yet. `/agent run` starts one."),
        Heading("Channels"),
        Listing(bound)
        if bound
        else Prose("No channel is bound. `/agent link channel owner/repo` binds one."),
        Heading("You"),
        Prose(who),
    ]
    return Home(tuple(parts))


def _list(runs: Shown) -> Part | None:
    return Listing(tuple(_line(run, page) for run, page in runs)) if runs else None


def _line(run: Run, page: str) -> tuple[str | When, ...]:
    number = f"#{run.target.number}" if run.target.number else ""
    where = safe.inline(f"{run.target.place.repo}{number}")
    told = safe.words(headline(run), limit=120)
    begin = f"{phrases.link(safe.inline(run.id), page)} in {where} ({phrases.requester(run)}, "
    return begin, When(run.queued_at), f"): {told}"
