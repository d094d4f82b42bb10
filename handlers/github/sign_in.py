"""How people show us who they are on GitHub: its OAuth web flow, for one look at their own account.

githubkit's OAuth strategies show secret, code and token in their `repr`, so this asks by httpx itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode

import httpx
import structlog

from bot.errors import Hiccup, UserError
from bot.ids import Login, Person
from handlers.github.rest import API_VERSION, PUBLIC_API, safe_base_url, segment

log = structlog.get_logger(__name__)

PUBLIC_FORGE = "https://github.com"

_STRANGERS = "incorrect_client_credentials"
_UNREADABLE = "GitHub gave an answer that I cannot read."
_SENTENCES = {
    "bad_verification_code": (
        "GitHub does not know this sign-in any more: it was used before, or it is older than ten minutes."
        " Ask me for a new link and try again."
    ),
    _STRANGERS: (
        "GitHub does not accept the client id or the client secret of my App, so I cannot learn who you are."
        " Ask an operator to look at both."
    ),
    "redirect_uri_mismatch": (
        "GitHub does not send people back to {redirect_url}, so I cannot learn who you are."
        " Ask an operator to add it to the callback URLs of the App."
    ),
    "unverified_user_email": (
        "GitHub wants you to verify your e-mail address first."
        " Do that in your settings on GitHub, then ask me for a new link."
    ),
}
_UNEXPECTED = (
    "GitHub does not tell me who you are ({error}). Ask me for a new link and try again, or ask an operator."
)


class GitHubSignIns:
    """Safe to share between threads. Keep one for the life of the process, and close it at the end."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        redirect_url: str,
        forge_url: str = PUBLIC_FORGE,
        api_url: str = PUBLIC_API,
    ) -> None:
        """`redirect_url` is one of the App's callback URLs, where GitHub sends people back to us."""
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_url = redirect_url
        self._forge = safe_base_url(forge_url)
        self._api = safe_base_url(api_url)
        self._http = httpx.Client(
            headers={
                "User-Agent": f"devops-agent/{version('devops-agent')}",
                "X-GitHub-Api-Version": API_VERSION,
            },
            timeout=httpx.Timeout(20, connect=5),
        )
        self.close = self._http.close

    def address(self, state: str) -> str:
        asked = {
            "client_id": self._client_id,
            "redirect_uri": self._redirect_url,
            "state": state,
            "allow_signup": "false",
        }
        return f"{self._forge}login/oauth/authorize?{urlencode(asked)}"

    def person(self, code: str) -> Person:
        """The code is exchanged once: when GitHub's answer is lost, it is used up all the same."""
        token = self._exchanged(code)
        try:
            return self._whose(token)
        finally:
            self._revoke(token)

    def _exchanged(self, code: str) -> str:
        body = {
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "code": code,
            "redirect_uri": self._redirect_url,
        }
        accept = {"Accept": "application/json"}
        answer = self._asked("POST", f"{self._forge}login/oauth/access_token", accept, body=body)
        if answer.status_code == 404:  # what GitHub says to a client id that it does not know
            raise UserError(_SENTENCES[_STRANGERS])
        told = _read(answer)
        if "error" in told:  # with status 200
            error = str(told["error"])
            sentence = _SENTENCES.get(error, _UNEXPECTED)
            raise UserError(sentence.format(redirect_url=self._redirect_url, error=error))
        if "access_token" not in told:
            raise Hiccup(_UNREADABLE, retry_after_s=10.0)
        return str(told["access_token"])

    def _whose(self, token: str) -> Person:
        headers = {"Accept": "application/vnd.github+json", "Authorization": f"Bearer {token}"}
        told = _read(self._asked("GET", f"{self._api}user", headers))
        return Person(told["id"], Login(told["login"]))

    def _revoke(self, token: str) -> None:
        """It ends by itself within hours, so nobody has to wait for this."""
        url = f"{self._api}applications/{segment(self._client_id)}/token"
        ours = httpx.BasicAuth(self._client_id, self._client_secret)
        headers = {"Accept": "application/vnd.github+json"}
        try:
            answer = self._asked("DELETE", url, headers, body={"access_token": token}, auth=ours)
        except Hiccup as hiccup:
            log.warning("github.token_not_revoked", why=str(hiccup))
            return
        if not answer.is_success:
            log.warning("github.token_not_revoked", why=f"GitHub said {answer.status_code}.")

    def _asked(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        body: Mapping[str, str] | None = None,
        auth: httpx.BasicAuth | None = None,
    ) -> httpx.Response:
        try:
            return self._http.request(method, url, headers=headers, json=body, auth=auth)
        except httpx.TimeoutException as error:
            raise Hiccup("GitHub did not answer in time.") from error
        except httpx.HTTPError as error:
            raise Hiccup("GitHub cannot be reached at the moment.") from error


def _read(answer: httpx.Response) -> dict[str, Any]:
    """Nothing but a 200 with an object is an answer. Its words are repeated nowhere: one is the token."""
    if answer.status_code != 200:
        raise Hiccup(f"GitHub has trouble at the moment ({answer.status_code}).")
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise Hiccup(_UNREADABLE, retry_after_s=10.0)
    return told
