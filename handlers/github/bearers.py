"""Who and where a token of our API is to be for: a login and names of repositories, as GitHub knows them."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import UserError
from bot.ids import InstallationId, Login, Person, Place, Repo
from handlers.github.rest import GitHubClient, Refused, at, segment


def places(client: GitHubClient, names: Sequence[str]) -> tuple[Place, ...]:
    """UserError for what is no repository, or none that the App is installed on."""
    return tuple(_place(client, name) for name in names)


def person(client: GitHubClient, login: str, seen_from: Place) -> Person:
    """UserError when nobody is called like that."""
    try:
        told = client.call(seen_from.installation, "GET", f"users/{segment(login)}")
    except Refused as refused:
        if refused.status != 404:
            raise
        raise UserError(f"GitHub knows nobody called {login}. Check the login.") from refused
    if told["type"] != "User":
        raise UserError(f"{login} is no person. A token acts as one.")
    return Person(told["id"], Login(told["login"]))


def _place(client: GitHubClient, name: str) -> Place:
    owner, _, short = name.partition("/")
    if not owner or not short or "/" in short:
        raise UserError(f"{name} is no repository. Write it as `owner/name`.")
    try:
        asked = Place(InstallationId(0), Repo(owner, short), 0)
        installation = InstallationId(client.call_as_app("GET", at(asked, "/installation"))["id"])
        told = client.call(installation, "GET", at(asked))
    except Refused as refused:
        if refused.status != 404:
            raise
        raise UserError(
            f"The App is not installed on {name}. Install it there, or check the name."
        ) from refused
    owner, _, short = told["full_name"].partition("/")
    return Place(installation, Repo(owner, short), told["id"])
