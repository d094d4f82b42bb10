"""The addresses of the API. It takes a request down and shows its answer; desk decides, with live rights."""

# No `from __future__ import annotations` here: FastAPI must see `Bearer`, which is local to a function.

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute

from bot.deliveries import Store
from bot.ids import Place, RunId
from bot.tokens import Token
from handlers.api import bodies
from handlers.api.office import Office
from handlers.api.problems import Problem, nobody, nothing_there
from handlers.api.taking import Taking, Wish

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class _ApiRoute(APIRoute):
    """Answers a `Problem` as one, and gives every answer our headers."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                response = await handle(request)
            except Problem as problem:
                response = problem.response()
            response.headers.update(HEADERS)
            return response

        return guarded


def api(office: Office, store: Store) -> APIRouter:
    """`store` returns when the request is on disk; whatever it raises makes the asker ask again."""
    router = APIRouter(route_class=_ApiRoute)
    taking = Taking(office, store)

    async def bearer(request: Request) -> Token:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        token = await to_thread.run_sync(office.token, given.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            raise nobody()
        return token

    Bearer = Annotated[Token, Depends(bearer)]  # noqa: N806 - a type

    async def of_run(token: Token, name: str, verb: Literal["approve", "deny"], words: str) -> Wish:
        run = await to_thread.run_sync(office.run, RunId(name))
        here = {place.repo_id: place for place in token.places}
        if run is None or run.target.place.repo_id not in here:
            raise nothing_there("such run")
        return Wish(here[run.target.place.repo_id], run.target.number, verb, words, run.id)

    @router.post("/assist")
    async def assist(request: Request, token: Bearer) -> Response:
        asked = await bodies.read(request, bodies.Question)
        place = _place(token, asked.repository)
        return await taking.take(request, token, Wish(place, asked.number, "ask", asked.question))

    @router.post("/api/runs/{run}/approve")
    async def approve(request: Request, run: str, token: Bearer) -> Response:
        wanted = await bodies.read(request, bodies.Approval)
        return await taking.take(request, token, await of_run(token, run, "approve", wanted.digest))

    @router.post("/api/runs/{run}/deny")
    async def deny(request: Request, run: str, token: Bearer) -> Response:
        wanted = await bodies.read(request, bodies.Refusal)
        return await taking.take(request, token, await of_run(token, run, "deny", wanted.why))

    @router.get("/api/requests/{name}")
    async def look(request: Request, name: str, token: Bearer) -> Response:
        return await taking.show(request, token, name)

    return router


def _place(token: Token, repository: str) -> Place:
    for place in token.places:
        if str(place.repo).lower() == repository.lower():
            return place
    raise nothing_there(f"repository {repository}")
