"""`devops-agent audit verify` and `audit export`: whether the trail is what was written, and all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import typer

from bot.errors import UserError
from bot.ledger import Ledger
from bot.ledger.chain import Broken, canonical
from bot.reports.phrases import count
from bot.settings import Common, load


def verify() -> int:
    """The exit status: 0 when the chain is whole."""
    with _ledger() as ledger:
        found = ledger.audit.verify()
    if isinstance(found, Broken):
        typer.echo(found.sentence)
        return 1
    typer.echo(f"The audit trail is whole: {count(found.count, 'row')}, and the last hash is {found.hash}.")
    return 0


def export(since: str | None) -> None:
    """Every row as a line of JSON, with what its hash covers; id and hash only where that cannot be read."""
    moment = None if since is None else _moment(since)
    with _ledger() as ledger:
        for link in ledger.audit.links(moment):
            content = {} if link.content is None else link.content
            typer.echo(canonical({**content, "id": link.id, "hash": link.hash}))


@contextmanager
def _ledger() -> Iterator[Ledger]:
    ledger = Ledger(load(Common).ledger)
    try:
        yield ledger
    finally:
        ledger.close()


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError(
            f"`{text}` is not a time. Write it like 2026-11-25 or 2026-11-25T12:00:00Z."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
