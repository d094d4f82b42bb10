"""The reference of commands and settings, made from code: `python -m bot.cli.manual` writes it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer.main
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.cli.app import LATER, WRONG, app
from bot.settings import PREFIX, Common, DeskSettings, HandsSettings, WebSettings

_NOTE = "<!-- Made from code by `python -m bot.cli.manual`; change the code instead. -->"
_PROCESSES: Mapping[str, type[Common]] = {"web": WebSettings, "desk": DeskSettings, "hands": HandsSettings}

_ABOUT_COMMANDS = f"""\
`make setup` installs it as `.venv/bin/devops-agent`; the image has it as its entry point. Settings come from
the environment: `docs/reference/settings.md`.

The exit status is 0 when all is well, {WRONG} when a person has to change something first, so that starting
again would not help, and {LATER} otherwise. Errors are one sentence on standard error."""

_ABOUT_SETTINGS = f"""\
Environment variables, or lines of a file `.env` in the folder where a process starts. A process reads only
its own: web has no App key, desk no webhook secret, hands neither; the model's key is the desk's alone. With
`docker compose` the list to fill in is `.env.example`, whose names have no prefix; the compose file gives
each container its part under the names below. A variable that begins with `{PREFIX}` and is not in this
table is ignored."""

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


# --- commands ------------------------------------------------------------------------------------------


def commands() -> str:
    parts = [
        _NOTE,
        "# The command line",
        _ABOUT_COMMANDS,
        *_sections(typer.main.get_command(app), ""),
    ]
    return "\n\n".join(parts) + "\n"


def _sections(command: Any, above: str) -> Iterator[str]:
    name = f"{above} {command.name}".strip()
    if hasattr(command, "commands"):
        for child in command.commands.values():
            yield from _sections(child, name)
        return
    words = [name, *(_usage(parameter) for parameter in command.params)]
    rows = [f"| {_name(parameter)} | {parameter.help} |" for parameter in command.params]
    table = ["\n".join(["| Word | Meaning |", "| --- | --- |", *rows])] if rows else []
    yield "\n\n".join([f"## `{name}`", command.help, f"```text\n{' '.join(words)}\n```", *table])


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.name.upper()}`"
    default = "" if parameter.default in (None, False) else f" (default `{parameter.default}`)"
    return f"`{parameter.opts[0]}`{default}"


def _usage(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    value = "" if parameter.is_flag else f" {parameter.name.upper()}"
    return f"[{parameter.opts[0]}{value}]"


# --- settings ------------------------------------------------------------------------------------------


def settings() -> str:
    names = dict.fromkeys(name for model in _PROCESSES.values() for name in model.model_fields)
    parts = [
        _NOTE,
        "# Settings",
        _ABOUT_SETTINGS,
        "\n".join(
            [
                "| Variable | Process | Default | Meaning |",
                "| --- | --- | --- | --- |",
                *(_row(name) for name in names),
            ]
        ),
        "What a repository or an organisation chooses, and the server's ceilings, are files: see "
        "`docs/reference/configuration.md`.",
    ]
    return "\n\n".join(parts) + "\n"


def _row(name: str) -> str:
    readers = [process for process, model in _PROCESSES.items() if name in model.model_fields]
    told = "all" if len(readers) == len(_PROCESSES) else ", ".join(readers)
    field = _PROCESSES[readers[0]].model_fields[name]
    return f"| `{PREFIX}{name.upper()}` | {told} | {_default(field)} | {field.description} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    return "" if value in (None, "", ()) else f"`{value}`"


PAGES: Mapping[str, Callable[[], str]] = {"cli.md": commands, "settings.md": settings}


def main() -> None:
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
