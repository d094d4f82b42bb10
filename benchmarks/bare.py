"""The floor of the intake: an ASGI application that reads the body and says 202. Its argument is a port."""

from __future__ import annotations

import sys

import uvicorn

from handlers.github.ears import Receive, Scope, Send

_BODY = b'{"result":"accepted","reason":""}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(_BODY)).encode())]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        raise RuntimeError("Only requests are answered here.")  # uvicorn then goes on without a lifespan
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    await send({"type": "http.response.start", "status": 202, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


if __name__ == "__main__":
    uvicorn.run(
        application,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        server_header=False,
    )
