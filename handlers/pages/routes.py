"""The addresses of a run's page. The key in the address is what opens it; without it nothing is there."""

# No `from __future__ import annotations` here: FastAPI must see `Permitted`, which is local to a function.

import re
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from fastapi.routing import APIRoute
from fastapi.sse import EventSourceResponse, ServerSentEvent

from bot.ids import RunId
from bot.ports import Signals
from bot.runs import Run
from handlers.pages import logs, stream, view
from handlers.pages.shelf import RunShelf
from handlers.pages.watching import Watching

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
LOOK = ["GET", "HEAD"]


class _Missing(Exception):
    """There is no such run, or not for this key: the answer is the same."""


class _PageRoute(APIRoute):
    """Answers `_Missing` with the one page for it, and gives every answer our headers."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                response = await handle(request)
            except _Missing:
                response = HTMLResponse(view.missing(), status_code=404)
            response.headers.update(HEADERS)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return guarded


def pages(shelf: RunShelf, signals: Signals, *, base_url: str = "") -> APIRouter:
    """The routes. `base_url` is our public address; without it, links are made from the request's own."""
    router = APIRouter(route_class=_PageRoute, include_in_schema=False)
    watching = Watching(shelf, signals)

    async def permitted(run_id: str, key: Annotated[str, Query(max_length=200)] = "") -> Run:
        run = await to_thread.run_sync(shelf.run, RunId(run_id))
        right = run.page_key if run is not None else secrets.token_urlsafe(16)
        if not secrets.compare_digest(key.encode("utf-8", "replace"), right.encode()) or run is None:
            raise _Missing
        return run

    Permitted = Annotated[Run, Depends(permitted)]  # noqa: N806 - it is a type

    @router.api_route("/runs/{run_id}", methods=LOOK)
    async def page(request: Request, run: Permitted) -> Response:
        # The run was read before its journal, so a page that says "done" shows the log to its end.
        drawn, after = await to_thread.run_sync(logs.page_logs, shelf, run)
        past = await to_thread.run_sync(shelf.attempts, run)
        outlook = await to_thread.run_sync(shelf.outlook, run)
        shown = view.Page(run, _base(request), logs=drawn, after=after, past=past, outlook=outlook)
        return HTMLResponse(await to_thread.run_sync(shown.html))

    @router.get("/runs/{run_id}/events", response_class=EventSourceResponse)
    async def events(
        request: Request,
        run: Permitted,
        after: Annotated[int, Query(ge=0, le=2**53)] = 0,
        last_event_id: Annotated[str, Header()] = "",
    ) -> AsyncIterator[ServerSentEvent]:
        seen = int(last_event_id) if last_event_id.isdecimal() and len(last_event_id) < 16 else after
        async for event in stream.events(watching, view.Page(run, _base(request)), after=seen):
            yield event

    @router.api_route("/runs/{run_id}/log.txt", methods=LOOK)
    async def log(request: Request, run: Permitted) -> Response:
        headers = _attachment(f"agent-{run.id}.log.txt")
        if request.method == "HEAD":
            return Response(headers=headers, media_type="text/plain; charset=utf-8")
        return StreamingResponse(
            logs.download(shelf, run), headers=headers, media_type="text/plain; charset=utf-8"
        )

    @router.api_route("/runs/{run_id}/changes.patch", methods=LOOK)
    async def patch(run: Permitted) -> Response:
        changes = await to_thread.run_sync(shelf.changes, run.id)
        if changes is None:
            raise _Missing
        return Response(
            changes.patch, headers=_attachment(f"agent-{run.id}.patch"), media_type="application/octet-stream"
        )

    @router.api_route("/runs/{run_id}/artifacts/{position}", methods=LOOK)
    async def artifact(run: Permitted, position: int) -> Response:
        kept = run.results.artifacts
        content = (
            await to_thread.run_sync(shelf.artifact, run.id, position) if 0 <= position < len(kept) else None
        )
        if content is None:
            raise _Missing
        name = kept[position].path.rpartition("/")[2]
        return Response(content, headers=_attachment(name), media_type="application/octet-stream")

    @router.api_route("/static/{name}", methods=LOOK)
    async def static(name: str) -> Response:
        found = view.STATIC.get(name)
        if found is None:
            raise _Missing
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(found.content, headers=headers, media_type=found.media_type)

    def _base(request: Request) -> str:
        return (base_url or str(request.base_url)).rstrip("/")

    return router


def _attachment(name: str) -> dict[str, str]:
    """Saved, never shown. `name` may be anything: RFC 6266 has a form for that."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    exact = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return {"Content-Disposition": f'attachment; filename="{plain}"{exact}'}
