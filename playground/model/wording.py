"""OpenAI's shapes: a whole answer, the same as a stream of pieces, an error."""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson

from playground.model.script import Json, Reply, Way

CREATED = 1_790_000_000
_TOKEN = re.compile(r"\s*\S{1,8}")


def tokens(text: str) -> list[str]:
    """Pieces of a few characters each, which together are the text but for spaces at its end."""
    return _TOKEN.findall(text)


def usage(prompt: str, text: str) -> Json:
    asked, said = len(tokens(prompt)), len(tokens(text))
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def whole(model: str, text: str, prompt: str, *, reply: Reply) -> bytes:
    refuses = reply.way is Way.REFUSAL
    message = {
        "role": "assistant",
        "content": None if refuses else text,
        "refusal": text if refuses else None,
    }
    choices = [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}]
    return orjson.dumps(
        {
            "id": "chatcmpl-scripted",
            "object": "chat.completion",
            "created": CREATED,
            "model": model,
            "choices": [] if reply.way is Way.NO_CHOICES else choices,
            "usage": usage(prompt, text),
        }
    )


def pieces(model: str, text: str, prompt: str) -> Iterator[bytes]:
    """The events of a stream, with the usage before its end."""
    yield _event(model, {"role": "assistant", "content": ""}, None)
    for token in tokens(text):
        yield _event(model, {"content": token}, None)
    yield _event(model, {}, "stop")
    told = {"object": "chat.completion.chunk", "model": model, "choices": [], "usage": usage(prompt, text)}
    yield _line({"id": "chatcmpl-scripted", "created": CREATED, **told})
    yield b"data: [DONE]\n\n"


def _event(model: str, delta: Json, finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    told = {"object": "chat.completion.chunk", "model": model, "choices": [choice]}
    return _line({"id": "chatcmpl-scripted", "created": CREATED, **told})


def _line(event: Json) -> bytes:
    return b"data: " + orjson.dumps(event) + b"\n\n"


def error(message: str, *, code: str) -> bytes:
    kind = "invalid_request_error"
    return orjson.dumps({"error": {"message": message, "type": kind, "param": None, "code": code or None}})
