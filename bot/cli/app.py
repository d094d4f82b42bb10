"""The commands, each a thin door to what does the work. Imports wait until a command needs them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import AgentError, UserError

app = typer.Typer(
    name="devops-agent",
    help="A GitHub App whose plans run in locked-down containers and come back as pull requests.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
config = typer.Typer(help="Look at configuration files.", no_args_is_help=True)
app.add_typer(config, name="config")

WRONG = 2  # a person has to change something; nothing that starts us should try again by itself
LATER = 1  # time, or another service, may mend it


@app.command()
def web() -> None:
    """The door: webhooks and run pages."""
    from bot.processes.web import main as begin

    begin()


@app.command()
def desk() -> None:
    """Decides, speaks, opens pull requests."""
    from bot.processes.desk import main as begin

    begin()


@app.command()
def hands() -> None:
    """Runs plans in containers."""
    from bot.processes.hands import main as begin

    begin()


@app.command(name="all")
def everything() -> None:
    """web, desk and hands, supervised in one terminal."""
    from bot.processes.supervise import main as begin

    raise typer.Exit(begin())


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the story.")] = False,
) -> None:
    """The whole story against a local playground GitHub, live in the terminal."""
    from bot.processes.demo import main as begin

    raise typer.Exit(begin(once=once))


@app.command()
def run(
    plan: Annotated[
        Path, typer.Argument(help="A Markdown file with a plan, as one would write it in a comment.")
    ],
    repo: Annotated[
        Path, typer.Option(help="The local git repository to work on; its HEAD is used.")
    ] = Path(),
    out: Annotated[Path | None, typer.Option(help="Where the patch goes.")] = None,
) -> None:
    """A plan on a local repository, with no GitHub at all, in the same sandbox."""
    from bot.processes.local import main as begin

    raise typer.Exit(begin(plan, repo, out))


@app.command()
def doctor() -> None:
    """Look at everything this machine needs, and say what to do about what is missing."""
    from bot.processes.doctor import main as begin

    raise typer.Exit(begin())


@config.command()
def check(
    file: Annotated[Path, typer.Argument(help="A repository's .github/agent.yml.")],
) -> None:
    """Check a configuration file; each problem with its line and key."""
    from bot.cli.config import check_file

    raise typer.Exit(check_file(file))


def main() -> None:
    """Errors that people can mend are one sentence on standard error, and no traceback."""
    try:
        app()
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(WRONG)
    except AgentError as error:
        print(error, file=sys.stderr)
        sys.exit(LATER)
    except BrokenPipeError:
        os._exit(LATER)  # whoever read our output has gone; there is nobody to tell
