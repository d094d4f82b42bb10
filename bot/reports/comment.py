"""The one status comment of a run, edited in place and found again by its hidden marker.

The marker is the first line, `<!-- devops-agent:run:ID -->`; a one-off reply carries
`<!-- devops-agent:reply:KEY -->`. Only comments that our own App wrote are searched for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.forecast import Outlook
from bot.ids import RunId
from bot.reports import outcome, safe, steps
from bot.reports.headline import headline
from bot.runs import Run

_OURS = re.compile(r"^[ \t]*<!-- devops-agent:(?:run|reply):", re.MULTILINE)
_NOT_KEY = re.compile(r"[^A-Za-z0-9_.:]")


def marker(run_id: RunId) -> str:
    """The hidden line by which the status comment of a run is found again."""
    return f"<!-- devops-agent:run:{_NOT_KEY.sub('_', run_id)} -->"


def reply_marker(key: str) -> str:
    """The hidden line by which a one-off reply is found again, so that it is never posted twice."""
    return f"<!-- devops-agent:reply:{_NOT_KEY.sub('_', key)} -->"


def repeats_us(text: str) -> bool:
    """Whether it carries a marker of ours, unquoted: somebody's program echoes what we said."""
    return _OURS.search(text) is not None


def comment(
    run: Run, *, page_url: str, tails: Mapping[int, str] | None = None, outlook: Outlook | None = None
) -> str:
    """How the run stands, a line a step, what came of it, and where the log is.

    With the ends of the steps' output, the first line can say how many tests failed.
    """
    parts = [
        f"**{safe.words(headline(run, tails, outlook))}**",
        steps.lines(run),
        *outcome.sentences(run, page_url=page_url, outlook=outlook),
        outcome.facts(run, page_url=page_url),
        f"<sub>{outcome.digest(run)}</sub>",
    ]
    head = f"{marker(run.id)}\n"
    body = "\n\n".join(part for part in parts if part)
    return head + safe.cut_bytes(body, safe.GITHUB_TEXT - len(head.encode()))
