"""What a repository's boxes have beside its code: chosen in a file, held against the server's, and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.equipment import Cache, Equipment, Service, Setup
from bot.errors import UserError
from bot.reports.safe import inline
from bot.rules.file import RepositoryFile, ServerFile

KEYS = ("network", "services", "artifacts", "reports", "setup", "cache")


def chosen(dumped: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of Equipment that a file names."""
    fields: dict[str, Any] = {}
    if "network" in dumped:
        fields["hosts"] = tuple(dumped["network"]["allow"])
    if "services" in dumped:
        fields["services"] = {name: Service(**each) for name, each in dumped["services"].items()}
    if "artifacts" in dumped:
        fields["artifacts"] = tuple(dumped["artifacts"])
    if "reports" in dumped:
        fields["junit"], fields["sarif"] = (tuple(dumped["reports"][kind]) for kind in ("junit", "sarif"))
    if "setup" in dumped:
        fields["setup"] = _setup(dumped["setup"])
    if "cache" in dumped:
        fields["caches"] = tuple(Cache(each["path"], tuple(each["key"])) for each in dumped["cache"])
    return fields


def _setup(part: Mapping[str, Any]) -> Setup:
    hosts = part["network"]["allow"] if part.get("network") else ()
    return Setup(tuple(part["run"]), tuple(part["reads"]), tuple(part["keeps"]), tuple(hosts))


def shown(equipment: Equipment) -> dict[str, str]:
    """By key, as texts that can be compared and shown."""
    services = ", ".join(f"{name} ({each.image})" for name, each in equipment.services.items())
    return {
        "network": ", ".join(equipment.hosts) or "none",
        "services": services or "none",
        "artifacts": ", ".join(equipment.artifacts) or "none",
        "reports": ", ".join((*equipment.junit, *equipment.sarif)) or "none",
        "setup": "; ".join(equipment.setup.run) if equipment.setup else "none",
        "cache": ", ".join(each.path for each in equipment.caches) or "none",
    }


def refuse_others(file: RepositoryFile, server: ServerFile, images: Sequence[str], where: str) -> None:
    """UserError when a file chooses what the server does not allow."""
    for name, service in (file.services or {}).items():
        if service.image not in images:
            raise _refusal(where, f"services.{name}.image", service.image, images)
    allowed = [*server.hosts, *(server.defaults.network.allow if server.defaults.network else ())]
    setup = file.setup.network if file.setup else None
    for key, network in (("network.allow", file.network), ("setup.network.allow", setup)):
        for host in network.allow if network else ():
            if not any(_covers(each, host) for each in allowed):
                raise _refusal(where, key, host, allowed)


def _covers(allowed: str, host: str) -> bool:
    """Whether what the server allows holds all that the file asks for."""
    return allowed in ("*", host) or (allowed.startswith("*.") and host.endswith(allowed[1:]))


def _refusal(where: str, key: str, chosen: str, allowed: Sequence[str]) -> UserError:
    listed = ", ".join(map(inline, allowed)) or "none"
    return UserError(
        f"I cannot use {where} as it is: `{key}` names {inline(chosen, limit=255)}, which this server does "
        f"not allow. Allowed are: {listed}. Leave it out, or ask the operator to allow it."
    )
