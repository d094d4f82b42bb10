"""From what was found in a box to Changes: objects in a quarantine no box ever wrote, one tree, one patch."""

from __future__ import annotations

import hashlib
import os
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from bot.errors import UserError
from bot.ids import Sha
from bot.limits import Limits
from bot.ports import Changes, FileChange, FileMode
from runners.git.command import Git, GitFailed
from runners.git.found import Found, Kind
from runners.git.names import shown, trouble
from runners.git.rooms import room

_MODES = {Kind.FILE: FileMode.FILE, Kind.EXECUTABLE: FileMode.EXECUTABLE, Kind.LINK: FileMode.SYMLINK}
_LEFT_OUT = {
    Kind.REPOSITORY: "it is a git repository of its own.",
    Kind.SUBMODULE: "what is inside a submodule belongs to another repository.",
    Kind.SPECIAL: "it is neither a file nor a folder nor a symbolic link.",
    Kind.UNREADABLE: "it cannot be read.",
    Kind.LARGE: "it is larger than all changes of a run may be together.",
}
MENTIONED = 50  # sentences in left_out; the rest is counted
NOWHERE = "0" * 40


def compare(mirror: Path, base: Sha, found: Iterable[Found], *, limits: Limits) -> Changes:
    """The changes of a run. The files and the patch are read from the same tree."""
    taken, left_out = _sort_out(found)
    if not taken:
        return Changes((), b"", left_out)
    _check_size(taken, limits)
    with room(mirror) as quarantine:
        desk = _Desk.at(quarantine, mirror)
        tree = desk.tree(base, taken)
        changed = desk.differences(base, tree)
        if not changed:
            return Changes((), b"", left_out)
        contents = {found.path: found.content for found in taken}
        files = tuple(
            FileChange(path.decode(), mode or FileMode.FILE, contents[path] if mode else None)
            for path, mode in changed
        )
        return Changes(files, desk.patch(base, tree, limits), left_out)


def _sort_out(found: Iterable[Found]) -> tuple[list[Found], tuple[str, ...]]:
    taken: dict[bytes, Found] = {}
    reasons: dict[bytes, str] = {}
    for one in found:
        reason = _LEFT_OUT.get(one.kind) or trouble(one.path, link=one.kind is Kind.LINK)
        if reason is None:
            taken[one.path] = one
        else:
            reasons[one.path] = reason
    sentences = [f"`{shown(path)}` was left out: {reason}" for path, reason in sorted(reasons.items())]
    more = len(sentences) - MENTIONED
    if more > 0:
        sentences[MENTIONED:] = [f"And {more} more were left out for such reasons."]
    return list(taken.values()), tuple(sentences)


def _check_size(taken: list[Found], limits: Limits) -> None:
    if len(taken) > limits.patch_files:
        raise too_many(limits)
    if sum(len(one.content) for one in taken) > limits.patch_bytes:
        raise too_large(limits)


def too_many(limits: Limits) -> UserError:
    return UserError(
        f"The run changed more than {limits.patch_files} files, all that a pull request may have. "
        "Add generated files to .gitignore, or remove them in a last step."
    )


def too_large(limits: Limits) -> UserError:
    return UserError(
        f"The files that the run changed are larger than {limits.patch_bytes // 1024} KiB together. "
        "Add generated files to .gitignore, or remove them in a last step."
    )


@dataclass(frozen=True)
class _Desk:
    """git with its own index and its own object folder, borrowing the mirror's objects."""

    git: Git
    objects: Path

    @classmethod
    def at(cls, room: Path, mirror: Path) -> _Desk:
        objects = room / "objects"
        objects.mkdir()
        borrowed = str(mirror / "objects").replace("\\", "\\\\").replace('"', '\\"')
        env = {
            "GIT_INDEX_FILE": str(room / "index"),
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{borrowed}"',
        }
        return cls(Git(mirror, env=env), objects)

    def tree(self, base: Sha, taken: list[Found]) -> str:
        self.git.run("read-tree", base)
        gone = [one for one in taken if one.kind is Kind.GONE]
        here = [one for one in taken if one.kind is not Kind.GONE]
        lines = [f"0 {NOWHERE}\t".encode() + one.path + b"\0" for one in gone]
        lines += [
            f"{_MODES[one.kind]} {self._keep(one.content)}\t".encode() + one.path + b"\0" for one in here
        ]
        try:
            self.git.run("update-index", "-z", "--index-info", stdin=b"".join(lines))
        except GitFailed as refusal:
            raise UserError(
                "The run left file names that git refuses, so its changes were not taken. "
                f"Rename or remove them in a last step. ({refusal.said.strip()[:200]})"
            ) from None
        return self.git.run("write-tree").decode().strip()

    def _keep(self, content: bytes) -> str:
        """A loose object, written by us: thousands of them without a process each."""
        blob = b"blob %d\0" % len(content) + content
        sha = hashlib.sha1(blob, usedforsecurity=False).hexdigest()
        path = self.objects / sha[:2] / sha[2:]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(zlib.compress(blob, 1))
        return sha

    def differences(self, base: Sha, tree: str) -> list[tuple[bytes, FileMode | None]]:
        raw = self.git.run("diff-tree", "-r", "-z", "--raw", "--no-renames", base, tree)
        fields = iter(raw.split(b"\0")[:-1])
        changed: list[tuple[bytes, FileMode | None]] = []
        for about, path in zip(fields, fields, strict=True):
            mode = about.split(b" ")[1].decode()
            changed.append((path, None if mode == "000000" else FileMode(mode)))
        return changed

    def patch(self, base: Sha, tree: str, limits: Limits) -> bytes:
        """The patch, given up as soon as it is larger than any honest one of these files could be."""
        at_most = 4 * limits.patch_bytes + 1024 * 1024  # a patch also holds what was there before
        options = ("--binary", "--full-index", "-M", "-l400", "--no-color", "--no-ext-diff", "--no-textconv")
        try:
            with self.git.speaking("diff", *options, base, tree, "--") as git:
                patch = b"".join(_at_most(git, at_most))
        except _TooMuchError:
            raise UserError(
                f"The patch of this run is larger than {at_most // 1024} KiB. "
                "Change or delete large files by hand instead."
            ) from None
        return patch


class _TooMuchError(Exception):
    pass


def _at_most(git: subprocess.Popen[bytes], limit: int) -> Iterator[bytes]:
    read = 0
    while piece := os.read(cast("IO[bytes]", git.stdout).fileno(), 1 << 16):
        read += len(piece)
        if read > limit:
            raise _TooMuchError
        yield piece
