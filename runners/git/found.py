"""What a look into a box's work tree brings back. It comes out of a box: nothing in it is believed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    FILE = "file"
    EXECUTABLE = "executable"
    LINK = "link"
    GONE = "gone"
    REPOSITORY = "repository"
    SUBMODULE = "submodule"
    SPECIAL = "special"
    UNREADABLE = "unreadable"
    LARGE = "large"


@dataclass(frozen=True)
class Found:
    """One path that may differ from the pinned commit. `content` only of files and links."""

    path: bytes
    kind: Kind
    content: bytes = b""
