"""One kept connection to GitHub's REST API, and what each of its refusals means to us.

githubkit signs as the App and speaks HTTP; retrying and the sorting of errors are ours (ADR 0006):
what reaches a port is an answer, a `Refused` (GitHub understood and says no) or a `Hiccup`.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from json import JSONDecodeError
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from githubkit import AppAuthStrategy, GitHub
from githubkit.auth.app import AppAuth
from githubkit.auth.unauth import UnauthAuthStrategy
from githubkit.cache import MemCacheStrategy
from githubkit.exception import GitHubException, RateLimitExceeded, RequestError, RequestFailed

from bot.errors import ConversationLocked, Crowded, Hiccup, Uninstalled, UserError
from bot.ids import InstallationId, Place
from bot.ports import Pace

PUBLIC_API = "https://api.github.com"
API_VERSION = "2026-03-10"  # the one that githubkit's schemas describe
PAGE = 100
TRIES = 4
LIMIT_WAIT_S = 60.0  # GitHub: wait at least a minute when a secondary limit names no time
READ_PATIENCE_S = 10.0  # what is read decides something: a verdict waits for its facts
WRITE_PATIENCE_S = 1.2  # what is shown is chosen anew when there is room
LAST_REQUESTS = 10  # of an hour: the answers on their way may use them up

_HEADERS = {"X-GitHub-Api-Version": API_VERSION}
_REPEATABLE = frozenset({"GET", "PUT", "PATCH", "DELETE"})
_MINTING = "/access_tokens"  # one token more harms nobody
_TOKEN_MARGIN = timedelta(minutes=2)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_LOCKED = re.compile(r"\b(issue|pull request|conversation) is locked\b", re.IGNORECASE)
_SECONDARY = re.compile(r"secondary rate limit|abuse detection", re.IGNORECASE)

Params = Mapping[str, str | int]
T = TypeVar("T")


def at(place: Place, rest: str = "") -> str:
    """The API path of a repository, or of something in it. `rest` is quoted by whoever knows its parts."""
    return f"repos/{segment(place.repo.owner)}/{segment(place.repo.name)}{rest}"


def segment(text: str) -> str:
    """One part of a path: nothing in it can end the part, not even two dots."""
    return quote(text, safe="").replace("..", "%2E%2E")


class Refused(UserError):
    """GitHub understood and says no. `status` and `said` are for ports that know a better sentence."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(_SENTENCES.get(status, _UNEXPECTED).format(status=status, said=said))
        self.status = status
        self.said = said


class Unknown(Hiccup):
    """GitHub does not know who speaks. Nothing was done; a key that is put right, or a clock, mends it."""

    def __init__(self) -> None:
        super().__init__(
            "GitHub does not accept this App's key. Ask an operator to check the App's id, its private key"
            " and the clock of the desk's machine.",
            retry_after_s=10.0,
        )


class NotInstalled(Refused, Uninstalled):
    """GitHub gives us no token for this installation: it is gone or suspended."""


class LockedThere(Refused, ConversationLocked):
    """GitHub takes no comment or reaction of ours in a conversation that was locked."""


_UNEXPECTED = "GitHub refused a request of mine ({status}: {said}). Please try again, or ask an operator."
_SENTENCES = {
    403: (
        "GitHub does not let me do this here ({said}). Ask an administrator to look at the App's"
        " permissions for this repository."
    ),
    404: (
        "GitHub finds nothing there, or does not show it to me. Check that it still exists and that the App"
        " is installed on this repository."
    ),
    410: "GitHub says that this is gone for good. Check that it was not deleted or switched off.",
    451: "GitHub has closed this repository for legal reasons, so I cannot work there.",
}


class GitHubClient:
    """Requests as the App or as one of its installations, from any thread, over kept connections."""

    def __init__(
        self,
        app_id: int,
        private_key: str,
        api_url: str = PUBLIC_API,
        *,
        pause: Callable[[float], None] = time.sleep,
        pace: Pace | None = None,
    ) -> None:
        self._pause = pause
        self._pace = pace or _Unpaced()
        base_url = safe_base_url(api_url)
        http = httpx.Client(
            base_url=base_url,
            headers={
                "User-Agent": f"devops-agent/{version('devops-agent')}",
                "Accept": "application/vnd.github+json",
            },
            timeout=httpx.Timeout(20, connect=5),
            limits=httpx.Limits(max_connections=20, keepalive_expiry=60),
            follow_redirects=True,  # a renamed repository answers with 301 or 307
        )
        self._http = http
        options: dict[str, Any] = {
            "base_url": base_url,
            "auto_retry": False,
            "http_cache": False,
            "cache_strategy": MemCacheStrategy(),  # the default one is shared by every host in the process
        }
        self._github = _KeptGitHub(UnauthAuthStrategy(), **options)
        self._github.kept = http
        # jwt.encode takes a parsed key as well; parsing the PEM costs 30 ms each time
        key = cast(str, _parsed(private_key))
        self._app = AppAuth(GitHub(AppAuthStrategy(app_id, key), **options), app_id, key)
        self._tokens = _Tokens(self._mint)

    def close(self) -> None:
        self._http.close()

    def call(
        self,
        installation: InstallationId,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Mapping[str, Any] | None = None,
        patience_s: float = WRITE_PATIENCE_S,
    ) -> Any:
        """The decoded answer to one request, as the installation. None when the answer has no body.

        Crowded, with nothing done, when a write would have to wait longer than `patience_s` for its room.
        """
        room = _Room(self._pace, installation, patience_s)
        return self._known(
            installation, lambda token: self._json(method, path, token, room, params=params, body=body)
        )

    @contextmanager
    def streamed(self, installation: InstallationId, path: str) -> Iterator[httpx.Response]:
        """The answer to one read before its body is read, wherever GitHub says that it is.

        It is asked for once. Another host, to which GitHub redirects, is not given the token: httpx leaves
        it out.
        """
        room = _Room(self._pace, installation, READ_PATIENCE_S)
        answer = self._known(installation, lambda token: self._opened(path, token, room))
        try:
            yield answer
        finally:
            answer.close()

    def _opened(self, path: str, token: str, room: _Room) -> httpx.Response:
        headers = {**_HEADERS, "Authorization": f"Bearer {token}"}
        try:
            with room.of("GET"):
                return self._github.request("GET", path, headers=headers, stream=True).raw_response
        except GitHubException as error:
            meaning = _meaning(error)
            if isinstance(meaning, Crowded):
                room.close(meaning.retry_after_s)
            raise meaning from error

    def _known(self, installation: InstallationId, ask: Callable[[str], T]) -> T:
        """What is asked with the installation's token, and once more with a fresh one if GitHub forgot it."""
        token = self._tokens.of(installation)
        try:
            return ask(token)
        except Unknown:  # a revoked token, or one so young that GitHub does not know it everywhere
            self._tokens.forget(installation, token)
        except Refused as refused:
            if (
                refused.status == 403
            ):  # a token keeps what it was minted with: the next may have been granted more
                self._tokens.forget(installation, token)
            raise
        return ask(self._tokens.of(installation))

    def reaches(
        self, installation: InstallationId, method: str, path: str, *, body: Mapping[str, Any]
    ) -> bool:
        """The same for something that may have been removed meanwhile: False when it is not there."""
        try:
            self.call(installation, method, path, body=body)
        except NotInstalled:
            raise
        except Refused as refused:
            if refused.status not in {404, 410}:
                raise
            return False
        return True

    def pages(
        self, installation: InstallationId, path: str, *, within: str | None = None, **params: str | int
    ) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page. `within` names the field that holds it, if one does."""
        page = 1
        while True:
            told = self.call(installation, "GET", path, params={**params, "per_page": PAGE, "page": page})
            items = told[within] if within else told
            yield from items
            if len(items) < PAGE:
                return
            page += 1

    def call_as_app(self, method: str, path: str, *, body: Mapping[str, Any] | None = None) -> Any:
        """The same, as the App itself: only for /app and what is below it."""
        return self._json(method, path, self._app.get_jwt(), body=body)

    def pages_as_app(self, path: str) -> Iterator[dict[str, Any]]:
        """Every item of a list of the App's own, newest first. GitHub names the next page by a cursor."""
        params: dict[str, str | int] = {"per_page": PAGE}
        while params:
            links: list[str] = []
            told = self._json("GET", path, self._app.get_jwt(), params=params, links=links)
            yield from told
            params = _next_page(links[-1])

    def mint(self, installation: InstallationId, *, repo_id: int, permissions: Mapping[str, str]) -> str:
        """A fresh token for one repository with no more than these permissions. It is not kept."""
        wish = {"repository_ids": [repo_id], "permissions": dict(permissions)}
        return self._mint(installation, wish)[0]

    def _mint(self, installation: InstallationId, wish: Mapping[str, Any]) -> tuple[str, datetime]:
        path = f"app/installations/{installation}/access_tokens"
        try:
            told = self.call_as_app("POST", path, body=wish)
        except Refused as refused:
            if refused.status not in {403, 404}:
                raise
            raise NotInstalled(refused.status, refused.said) from refused
        return told["token"], datetime.fromisoformat(told["expires_at"])

    def _json(
        self,
        method: str,
        path: str,
        token: str,
        room: _Room | None = None,
        *,
        params: Params | None = None,
        body: Mapping[str, Any] | None = None,
        links: list[str] | None = None,
    ) -> Any:
        headers = {**_HEADERS, "Authorization": f"Bearer {token}"}
        # Every PATCH with annotations appends them: it is no more repeatable than a POST.
        once = (method not in _REPEATABLE and not path.endswith(_MINTING)) or _appends(body)
        for attempt in range(1, TRIES + 1):
            try:
                with room.of(method) if room else nullcontext():
                    answer = self._github.request(
                        method, path.lstrip("/"), params=params, json=body, headers=headers
                    )
                if room:
                    room.told(answer.headers)
                if links is not None:
                    links.append(answer.headers.get("link", ""))
                return answer.json() if answer.raw_response.content else None
            except (GitHubException, JSONDecodeError) as error:
                meaning = _meaning(error)
                if room and isinstance(meaning, Crowded):
                    room.close(meaning.retry_after_s)
                if isinstance(meaning, Refused) or once or attempt == TRIES or not _is_short(meaning):
                    raise meaning from error
            self._pause(0.25 * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311  spreads load only
        raise AssertionError("the last attempt always returns or raises")


def _next_page(link: str) -> dict[str, str | int]:
    """The parameters of the next page, from a Link header; empty on the last one."""
    found = re.search(r'<([^<>]*)>; rel="next"', link)
    return {} if found is None else dict(parse_qsl(urlsplit(found[1]).query))


def _appends(body: Mapping[str, Any] | None) -> bool:
    return bool(body and body.get("output", {}).get("annotations"))


def _is_short(hiccup: Hiccup) -> bool:
    return hiccup.retry_after_s <= 2.0


def _meaning(error: GitHubException | JSONDecodeError) -> Refused | Hiccup:
    """What a failed request means: something to say to a person, or something that time can mend."""
    if isinstance(error, RateLimitExceeded):
        wait_s = max(error.retry_after.total_seconds(), 1.0)
        return Crowded(max(wait_s, 3.0))
    if isinstance(error, RequestFailed):
        return _refusal(error)
    if isinstance(error, RequestError) and isinstance(error.exc, httpx.TimeoutException):
        return Hiccup("GitHub did not answer in time.")
    if isinstance(error, RequestError):
        if not isinstance(error.exc, httpx.HTTPError):
            raise error.exc  # githubkit wraps whatever happens while sending; this one is a bug of ours
        return Hiccup("GitHub cannot be reached at the moment.")
    return Hiccup("GitHub gave an answer that I cannot read.", retry_after_s=10.0)


def _refusal(error: RequestFailed) -> Refused | Hiccup:
    status, said = error.response.status_code, _message(error)
    if status == 401:
        return Unknown()
    if status >= 500:
        return Hiccup(f"GitHub has trouble at the moment ({status}).")
    if status == 429 or (status == 403 and _SECONDARY.search(said)):
        return Crowded(LIMIT_WAIT_S)
    if status in {403, 422} and _LOCKED.search(said):
        return LockedThere(status, said)
    return Refused(status, said)


def _message(error: RequestFailed) -> str:
    """GitHub's own words, with the details of a 422, short enough for a sentence."""
    try:
        told = error.response.json()
    except ValueError:
        return "no reason given"
    if not isinstance(told, dict):
        return "no reason given"
    details = [
        str(one.get("message") or f"{one.get('field')} {one.get('code')}")
        if isinstance(one, dict)
        else str(one)
        for one in told.get("errors") or []
    ]
    return "; ".join([str(told.get("message", "no reason given")), *details])[:300]


class _KeptGitHub(GitHub[UnauthAuthStrategy]):
    """githubkit keeps its HTTP client in a context variable, which other threads do not see: they would
    each make a new one, with a new TLS handshake, for every request. httpx.Client itself is thread-safe."""

    kept: httpx.Client

    @contextmanager
    def get_sync_client(self) -> Iterator[httpx.Client]:
        yield self.kept


@dataclass(frozen=True)
class _Room:
    """The pace of one installation, for one request."""

    pace: Pace
    installation: InstallationId
    patience_s: float

    def of(self, method: str) -> AbstractContextManager[None]:
        if method == "GET":
            return self.pace.read(self.installation, patience_s=READ_PATIENCE_S)
        return self.pace.write(self.installation, patience_s=self.patience_s)

    def close(self, seconds: float) -> None:
        self.pace.close(self.installation, seconds)

    def told(self, headers: Mapping[str, str]) -> None:
        """The hour's requests are nearly gone: stop before GitHub has to say so."""
        left, ends = headers.get("x-ratelimit-remaining"), headers.get("x-ratelimit-reset")
        if left is not None and ends is not None and int(left) <= LAST_REQUESTS:
            self.close(max(int(ends) - time.time(), 1.0))


class _Unpaced:
    """For a doctor's few requests: GitHub itself says when they are too many."""

    def read(self, installation: InstallationId, *, patience_s: float) -> AbstractContextManager[None]:  # noqa: ARG002
        return nullcontext()

    def write(self, installation: InstallationId, *, patience_s: float) -> AbstractContextManager[None]:  # noqa: ARG002
        return nullcontext()

    def close(self, installation: InstallationId, seconds: float) -> None:
        """Whoever asked is told."""


@dataclass
class _Kept:
    token: str
    until: datetime


class _Tokens:
    """Installation tokens, each minted once and used until shortly before its end."""

    def __init__(self, mint: Callable[[InstallationId, Mapping[str, Any]], tuple[str, datetime]]) -> None:
        self._mint = mint
        self._kept: dict[InstallationId, _Kept] = {}
        self._locks: dict[InstallationId, threading.Lock] = {}

    def of(self, installation: InstallationId) -> str:
        with self._locks.setdefault(installation, threading.Lock()):
            kept = self._kept.get(installation)
            if kept is None or kept.until <= datetime.now(UTC):
                token, ends = self._mint(installation, {})
                kept = self._kept[installation] = _Kept(token, ends - _TOKEN_MARGIN)
            return kept.token

    def forget(self, installation: InstallationId, token: str) -> None:
        with self._locks.setdefault(installation, threading.Lock()):
            kept = self._kept.get(installation)
            if kept is not None and kept.token == token:
                del self._kept[installation]


def safe_base_url(url: str) -> str:
    """The address with a slash at its end. UserError when secrets would travel to it in the open."""
    parts = urlsplit(url)
    plain_is_fine = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if parts.scheme != "https" and not plain_is_fine:
        raise UserError(f"The GitHub address {url} is not https. Tokens would travel in the open: use https.")
    return url.rstrip("/") + "/"


def _parsed(private_key: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise UserError(
            "The App's private key is not an RSA key in PEM form. Download a new one from the App's settings"
            " page and give me the whole file."
        )
    return key
