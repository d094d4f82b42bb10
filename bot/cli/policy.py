"""`devops-agent policy test` and `policy simulate`: what a policy says of examples, and of what has been."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import typer

from bot.errors import UserError
from bot.ledger import Ledger
from bot.policy import Effect, Layer, Origin, Policy
from bot.policy.examples import Outcome, try_out
from bot.policy.replaying import Difference, difference
from bot.reports.safe import one_line
from bot.rules import RepositoryFile, repository_file
from bot.settings import Common, load

_WOULD = {
    Effect.ALLOW: "would begin without an approval",
    Effect.APPROVAL: "would need approval",
    Effect.DENY: "would be denied",
}


def try_examples(file: Path) -> int:
    """The exit status: 0 when each example got the verdict that it expects."""
    read = _read(file)
    if not read.policy_examples:
        typer.echo(f"{file} has no `policy_examples`, so there is nothing to try.")
        return 0
    outcomes = [try_out(example, _policy(read)) for example in read.policy_examples]
    for outcome in outcomes:
        typer.echo(_told(outcome))
    wrong = sum(not outcome.as_expected for outcome in outcomes)
    typer.echo(f"{_count(len(outcomes), 'example')}, {wrong} not as expected.")
    return 1 if wrong else 0


def simulate(file: Path, repo: str | None, now: Path | None) -> int:
    """0, whatever would differ: to look is no failure. `now` is what it is compared with."""
    policy, before = _policy(_read(file)), None if now is None else _policy(_read(now))
    ledger = Ledger(load(Common).ledger)
    try:
        runs = [run for run in ledger.runs.all() if repo in (None, str(run.target.place.repo))]
        found: list[Difference] = []
        for run in sorted(runs, key=lambda each: each.queued_at):
            changes = ledger.runs.changes(run.id)
            paths = [] if changes is None else [change.path for change in changes.files]
            differs = difference(run, paths, policy, before=before)
            if differs is not None:
                found.append(differs)
                typer.echo(_differing(differs))
        lines = [line for line in ledger.audit.lines() if repo in (None, line.place)]
    finally:
        ledger.close()
    stopped = sum(line.verdict != "allowed" for line in lines)
    effects = Counter(each.ruling.effect for each in found)
    typer.echo(
        f"{_count(len(runs), 'past run')}: {effects[Effect.DENY]} would be denied, "
        f"{effects[Effect.APPROVAL]} would need approval, "
        f"{effects[Effect.ALLOW]} would begin without one. "
        f"{_count(stopped, 'refusal')} would stay, since a file only makes it stricter. "
        "Roles, drafts and the bases of pull requests are not remembered: everybody counts as a writer."
    )
    return 0


def _read(file: Path) -> RepositoryFile:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}. Name a `.github/agent.yml`.") from error
    return repository_file(content, where=str(file))


def _policy(read: RepositoryFile) -> Policy:
    return Policy((Layer(Origin.REPOSITORY, read.policy),))


def _told(outcome: Outcome) -> str:
    got = f"{outcome.decided.effect} by {outcome.decided.rule}"
    if outcome.as_expected:
        return f"ok: {one_line(outcome.example.name)}: {got}"
    wanted = outcome.example.expect + (f" by {outcome.example.rule}" if outcome.example.rule else "")
    return f"WRONG: {one_line(outcome.example.name)}: {got}, expected {wanted}. {outcome.decided.sentence}"


def _differing(found: Difference) -> str:
    run, ruling = found.run, found.ruling
    where = f"{run.target.place.repo}#{run.target.number}"
    asked = f"asked for by {one_line(run.requester.login)} on {run.queued_at:%Y-%m-%d %H:%M} UTC"
    return f"{run.id} {where}, {asked}: {_WOULD[ruling.effect]} by {ruling.rule}. {ruling.sentence}"


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"
