"""The scripted model over HTTP: `/v1/chat/completions`, `/v1/models`, and the driver's `/script/`."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import threading
from collections.abc import Iterable, Iterator

import orjson

from playground.listening import HOST, listen, server_for
from playground.model import wording
from playground.model.driver import ModelDriver
from playground.model.script import Json, Reply, Script, Way, prompt_of, rule_of
from playground.model.speech import said
from playground.wire import Receive, Scope, Send, body_of, cut_connection, headers_of, send_answer

JSON = {"content-type": "application/json"}
PIECE = b"x" * 65_536
TOKEN = 16  # bytes of an answer that is not streamed and drips all the same


class ModelApp:
    """One ASGI app. Whoever has not its key is refused, as OpenAI does."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.script = Script()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        body = await body_of(receive)
        path: str = scope["path"]
        if path.startswith("/script/"):
            await self._control(path.removeprefix("/script/"), body, send)
        elif headers_of(scope).get("authorization") != f"Bearer {self.key}":
            told = wording.error("Incorrect API key provided.", code="invalid_api_key")
            await send_answer(send, 401, JSON, told)
        elif (scope["method"], path) == ("GET", "/v1/models"):
            listing = {"object": "list", "data": [{"id": "scripted", "object": "model"}]}
            await send_answer(send, 200, JSON, orjson.dumps(listing))
        elif (scope["method"], path) == ("POST", "/v1/chat/completions"):
            await self._answer(orjson.loads(body), scope, send)
        else:
            self.script.trouble.append(f"{scope['method']} {path} is not known here.")
            await send_answer(send, 404, JSON, wording.error("Not found.", code="not_found"))

    # -- for the driver -----------------------------------------------------------------------------

    async def _control(self, act: str, body: bytes, send: Send) -> None:
        if act == "rules":
            self.script.rules += [rule_of(each) for each in orjson.loads(body)]
        elif act == "forget":
            self.script.forget()
        seen = {"requests": self.script.requests, "trouble": self.script.trouble}
        await send_answer(send, 200, JSON, orjson.dumps(seen))

    # -- for whoever asks ---------------------------------------------------------------------------

    async def _answer(self, question: Json, scope: Scope, send: Send) -> None:
        self.script.requests.append(question)
        prompt = prompt_of(question)
        reply = self.script.reply(question["model"], prompt)
        if reply is None:
            self.script.trouble.append(f"No rule says what to answer to: {prompt[-200:]}")
            await send_answer(send, 400, JSON, wording.error("The script has no answer to this.", code=""))
        elif reply.way is Way.STATUS:
            headers = JSON | ({"retry-after": reply.retry_after} if reply.retry_after else {})
            # A provider may repeat what it was sent, key and all; whoever shows its words shows that.
            told = f"{reply.text} {headers_of(scope).get('authorization')} {prompt}"
            await send_answer(send, reply.status, headers, wording.error(told, code=""))
        elif reply.way is Way.HTML:
            await send_answer(
                send, 200, {"content-type": "text/html"}, b"<html>Welcome to the gateway</html>"
            )
        elif reply.way is Way.PACKED:
            packed = gzip.compress(b"".join(_parts(reply, question)))
            await send_answer(send, 200, JSON | {"content-encoding": "gzip"}, packed)
        else:
            await self._say(reply, question, scope, send)

    async def _say(self, reply: Reply, question: Json, scope: Scope, send: Send) -> None:
        if reply.way is Way.SILENT:
            await asyncio.sleep(reply.seconds)
        kind = b"text/event-stream" if question.get("stream") else b"application/json"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        for part in _parts(reply, question):
            await send({"type": "http.response.body", "body": part, "more_body": True})
            if reply.way is Way.DRIP:
                await asyncio.sleep(reply.seconds)
        if reply.way is Way.CUT:
            cut_connection(scope)
        else:
            await send({"type": "http.response.body", "body": b""})


def _parts(reply: Reply, question: Json) -> Iterable[bytes]:
    if reply.way is Way.FLOOD:
        return itertools.repeat(PIECE, reply.count // len(PIECE))
    text, prompt, model = said(reply, question), prompt_of(question), question["model"]
    if question.get("stream"):
        parts = list(wording.pieces(model, text, prompt))
    else:
        answer = wording.whole(model, text, prompt, reply=reply)
        size = TOKEN if reply.way is Way.DRIP else len(answer) // 2 + 1
        parts = [answer[at : at + size] for at in range(0, len(answer), size)]
    return parts[: len(parts) // 2] if reply.way is Way.CUT else parts


async def _live(receive: Receive, send: Send) -> None:
    """Nothing is made ready, and nothing has to be put away."""
    for stage in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{stage}.complete"})


@contextlib.contextmanager
def serve(key: str) -> Iterator[ModelDriver]:
    """A model in a thread of this process, for as long as the context lasts."""
    with listen(0) as sock:
        server = server_for(ModelApp(key))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        try:
            with ModelDriver(f"http://{HOST}:{sock.getsockname()[1]}") as driver:
                driver.until_up(thread.is_alive)
                yield driver
        finally:
            server.should_exit = True
            thread.join(10)


def run(port: int, key: str) -> None:
    """A model in this process, until it is told to stop."""
    with listen(port) as sock:
        print(f"model: http://{HOST}:{sock.getsockname()[1]}/v1", flush=True)
        server_for(ModelApp(key)).run(sockets=[sock])
