"""How the playground listens: uvicorn on 127.0.0.1, with connections that can be cut on purpose."""

from __future__ import annotations

import socket
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from playground.wire import TRANSPORT, Asgi, Scope

HOST = "127.0.0.1"


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with the transport in reach of faults that cut the connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast(Scope, self.scope)[TRANSPORT] = self.transport


def listen(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((HOST, port))
    sock.listen(1024)
    return sock


def server_for(app: Asgi) -> uvicorn.Server:
    options: dict[str, Any] = {
        "http": _Protocol,
        "ws": "websockets-sansio",
        "lifespan": "on",
        "log_level": "warning",
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": 1,
        "timeout_keep_alive": 60,
    }
    return uvicorn.Server(uvicorn.Config(cast(Any, app), **options))
