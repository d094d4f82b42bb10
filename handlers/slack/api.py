"""Calls of Slack's Web API: one client a workspace, and what a refusal means."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.chat.pacing import SLOW, asking, posting, updating
from bot.chat.ports import Gone
from bot.errors import Crowded, Hiccup
from handlers.slack.refusals import LOST, REVOKED, TROUBLE, UNAVAILABLE, Refusal, error_of

log = structlog.get_logger(__name__)

TIMEOUT_S = 10
MOST_TOLD = 999  # messages that Slack tells at once
# Slack takes JSON where something is written. What is asked for in it here, Slack does not see.
AS_A_FORM = frozenset({"conversations.history", "conversations.replies", "conversations.info", "users.info"})


class Tokens(Protocol):
    """Who we are in each workspace."""

    def of(self, team: str) -> str:
        """Gone when we are not in it any more."""
        ...

    def revoked(self, team: str, token: str) -> None:
        """Slack does not take this token any more; another one, of a newer installation, is not meant."""
        ...


class Closes(Protocol):
    """Keeps us silent for a while where Slack asked for that."""

    def close(self, names: Iterable[str], seconds: float) -> None: ...

    def closed_s(self, name: str) -> float:
        """For how long still."""
        ...


@dataclass(frozen=True)
class Asked:
    """What was asked of Slack, and as whom."""

    team: str
    method: str
    line: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class SlackApi:
    """Each workspace is asked with its own token."""

    tokens: Tokens
    pacing: Closes
    api_url: str

    def call(self, team: str, method: str, *, line: str = "", **arguments: Any) -> Any:
        """The answer to one call, as what a refusal means: Gone, Crowded, Hiccup or a `Refusal`.

        Nothing is tried again here: what is said is tried by the reconciler, and never twice by two. What is
        posted and changed has paces that are kept before we are asked; of all else Slack's word is kept here.
        """
        left_s = 0.0 if line else self.pacing.closed_s(asking(team, method))
        if left_s > 0:
            raise Crowded(left_s, SLOW)
        asked = Asked(team, method, line, self.tokens.of(team))
        with self.asking(asked) as client:
            if method in AS_A_FORM:
                return client.api_call(method, params=arguments).data
            return client.api_call(method, json=arguments).data

    @contextmanager
    def asking(
        self, asked: Asked, *, away: str = "Slack cannot be reached at the moment"
    ) -> Iterator[WebClient]:
        """A client whose errors are raised as what they mean; `away` is said where there is no answer."""
        try:
            yield _client(asked.token, self.api_url)
        except SlackApiError as error:
            raise self._meaning(asked, error) from None  # its text may hold what we sent
        except TROUBLE as error:
            raise Hiccup(f"{away} ({type(error).__name__}).") from None

    def _meaning(self, asked: Asked, error: SlackApiError) -> Exception:
        team, method, answer = asked.team, asked.method, error.response
        status, headers = answer.status_code, answer.headers or {}
        said = error_of(answer)
        if status == 429 or said in ("ratelimited", "rate_limited"):
            seconds = _seconds(headers.get("Retry-After") or headers.get("retry-after") or "")
            self.pacing.close(_paces(team, asked.line, method), seconds)
            return Crowded(seconds, SLOW)
        if status >= 500 or said in UNAVAILABLE or not said:
            return Hiccup(f"Slack has trouble at the moment ({said or status}).")
        if said in REVOKED:
            self.tokens.revoked(team, asked.token)
            return Gone(f"Slack does not accept our token for the workspace {team} any more ({said}).")
        if said in LOST:
            return Gone(f"Slack says {said} to {method}.")
        log.warning("slack.refused", method=method, error=said, needed=answer.get("needed"))
        return Refusal(method, said, str(answer.get("needed") or ""))


def _seconds(told: str) -> float:
    """Something that stands between us and Slack may write a date."""
    return float(told) if re.fullmatch(r"[0-9]{1,9}", told) else 1.0


def _paces(team: str, line: str, method: str) -> tuple[str, ...]:
    if method == "chat.update":
        return (updating(f"{team}:"),)
    return (posting(line),) if line else (asking(team, method),)


@functools.lru_cache(maxsize=256)
def _client(token: str, api_url: str) -> WebClient:
    return new_client(api_url, token)


def new_client(api_url: str, token: str | None = None) -> WebClient:
    """Without retries of its own: who calls us tries again, and the one would be multiplied by the other."""
    return WebClient(token=token, base_url=api_url, timeout=TIMEOUT_S, retry_handlers=[])
