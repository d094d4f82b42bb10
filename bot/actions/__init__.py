"""All action types there are. A new one is a file in this folder and a line in this table."""

from __future__ import annotations

from typing import Any

from bot.actions.apply_patch import APPLY_PATCH
from bot.actions.files import CREATE_DIRECTORY, DELETE_PATH, WRITE_FILE
from bot.actions.model import ActionType
from bot.actions.open_pull_request import OPEN_PULL_REQUEST
from bot.actions.run_command import RUN_COMMAND
from bot.actions.undo_run import UNDO_RUN

ACTIONS: dict[str, ActionType[Any]] = {
    "run_command": RUN_COMMAND,
    "create_directory": CREATE_DIRECTORY,
    "write_file": WRITE_FILE,
    "delete_path": DELETE_PATH,
    "apply_patch": APPLY_PATCH,
    "open_pull_request": OPEN_PULL_REQUEST,
    "undo_run": UNDO_RUN,
}
