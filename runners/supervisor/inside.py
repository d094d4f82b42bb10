"""What a box looks like from inside, whoever makes it."""

from __future__ import annotations

from types import MappingProxyType

WORKSPACE = "/workspace"
HOME = "/home/agent"
SCRATCH = "/tmp"  # noqa: S108 - the box's
SUPERVISOR = "/run/devops-agent/supervisor"
SECRETS = "/run/secrets"  # where a step that is given some finds them
OPEN_FILES = 16_384  # for each process

ENV = MappingProxyType(
    {
        "HOME": HOME,
        "USER": "agent",
        "LANG": "C.UTF-8",
        "CI": "true",
        "TERM": "dumb",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
)
