"""The Parcels port: files in the state folder, the longest unused of which go first."""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import IO

from runners.shelf import Shelf

SHELF_BYTES = 8 * 1024**3


class FileParcels:
    def __init__(self, state_dir: Path, *, shelf_bytes: int = SHELF_BYTES) -> None:
        self._shelf = Shelf(state_dir.resolve() / "parcels", shelf_bytes)

    def open(self, name: str) -> IO[bytes] | None:
        path = self._shelf.find(name)
        with suppress(FileNotFoundError):  # it was pushed off the shelf just now
            return None if path is None else path.open("rb")
        return None

    def newest(self, folder: str) -> IO[bytes] | None:
        names = [path.name for path in (self._shelf.folder / folder).glob("[!.]*")]
        used = {name: self._used(f"{folder}/{name}") for name in names}
        latest = max(used, key=lambda name: used[name], default=None)
        return None if latest is None else self.open(f"{folder}/{latest}")

    def putting(self, name: str) -> AbstractContextManager[IO[bytes]]:
        return self._shelf.putting(name)

    def _used(self, name: str) -> int:
        try:
            return (self._shelf.folder / name).stat().st_mtime_ns
        except FileNotFoundError:
            return 0
