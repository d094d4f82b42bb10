"""A proposal becomes a commit, a branch and a pull request, through the Git Data API.

The commit names no author and no committer: then GitHub signs it as the App's. Every part is looked up
before it is made, so doing it again after a crash is harmless. Blobs, trees and commits need no look-up:
they are named by their content, and what no branch points at, GitHub removes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.errors import UserError
from bot.ids import Place, Sha
from bot.ports import Branch, FileChange, FileMode, Proposal, Published, TakenBack
from handlers.github.rest import GitHubClient, Refused, at, segment

OUR_BRANCHES = "agent/"
WORKFLOWS = ".github/workflows"
LARGEST_INLINE = 256 * 1024  # bytes of one text that travels inside the tree: one request fewer
LARGEST_TREE = 4 * 1024 * 1024  # bytes of all of them
PATIENCE_S = 20.0  # a pull request is many writes: each waits for its room rather than begin all again
MOST_KEPT_BLOBS = 5_000
MOST_COMPARED = 300  # files that a comparison names; with so many there may be more


class GitHubPullRequests:
    def __init__(self, client: GitHubClient) -> None:
        self._client = client
        self._blobs: dict[tuple[int, str], str] = {}  # made already, so that a second attempt gets further

    def publish(self, place: Place, proposal: Proposal) -> Published:
        _refuse_what_is_never_ours(proposal)
        made = self._pull(place, proposal)
        if made is not None:
            return made
        note = ""
        tip = self._tip(place, proposal.branch)
        if tip is None:
            ground = self._ground(place, proposal)
            note = ground.note
            self._branch(place, proposal, self._commit(place, proposal, ground.parent))
        elif not self._is_ours(place, tip, proposal):
            raise _taken(proposal)
        return self._open(place, proposal, note)

    def take_back(self, place: Place, number: int, branch: str, sha: Sha | None) -> TakenBack:
        if not branch.startswith(OUR_BRANCHES):
            raise ValueError(f"only branches under {OUR_BRANCHES} are ours, not {branch}")
        path = at(place, f"/pulls/{number}")
        told = self._client.call(place.installation, "GET", path)
        if told["merged"]:
            raise UserError(f"Pull request #{number} was merged meanwhile. Ask me once more to take it back.")
        was_open = told["state"] == "open"
        if was_open:
            self._client.call(place.installation, "PATCH", path, body={"state": "closed"})
        return TakenBack(was_open, self._delete(place, branch, sha))

    def _delete(self, place: Place, branch: str, sha: Sha | None) -> Branch:
        """Looked at right before: GitHub deletes whatever is there then."""
        tip = self._tip(place, branch)
        if tip is None:
            return Branch.GONE
        if tip != sha:
            return Branch.KEPT
        try:
            path = at(place, f"/git/refs/heads/{quote(branch)}")
            self._client.call(place.installation, "DELETE", path)
        except Refused as refused:
            if refused.status not in {404, 422}:  # somebody else was faster
                raise
            return Branch.GONE
        return Branch.DELETED

    # --- what is there already -------------------------------------------------------------------------

    def _pull(self, place: Place, proposal: Proposal) -> Published | None:
        """This run's pull request, open or not: one that a person closed is not made again."""
        params = {"head": f"{place.repo.owner}:{proposal.branch}", "state": "all"}
        told = self._client.call(place.installation, "GET", at(place, "/pulls"), params=params)
        mine = (pull for pull in told if proposal.marker in (pull["body"] or ""))
        return next((_published(pull, proposal.branch, "") for pull in mine), None)

    def _is_ours(self, place: Place, tip: Sha, proposal: Proposal) -> bool:
        """Whether the branch ends in the commit of this run, whose message names it."""
        told = self._client.call(place.installation, "GET", at(place, f"/git/commits/{segment(tip)}"))
        return bool(told["message"].strip() == proposal.message.strip())

    def _tip(self, place: Place, branch: str) -> Sha | None:
        path = at(place, f"/git/ref/heads/{quote(branch)}")
        try:
            return Sha(self._client.call(place.installation, "GET", path)["object"]["sha"])
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    # --- what it is built on ---------------------------------------------------------------------------

    def _ground(self, place: Place, proposal: Proposal) -> _Ground:
        tip, base = self._tip(place, proposal.base_ref), proposal.base_ref
        if tip is None:
            raise UserError(
                f"The branch `{base}` is gone, so there is nothing to open a pull request against."
            )
        if tip == proposal.parent:
            return _Ground(proposal.parent, "")
        try:
            path = at(place, f"/compare/{segment(proposal.parent)}...{segment(tip)}")
            told = self._client.call(place.installation, "GET", path, params={"per_page": 1})
        except Refused as refused:
            if refused.status != 404:
                raise
            told = {"status": "diverged", "files": []}
        return moved(proposal, tip, told)

    # --- making it -------------------------------------------------------------------------------------

    def _commit(self, place: Place, proposal: Proposal, parent: Sha) -> Sha:
        try:
            ground = self._client.call(
                place.installation, "GET", at(place, f"/git/commits/{segment(parent)}")
            )
        except Refused as refused:
            if refused.status != 404:
                raise
            sentence = f"The commit {parent[:12]} that I worked on is gone. Please ask me again."
            raise UserError(sentence) from refused
        tree = {
            "base_tree": ground["tree"]["sha"],
            "tree": self._entries(place, proposal.changes.files),
        }
        made = self._post(place, "/git/trees", tree)
        commit = {"message": proposal.message, "tree": made["sha"], "parents": [parent]}
        told = self._post(place, "/git/commits", commit)
        return Sha(told["sha"])

    def _entries(self, place: Place, files: Sequence[FileChange]) -> list[dict[str, Any]]:
        entries, room = [], LARGEST_TREE
        for file in files:
            entry: dict[str, Any] = {"path": file.path, "mode": file.mode.value, "type": "blob"}
            text = _inline(file.content, room)
            if file.content is None:
                entry |= {"mode": FileMode.FILE.value, "sha": None}
            elif text is not None:
                entry["content"] = text
                room -= len(file.content)
            else:
                entry["sha"] = self._blob(place, file.content)
            entries.append(entry)
        return entries

    def _blob(self, place: Place, content: bytes) -> str:
        key = (place.repo_id, hashlib.sha256(content).hexdigest())
        if key not in self._blobs:
            body = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
            sha = str(self._post(place, "/git/blobs", body)["sha"])
            if len(self._blobs) >= MOST_KEPT_BLOBS:
                self._blobs.clear()
            self._blobs[key] = sha
        return self._blobs[key]

    def _post(self, place: Place, rest: str, body: dict[str, Any]) -> Any:
        return self._client.call(
            place.installation, "POST", at(place, rest), body=body, patience_s=PATIENCE_S
        )

    def _branch(self, place: Place, proposal: Proposal, commit: Sha) -> None:
        body = {"ref": f"refs/heads/{proposal.branch}", "sha": commit}
        try:
            self._post(place, "/git/refs", body)
        except Refused as refused:
            # Somebody made it between our look and our write: most likely another desk with the same run.
            tip = self._tip(place, proposal.branch) if refused.status == 422 else None
            if tip is None:
                raise
            if not self._is_ours(place, tip, proposal):
                raise _taken(proposal) from refused

    def _open(self, place: Place, proposal: Proposal, note: str) -> Published:
        body = {
            "title": proposal.title,
            "head": proposal.branch,
            "base": proposal.base_ref,
            "body": proposal.body(note),
        }
        try:
            told = self._post(place, "/pulls", body)
        except Refused as refused:
            if refused.status != 422:
                raise
            made = self._pull(place, proposal)
            if made is not None:
                return made
            sentence = f"GitHub does not take the pull request against `{proposal.base_ref}`: {refused.said}."
            raise UserError(sentence) from refused
        return _published(told, proposal.branch, note)


# --- decisions -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Ground:
    """The commit to build on, and what a person should know about it."""

    parent: Sha
    note: str


def moved(proposal: Proposal, tip: Sha, comparison: dict[str, Any]) -> _Ground:
    """Where to build when the base branch no longer points at the pinned commit.

    On its new head when nothing that we change was changed there; else on the pinned commit, so that
    GitHub shows the conflict and a person decides.
    """
    base, files = proposal.base_ref, comparison.get("files") or []
    keep = f"`{base}` has moved on since I started; this is built on {proposal.parent[:12]}"
    if comparison["status"] != "ahead":
        return _Ground(proposal.parent, f"{keep}, which is no longer part of it.")
    if len(files) >= MOST_COMPARED:
        return _Ground(proposal.parent, f"{keep}, because too many files have changed there to compare.")
    theirs = {path for one in files for path in (one["filename"], one.get("previous_filename")) if path}
    both = _overlap((file.path for file in proposal.changes.files), theirs)
    if both:
        names = ", ".join(f"`{path}`" for path in both[:3]) + (" and others" if len(both) > 3 else "")
        return _Ground(proposal.parent, f"{keep}, because {names} changed there too. Please look at both.")
    calm = "nothing that I change was touched there, so this is built on"
    return _Ground(tip, f"`{base}` has moved on since I started; {calm} {tip[:12]}.")


def _overlap(ours: Iterable[str], theirs: set[str]) -> list[str]:
    """Our paths that they touched too, also where a file of one is a folder of the other."""
    folders = {folder for path in theirs for folder in _folders(path)}
    return sorted(
        path for path in ours if path in theirs or path in folders or any(f in theirs for f in _folders(path))
    )


def _folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def _inline(content: bytes | None, room: int) -> str | None:
    """The content as a text that the tree itself can carry; None when it needs a blob of its own."""
    if not content or len(content) > min(LARGEST_INLINE, room) or b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _refuse_what_is_never_ours(proposal: Proposal) -> None:
    """The judge of patches has said no before this: whatever reaches here is a mistake of ours."""
    if not proposal.branch.startswith(OUR_BRANCHES):
        raise ValueError(f"only branches under {OUR_BRANCHES} are ours, not {proposal.branch}")
    inside = WORKFLOWS.casefold()
    for file in proposal.changes.files:
        path = file.path.casefold()
        if path == inside or path.startswith(f"{inside}/") or inside.startswith(f"{path}/"):
            raise ValueError(f"{file.path} must never be written: workflows run with secrets")


def _taken(proposal: Proposal) -> UserError:
    return UserError(
        f"The branch `{proposal.branch}` exists already and is not of this run. "
        "Name another branch in the plan, or leave it out."
    )


def _published(told: dict[str, Any], branch: str, note: str) -> Published:
    return Published(told["number"], told["html_url"], branch, note, Sha(told["head"]["sha"]))
