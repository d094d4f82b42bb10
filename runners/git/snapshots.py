"""The Snapshots port over git: mirrors and prepared archives in the state folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from bot.ids import Sha
from bot.limits import Limits
from bot.policy.globs import matches_any
from bot.ports import Changes, Origin
from runners.git.archive import entries, list_files, write_archive, write_files
from runners.git.changes import compare
from runners.git.found import Found
from runners.git.mirror import Mirror, clear, locked_if_free
from runners.git.origins import check_sha, route
from runners.git.trees import Trees
from runners.shelf import Shelf

SHELF_BYTES = 4 * 1024**3


class GitSnapshots:
    """Commits of any repository, fetched once."""

    def __init__(
        self, state_dir: Path, *, allow_loopback: bool = False, shelf_bytes: int = SHELF_BYTES
    ) -> None:
        self._mirrors = state_dir.resolve() / "mirrors"
        self._shelf = Shelf(state_dir.resolve() / "archives", shelf_bytes)
        self._trees = Trees(state_dir.resolve() / "trees", shelf_bytes)
        self._allow_loopback = allow_loopback

    def fetch(self, origin: Origin) -> GitSnapshot:
        sha = check_sha(origin.sha)
        mirror = Mirror(self._mirrors, route(origin, allow_loopback=self._allow_loopback))
        snapshot = GitSnapshot(sha, mirror, self._shelf, self._trees)
        snapshot.prepare()
        return snapshot

    def reap(self) -> None:
        """Remove what processes that were killed have left: rooms, locks of git, half-written archives."""
        self._trees.clear_drafts()
        for directory in self._mirrors.glob("*.git"):
            with locked_if_free(directory) as free:
                if free:
                    clear(directory)
                    self._shelf.clear_drafts(directory.stem)


@dataclass(frozen=True)
class GitSnapshot:
    """One commit, ready to fill boxes with and to compare a box's work tree against."""

    sha: Sha
    mirror: Mirror
    shelf: Shelf
    trees: Trees

    @cached_property
    def listing(self) -> bytes:
        """Every file of the commit as `git ls-tree -r -z` prints it."""
        prepared = self.shelf.find(self._name("files"))
        if prepared is not None:
            return prepared.read_bytes()
        return self._list()

    @cached_property
    def paths(self) -> frozenset[str]:
        return frozenset(entry.path.decode(errors="replace") for entry in entries(self.listing))

    def prepare(self) -> None:
        """Fetch and pack what is not here yet."""
        if self._prepared() is not None:
            return
        with self.mirror.locked():
            if self._prepared() is not None:
                return
            self.mirror.hold(self.sha)
            listing = self._list()
            with self.shelf.putting(self._name("files")) as out:
                out.write(listing)
            with self.shelf.putting(self._name("tar")) as out:
                self._write(listing, out)

    def archive(self) -> IO[bytes]:
        """The tar that fills a box, open for reading."""
        while True:
            prepared = self._prepared()
            if prepared is not None:
                try:
                    return prepared.open("rb")
                except FileNotFoundError:
                    pass  # pushed off the shelf between finding and opening
            self.prepare()

    @contextmanager
    def tree(self) -> Iterator[Path]:
        """Its files in a folder that nobody may change, there for as long as the block goes."""
        with self.archive() as archive, self.trees.held(self._key, archive) as folder:
            yield folder

    def excerpt(self, globs: Sequence[str]) -> Excerpt:
        """The files that these mean, without the commit's history and without any other file."""
        return Excerpt(self.sha, self.mirror, self.shelf, self.trees, tuple(globs))

    def fingerprint(self, globs: Sequence[str]) -> str:
        """The same while those files have the same names, modes and contents."""
        return hashlib.sha256(b"".join(_lines(self.listing, globs))).hexdigest()

    def size(self) -> int:
        """Of its archive, in bytes."""
        with self.archive() as archive:
            return os.fstat(archive.fileno()).st_size

    def changes(self, found: Iterable[Found], limits: Limits) -> Changes:
        """What was found in a box, as files and one patch. UserError when it is over the limits."""
        return compare(self.mirror.directory, self.sha, found, limits=limits)

    def _prepared(self) -> Path | None:
        return self.shelf.find(self._name("tar"))

    def _name(self, kind: str) -> str:
        return f"{self._key}.{kind}"

    @property
    def _key(self) -> str:
        return f"{self.mirror.key}/{self.sha}"

    def _write(self, listing: bytes, out: IO[bytes]) -> None:
        write_archive(self.mirror.git, self.sha, listing, out)

    def _list(self) -> bytes:
        return list_files(self.mirror.git, self.sha)


@dataclass(frozen=True)
class Excerpt(GitSnapshot):
    """Some files of a commit."""

    globs: tuple[str, ...]

    @property
    def _key(self) -> str:
        chosen = hashlib.sha256("\0".join(self.globs).encode()).hexdigest()[:16]
        return f"{self.mirror.key}/{self.sha}-{chosen}"

    def _write(self, listing: bytes, out: IO[bytes]) -> None:
        write_files(self.mirror.git, listing, out)

    def _list(self) -> bytes:
        return b"".join(_lines(super()._list(), self.globs))


def _lines(listing: bytes, globs: Sequence[str]) -> Iterator[bytes]:
    """Those lines of a listing whose paths are meant."""
    exact = {glob.encode() for glob in globs if not any(sign in glob for sign in "*?[")}
    patterns = [glob for glob in globs if glob.encode() not in exact]
    for entry in entries(listing):
        if entry.path in exact or matches_any([entry.path.decode(errors="replace")], patterns):
            yield b"%s blob %s\t%s\0" % (entry.mode.encode(), entry.sha.encode(), entry.path)
