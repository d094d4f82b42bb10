"""Giving a step its secrets: in files that only its own container has, by no argument and no variable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.errors import Hiccup
from runners.supervisor.conversation import Conversation, Piece, cut
from runners.supervisor.inside import SECRETS, WORKSPACE
from runners.supervisor.protocol import How, Start

TIMEOUT_S = 10.0
_KEEP = f'umask 077 && cat >"{SECRETS}/$0"'


def entrust(conversation: Conversation, secrets: Mapping[str, str]) -> dict[str, str]:
    """Variables that say where each is. LostError when the box goes away under it."""
    for name, value in secrets.items():
        keep = Start(("/bin/sh", "-c", _KEEP, name), WORKSPACE, {}, TIMEOUT_S)
        end = conversation.perform(keep, _ignore, stdin=cut(value.encode()))
        if (end.how, end.value) != (How.EXITED, 0):
            raise Hiccup(f"The secret `{name}` could not be put into the box.")
    return {f"{name}_FILE": f"{SECRETS}/{name}" for name in secrets}


def _ignore(pieces: Iterable[Piece]) -> None:
    pass
