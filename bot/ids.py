"""Names of things: ids that must not be swapped, and how new ones are made."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import NewType

RunId = NewType("RunId", str)  # 10 characters of Crockford base32, lower case: fits a branch, a label, a URL
PlanId = NewType("PlanId", str)  # `plan-` and 10 such characters: a plan that was shown
Sha = NewType("Sha", str)  # 40 hex digits of a git commit
Digest = NewType("Digest", str)  # 64 hex digits: SHA-256 of a plan's canonical JSON
Login = NewType("Login", str)
InstallationId = NewType("InstallationId", int)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_run_id() -> RunId:
    """50 random bits; the ledger's primary key refuses the collision that will not happen."""
    return RunId(_ten())


def new_plan_id() -> PlanId:
    return PlanId(f"plan-{_ten()}")


def _ten() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))


def new_page_key() -> str:
    """The unguessable half of a run page's address: who can see the link can see the log, nobody else."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True)
class Repo:
    """A repository by name, as GitHub spells it."""

    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True)
class Place:
    """Where something happened: a repository, and the installation through which we may act there."""

    installation: InstallationId
    repo: Repo
    repo_id: int


@dataclass(frozen=True)
class Person:
    """An account as the webhook named it. Rights are never read from here: policy asks GitHub, live.

    `app_id` is that of a bot's App, as GitHub signed it; None for people, whatever they are called.
    """

    id: int
    login: Login
    app_id: int | None = None
