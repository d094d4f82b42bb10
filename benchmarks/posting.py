"""One webhook, signed and posted by hand, so that we know when it was sent and when it was accepted."""

from __future__ import annotations

import http.client
import time
from contextlib import closing
from urllib.parse import urlsplit

import orjson

from benchmarks.payloads import Json
from bot.processes.stage import Stage
from handlers.github.ears import PATH
from handlers.github.signature import sign

PATIENCE_S = 60.0


def post(ready: Stage, payload: Json, *, guid: str) -> tuple[float, float]:
    """When its first byte left and when it was accepted, in seconds since 1970."""
    body = orjson.dumps(payload)
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "issue_comment",
        "X-GitHub-Delivery": guid,
        "X-Hub-Signature-256": sign(ready.webhook_secret.encode(), body),
    }
    with closing(connection(ready.web_url)) as http_:
        http_.connect()
        sent = time.time()
        http_.request("POST", PATH, body, headers)
        answer = http_.getresponse()
        answer.read()
        accepted = time.time()
    if answer.status != 202:
        raise AssertionError(f"The webhook was answered with {answer.status}.")
    return sent, accepted


def connection(url: str) -> http.client.HTTPConnection:
    address = urlsplit(url)
    return http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE_S)
