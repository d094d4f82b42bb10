"""Taking a request down before it is acknowledged, and showing what came of it."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass
from http import HTTPStatus
from secrets import token_hex
from typing import Literal

import structlog
from anyio import to_thread
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from bot import secrets
from bot.api import ApiRequest, RequestState
from bot.deliveries import Delivery, Store
from bot.events import Requested
from bot.ids import Place
from bot.tokens import Token
from handlers.api.office import Office
from handlers.api.problems import not_written_down, nothing_there, other_question, unusable

LONGEST_WAIT_S = 30
LOOK_S = 0.25
WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])")
KEY = re.compile(r"[\x21-\x7e]{1,200}")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Wish:
    """What somebody wants; the fields are those of `Requested`."""

    place: Place
    number: int
    verb: Literal["ask", "approve", "deny"]
    words: str
    run: str = ""

    @property
    def digest(self) -> str:
        whole = (self.place.repo_id, self.number, self.verb, self.run, self.words)
        return hashlib.sha256(repr(whole).encode()).hexdigest()


@dataclass(frozen=True)
class Taking:
    office: Office
    store: Store

    async def take(self, request: Request, token: Token, wish: Wish) -> Response:
        """It is on disk before anything is answered; under one `Idempotency-Key` once."""
        _refuse_secrets(wish.words)
        name = _name(request, token)
        event = Requested(name, wish.place, token.person, wish.number, wish.verb, wish.run, wish.words)
        delivery = Delivery(f"api-{name}", "api", hashlib.sha256(name.encode()).hexdigest(), event)
        kept = await self._write_down(ApiRequest(name, token.id, wish.digest), delivery)
        return await self._shown(request, kept)

    async def show(self, request: Request, token: Token, name: str) -> Response:
        kept = await to_thread.run_sync(self.office.request, name)
        if kept is None or kept.token != token.id:
            raise nothing_there("such request")
        return await self._shown(request, kept)

    async def _write_down(self, asked: ApiRequest, delivery: Delivery) -> ApiRequest:
        try:
            kept = await to_thread.run_sync(self.office.open, asked)
            if kept.body == asked.body:
                await self.store(delivery)
        except Exception as error:  # the outermost edge: the asker must not believe that we have it
            log.exception("api.not_written_down", request=asked.id)
            raise not_written_down() from error
        if kept.body != asked.body:
            raise other_question()
        return kept

    async def _shown(self, request: Request, kept: ApiRequest) -> Response:
        """As soon as it is answered, or when the asker would not wait any longer."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + _patience(request)
        while kept.state is RequestState.WAITING and clock() < deadline:
            await asyncio.sleep(LOOK_S)
            found = await to_thread.run_sync(self.office.request, kept.id)
            kept = found or kept
        told = {"id": kept.id, "state": kept.state, "answer": kept.answer, "url": f"/api/requests/{kept.id}"}
        if kept.state is not RequestState.WAITING:
            return JSONResponse(told)
        return JSONResponse(told, HTTPStatus.ACCEPTED, {"Location": told["url"], "Retry-After": "1"})


def _name(request: Request, token: Token) -> str:
    """The same for every sending under one `Idempotency-Key`, and nobody else's."""
    key = request.headers.get("idempotency-key", "")
    if not key:
        return token_hex(16)
    if not KEY.fullmatch(key):
        raise unusable("`Idempotency-Key` must be 1 to 200 visible characters of ASCII.")
    return hashlib.sha256(f"{token.id}:{key}".encode()).hexdigest()[:32]


def _refuse_secrets(words: str) -> None:
    """Before anything is written down."""
    found = next(secrets.find(words.encode("utf-8", "replace")), None)
    if found is not None:
        raise unusable(f"This holds {found.kind}, so it was not kept. Please ask without it.")


def _patience(request: Request) -> float:
    """Of `Prefer: wait=…` (RFC 7240), in seconds."""
    found = WAIT.search(request.headers.get("prefer", ""))
    return min(int(found[1]), LONGEST_WAIT_S) if found else 0
