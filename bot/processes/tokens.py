"""`devops-agent token create`, `list` and `revoke`: who may use the API, and as whom."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from rich.console import Console

from bot.clock import SystemClock
from bot.errors import UserError
from bot.ledger import Ledger
from bot.settings import Common, DeskSettings, load
from bot.tokens import Token, digest, new_token
from handlers.github.bearers import person, places
from handlers.github.rest import GitHubClient

LONGEST_DAYS = 366


def create(login: str, repos: Sequence[str], days: int) -> int:
    """Prints the token, once: nobody can read it again."""
    if not 1 <= days <= LONGEST_DAYS:
        raise UserError(f"--days must be between 1 and {LONGEST_DAYS}.")
    settings = load(DeskSettings)
    client = GitHubClient(settings.github_app_id, settings.private_key(), settings.github_api_url)
    try:
        where = places(client, repos)
        who = person(client, login, where[0])
    finally:
        client.close()
    now, value = SystemClock().now(), new_token()
    token = Token(secrets.token_hex(4), who, where, now, now + timedelta(days=days))
    with _ledger() as ledger:
        ledger.tokens.add(token, digest(value))
    names = ", ".join(str(place.repo) for place in where)
    console = Console(soft_wrap=True, highlight=False)
    console.print(
        f"Token {token.id} acts as {who.login} in {names} until {token.until:%Y-%m-%d}.", markup=False
    )
    console.print("It is shown this once:", markup=False)
    console.print(value, markup=False)
    return 0


def list_all() -> int:
    console, now = Console(soft_wrap=True, highlight=False), SystemClock().now()
    with _ledger() as ledger:
        found = ledger.tokens.all()
    for token in found:
        console.print(_line(token, now), markup=False)
    if not found:
        console.print("There is no token. `devops-agent token create` makes one.", markup=False)
    return 0


def revoke(token: str) -> int:
    with _ledger() as ledger:
        there = ledger.tokens.revoke(token, SystemClock().now())
    if not there:
        raise UserError(f"There is no token {token}. `devops-agent token list` tells which there are.")
    Console(highlight=False).print(f"Token {token} counts no more.", markup=False)
    return 0


def _line(token: Token, now: datetime) -> str:
    names = ", ".join(str(place.repo) for place in token.places)
    state = f"until {token.until:%Y-%m-%d}"
    if token.revoked_at is not None:
        state = f"revoked on {token.revoked_at:%Y-%m-%d}"
    elif not token.counts(now):
        state = f"expired on {token.until:%Y-%m-%d}"
    return f"{token.id}  {token.person.login}  {names}  {state}"


@contextmanager
def _ledger() -> Iterator[Ledger]:
    ledger = Ledger(load(Common).ledger)
    try:
        yield ledger
    finally:
        ledger.close()
