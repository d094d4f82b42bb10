"""Socket Mode: the same listeners for who has no public address. We call Slack and it tells down the line."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from slack_bolt.adapter.socket_mode.websockets import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

AGAIN_S = 5.0

_log = logging.getLogger(__name__)


@asynccontextmanager
async def line(app: AsyncApp, app_token: str, api_url: str) -> AsyncIterator[None]:
    """Connected, or trying to be, for as long as this lasts. slack_sdk connects again by itself later on."""
    client = AsyncWebClient(token=app_token, base_url=api_url)
    handler = AsyncSocketModeHandler(app, app_token, web_client=client)
    connecting = asyncio.create_task(_connect(handler))
    try:
        yield
    finally:
        connecting.cancel()
        with suppress(asyncio.CancelledError):
            await connecting
        await handler.close_async()  # type: ignore[no-untyped-call]


async def _connect(handler: AsyncSocketModeHandler) -> None:
    while True:
        try:
            await handler.connect_async()  # type: ignore[no-untyped-call]
        except Exception as error:  # whatever it is, there is another try
            _log.warning("slack.socket_away: %r", error)
            await asyncio.sleep(AGAIN_S)
        else:
            _log.info("slack.socket_connected")
            return
