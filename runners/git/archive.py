"""A commit as one tar: its files and a fresh .git that is a usable, shallow work tree without any secret."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from bot.errors import UserError
from bot.ids import Sha
from runners.git.command import Git, GitFailed
from runners.git.rooms import room

OWNER = 1000  # the user that steps run as, in every box
_CONFIG = b"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"


@dataclass(frozen=True)
class Entry:
    """One line of a commit's listing. `path` is bytes: git knows no encoding."""

    mode: str
    sha: str
    path: bytes


def entries(listing: bytes) -> Iterator[Entry]:
    """What `git ls-tree -r -z` printed."""
    for line in listing.split(b"\0")[:-1]:
        about, path = line.split(b"\t", 1)
        mode, _kind, sha = about.decode().split(" ")
        yield Entry(mode, sha, path)


def list_files(git: Git, sha: Sha) -> bytes:
    """Every file of the commit, in git's own words."""
    return git.run("ls-tree", "-r", "-z", "--full-tree", sha)


def write_archive(git: Git, sha: Sha, listing: bytes, out: IO[bytes]) -> None:
    """The whole tar, uncompressed. UserError when git itself would not check this commit out."""
    with tarfile.open(
        fileobj=out, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
    ) as tar:
        pen = _Pen(tar, mtime=int(git.run("log", "-1", "--format=%ct", sha)))
        _write_git_folder(git, sha, pen)
        _write_entries(git, listing, pen)


def write_files(git: Git, listing: bytes, out: IO[bytes]) -> None:
    """These files as a tar, with no repository around them."""
    with tarfile.open(
        fileobj=out, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
    ) as tar:
        _write_entries(git, listing, _Pen(tar, mtime=0))


def _write_entries(git: Git, listing: bytes, pen: _Pen) -> None:
    with git.speaking("cat-file", "--batch", timeout_s=600) as blobs:
        for entry in entries(listing):
            _write_entry(blobs, entry, pen)


class _Pen:
    """Writes members that belong to the box's user and were changed when the commit was made."""

    def __init__(self, tar: tarfile.TarFile, *, mtime: int) -> None:
        self._tar = tar
        self._mtime = mtime

    def folder(self, path: bytes) -> None:
        member = self._member(path, 0o755)
        member.type = tarfile.DIRTYPE
        self._tar.addfile(member)

    def link(self, path: bytes, target: bytes) -> None:
        member = self._member(path, 0o777)
        member.type = tarfile.SYMTYPE
        member.linkname = target.decode(errors="surrogateescape")
        self._tar.addfile(member)

    def file(self, path: bytes, content: IO[bytes], size: int) -> None:
        self._add(self._member(path, 0o644), content, size)

    def executable(self, path: bytes, content: IO[bytes], size: int) -> None:
        self._add(self._member(path, 0o755), content, size)

    def text(self, path: bytes, content: bytes) -> None:
        self.file(path, io.BytesIO(content), len(content))

    def _add(self, member: tarfile.TarInfo, content: IO[bytes], size: int) -> None:
        member.size = size
        self._tar.addfile(member, content)

    def _member(self, path: bytes, mode: int) -> tarfile.TarInfo:
        # "./" keeps a name that begins with a dash or a slash from meaning anything to tar.
        member = tarfile.TarInfo("./" + path.decode(errors="surrogateescape"))
        member.mode, member.mtime = mode, self._mtime
        member.uid = member.gid = OWNER
        return member


def _write_git_folder(git: Git, sha: Sha, pen: _Pen) -> None:
    with room(cast(Path, git.directory)) as packed:
        objects = git.run("rev-list", "--objects", "--no-walk", sha)
        # Deltas of the fetched pack are taken over; looking for new ones would cost more than it saves.
        git.run("pack-objects", "--quiet", "--window=0", f"{packed}/pack", stdin=objects, timeout_s=600)
        index = packed / "index"
        _read_index(Git(git.directory, env={"GIT_INDEX_FILE": str(index)}), sha)
        for folder in (b".git", b".git/refs", b".git/refs/heads", b".git/refs/tags", b".git/objects"):
            pen.folder(folder)
        pen.text(b".git/HEAD", sha.encode() + b"\n")
        pen.text(b".git/shallow", sha.encode() + b"\n")
        pen.text(b".git/config", _CONFIG)
        for source in (index, *sorted(packed.glob("pack-*"))):
            place = b".git/" if source is index else b".git/objects/pack/"
            with source.open("rb") as content:
                pen.file(place + source.name.encode(), content, source.stat().st_size)


def _read_index(git: Git, sha: Sha) -> None:
    try:
        git.run("read-tree", sha)
    except GitFailed as refusal:
        raise UserError(
            "The commit holds file names that git refuses to check out, so nothing was started. "
            f"Remove them and ask again. ({refusal.said.strip()[:200]})"
        ) from None


def _write_entry(blobs: subprocess.Popen[bytes], entry: Entry, pen: _Pen) -> None:
    if entry.mode == "160000":  # a submodule: its folder stays empty, as after a plain clone
        pen.folder(entry.path)
        return
    asked, answered = cast("IO[bytes]", blobs.stdin), cast("IO[bytes]", blobs.stdout)
    asked.write(entry.sha.encode() + b"\n")
    asked.flush()
    size = int(answered.readline().split(b" ")[2])
    if entry.mode == "120000":
        pen.link(entry.path, answered.read(size))
    elif int(entry.mode, 8) & 0o100:
        pen.executable(entry.path, answered, size)
    else:
        pen.file(entry.path, answered, size)
    answered.read(1)
