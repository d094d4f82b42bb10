"""Which file names of a work tree may leave a box: what git refuses, and how a name is shown to people."""

from __future__ import annotations

import re

# Code points that HFS+ ignores in names: `.g\u200cit` is `.git` on a Mac.
_IGNORED_BY_HFS = dict.fromkeys(
    [*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF], None
)
_GIT = re.compile(r"(\.git|git~1)", re.IGNORECASE)
_GITMODULES = re.compile(r"(\.gitmodules|gitmod~[1-4]|gi7eba~[1-9])", re.IGNORECASE)
SHOWN = 160


def trouble(path: bytes, *, link: bool) -> str | None:
    """Why a path cannot be taken, to go after "`x` was left out: "; None when it can."""
    try:
        text = path.decode()
    except UnicodeDecodeError:
        return "its name is not UTF-8."
    if any(part in ("", ".", "..") for part in text.split("/")):
        return "its name is no path inside the repository."
    for part in re.split(r"[/\\]", text):
        plain = _as_other_systems_see(part)
        if _GIT.fullmatch(plain):
            return "git refuses names that some system takes for `.git`."
        if link and _GITMODULES.fullmatch(plain):
            return "git refuses a `.gitmodules` that is a symbolic link."
    return None


def shown(path: bytes) -> str:
    """A name fit for a sentence: nothing invisible, no line breaks, not endless."""
    text = path.decode(errors="backslashreplace")
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    plain = plain.replace("`", r"\x60")  # a name stands between backticks
    return plain if len(plain) <= SHOWN else plain[: SHOWN - 1] + "…"


def _as_other_systems_see(part: str) -> str:
    seen = part.translate(_IGNORED_BY_HFS)
    return seen.split(":")[0].rstrip(" .") if seen.strip(" .") else seen
