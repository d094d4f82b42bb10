"""The bodies of requests: strict shapes, read with a bound, and one sentence for what cannot be used."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot import plainly
from handlers.api.problems import not_json, too_large, unusable

LARGEST = 64 * 1024

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)]
B = TypeVar("B", bound=BaseModel)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Question(_Body):
    repository: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$", max_length=200)
    ]
    number: int = Field(default=0, ge=0, le=2**31 - 1)
    question: Words


class Approval(_Body):
    digest: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{7,64})?$")] = ""


class Refusal(_Body):
    why: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""


async def read(request: Request, kind: type[B]) -> B:
    """The body as such a thing. `Problem` for what is too long, no JSON, or has another shape."""
    content = await _content(request)
    if (
        content
        and request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json"
    ):
        raise not_json()
    try:
        return kind.model_validate_json(content or b"{}")
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        if wrong["type"] == "json_invalid":
            raise unusable("The body is no JSON. Send an object, like `{}`.") from error
        key = ".".join(map(str, wrong["loc"])) or "The body"
        raise unusable(f"`{key}` {plainly.reason(wrong, known=kind.model_fields)}") from error


async def _content(request: Request) -> bytes:
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST:
            raise too_large(LARGEST)
    return content
