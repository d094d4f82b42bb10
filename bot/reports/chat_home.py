"""What somebody's home in a chat shows."""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat.forms import Home
from bot.chat.message import Heading, Part, Prose
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
    """Their latest runs, runs that wait for their approval, channels with a repository, and who they are."""
    who = f"You are {safe.inline(link.person.login)} on GitHub. `/agent unlink` forgets it."
    bound = [f"- {safe.inline(channel)} is about {safe.inline(repo)}" for channel, repo in channels]
    parts: list[Part] = [
        Heading("Waiting for you"),
        Prose(_list(waiting) or "No run waits for your approval."),
        Heading("My runs"),
        Prose(_list(mine) or "You have started no run yet. `/agent run` starts one."),
        Heading("Channels"),
        Prose("\n".join(bound) or "No channel is bound. `/agent link channel owner/repo` binds one."),
        Heading("You"),
        Prose(who),
    ]
    return Home(tuple(parts))


def _list(runs: Shown) -> str:
    return "\n".join(_line(run, page) for run, page in runs)


def _line(run: Run, page: str) -> str:
    number = f"#{run.target.number}" if run.target.number else ""
    where = safe.inline(f"{run.target.place.repo}{number}")
    when = f"{phrases.requester(run)}, {phrases.moment(run.queued_at)}"
    told = safe.words(headline(run), limit=120)
    return f"- {phrases.link(safe.inline(run.id), page)} in {where} ({when}): {told}"
