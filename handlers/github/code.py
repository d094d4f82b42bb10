"""Pull requests, branches and single files, read without a checkout."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from bot.errors import UserError
from bot.ids import Place, Repo, Sha
from bot.ports import Pull
from handlers.github.rest import GitHubClient, Refused, at

LARGEST_FILE = 1024 * 1024


class GitHubCode:
    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    def pull(self, place: Place, number: int) -> Pull:
        try:
            told = self._client.call(place.installation, "GET", at(place, f"/pulls/{number}"))
        except Refused as refused:
            if refused.status != 404:
                raise
            raise UserError(f"I cannot find pull request #{number} in {place.repo}.") from refused
        head = told["head"]
        return Pull(
            number=told["number"],
            title=told["title"],
            open=told["state"] == "open",
            draft=bool(told.get("draft")),
            head_sha=Sha(head["sha"]),
            head_ref=head["ref"],
            head_repo=_repo(head.get("repo")),
            base_ref=told["base"]["ref"],
        )

    def default_branch(self, place: Place) -> tuple[str, Sha]:
        name = self._client.call(place.installation, "GET", at(place))["default_branch"]
        path = at(place, f"/git/ref/heads/{quote(name)}")
        try:
            told = self._client.call(place.installation, "GET", path)
        except Refused as refused:
            if refused.status not in {404, 409}:
                raise
            raise UserError(f"{place.repo} has no commit yet. Push one, and ask me again.") from refused
        return name, Sha(told["object"]["sha"])

    def read(self, place: Place, path: str) -> bytes | None:
        return self._file(place, at(place, f"/contents/{quote(path)}"), path)

    def read_organisation(self, place: Place, path: str) -> bytes | None:
        """Not being allowed to see the `.github` repository is the same as there being none."""
        shared = Place(place.installation, Repo(place.repo.owner, ".github"), 0)
        try:
            return self._file(place, at(shared, f"/contents/{quote(path)}"), path)
        except Refused as refused:
            if refused.status == 403:
                return None
            raise

    def _file(self, place: Place, url: str, path: str) -> bytes | None:
        """As JSON and not raw: it says whether this is a file, and GitHub leaves out what is over 1 MB."""
        try:
            told = self._client.call(place.installation, "GET", url)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise
        if not isinstance(told, dict) or told.get("type") != "file":
            raise UserError(f"`{path}` is not a file. Put a plain file there.")
        if told["size"] > LARGEST_FILE or told.get("encoding") != "base64":
            raise UserError(f"`{path}` is larger than 1 MiB, so I do not read it. Make it smaller.")
        return base64.b64decode(told["content"])


def _repo(told: dict[str, Any] | None) -> Repo | None:
    return Repo(told["owner"]["login"], told["name"]) if told else None
