"""`open_pull_request`: the desk turns what the box changed into a pull request."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from bot.actions.model import ActionType, Parameters, Reversal, Risk, Where
from bot.actions.text import visible

MAX_TITLE = 200
MAX_BODY = 20_000  # GitHub takes 65 536; the rest of the body is ours: plan, steps, how to undo

_BRANCH = re.compile(r"agent/[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*\Z", re.ASCII)


def _branch(value: str) -> str:
    fits = _BRANCH.match(value) and ".." not in value and len(value) <= 100
    if not fits or any(part.endswith((".", ".lock")) for part in value.split("/")):
        raise ValueError(
            "must begin with `agent/`, like `agent/fix-tests`, then letters, digits, `.`, `_`, `-` and `/`, "
            "100 characters at most."
        )
    return value


def _title(value: str) -> str:
    text = visible(value).strip()
    if not text or "\n" in text:
        raise ValueError("must be one line of text.")
    return text


class OpenPullRequest(Parameters):
    """What `open_pull_request` takes."""

    title: Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(_title)] | None = Field(
        default=None, description="One line; without it, what the run did."
    )
    body: Annotated[str, Field(max_length=MAX_BODY)] | None = Field(
        default=None, description="Stands above what the report says about the run."
    )
    branch: Annotated[str, AfterValidator(_branch)] | None = Field(
        default=None, description="Begins with `agent/`; without it, `agent/` and the id of the run."
    )


OPEN_PULL_REQUEST = ActionType(
    name="open_pull_request",
    summary="Opens a pull request with everything that the run changed. Implied as the last step.",
    parameters=OpenPullRequest,
    describe=lambda parameters: "Open a pull request" + (f": {parameters.title}" if parameters.title else ""),
    risk=Risk.WRITE,
    repeatable=True,  # the desk looks for the branch and the pull request before it makes them
    reversal=Reversal.UNDO,
    where=Where.DESK,
    touches=lambda _: (),
)
