"""`apply_patch`: a unified diff, applied by git in the box."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from bot.actions.model import ActionType, Command, Parameters, Risk
from bot.actions.paths import checked

MAX_PATCH_BYTES = 1024 * 1024

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@", re.ASCII)
_HEADER = re.compile(r"(?:---|\+\+\+|rename from|rename to|copy from|copy to) (.*)")
_ESCAPE = re.compile(r"\\([0-7]{3}|.)", re.ASCII)
_LETTERS = {"n": b"\n", "t": b"\t", "r": b"\r", "a": b"\a", "b": b"\b", "f": b"\f", "v": b"\v"}


def _patch(value: str) -> str:
    text = value
    if len(text.encode("utf-8", "surrogatepass")) > MAX_PATCH_BYTES:
        raise ValueError(f"is too long: at most {MAX_PATCH_BYTES // 1024} KiB are allowed.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("holds half of a character (a lone surrogate), which no file can hold.")
    named = list(_paths(text))
    if not named:
        raise ValueError("is not a unified diff: it names no file. `git diff` makes one.")
    for path in named:
        try:
            checked(path)
        except ValueError as error:
            raise ValueError(f"names a path that cannot be used: it {error}") from error
    return text if text.endswith("\n") else text + "\n"


def _paths(patch: str) -> Iterator[str]:
    """Every path that the headers name. Lines inside a hunk are content, whatever they look like."""
    left = [0, 0]  # lines of the hunk still to come: of the old file, of the new one
    for line in patch.split("\n"):
        if left[0] > 0 or left[1] > 0:
            left[0] -= line[:1] in ("-", " ", "")
            left[1] -= line[:1] in ("+", " ", "")
            continue
        hunk = _HUNK.match(line)
        if hunk:
            left = [int(hunk[1] or 1), int(hunk[2] or 1)]
            continue
        header = _HEADER.match(line)
        if header:
            prefixed = line.startswith(("---", "+++"))
            path = _unquoted(header[1])
            if path != "/dev/null":
                yield path.partition("/")[2] if prefixed else path
        elif line.startswith("diff --git "):
            # Names a mode change or an empty file, too, where no other header does.
            for path in re.split(r'"? "?(?=[a-z]/)', line[len("diff --git ") :].strip('"')):
                yield _unquoted(f'"{path}"').partition("/")[2]


def _unquoted(name: str) -> str:
    name = name.partition("\t")[0].rstrip()
    if not name.startswith('"'):
        return name
    raw = _ESCAPE.sub(lambda found: chr(_byte(found[1])), name.strip('"'))
    try:
        return raw.encode("latin-1").decode()
    except UnicodeError:
        return raw


def _byte(escape: str) -> int:
    if len(escape) == 3:
        return int(escape, 8) & 0xFF
    return _LETTERS.get(escape, escape.encode("utf-8", "replace"))[0]


class ApplyPatch(Parameters):
    """What `apply_patch` takes."""

    patch: Annotated[str, AfterValidator(_patch)] = Field(
        description="A unified diff with `a/` and `b/` in front of the paths, as `git diff` makes it."
    )
    reverse: bool = Field(default=False, description="Whether it is taken back instead.")


APPLY_PATCH = ActionType(
    name="apply_patch",
    summary="Applies a unified diff, all of it or nothing.",
    parameters=ApplyPatch,
    describe=lambda parameters: (
        ("Take back a patch of " if parameters.reverse else "Apply a patch to ") + _touched(parameters.patch)
    ),
    risk=Risk.WRITE,
    repeatable=True,
    touches=lambda parameters: sorted(set(_paths(parameters.patch))),
    # git itself refuses paths outside of the work tree, behind a symbolic link, and in `.git`.
    command=lambda parameters: Command(
        argv=(
            *("git", "apply", "--whitespace=nowarn", "-p1"),
            *(["--reverse"] if parameters.reverse else []),
            "-",
        ),
        stdin=parameters.patch.encode(),
    ),
)


def _touched(patch: str) -> str:
    paths = sorted(set(_paths(patch)))
    return paths[0] if len(paths) == 1 else f"{len(paths)} files"
