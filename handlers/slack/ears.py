"""What bolt hears, over HTTP or a socket: written down before it is acknowledged, and not decided on.

bolt verifies the signature and the age of a request and answers Slack's own questions; it does not know that
it heard something before, loses what is done after an acknowledgement with its process, and would handle a
request once for each sending. So every listener stores, and then acknowledges.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.enquiry import Enquiry, Pairs
from bot.chat.forms import PULL, REPOSITORY
from bot.chat.model import Workspace
from bot.chat.open_form import OpenForm
from bot.deliveries import Delivery, Store
from bot.events import ChatEvent
from bot.reports.chat import heard
from handlers.slack import payloads
from handlers.slack.texts import escaped
from handlers.slack.views import options

DEADLINE_S = 2.5  # Slack waits for three seconds
SHORTCUT = "run_with_agent"
_ANY = re.compile(r".*")

_log = logging.getLogger(__name__)
_BOLT = logging.getLogger("slack_bolt")  # it would write the whole of what nobody has signed into the log
_BOLT.setLevel(logging.WARNING)


# Asks the desk what somebody may choose from; nothing when it does not answer in time.
Suggest = Callable[[Enquiry], Awaitable[Pairs]]
# Tells the desk what stands in a form by now.
Preview = Callable[[OpenForm], Awaitable[None]]


@dataclass(frozen=True)
class Ears:
    """`workspace` is what the ledger knows of a team; None where we were never installed."""

    store: Store
    workspace: Callable[[str], Workspace | None]
    suggest: Suggest
    preview: Preview

    async def keep(self, event: ChatEvent | None) -> None:
        """It is on disk when this returns."""
        if event is not None:
            delivery = Delivery(f"slack-{event.id}", event.kind, event.id.ljust(64, "0"), event)
            async with asyncio.timeout(DEADLINE_S):
                await self.store(delivery)

    async def use(self, body: dict[str, Any]) -> None:
        """A press in a message is kept; what is chosen or typed in an open form is only previewed."""
        if "view" in body and body["view"].get("type") == "modal":
            await self.preview(payloads.open_form(body, payloads.now()))
        else:
            await self.keep(payloads.press(body, payloads.now()))


def listeners(ears: Ears, *, signing_secret: str) -> AsyncApp:
    """The one set of listeners. With a socket there are no signatures, and the secret may be empty."""

    async def authorize(team_id: str | None = None, enterprise_id: str | None = None) -> AuthorizeResult:
        """No token: this process has none. Who is us is known, so that we do not answer ourselves."""
        there = await to_thread.run_sync(ears.workspace, team_id or "")
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=there.bot_user if there else "",
            bot_id=there.bot_id if there else "",
        )

    app = AsyncApp(
        name="devops-agent",
        logger=_BOLT,
        signing_secret=signing_secret,
        client=AsyncWebClient(),  # else it would take a token from the environment
        authorize=authorize,
        raise_error_for_unhandled_request=True,
        process_before_response=True,  # else it acknowledges every event first
    )

    app.use(_readable)

    @app.error
    async def failed(error: Exception) -> BoltResponse:
        if isinstance(error, BoltUnhandledRequestError):
            return BoltResponse(status=200, body="")  # an event that somebody subscribed us to
        _log.error("What Slack sent could not be written down: %r", error)
        return BoltResponse(status=503, body="", headers={"retry-after": ["5"]})

    @app.command("/agent")
    async def command(ack: AsyncAck, body: dict[str, Any]) -> None:
        said = payloads.command(body, payloads.now())
        await ears.keep(said)
        if said.text.strip():
            await ack(text=escaped(heard(said.text)))
        else:
            await ack()  # a form opens

    @app.event("app_mention")
    async def mentioned(ack: AsyncAck, body: dict[str, Any], context: dict[str, Any]) -> None:
        us = str(context.get("bot_user_id") or "")
        await ears.keep(payloads.mention(body, payloads.now(), us=us))
        await ack()

    @app.event("message")
    async def written(ack: AsyncAck, body: dict[str, Any], context: dict[str, Any]) -> None:
        us = str(context.get("bot_user_id") or "")
        await ears.keep(payloads.direct(body, payloads.now(), us=us))
        await ack()

    @app.shortcut(SHORTCUT)
    async def shortcut(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ears.keep(payloads.shortcut(body, payloads.now()))
        await ack()

    @app.action(_ANY)
    async def pressed(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ears.use(body)
        await ack()

    @app.view(_ANY)
    async def sent(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ears.keep(payloads.form_sent(body, payloads.now()))
        await ack()

    @app.options(REPOSITORY)
    async def repositories(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(**options(await ears.suggest(payloads.enquiry(body))))

    @app.options(PULL)
    async def pulls(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(**options(await ears.suggest(payloads.enquiry(body))))

    @app.event("app_home_opened")
    async def home(ack: AsyncAck, body: dict[str, Any]) -> None:
        if body["event"].get("tab") == "home":
            await ears.keep(payloads.home_opened(body))
        await ack()

    @app.event("app_uninstalled")
    async def uninstalled(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ears.keep(payloads.left(body))
        await ack()

    @app.event("tokens_revoked")
    async def revoked(ack: AsyncAck, body: dict[str, Any]) -> None:
        if body["event"].get("tokens", {}).get("bot"):
            await ears.keep(payloads.left(body))
        await ack()

    return app


async def _readable(req: AsyncBoltRequest, next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002
    """Half a character can be written in JSON, but not written down."""
    req.body = payloads.unicode(req.body)
    await next()
