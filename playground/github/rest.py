"""The REST door: finds the operation, knows the caller, keeps limits, injects faults, answers."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from playground.github.answers import DOCS, Answer, Call, Json, Refused, not_found
from playground.github.apps import limit_key
from playground.github.auth import (
    AppCaller,
    Caller,
    ClientCaller,
    Needs,
    Nobody,
    TokenCaller,
    UserCaller,
    forbidden,
    identify,
    may,
)
from playground.github.faults import Fault, Kind
from playground.github.routes import TABLE, Anybody, AsApp, AsClient, AsUser, Route
from playground.github.state import Repository, World
from playground.paths import PathTable
from playground.wire import Receive, Scope, Send, body_of, cut_connection, headers_of, send_answer

ROUTES = PathTable((route.method, route.template, route) for route in TABLE)
# One answer may be scripted instead of given; the contract does not judge it.
SCRIPTED = "x-playground-fault"


class RestDoor:
    """An ASGI app: GitHub's REST API over one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method: str = scope["method"]
        path: str = scope["raw_path"].partition(b"?")[0].decode("latin-1")
        path = path.removeprefix("/api/v3") if path.startswith("/api/v3/") else path
        headers = headers_of(scope)
        body = await body_of(receive)
        began = time.time()
        fault = self.world.faults.strike(method, path)
        if fault is not None and await self._spoiled(fault, scope, send):
            self._log(method, path, began, status=fault.status, fault=fault)
            return
        answer = self._answer(method, path, scope["query_string"], headers, body)
        if fault is not None and fault.kind is Kind.RESET_AFTER:
            cut_connection(scope)
            self._log(method, path, began, status=0, fault=fault)
            return
        if fault is not None and fault.kind is Kind.STATUS_AFTER:
            answer = _scripted(fault)
        self._log(method, path, began, status=answer.status, fault=fault)
        await send_answer(send, *_encoded(answer, method, headers))

    async def _spoiled(self, fault: Fault, scope: Scope, send: Send) -> bool:
        """Whether the fault already ended the request."""
        if fault.kind is Kind.SLOW:
            await asyncio.sleep(fault.seconds)
        if fault.kind is Kind.RESET_BEFORE:
            cut_connection(scope)
            return True
        if fault.kind is Kind.STATUS:
            await send_answer(send, *_encoded(_scripted(fault), "", {}))
            return True
        return False

    def _log(self, method: str, path: str, began: float, *, status: int, fault: Fault | None) -> None:
        self.world.requests.append(
            {
                "at": began,
                "method": method,
                "path": path,
                "status": status,
                "seconds": round(time.time() - began, 6),
                "fault": fault.kind.value if fault else None,
            }
        )

    # -- one request, without waiting -----------------------------------------------------------

    def _answer(
        self, method: str, path: str, query: bytes, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        spent: dict[str, str] = {}
        try:
            found = ROUTES.find(method, path)
            if found is None:
                return self._unknown(method, path)
            route, params = found
            caller = identify(self.world, headers)
            if (elsewhere := self._elsewhere(caller, params)) is not None:
                return self._redirect(elsewhere, method, path, query)
            spent = self._charge(caller, route)
            call = Call(
                world=self.world,
                caller=caller,
                params=params,
                query=dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)),
                headers=headers,
                body=_parsed(body),
                repository=self._admit(route, caller, params),
            )
            answer = route.endpoint(call)
        except Refused as refused:
            return Answer(refused.status, refused.body(), {**spent, **refused.headers})
        if method == "GET" and headers.get("if-none-match") == _etag(answer):
            if isinstance(caller, TokenCaller):
                self.world.limits.free(limit_key(caller.token))
            return Answer(304, None, {**spent, "etag": _etag(answer)})
        return Answer(answer.status, answer.body, {**spent, **answer.headers})

    def _elsewhere(self, caller: Caller, params: Mapping[str, str]) -> Repository | None:
        """The repository that once had this name, for whoever may see where it is now."""
        name = f"{params.get('owner')}/{params.get('repo')}".lower()
        moved = self.world.moved.get(name) if name not in self.world.repositories else None
        if isinstance(caller, TokenCaller) and moved is not None and not caller.token.sees(moved):
            return None
        return None if isinstance(caller, Nobody) else moved

    def _redirect(self, to: Repository, method: str, path: str, query: bytes) -> Answer:
        rest = "".join(f"/{part}" for part in path.split("/")[4:])
        asked = f"?{query.decode('latin-1')}" if query else ""
        url = f"{self.world.url}/repositories/{to.id}{rest}{asked}"
        said = {"message": "Moved Permanently", "url": url, "documentation_url": DOCS}
        return Answer(301 if method == "GET" else 307, said, {"Location": url})

    def _unknown(self, method: str, path: str) -> Answer:
        self.world.record_unknown_route(method, path)
        said = f"The playground does not know {method} {path}. Teach it in playground/github/routes.py."
        return Answer(501, {"message": said, "status": "501"})

    def _charge(self, caller: Caller, route: Route) -> dict[str, str]:
        if not isinstance(caller, TokenCaller) or route.template == "/rate_limit":
            return {}
        writes = route.method != "GET"
        return self.world.limits.charge(limit_key(caller.token), route.method, creates_content=writes)

    def _admit(self, route: Route, caller: Caller, params: dict[str, str]) -> Repository | None:
        """Let the caller in, or refuse; the repository it asks about."""
        guard = route.guard
        if guard is Anybody:
            return None
        if isinstance(caller, Nobody):
            raise Refused(401, "Requires authentication")
        if guard is AsApp:
            if not isinstance(caller, AppCaller):
                raise Refused(401, "A JSON web token could not be decoded")
            return None
        if guard is AsClient:
            if not isinstance(caller, ClientCaller):
                raise Refused(401, "Requires authentication")
            return None
        if guard is AsUser:
            if not isinstance(caller, UserCaller):
                raise forbidden()
            return None
        if not isinstance(caller, TokenCaller):
            raise forbidden()
        if not isinstance(guard, Needs):
            return None
        repo = self._within_reach(route, caller, params)
        if not may(caller.token, guard):
            refused = forbidden()
            refused.headers = {"x-accepted-github-permissions": str(guard)}
            raise refused
        return repo

    def _within_reach(self, route: Route, caller: TokenCaller, params: dict[str, str]) -> Repository | None:
        """The repository, or None for an organisation. What the installation does not see is not there."""
        if "org" in params:
            if caller.token.installation.account.login.lower() != params["org"].lower():
                raise not_found()
            return None
        repo = self.world.repositories.get(f"{params['owner']}/{params['repo']}".lower())
        if repo is None or not caller.token.sees(repo):
            raise not_found()
        if repo.archived and route.method != "GET":
            raise Refused(403, "Repository was archived so is read-only.")
        return repo


def _parsed(body: bytes) -> Json:
    if not body:
        return {}
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, "Problems parsing JSON") from error
    if not isinstance(parsed, dict):
        raise Refused(400, "Body should be a JSON object")
    return parsed


def _scripted(fault: Fault) -> Answer:
    body = {"message": fault.message, "documentation_url": "", "status": str(fault.status)}
    return Answer(fault.status, body, {**fault.headers, SCRIPTED: fault.kind.value})


def _bytes(answer: Answer) -> bytes:
    if answer.body is None:
        return b""
    return answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)


def _etag(answer: Answer) -> str:
    return f'W/"{hashlib.blake2b(_bytes(answer), digest_size=32).hexdigest()}"'


def _encoded(answer: Answer, method: str, asked: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    headers: dict[str, Any] = {
        "server": "github.com",
        "x-github-media-type": "github.v3; format=json",
        "x-github-api-version-selected": asked.get("x-github-api-version", "2022-11-28"),
    }
    body = _bytes(answer)
    if answer.status not in {204, 304}:
        headers["content-type"] = "application/json; charset=utf-8"
    if method == "GET" and answer.status == 200:
        headers["etag"] = _etag(answer)
        headers["cache-control"] = "private, max-age=60, s-maxage=60"
    headers.update(answer.headers)
    return answer.status, headers, body
