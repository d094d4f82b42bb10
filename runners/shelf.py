"""Prepared archives on disk, one per commit; the longest unused go when the shelf is full."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Shelf:
    """Files under one folder, at most `max_bytes` together (the newest stays whatever its size)."""

    folder: Path
    max_bytes: int

    def find(self, name: str) -> Path | None:
        """The file, marked as used just now; None when it is not there."""
        path = self.folder / name
        try:
            os.utime(path)
        except FileNotFoundError:
            return None
        return path

    @contextmanager
    def putting(self, name: str) -> Iterator[IO[bytes]]:
        """Write a file that appears whole or not at all."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with draft.open("wb") as out:
                yield out
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        self._make_room(path)

    def clear_drafts(self, part: str) -> None:
        """Remove what was begun in this part and never finished. Nobody may be putting anything there."""
        for draft in (self.folder / part).glob(".*"):
            draft.unlink(missing_ok=True)

    def _make_room(self, newest: Path) -> None:
        sizes: dict[Path, os.stat_result] = {}
        for path in self.folder.rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file():
                    sizes[path] = path.stat()
        total = sum(stat.st_size for stat in sizes.values())
        for path in sorted(sizes, key=lambda path: sizes[path].st_mtime_ns):
            if total <= self.max_bytes:
                return
            if path != newest:
                path.unlink(missing_ok=True)  # whoever reads it now keeps it until they close it
                total -= sizes[path].st_size
