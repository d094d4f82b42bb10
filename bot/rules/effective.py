"""The configuration that holds for a repository: each value, where it came from, and what was cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from bot.errors import UserError
from bot.ids import Repo
from bot.limits import Limits
from bot.plans.model import ErrorHandling
from bot.ports import Role
from bot.reports.safe import inline
from bot.rules.file import RepositoryFile, ServerFile
from bot.rules.reading import repository_file

FILE = ".github/agent.yml"  # in the repository, and the same path in the owner's `.github` repository


class Source(StrEnum):
    """Where a value came from."""

    BUILT_IN = "built-in"
    SERVER_DEFAULT = "server default"
    SERVER_CEILING = "server ceiling"
    ORGANISATION = "organisation file"
    REPOSITORY = "repository file"


@dataclass(frozen=True)
class Rules:
    """The effective configuration of one repository.

    `needs` holds the roles that were raised, by verb. `image` is None for the server's usual image.
    `sources` says where each value came from, by key (`limits.cpus`); `notes` are sentences about values
    that were not taken as they were written.
    """

    limits: Limits = field(default_factory=Limits)
    error_handling: ErrorHandling = ErrorHandling.STOP
    pull_request: bool = True
    image: str | None = None
    needs: Mapping[str, Role] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def effective(repository: bytes | None, organisation: bytes | None, server: ServerFile) -> Rules:
    """The rules of a repository from its file, or else from its organisation's, under the server's.

    Raises UserError, with line and key of every problem, when the file that counts cannot be used.
    """
    rules = _over(_built_in(), server.defaults.model_dump(exclude_none=True), Source.SERVER_DEFAULT)
    ceilings = _ceilings(server, rules.limits)
    rules = _under(rules, ceilings)
    if repository is not None:
        chosen, source, where = repository, Source.REPOSITORY, f"`{FILE}`"
    elif organisation is not None:
        chosen, source, where = (
            organisation,
            Source.ORGANISATION,
            f"`{FILE}` of the owner's `.github` repository",
        )
    else:
        return rules
    file = repository_file(chosen, where=where)
    _refuse_other_image(file, server, where)
    return _under(_over(rules, file.model_dump(exclude_none=True, exclude={"version"}), source), ceilings)


def served(repo: Repo, server: ServerFile) -> bool:
    """Whether the server's list of repositories has this one. GitHub does not mind upper and lower case."""
    name = str(repo).lower()
    return not server.repositories or any(fnmatchcase(name, each.lower()) for each in server.repositories)


def _built_in() -> Rules:
    keys = [*(f"limits.{each.name}" for each in fields(Limits)), "error_handling", "pull_request", "image"]
    return Rules(sources=dict.fromkeys(keys, Source.BUILT_IN))


def _over(rules: Rules, chosen: Mapping[str, Any], source: Source) -> Rules:
    limits = chosen.get("limits", {})
    plain = {key: chosen[key] for key in ("error_handling", "pull_request", "image") if key in chosen}
    needs, notes = dict(rules.needs), list(rules.notes)
    sources = {
        **rules.sources,
        **dict.fromkeys((f"limits.{key}" for key in limits), source),
        **dict.fromkeys(plain, source),
    }
    for verb, wanted in chosen.get("verbs", {}).items():
        role, before = Role(wanted["needs"]), needs.get(verb, Role.NONE)
        if role.at_least(before):
            needs[verb] = role
            sources[f"verbs.{verb}.needs"] = source
        else:
            notes.append(
                f"`verbs.{verb}.needs` stays `{before}`: the {source} says `{role}`, "
                "and it can only be raised."
            )
    return replace(
        rules,
        **plain,
        limits=replace(rules.limits, **limits),
        needs=needs,
        sources=sources,
        notes=tuple(notes),
    )


def _ceilings(server: ServerFile, defaults: Limits) -> Limits:
    return replace(defaults, **server.ceilings.model_dump(exclude_none=True))


def _under(rules: Rules, ceilings: Limits) -> Rules:
    over = {
        each.name: getattr(ceilings, each.name)
        for each in fields(Limits)
        if getattr(rules.limits, each.name) > getattr(ceilings, each.name)
    }
    notes = tuple(
        f"`limits.{key}` is {most} instead of {getattr(rules.limits, key)}: "
        "that is the most this server allows."
        for key, most in over.items()
    )
    return replace(
        rules,
        limits=replace(rules.limits, **over),
        sources={**rules.sources, **dict.fromkeys((f"limits.{key}" for key in over), Source.SERVER_CEILING)},
        notes=(*rules.notes, *notes),
    )


def _refuse_other_image(file: RepositoryFile, server: ServerFile, where: str) -> None:
    allowed = [*server.images, *([server.defaults.image] if server.defaults.image else [])]
    if file.image is None or file.image in allowed:
        return
    listed = ", ".join(f"`{each}`" for each in allowed) or "none, so please leave `image` out"
    raise UserError(
        f"I cannot use {where} as it is: `image` names {inline(file.image, limit=80)}, which this server "
        f"does not allow. Allowed are: {listed}."
    )
