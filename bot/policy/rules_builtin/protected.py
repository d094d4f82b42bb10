"""`protected`: paths that decide about other people's work need somebody's approval."""

from __future__ import annotations

from bot.judging import folded
from bot.policy.conditions import shown
from bot.policy.facts import Facts, StepFacts
from bot.policy.globs import matches_any
from bot.policy.model import Policy
from bot.policy.rules_builtin.model import BuiltIn
from bot.policy.verdict import Approval, Effect, Ruling
from bot.ports import Role
from bot.reports.safe import inline

ALWAYS = (".github/**", "**/CODEOWNERS/**")
LOCK_FILES = frozenset(
    {
        "bun.lock",
        "bun.lockb",
        "cargo.lock",
        "composer.lock",
        "flake.lock",
        "gemfile.lock",
        "go.sum",
        "gradle.lockfile",
        "mix.lock",
        "package-lock.json",
        "npm-shrinkwrap.json",
        "packages.lock.json",
        "pdm.lock",
        "pipfile.lock",
        "pnpm-lock.yaml",
        "poetry.lock",
        "pubspec.lock",
        "uv.lock",
        "yarn.lock",
    }
)


def _is_protected(path: str, policy: Policy) -> bool:
    if matches_any([path], ALWAYS):
        return True
    return policy.lock_files and folded(path.rpartition("/")[2]) in LOCK_FILES


def _says(_: Facts, step: StepFacts, policy: Policy) -> Ruling | None:
    found = tuple(path for path in step.paths or () if _is_protected(path, policy))
    if not found:
        return None
    named = ", ".join(inline(path, limit=80) for path in found[:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return Ruling(
        "protected",
        Effect.APPROVAL,
        f"{named}{more} {'is' if len(found) == 1 else 'are'} protected here.",
        {"paths": shown(found)},
        approval=Approval(Role.MAINTAIN),
    )


PROTECTED = BuiltIn(
    "protected",
    "`.github/**`, `CODEOWNERS` anywhere, and lock files where `policy.lock_files` is set, need approval.",
    _says,
)
