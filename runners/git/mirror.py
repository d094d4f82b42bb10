"""A bare mirror of one repository: commits fetched by SHA, kept until the state folder is cleared."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import Hiccup, UserError
from bot.ids import Sha
from runners.git.command import Git, GitFailed, GitTimedOut
from runners.git.origins import Route
from runners.git.rooms import clear_rooms

FETCH_TIMEOUT_S = 300.0
_KEPT = "refs/kept/"  # makes a fetched commit reachable: later fetches get only what is new
# Only fetches write here, one at a time: whoever has the lock of the mirror has all of these.
_LEFT = ("*.lock", "refs/**/*.lock", "objects/**/*.lock", "objects/pack/tmp_*", "objects/??/tmp_obj_*")
_GONE = ("repository not found", "does not appear to be a git repository", "error: 404", "not found")
_REFUSED = ("authentication failed", "could not read username", "error: 401", "error: 403")
_MOVED = ("unable to update url base from redirection", "error: 301", "error: 302")
_NOT_OURS = ("not our ref", "unadvertised object", "couldn't find remote ref", "no such remote ref")


def clear(directory: Path) -> None:
    """Remove what processes that were killed have left in a mirror. Call it locked."""
    clear_rooms(directory)
    for pattern in _LEFT:
        for place in directory.glob(pattern):
            place.unlink(missing_ok=True)


@contextmanager
def locked_if_free(directory: Path) -> Iterator[bool]:
    """Whether nobody fetches into this mirror now; if so, nobody will meanwhile."""
    with directory.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


class Mirror:
    """One repository on this machine. Written by our own fetches only."""

    def __init__(self, folder: Path, route: Route) -> None:
        self.key = hashlib.sha256(route.url.encode(errors="surrogateescape")).hexdigest()[:32]
        self.name = route.name
        self.directory = folder / f"{self.key}.git"
        self._route = route

    @property
    def git(self) -> Git:
        """git on the mirror, unable to reach anything else."""
        return Git(self.directory)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time fetches into this mirror."""
        self.directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.directory.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def hold(self, sha: Sha) -> None:
        """Have this commit and all its files here. Call it locked."""
        if not (self.directory / "HEAD").exists():
            self.git.run("init", "--quiet", "--bare", "--template=", str(self.directory))
        if self._holds(sha):
            return
        clear(self.directory)  # a lock that a dead git holds would keep us out for ever
        try:
            self._fetch("--depth=1", f"+{sha}:{_KEPT}{sha}")
        except GitFailed as refusal:
            self._explain(refusal)
            self._fetch_everything(sha)
        if not self._holds(sha):
            raise self._gone(sha)

    def _holds(self, sha: Sha) -> bool:
        try:
            kept = self.git.run("rev-parse", "--quiet", "--verify", f"{_KEPT}{sha}^{{commit}}")
        except GitFailed:
            return False
        return kept.decode().strip() == sha  # and not a tag that only leads to a commit

    def _fetch_everything(self, sha: Sha) -> None:
        """For servers that hand out only what a name points at: all of the history, then look in it."""
        try:
            self._fetch(
                "--depth=2147483647",  # all of it, also where an earlier fetch was shallow
                "+refs/heads/*:refs/all/heads/*",
                "+refs/pull/*/head:refs/all/pulls/*",
            )
        except GitFailed as refusal:
            self._explain(refusal)
            raise self._gone(sha) from None
        if self.git.says("cat-file", "-e", f"{sha}^{{commit}}"):
            self.git.run("update-ref", f"{_KEPT}{sha}", sha)

    def _fetch(self, depth: str, *refs: str) -> None:
        git = Git(
            self.directory,
            protocols=(self._route.protocol,),
            config=self._route.config,
            secrets=self._route.secrets,
        )
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", depth)
        git.run("fetch", *options, "--end-of-options", self._route.url, *refs, timeout_s=FETCH_TIMEOUT_S)

    def _explain(self, failed: GitFailed) -> None:
        """Raise what a person or time can mend; return when the server only lacked the commit."""
        if isinstance(failed, GitTimedOut):
            raise Hiccup(f"Fetching {self.name} took longer than {FETCH_TIMEOUT_S:.0f} s.") from None
        said = failed.said.lower()
        if any(sign in said for sign in _NOT_OURS):
            return
        if any(sign in said for sign in _REFUSED):
            raise UserError(
                f"The repository {self.name} refused to be read. "
                "Check that the App is installed there and may read its contents."
            ) from None
        if any(sign in said for sign in _MOVED):
            raise UserError(
                f"The repository {self.name} was renamed or moved. Ask again under its new name."
            ) from None
        if any(sign in said for sign in _GONE):
            raise UserError(
                f"The repository {self.name} was not found. It may be gone, or closed to the App by now."
            ) from None
        last = failed.said.strip().splitlines()[-1:] or ["git said nothing"]
        raise Hiccup(f"Fetching {self.name} failed: {last[0][:300]}") from None

    def _gone(self, sha: Sha) -> UserError:
        return UserError(
            f"The commit {sha[:12]} is not in {self.name} any more. "
            "It may have been replaced by a force-push; ask again on the newest commit."
        )
