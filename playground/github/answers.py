"""What an endpoint is given and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playground.github.auth import Caller
    from playground.github.state import Repository, World

Json = dict[str, Any]
DOCS = "https://docs.github.com/rest"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body that becomes JSON (or raw bytes), and headers of its own."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """GitHub says no, in its own words."""

    def __init__(self, status: int, message: str, errors: list[Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers: dict[str, str] = {}

    def body(self) -> Json:
        said: Json = {"message": self.message, "documentation_url": DOCS, "status": str(self.status)}
        if self.errors is not None:
            said["errors"] = self.errors
        return said


def not_found() -> Refused:
    return Refused(404, "Not Found")


def invalid(resource: str, field_name: str, code: str, message: str | None = None) -> Refused:
    """GitHub's 422 with one entry in `errors`."""
    error: Json = {"resource": resource, "field": field_name, "code": code}
    if message:
        error["message"] = message
    return Refused(422, "Validation Failed", [error])


def unprocessable(message: str) -> Refused:
    return Refused(422, message)


@dataclass(slots=True)
class Call:
    """One API request, after authentication and after its repository was found."""

    world: World
    caller: Caller
    params: dict[str, str]
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Json
    repository: Repository | None = None

    @property
    def repo(self) -> Repository:
        if self.repository is None:
            raise not_found()
        return self.repository

    def number(self, name: str) -> int:
        value = self.params[name]
        if not value.isdecimal():
            raise not_found()
        return int(value)


def page_of(call: Call, items: list[Any], path: str) -> tuple[list[Any], dict[str, str]]:
    """The asked page of `items`, and the Link header that leads to the others."""
    size = min(max(_whole(call.query.get("per_page"), 30), 1), 100)
    page = max(_whole(call.query.get("page"), 1), 1)
    last = max((len(items) + size - 1) // size, 1)
    rest = "".join(f"&{k}={v}" for k, v in call.query.items() if k not in {"page", "per_page"})
    url = f"{call.world.url}{path}?per_page={size}{rest}&page="
    links = []
    if page > 1:
        links.append(f'<{url}{page - 1}>; rel="prev"')
    if page < last:
        links.append(f'<{url}{page + 1}>; rel="next"')
        links.append(f'<{url}{last}>; rel="last"')
    if page > 1:
        links.append(f'<{url}1>; rel="first"')
    headers = {"Link": ", ".join(links)} if links else {}
    return items[(page - 1) * size : page * size], headers


def _whole(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() else default
