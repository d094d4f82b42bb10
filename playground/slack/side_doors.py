"""The addresses that Slack hands out: where files are sent, and where a command can be answered later."""

from __future__ import annotations

from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP

import orjson

from playground.slack import hearing
from playground.slack.api.uploads import UPLOAD
from playground.slack.state import RESPONSE, SlackWorld
from playground.wire import Receive, Scope, Send, body_of, headers_of, send_answer

TEXT = {"content-type": "text/plain; charset=utf-8"}


class UploadDoor:
    """Takes the content of a file that was announced, as it is or as a form."""

    def __init__(self, world: SlackWorld) -> None:
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        content = _content(headers_of(scope), await body_of(receive))
        secret = scope["path"].removeprefix(UPLOAD)
        file = next((file for file in self.world.files.values() if file.secret == secret), None)
        if file is None or file.content is not None:
            await send_answer(send, 404, TEXT, b"file not found")
        elif len(content) != file.length:
            said = f"{file.name} was announced with {file.length} bytes and has {len(content)}"
            self.world.break_contract("upload", [said])
            await send_answer(send, 400, TEXT, said.encode())
        else:
            file.content = content
            await send_answer(send, 200, TEXT, f"OK - {len(content)}".encode())


def _content(headers: Mapping[str, str], body: bytes) -> bytes:
    kind = headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return body
    form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    parts = [part.get_payload(decode=True) for part in form.iter_parts() if part.get_filename()]
    return parts[0] if parts and isinstance(parts[0], bytes) else b""


class ResponseDoor:
    """Where a response_url leads."""

    def __init__(self, world: SlackWorld) -> None:
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await body_of(receive)
        found = self.world.responses.get(scope["path"].removeprefix(RESPONSE))
        try:
            said = orjson.loads(body)
        except orjson.JSONDecodeError:
            await send_answer(send, 400, TEXT, b"invalid_payload")
            return
        error = "no_service" if found is None else hearing.hear_response(self.world, found, said)
        await send_answer(send, 404 if error else 200, TEXT, (error or "ok").encode())
