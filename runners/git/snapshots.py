"""The Snapshots port over git: mirrors and prepared archives in the state folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from bot.ids import Sha
from bot.limits import Limits
from bot.ports import Changes, Origin
from runners.git.archive import entries, list_files, write_archive
from runners.git.changes import compare
from runners.git.found import Found
from runners.git.mirror import Mirror, clear, locked_if_free
from runners.git.origins import check_sha, route
from runners.git.shelf import Shelf
from runners.git.trees import Trees

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
        return list_files(self.mirror.git, self.sha)

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
            listing = list_files(self.mirror.git, self.sha)
            with self.shelf.putting(self._name("files")) as out:
                out.write(listing)
            with self.shelf.putting(self._name("tar")) as out:
                write_archive(self.mirror.git, self.sha, listing, out)

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
        with self.archive() as archive, self.trees.held(f"{self.mirror.key}/{self.sha}", archive) as folder:
            yield folder

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
        return f"{self.mirror.key}/{self.sha}.{kind}"
