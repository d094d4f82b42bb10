"""Our App as these tests play it: how it calls this Slack, and what it hears from it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.slack_response import SlackResponse

from playground.slack import SlackPlayground

Json = dict[str, Any]


def web_client(slack: SlackPlayground, token: str | None = None) -> WebClient:
    # Without its own retries: after a lost answer it would post again.
    given = slack.settings.bot_token if token is None else token
    return WebClient(token=given, base_url=slack.api_url, retry_handlers=[])


def refused(call: Callable[..., SlackResponse], **arguments: Any) -> SlackResponse:
    """The answer of a call that Slack does not do."""
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    answer: SlackResponse = caught.value.response
    return answer


@dataclass
class Heard:
    """One request that reached our App."""

    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Json:
        """JSON as it is, a form as its fields, an interaction as its payload."""
        if self.headers["Content-Type"] == "application/json":
            return dict(json.loads(self.body))
        fields = {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
        return dict(json.loads(fields["payload"])) if "payload" in fields else fields


@dataclass
class OurApp:
    """An endpoint that remembers what it heard, and answers what it is told to, and when."""

    heard: list[Heard] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)  # seconds
    handle: Callable[[bytes, dict[str, str]], tuple[int, bytes]] | None = None

    def answer(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        time.sleep(self.delays.pop(0) if self.delays else 0)
        self.heard.append(Heard(headers, body))
        if self.handle is not None:
            return self.handle(body, headers)
        status, said = self.answers.pop(0) if self.answers else (200, "")
        return status, json.dumps(said).encode() if said else b""


@contextmanager
def listening(app: OurApp) -> Iterator[str]:
    """Its address, as long as it is there."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, said = app.answer(body, dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
