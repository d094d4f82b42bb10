"""`POST /webhooks/slack`: what can be refused before bolt looks at it, and bolt's answer as HTTP."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from starlette.requests import ClientDisconnect

PATH = "/webhooks/slack"
NONSENSE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
LARGEST = 1024 * 1024  # Slack sends no larger payload: a form holds at most 3,000 characters a field
DEADLINE_S = 10.0  # for the body: Slack sends it at once


def door(app: AsyncApp, *, deadline_s: float = DEADLINE_S) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.post(PATH)
    async def heard(request: Request) -> Response:
        problem = _problem(request)
        if problem is not None:
            return problem
        try:
            async with asyncio.timeout(deadline_s):
                body = await _read(request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except TimeoutError:
            late = "The body did not arrive in time.\n"
            return Response(late, status_code=408, headers={"connection": "close"})
        if body is None:
            return Response("The body is too large.\n", status_code=413)
        try:
            asked = to_async_bolt_request(request, body)
        except NONSENSE:  # bolt reads it before it looks who signed it
            return Response("This is nothing that Slack sends.\n", status_code=400)
        return to_starlette_response(await app.async_dispatch(asked))

    return router


def _problem(request: Request) -> Response | None:
    """bolt would fail with a traceback where the time is no number, and reads a body of any size."""
    time = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    if not (time.isascii() and time.isdigit() and len(time) < 12) or not signature.startswith("v0="):
        return Response("This is not signed by Slack.\n", status_code=401)
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or len(length) > 12 or int(length) > LARGEST:
        return Response("The body is too large.\n", status_code=413)
    return None


async def _read(request: Request) -> bytes | None:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST:
            return None
        chunks.append(chunk)
    return b"".join(chunks)
