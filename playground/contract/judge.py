"""An ASGI layer that holds each request and each answer against GitHub's own OpenAPI description."""

from __future__ import annotations

import functools
import gzip
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl

import jsonschema_rs
import orjson

from playground.paths import PathTable
from playground.wire import Asgi, Message, Receive, Scope, Send, body_of, send_answer

Json = dict[str, Any]
CUT = Path(__file__).with_name("github.json.gz")
# An answer that a test ordered is not GitHub's, so it is not judged as GitHub's.
SCRIPTED = b"x-playground-fault"
ERROR = {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}


class Record(Protocol):
    """Where a broken contract is written down."""

    def __call__(self, side: str, operation: str, complaint: str, **detail: Any) -> None: ...


@functools.cache
def _description() -> Json:
    described: Json = orjson.loads(gzip.decompress(CUT.read_bytes()))
    return described


@functools.cache
def _validator(pointer: tuple[str, ...]) -> jsonschema_rs.Validator | None:
    """The compiled schema at this place of an operation; None where GitHub says nothing."""
    schema: Any = _description()["operations"]
    for part in pointer:
        schema = schema[part]
    if schema is None:
        return None
    return jsonschema_rs.validator_for({**schema, "components": _description()["components"]})


@functools.cache
def _error_validator() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(ERROR)


@functools.cache
def _operations() -> PathTable[str]:
    return PathTable((*name.split(" ", 1), name) for name in _description()["operations"])


@functools.cache
def _known_keys(operation: str) -> frozenset[str] | None:
    """Names a body may have at its top; None where GitHub allows any."""
    schema = _description()["operations"][operation]["body"]
    if not schema or schema.get("type") not in (None, "object", ["object", "null"]):
        return None
    alternatives = [schema, *schema.get("oneOf", []), *schema.get("anyOf", [])]
    names = frozenset(name for one in alternatives for name in one.get("properties", {}))
    return names or None


def _complaints(validator: jsonschema_rs.Validator, value: Any) -> Iterable[str]:
    if validator.is_valid(value):
        return ()
    return [said for error in validator.iter_errors(value) for said in _spelled_out(error)]


def _spelled_out(error: jsonschema_rs.ValidationError) -> list[str]:
    """One line per reason; of alternatives, why each of them was not kept."""
    branches: list[list[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", None) or []
    reasons = [said for branch in branches for inner in branch for said in _spelled_out(inner)]
    return reasons or [f"{'/'.join(map(str, error.instance_path)) or 'body'}: {error.message[:300]}"]


def complaints_about_request(operation: str, query: Mapping[str, str], body: bytes) -> list[str]:
    """What in a request GitHub does not describe. Keys it would silently ignore count: they are typos."""
    described = _description()["operations"][operation]
    found = [f"query: {name} is not a parameter" for name in query if name not in described["query"]]
    for name, parameter in described["query"].items():
        if name in query:
            validator = _validator((operation, "query", name, "schema"))
            value = _typed(query[name], parameter["schema"])
            found += [
                f"query {name}: {said}" for said in (_complaints(validator, value) if validator else ())
            ]
        elif parameter["required"]:
            found.append(f"query: {name} is missing")
    validator = _validator((operation, "body"))
    if not body:
        if described["body_required"]:
            found.append("body: is missing")
        return found
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return [*found, "body: is not JSON"]
    if validator is None:
        return found if said == {} else [*found, "body: GitHub takes none here"]
    found += _complaints(validator, said)
    known = _known_keys(operation)
    if known is not None and isinstance(said, dict):
        found += [f"body: {name} is not a property" for name in said if name not in known]
    return found


def _typed(text: str, schema: Json) -> Any:
    if schema.get("type") == "integer" and text.lstrip("-").isdecimal():
        return int(text)
    if schema.get("type") == "boolean" and text in {"true", "false"}:
        return text == "true"
    return text


def complaints_about_answer(operation: str, status: int, body: bytes) -> list[str]:
    answers = _description()["operations"][operation]["answers"]
    if status == 304 and operation.startswith("GET"):  # any answer with an ETag, described or not
        return ["a 304 has no body"] if body else []
    if status in {301, 307}:  # of a repository that has another name now: GitHub documents it in prose only
        return list(_complaints(_error_validator(), orjson.loads(body)))
    if str(status) not in answers:
        # GitHub's description leaves most refusals out; they still have GitHub's shape.
        if status < 400:
            return [f"status {status} is not described"]
        return list(_complaints(_error_validator(), orjson.loads(body)))
    validator = _validator((operation, "answers", str(status)))
    if validator is None or status == 204:
        return ["a 204 has no body"] if body and status == 204 else []
    return list(_complaints(validator, orjson.loads(body)))


@dataclass(slots=True)
class _Overheard:
    """An answer held back until it was judged."""

    status: int = 0
    headers: Iterable[tuple[bytes, bytes]] = ()
    body: bytes = b""

    async def hear(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
        else:
            self.body += message.get("body", b"")

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key == name), None)

    @property
    def is_json(self) -> bool:
        return not self.body or (self.header(b"content-type") or b"").startswith(b"application/json")


class Contract:
    """Refuses loudly, with a 500, whatever GitHub's description does not allow, and writes it down."""

    def __init__(self, app: Asgi, record: Record) -> None:
        self._app = app
        self._record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["raw_path"].partition(b"?")[0].decode("latin-1").removeprefix("/api/v3")
        found = _operations().find(scope["method"], path)
        if found is None:  # a route nobody knows is the app's to complain about
            await self._app(scope, receive, send)
            return
        operation, _ = found
        body = await body_of(receive)
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        complaints = complaints_about_request(operation, query, body)
        if complaints:
            await self._complain(send, "request", operation, complaints)
            return

        async def again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        answer = _Overheard()
        await self._app(scope, again, answer.hear)
        if not answer.status:  # the connection was cut on purpose
            return
        if answer.header(SCRIPTED) is None and answer.is_json:
            complaints = complaints_about_answer(operation, answer.status, answer.body)
            if complaints:
                await self._complain(send, "answer", operation, complaints)
                return
        headers = {key.decode(): value.decode("latin-1") for key, value in answer.headers}
        headers.pop("content-length", None)
        await send_answer(send, answer.status, headers, answer.body)

    async def _complain(self, send: Send, side: str, operation: str, complaints: list[str]) -> None:
        for complaint in complaints:
            self._record(side, operation, complaint)
        whose = "This request does" if side == "request" else "The playground's own answer does"
        said = f"{whose} not keep GitHub's description of {operation}: {'; '.join(complaints)}"
        headers = {"content-type": "application/json"}
        await send_answer(send, 500, headers, orjson.dumps({"message": said, "status": "500"}))
