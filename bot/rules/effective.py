"""The configuration that holds for a repository: each value, where it came from, and what was cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from bot.equipment import Equipment
from bot.errors import UserError
from bot.ids import Repo
from bot.limits import Limits
from bot.plans.model import ErrorHandling
from bot.policy import Layer, Origin, Policy
from bot.ports import Role
from bot.reports.safe import inline
from bot.rules import equipping
from bot.rules.file import ServerFile
from bot.rules.reading import repository_file
from bot.runs import Supersede
from bot.spending import Allowances

# The keys that simply replace what was.
PLAIN = ("error_handling", "pull_request", "image", "model", "supersede", "environment")
NUMBERS = {"limits": Limits, "budget": Allowances}  # the keys of which a server has a most
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

    `needs` holds the roles that were raised, by verb. `image` and `model` are None for the server's
    usual ones. `sources` says where each value came from, by key (`limits.cpus`); `notes` are sentences
    about values that were not taken as they were written.
    """

    limits: Limits = field(default_factory=Limits)
    budget: Allowances = field(default_factory=Allowances)
    error_handling: ErrorHandling = ErrorHandling.STOP
    pull_request: bool = True
    image: str | None = None
    images: tuple[str, ...] = ()  # that the server lets a repository choose
    secrets: tuple[str, ...] = ()  # names of those that its steps may be given
    model: str | None = None
    supersede: Supersede = Supersede.FINISH
    environment: str | None = None
    equipment: Equipment = field(default_factory=Equipment)
    needs: Mapping[str, Role] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    sources: Mapping[str, Source] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def effective(
    repository: bytes | None, organisation: bytes | None, server: ServerFile, *, repo: Repo | None = None
) -> Rules:
    """The rules of a repository from its file, or else from its organisation's, under the server's.

    The policy alone is that of all three files together. Without a `repo`, no secrets are known. Raises
    UserError, with line and key of every problem, when a file that counts cannot be used.
    """
    rules = _over(_built_in(), server.defaults.model_dump(exclude_none=True), Source.SERVER_DEFAULT)
    ceilings = _ceilings(server, rules)
    images = tuple(each for each in (*server.images, server.defaults.image) if each is not None)
    rules = replace(
        _under(rules, ceilings), policy=_server_policy(server), images=images, secrets=_secrets(repo, server)
    )
    for content, source, where in (
        (organisation, Source.ORGANISATION, f"`{FILE}` of the owner's `.github` repository"),
        (repository, Source.REPOSITORY, f"`{FILE}`"),
    ):
        if content is None:
            continue
        file = repository_file(content, where=where)
        rules = _stricter(rules, Layer(_ORIGINS[source], file.policy))
        if source is Source.REPOSITORY or repository is None:
            _refuse_others("image", file.image, images, where)
            _refuse_others("model", file.model, [*server.models, server.defaults.model], where)
            equipping.refuse_others(file, server, images, where)
            chosen = file.model_dump(exclude_none=True, exclude={"version", "policy", "policy_examples"})
            rules = _under(_over(rules, chosen, source), ceilings)
    return rules


_ORIGINS = {Source.ORGANISATION: Origin.ORGANISATION, Source.REPOSITORY: Origin.REPOSITORY}


def _server_policy(server: ServerFile) -> Policy:
    return Policy((Layer(Origin.SERVER, server.policy),), frozenset(server.policy.bots))


def _stricter(rules: Rules, layer: Layer) -> Rules:
    return replace(rules, policy=replace(rules.policy, layers=(*rules.policy.layers, layer)))


def served(repo: Repo, server: ServerFile) -> bool:
    """Whether the server's list of repositories has this one."""
    return not server.repositories or _is_of(repo, server.repositories)


def _secrets(repo: Repo | None, server: ServerFile) -> tuple[str, ...]:
    if repo is None:
        return ()
    return tuple(name for name, each in server.secrets.items() if _is_of(repo, each.repositories))


def _is_of(repo: Repo, patterns: Sequence[str]) -> bool:
    """GitHub does not mind upper and lower case."""
    return any(fnmatchcase(str(repo).lower(), each.lower()) for each in patterns)


def _built_in() -> Rules:
    numbers = [f"{part}.{each.name}" for part, kind in NUMBERS.items() for each in fields(kind)]
    keys = [*numbers, *PLAIN, *equipping.KEYS]
    return Rules(sources=dict.fromkeys(keys, Source.BUILT_IN))


def _over(rules: Rules, chosen: Mapping[str, Any], source: Source) -> Rules:
    limits, budget = chosen.get("limits", {}), chosen.get("budget", {})
    plain = {key: chosen[key] for key in PLAIN if key in chosen}
    settled = tuple(f"`{part}.{key}` " for part in NUMBERS for key in chosen.get(part, {}))
    needs, notes = dict(rules.needs), [note for note in rules.notes if not note.startswith(settled)]
    sources = {
        **rules.sources,
        **dict.fromkeys((f"limits.{key}" for key in limits), source),
        **dict.fromkeys((f"budget.{key}" for key in budget), source),
        **dict.fromkeys(plain, source),
        **dict.fromkeys((key for key in equipping.KEYS if key in chosen), source),
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
        budget=replace(rules.budget, **budget),
        equipment=replace(rules.equipment, **equipping.chosen(chosen)),
        needs=needs,
        sources=sources,
        notes=tuple(notes),
    )


@dataclass(frozen=True)
class _Ceilings:
    """The most of each number."""

    limits: Limits
    budget: Allowances


def _ceilings(server: ServerFile, defaults: Rules) -> _Ceilings:
    return _Ceilings(
        limits=replace(defaults.limits, **server.ceilings.model_dump(exclude_none=True)),
        budget=replace(defaults.budget, **server.budget_ceilings.model_dump(exclude_none=True)),
    )


def _under(rules: Rules, ceilings: _Ceilings) -> Rules:
    limits = _over_the_most(rules.limits, ceilings.limits)
    budget = _over_the_most(rules.budget, ceilings.budget)
    keys = [f"{part}.{key}" for part, over in (("limits", limits), ("budget", budget)) for key in over]
    notes = tuple(
        f"`{part}.{key}` is {most} instead of {getattr(getattr(rules, part), key)}: "
        "that is the most this server allows."
        for part, over in (("limits", limits), ("budget", budget))
        for key, most in over.items()
    )
    return replace(
        rules,
        limits=replace(rules.limits, **limits),
        budget=replace(rules.budget, **budget),
        sources={**rules.sources, **dict.fromkeys(keys, Source.SERVER_CEILING)},
        notes=(*rules.notes, *notes),
    )


def _over_the_most(chosen: Limits | Allowances, most: Limits | Allowances) -> dict[str, Any]:
    """What has to be cut, by key."""
    return {
        each.name: getattr(most, each.name)
        for each in fields(most)
        if getattr(chosen, each.name) > getattr(most, each.name)
    }


def _refuse_others(key: str, chosen: str | None, server: Sequence[str | None], where: str) -> None:
    """A repository chooses its image and its model from the server's list."""
    allowed = [each for each in server if each is not None]
    if chosen is None or chosen in allowed:
        return
    listed = ", ".join(f"`{each}`" for each in allowed) or f"none, so please leave `{key}` out"
    raise UserError(
        f"I cannot use {where} as it is: `{key}` names {inline(chosen, limit=80)}, which this server "
        f"does not allow. Allowed are: {listed}."
    )
