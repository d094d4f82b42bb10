"""What `devops-agent doctor` asks of the engine: does it answer, has it the image, can it lock a box down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.errors import AgentError, UserError
from bot.findings import Finding
from runners.docker.engine import Engine, answering

_NEEDED = {  # what `docker info` calls a limit, and what goes unlimited without it
    "MemoryLimit": "memory",
    "SwapLimit": "swap",
    "PidsLimit": "processes",
    "CpuCfsQuota": "processor time",
}


def examine(image: str, egress: str) -> list[Finding]:
    """One finding for each thing looked at. Starts nothing."""
    engine = Engine()
    try:
        with answering():
            told: Mapping[str, Any] = engine.api.info()
    except AgentError as error:
        return [Finding("docker", ok=False, sentence=str(error))]
    return [
        Finding("docker", ok=True, sentence=f"Engine {told['ServerVersion']} answers."),
        _lock_down(told),
        _image(engine, image),
        _egress(engine, egress),
    ]


def _lock_down(told: Mapping[str, Any]) -> Finding:
    unlimited = [what for key, what in _NEEDED.items() if not told.get(key)]
    if not any("seccomp" in option for option in told.get("SecurityOptions") or []):
        unlimited.append("system calls (seccomp)")
    if unlimited:
        sentence = f"This engine cannot limit: {', '.join(unlimited)}. Use a kernel that has these controls."
        return Finding("sandbox limits", ok=False, sentence=sentence)
    return Finding("sandbox limits", ok=True, sentence="Memory, processes, processor and system calls.")


def _image(engine: Engine, image: str) -> Finding:
    try:
        digest = engine.pinned(image)
    except AgentError as error:
        return Finding("sandbox image", ok=False, sentence=str(error))
    return Finding(
        "sandbox image", ok=True, sentence=f"`{image}` is here ({digest.removeprefix('sha256:')[:12]})."
    )


def _egress(engine: Engine, image: str) -> Finding:
    """It is a fault only where somebody wants it, and they are told then."""
    here = _digest(engine, image)
    sentence = (
        f"`{image}` is here ({here.removeprefix('sha256:')[:12]})."
        if here
        else f"`{image}` is not here, so no box can have a network: `make image` builds it."
    )
    return Finding("egress proxy", ok=True, sentence=sentence)


def digests(images: Iterable[str]) -> dict[str, str | None]:
    """What each name means on this machine now; None for those that are not here."""
    engine = Engine()
    return {image: _digest(engine, image) for image in images}


def _digest(engine: Engine, image: str) -> str | None:
    try:
        return engine.pinned(image)
    except UserError:
        return None
