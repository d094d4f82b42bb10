"""Slack's door in web: only where it is set up, because bolt costs as much memory as all the rest."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from fastapi import FastAPI

from bot.deliveries import Store
from bot.ledger import Ledger
from bot.ports import Enquiries, OpenForms
from bot.settings import WebSettings

Line = Callable[[], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Doorstep:
    """What is behind the door."""

    ledger: Ledger
    store: Store
    enquiries: Enquiries
    forms: OpenForms
    now: Callable[[], datetime]


def hear_slack(app: FastAPI, settings: WebSettings, behind: Doorstep) -> Line:
    """The routes that Slack and its browsers reach; and the line to Slack, if there is to be one."""
    secret, token = settings.slack_signing_secret, settings.slack_app_token
    if secret is None and token is None:
        return nullcontext
    from handlers.slack.door import door
    from handlers.slack.ears import Ears, listeners
    from handlers.slack.returning import Install, returning
    from handlers.slack.socket import line
    from handlers.slack.suggesting import previews, suggest

    ears = Ears(
        behind.store, behind.ledger.workspaces.of, suggest(behind.enquiries), previews(behind.forms.put)
    )
    bolt = listeners(ears, signing_secret=secret.get_secret_value() if secret else "")
    if secret is not None:
        app.include_router(door(bolt))
    install = Install.of(settings.slack_client_id, settings.slack_api_url, settings.public_url)
    app.include_router(returning(behind.ledger.links, behind.store, behind.now, install))
    if token is None:
        return nullcontext
    return lambda: line(bolt, token.get_secret_value(), settings.slack_api)
