"""Which paths an action may name: inside the repository, and none of git's own or of its look-alikes."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

MAX_PATH_BYTES = 1024
MAX_NAME_BYTES = 255

# Some file systems take more names for ".git": NTFS its short names, and dots or spaces at the end.
_SHORT_NAME = re.compile(r"git~[0-9]+\Z", re.ASCII)
_SHORT_NAMES = {"gitmod~": ".gitmodules", "gi7eba~": ".gitmodules", "gitatt~": ".gitattributes"}
_GUARDED = {
    ".git": "git's own folder, and only git writes there",
    ".gitmodules": "what decides where git fetches other code from, so a person has to commit that change",
    ".gitattributes": "what decides how git treats other files, so a person has to commit that change",
}


def checked(path: str) -> str:
    """The path in its one spelling (`src/a.py`). ValueError says what is wrong, after a field's name."""
    if path.startswith("/"):
        raise ValueError("must be relative to the repository, like `src/app.py`, without a `/` in front.")
    if "\\" in path:
        raise ValueError("must use `/` between folders, not a backslash.")
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in path):
        # Names of git's own folder with an invisible character in them are git's own folder on some systems.
        raise ValueError("holds a control character or an invisible one. Please type it again by hand.")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not parts:
        raise ValueError("must name something inside the repository.")
    if ".." in parts:
        raise ValueError("must stay inside the repository, so it cannot hold `..`.")
    if parts[0].startswith("~"):
        raise ValueError("is relative to the repository, and nobody's home folder (`~`) is in there.")
    if len(path.encode()) > MAX_PATH_BYTES or any(len(part.encode()) > MAX_NAME_BYTES for part in parts):
        raise ValueError(f"is too long: {MAX_PATH_BYTES} bytes for all of it, {MAX_NAME_BYTES} for one name.")
    for part in parts:
        guarded = _GUARDED.get(_as_git_sees(part))
        if guarded:
            raise ValueError(f"names `{_as_git_sees(part)}`, which is {guarded}.")
    if [part.casefold() for part in parts[:2]] == [".github", "workflows"]:
        raise ValueError("is under `.github/workflows`, which I never change. A person has to commit that.")
    return "/".join(parts)


def _as_git_sees(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold().split(":")[0].strip(" .")
    if folded == "git" and name.strip().startswith((".", "\u2024", "\uff0e")):
        return ".git"
    if _SHORT_NAME.match(folded):
        return ".git"
    for short, full in _SHORT_NAMES.items():
        if folded.startswith(short):
            return full
    return "." + folded if name.strip().startswith((".", "\u2024", "\uff0e")) else folded


def _file(path: str) -> str:
    if path.endswith("/"):
        raise ValueError("must name a file, and ends in `/`.")
    return checked(path)


_SCHEMA = Field(description="Relative to the repository, inside it, `/` between folders.", min_length=1)

FilePath = Annotated[str, _SCHEMA, AfterValidator(_file)]
AnyPath = Annotated[str, _SCHEMA, AfterValidator(checked)]
