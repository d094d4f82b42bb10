"""The server's file, read from where the settings say."""

from __future__ import annotations

from bot.errors import UserError
from bot.rules import ServerFile, server_file
from bot.settings import ServersChoice


def server_rules(settings: ServersChoice) -> ServerFile:
    """Without one, what is built in. UserError when it cannot be read or used."""
    if settings.server_file is None:
        return ServerFile()
    try:
        content = settings.server_file.read_bytes()
    except OSError as error:
        raise UserError(
            f"The server file {settings.server_file} cannot be read: {error.strerror}. "
            "Correct DEVOPS_AGENT_SERVER_FILE, or unset it."
        ) from error
    return server_file(content, where=f"`{settings.server_file}`")
