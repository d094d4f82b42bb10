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
audit = typer.Typer(help="Look at the audit trail.", no_args_is_help=True)
app.add_typer(audit, name="audit")
policy = typer.Typer(help="Try a policy out before it holds.", no_args_is_help=True)
app.add_typer(policy, name="policy")
token = typer.Typer(help="Who may use the HTTP API, and as whom.", no_args_is_help=True)
app.add_typer(token, name="token")

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
def images() -> None:
    """The images that steps may run in here, and which of them are on this machine."""
    from bot.processes.images import main as begin

    raise typer.Exit(begin())


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


@audit.command()
def verify() -> None:
    """Follow the chain of the audit trail; exit status 1 and the first broken row when it is not whole."""
    from bot.cli.audit import verify as follow

    raise typer.Exit(follow())


@audit.command()
def export(
    since: Annotated[
        str | None, typer.Option(help="Only what was written from this time on, like 2026-11-25T12:00:00Z.")
    ] = None,
) -> None:
    """The audit trail as lines of JSON on standard output, each with its hashes."""
    from bot.cli.audit import export as tell

    tell(since)


@policy.command("test")
def try_examples(
    file: Annotated[Path, typer.Argument(help="A configuration file with `policy_examples`.")] = Path(
        ".github/agent.yml"
    ),
) -> None:
    """Run the examples that stand beside the rules; exit status 1 when one gets another verdict."""
    from bot.cli.policy import try_examples as begin

    raise typer.Exit(begin(file))


@policy.command()
def simulate(
    file: Annotated[Path, typer.Argument(help="The changed configuration file.")],
    repo: Annotated[str | None, typer.Option(help="Only the runs of this repository, `owner/name`.")] = None,
    now: Annotated[
        Path | None, typer.Option(help="The file that holds now; without it, what is built in alone.")
    ] = None,
) -> None:
    """Judge the runs of the ledger anew under a changed file; a line for each that would differ."""
    from bot.cli.policy import simulate as begin

    raise typer.Exit(begin(file, repo, now))


@token.command()
def create(
    login: Annotated[str, typer.Option(help="The GitHub login as whom it acts.")],
    repo: Annotated[
        list[str], typer.Option(help="A repository in which it may be used; several times for more.")
    ],
    days: Annotated[int, typer.Option(help="For how long it counts.")] = 90,
) -> None:
    """Make a token for the HTTP API and print it, this once."""
    from bot.processes.tokens import create as begin

    raise typer.Exit(begin(login, repo, days))


@token.command("list")
def list_tokens() -> None:
    """Every token with whom it acts as, where, and until when; never the token itself."""
    from bot.processes.tokens import list_all as begin

    raise typer.Exit(begin())


@token.command()
def revoke(token: Annotated[str, typer.Argument(help="The id that `token list` shows.")]) -> None:
    """From now on this token is refused."""
    from bot.processes.tokens import revoke as begin

    raise typer.Exit(begin(token))


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
