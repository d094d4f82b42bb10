"""`devops-agent config check FILE`: each problem on a line, in the form that editors can jump to."""

from __future__ import annotations

from pathlib import Path

import typer

from bot.errors import UserError
from bot.rules import check_file as problems_of


def check_file(file: Path) -> int:
    """The exit status: 0 when the file can be used."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read as text: {error}. Name a YAML file.") from error
    problems = problems_of(text)
    for problem in problems:
        typer.echo(f"{file}: {problem}")
    if not problems:
        typer.echo(f"{file} is good.")
    return 1 if problems else 0
