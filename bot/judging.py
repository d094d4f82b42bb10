"""Whether what a run changed may become a pull request: paths, size, secrets. It only reads values."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from bot import secrets
from bot.dependencies import new_dependencies
from bot.limits import Limits
from bot.ports import Changes, FileChange, FileMode
from bot.reports import safe


@dataclass(frozen=True)
class Accepted:
    """These changes may be published. `warnings` are sentences for the reviewer, untrusted."""

    changes: Changes
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """These changes are not published. `sentence` says why and what to do, without any secret value."""

    sentence: str


Verdict = Accepted | Refused


def judge(changes: Changes, *, limits: Limits) -> Verdict:
    """Refuses on the first rule that is broken; invisible characters and new dependencies only warn."""
    for rule in RULES:
        sentence = rule(changes, limits)
        if sentence:
            return Refused(sentence)
    return Accepted(changes, tuple(_warnings(changes)))


# --- rules: each returns the sentence of its refusal, or "" --------------------------------------------


def _size(changes: Changes, limits: Limits) -> str:
    if len(changes.files) > limits.patch_files:
        return (
            f"The run changed {len(changes.files):,} files; at most {limits.patch_files:,} are allowed. "
            "Leave out generated files, for example with .gitignore, and run it again."
        )
    total = sum(len(change.content or b"") for change in changes.files)
    if total > limits.patch_bytes:
        return (
            f"The changed files are {_mb(total)} together; at most {_mb(limits.patch_bytes)} are allowed. "
            "Leave out generated files, for example with .gitignore, and run it again."
        )
    return ""


def _paths(changes: Changes, _limits: Limits) -> str:
    for change in changes.files:
        named = safe.one_line(change.path)
        if _leaves(change.path):
            return f"The run wrote to {named}, which is not inside the repository, so nothing is published."
        parts = [folded(part) for part in change.path.split("/")]
        if any(_is_git(part) for part in parts):
            return f"The run wrote to {named}, which git keeps for itself, so nothing is published."
        if parts[:2] == [".github", "workflows"]:
            return (
                f"The run changed the workflow {named}, and workflows are changed by people only. "
                "Leave it out of the plan and run it again."
            )
        if change.mode is FileMode.SYMLINK and _points_out(change):
            return (
                f"The run made {named} a link to a place outside of the repository, so nothing is published."
            )
    return ""


def _secrets(changes: Changes, _limits: Limits) -> str:
    added = _added_lines(changes.patch)
    found: list[str] = []
    for change in changes.files:
        found += [f"{safe.one_line(change.path)} line {line} ({kind})" for line, kind in _find(change, added)]
    if not found:
        return ""
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return (
        f"The changes hold what looks like a secret: {', '.join(found[:3])}{more}. "
        "Nothing is published. Take it out and run it again; if it is real, revoke it."
    )


RULES = (_size, _paths, _secrets)

# --- paths ---------------------------------------------------------------------------------------------

_GIT_SHORT = re.compile(r"\.?git(~\d+)?")


def _leaves(path: str) -> bool:
    return (
        not path
        or "\\" in path
        or any(ord(char) < 32 for char in path)
        or any(part in ("", ".", "..") for part in path.split("/"))
    )


def folded(part: str) -> str:
    """A name as the most forgiving file system reads it: case, width, ignorable characters, NTFS endings."""
    visible = "".join(char for char in part if not safe.is_invisible(char))
    return unicodedata.normalize("NFKC", visible).casefold().split(":")[0].rstrip(". ")


def _is_git(part: str) -> bool:
    return part == ".git" or (part.startswith("git~") and bool(_GIT_SHORT.fullmatch(part)))


def _points_out(change: FileChange) -> bool:
    if change.content is None:
        return False
    target = change.content.decode("utf-8", "surrogateescape").replace("\\", "/")
    if target.startswith("/") or re.match(r"[A-Za-z]:", target):
        return True
    landed = posixpath.normpath(posixpath.join(posixpath.dirname(change.path), target))
    return (
        landed == ".." or landed.startswith("../") or any(_is_git(folded(part)) for part in landed.split("/"))
    )


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB"


# --- secrets -------------------------------------------------------------------------------------------


def _find(change: FileChange, added: dict[str, set[bytes]]) -> Iterator[tuple[int, str]]:
    """Line and kind of each secret that this run added; a line that was there before is not its doing."""
    if change.content is None:
        return
    content = _readable(change.content)
    fresh = added.get(change.path)
    at = line = 0
    for secret in secrets.find(content):
        line += content.count(b"\n", at, secret.at)
        at = secret.at
        begin, end = content.rfind(b"\n", 0, at) + 1, content.find(b"\n", at)
        text = content[begin : end if end >= 0 else len(content)]
        if fresh is None or text.rstrip(b"\r") in fresh:
            yield line + 1, secret.kind


def _readable(content: bytes) -> bytes:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    return content


def _added_lines(patch: bytes) -> dict[str, set[bytes]]:
    """The added lines of each file whose hunks the patch shows; all of any other file counts as new."""
    added: dict[str, set[bytes]] = {}
    fresh: set[bytes] | None = None
    left = 0  # lines of the new side that the current hunk still has
    for line in patch.split(b"\n"):
        hunk = _HUNK.match(line)
        if left > 0 and line[:1] in (b"+", b" ", b""):
            left -= 1
            if fresh is not None and line[:1] == b"+":
                fresh.add(line[1:].rstrip(b"\r"))
        elif hunk:
            left = int(hunk[1] or b"1")
        elif line.startswith(b"diff --git "):
            fresh = None
        elif line.startswith(b"+++ b/"):
            fresh = added.setdefault(line[6:].rstrip(b"\t").decode("utf-8", "surrogateescape"), set())
    return added


_HUNK = re.compile(rb"@@ -\d+(?:,\d+)? \+\d+(?:,(\d+))? @@")

# --- warnings ------------------------------------------------------------------------------------------

MOST_NAMES = 8


def _warnings(changes: Changes) -> Iterator[str]:
    for change in changes.files:
        hidden = safe.hidden_characters(change.path)
        if hidden:
            yield f"The name {safe.one_line(change.path)} holds characters that one cannot see."
        yield from _hidden_lines(change)
    for path, names in new_dependencies(changes.patch).items():
        told = ", ".join(names[:MOST_NAMES])
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        yield (
            f"{safe.one_line(path)} wants installed what it did not before: {told}{more}. "
            "Look whether each is the one that is meant."
        )


def _hidden_lines(change: FileChange) -> Iterator[str]:
    try:
        text = (change.content or b"").decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    if text.isascii() or "\0" in text:
        return
    for number, line in enumerate(text.split("\n"), 1):
        hidden = safe.hidden_characters(line)
        if hidden:
            names = ", ".join(sorted(hidden)[:5])
            yield f"{safe.one_line(change.path)} line {number} holds characters that one cannot see: {names}."
            return
