"""What is asked in a form, and what a person's home shows, as data. How it looks is the door's business."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.message import Part

RUN_FORM, DENY_FORM = "run", "deny"  # what a form that comes back is called
REPOSITORY, PULL, PLAN, DRY, WHY = "repository", "pull", "plan", "dry", "why"  # its fields


@dataclass(frozen=True)
class RunForm:
    """Where and what to run. `origin` comes back as it is. `preview` is Markdown of ours."""

    origin: str
    repository: str = ""
    pull: str = ""
    plan: str = ""
    dry: bool = False
    preview: str = ""
    problem: bool = False


@dataclass(frozen=True)
class DenyForm:
    """Why a parked run shall not go on. `origin` comes back as it is."""

    origin: str
    run: str
    repository: str


Form = RunForm | DenyForm


@dataclass(frozen=True)
class Home:
    """What one member sees of us when they open us."""

    parts: tuple[Part, ...]
