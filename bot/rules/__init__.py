"""Configuration: `.github/agent.yml`, the organisation's, the server's, and what holds in the end."""

from bot.rules.effective import FILE, Rules, Source, effective, served
from bot.rules.file import RepositoryFile, ServerFile
from bot.rules.reading import Problem, check_file, check_server_file, repository_file, server_file

__all__ = [
    "FILE",
    "Problem",
    "RepositoryFile",
    "Rules",
    "ServerFile",
    "Source",
    "check_file",
    "check_server_file",
    "effective",
    "repository_file",
    "served",
    "server_file",
]
