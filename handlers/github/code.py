"""Pull requests, branches, files and what checks said, read without a checkout. Every read is bounded."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

import structlog

from bot.errors import Crowded, Hiccup, Uninstalled, UserError
from bot.ids import InstallationId, Place, Repo, Sha
from bot.ports import CheckOutput, Conclusion, DiffOf, FileDiff, Pull, PullTitle, Whereabouts
from handlers.github.rest import PAGE, GitHubClient, NotInstalled, Params, Refused, at, segment
from handlers.github.tails import last_bytes

log = structlog.get_logger(__name__)

LARGEST_FILE = 1024 * 1024
LONGEST_LOG_S = 20.0
MOST_REPOSITORIES = 1_000
ACTIONS = "github-actions"  # the App whose check runs are jobs: their ids are the same


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
            merged=bool(told.get("merged")),
            head_sha=Sha(head["sha"]),
            head_ref=head["ref"],
            head_repo=_repo(head.get("repo")),
            base_ref=told["base"]["ref"],
            base_sha=Sha(told["base"]["sha"]),
            repo=_repo(told["base"].get("repo")),
            archived=bool((told["base"].get("repo") or {}).get("archived")),
            author_id=(told.get("user") or {}).get("id"),
        )

    def whereabouts(self, place: Place) -> Whereabouts | None:
        there = self.named(place.repo)
        return there if there is not None and there.place.repo_id == place.repo_id else None

    def named(self, repo: Repo) -> Whereabouts | None:
        """By the old name too: GitHub redirects until another repository takes it."""
        asked = Place(InstallationId(0), repo, 0)
        try:
            seen_by = self._client.call_as_app("GET", at(asked, "/installation"))
            if seen_by.get("suspended_at"):
                return None
            installation = InstallationId(seen_by["id"])
            return _there(installation, self._client.call(installation, "GET", at(asked)))
        except Refused as refused:
            if refused.status == 404 or isinstance(refused, NotInstalled):
                return None
            raise

    def pulls(self, place: Place) -> Sequence[PullTitle]:
        newest: Params = {"state": "open", "sort": "created", "direction": "desc", "per_page": PAGE}
        told = self._client.call(place.installation, "GET", at(place, "/pulls"), params=newest)
        return [PullTitle(one["number"], one["title"]) for one in told]

    def repositories(self) -> Sequence[Whereabouts]:
        return list(islice(self._repositories(), MOST_REPOSITORIES))

    def _repositories(self) -> Iterator[Whereabouts]:
        for installed in self._client.pages_as_app("app/installations"):
            if installed.get("suspended_at"):
                continue
            installation = InstallationId(installed["id"])
            listed = self._client.pages(installation, "installation/repositories", within="repositories")
            try:
                yield from (_there(installation, told) for told in listed)
            except NotInstalled:  # taken away while we were looking
                continue

    def author(self, place: Place, sha: Sha) -> str:
        try:
            told = self._client.call(place.installation, "GET", at(place, f"/commits/{segment(sha)}"))
        except Refused as refused:
            if refused.status in {404, 422}:
                return ""
            raise
        return str((told.get("author") or {}).get("login", ""))

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

    def read_at(self, place: Place, path: str, sha: Sha) -> bytes | None:
        return self._file(place, at(place, f"/contents/{quote(path)}"), path, params={"ref": sha})

    def paths(self, place: Place, sha: Sha) -> Sequence[str]:
        """In one answer: GitHub cuts it off at 100 000 entries or 7 MB."""
        told = self._seen(place, f"/git/trees/{segment(sha)}", {"recursive": 1})
        return [item["path"] for item in told["tree"] if item["type"] == "blob"] if told else []

    def diffs(self, place: Place, number: int) -> Sequence[FileDiff]:
        told = self._seen(place, f"/pulls/{number}/files", {"per_page": PAGE})
        return [FileDiff(one["filename"], DiffOf(one["status"]), one.get("patch", "")) for one in told or []]

    def checks(self, place: Place, sha: Sha) -> Sequence[CheckOutput]:
        told = self._seen(place, f"/commits/{segment(sha)}/check-runs", {"per_page": PAGE})
        return [_check(one) for one in told["check_runs"]] if told else []

    def job_log(self, place: Place, job: int, most: int) -> bytes | None:
        """Nothing is worth waiting for it: whoever asks has what the check run itself says."""
        path = at(place, f"/actions/jobs/{job}/logs")
        try:
            with self._client.streamed(place.installation, path) as answer:
                return last_bytes(answer, most, time.monotonic() + LONGEST_LOG_S)
        except (Uninstalled, Crowded):
            raise
        except (Refused, Hiccup) as problem:
            log.info("github.no_job_log", repo=str(place.repo), job=job, why=str(problem))
            return None

    def _seen(self, place: Place, rest: str, params: Params) -> Any:
        """The answer, or None when what it is about is not there: gone, empty, or in a fork we cannot see."""
        try:
            return self._client.call(place.installation, "GET", at(place, rest), params=params)
        except NotInstalled:
            raise
        except Refused as refused:
            if refused.status not in {404, 409, 422}:
                raise
            return None

    def _file(self, place: Place, url: str, path: str, params: Params | None = None) -> bytes | None:
        """As JSON and not raw: it says whether this is a file, and GitHub leaves out what is over 1 MB."""
        try:
            told = self._client.call(place.installation, "GET", url, params=params)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise
        if not isinstance(told, dict) or told.get("type") != "file":
            raise UserError(f"`{path}` is not a file. Put a plain file there.")
        if told["size"] > LARGEST_FILE or told.get("encoding") != "base64":
            raise UserError(f"`{path}` is larger than 1 MiB, so I do not read it. Make it smaller.")
        return base64.b64decode(told["content"])


def _there(installation: InstallationId, told: dict[str, Any]) -> Whereabouts:
    place = Place(installation, Repo(told["owner"]["login"], told["name"]), told["id"])
    private = bool(told["private"]) or told.get("visibility", "public") != "public"
    return Whereabouts(place, bool(told["archived"]), private)


def _repo(told: dict[str, Any] | None) -> Repo | None:
    return Repo(told["owner"]["login"], told["name"]) if told else None


def _check(told: dict[str, Any]) -> CheckOutput:
    output, known = told["output"], {each.value for each in Conclusion}
    return CheckOutput(
        name=told["name"],
        conclusion=Conclusion(told["conclusion"]) if told["conclusion"] in known else None,
        title=output["title"] or "",
        summary=output["summary"] or "",
        text=output["text"] or "",
        job=told["id"] if (told.get("app") or {}).get("slug") == ACTIONS else None,
    )
