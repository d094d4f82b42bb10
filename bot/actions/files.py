"""`create_directory`, `write_file`, `delete_path`: by fixed scripts that follow no symbolic link.

A script gets the path as an argument and the content through stdin; no text is ever pasted into a script.
It works in the current folder, which is /workspace in a box. Checking and doing are two moments: another
step of the same run could put a link in between, which gains it nothing: both are one user in one box.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bot.actions.model import ActionType, Command, Parameters, Risk
from bot.actions.paths import AnyPath, FilePath

MAX_CONTENT_BYTES = 1024 * 1024

# Walks down to the folder of "$1", refusing links and git's folder; `last` says which kind of step it is.
_WALK = r"""
refuse() { printf '%s\n' "$1" >&2; exit 1; }
at=. rest=$1
while [ -n "$rest" ]; do
  case $rest in
    */*) name=${rest%%/*} rest=${rest#*/} ;;
    *) name=$rest rest= ;;
  esac
  case $name in
    '' | . | .. | .git) refuse "$1 does not stay inside the repository, so I left it alone." ;;
  esac
  at=$at/$name
  [ -n "$rest" ] || break
  if [ -L "$at" ]; then refuse "${at#./} is a symbolic link, and I do not go through links."; fi
  if [ -e "$at" ] && [ ! -d "$at" ]; then refuse "${at#./} is a file, so nothing can be inside it."; fi
done
"""

_CREATE_DIRECTORY = (
    "set -eu"
    + _WALK
    + r"""
if [ -L "$at" ]; then refuse "$1 is a symbolic link, and I do not go through links."; fi
if [ -e "$at" ] && [ ! -d "$at" ]; then refuse "$1 exists already and is not a directory."; fi
mkdir -p -- "$at" || refuse "I could not create $1."
"""
)

_WRITE_FILE = (
    "set -eu"
    + _WALK
    + r"""
if [ -L "$at" ]; then refuse "$1 is a symbolic link, and I do not write through links."; fi
if [ -d "$at" ]; then refuse "$1 is a directory, so it cannot be written as a file."; fi
if [ -e "$at" ] && [ ! -f "$at" ]; then refuse "$1 exists and is not a regular file."; fi
mkdir -p -- "${at%/*}" || refuse "I could not create the folder of $1."
[ -e "$at" ] || { umask 022; new=0644; }
cat > "$at" || refuse "I could not write $1."
mode=${2:-${new:-}}
[ -z "$mode" ] || chmod "$mode" "$at" || refuse "I could not set the mode of $1."
"""
)

_DELETE_PATH = (
    "set -eu"
    + _WALK
    + r"""
if [ ! -e "$at" ] && [ ! -L "$at" ]; then refuse "$1 does not exist, so there was nothing to delete."; fi
rm -rf -- "$at" || refuse "I could not delete $1."
"""
)


def _content(value: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("holds half of a character (a lone surrogate), which no file can hold.")
    if len(value.encode()) > MAX_CONTENT_BYTES:
        raise ValueError(f"is too long: at most {MAX_CONTENT_BYTES // 1024} KiB are allowed.")
    return value


class CreateDirectory(Parameters):
    """What `create_directory` takes."""

    path: AnyPath


class WriteFile(Parameters):
    """What `write_file` takes."""

    path: FilePath
    content: Annotated[str, AfterValidator(_content)] = Field(description="All of the file, as UTF-8.")
    mode: Literal["0644", "0755"] | None = Field(
        default=None,
        description="`0755` makes it executable. Without it a file keeps its mode; a new one gets `0644`.",
    )


class DeletePath(Parameters):
    """What `delete_path` takes."""

    path: AnyPath


def _script(script: str, *arguments: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", script, "sh", *arguments)


CREATE_DIRECTORY = ActionType(
    name="create_directory",
    summary="Creates a directory and those above it. One that exists already is fine.",
    parameters=CreateDirectory,
    describe=lambda parameters: f"Create the directory {parameters.path}",
    risk=Risk.WRITE,
    repeatable=True,
    touches=lambda parameters: (parameters.path,),
    command=lambda parameters: Command(argv=_script(_CREATE_DIRECTORY, parameters.path)),
)

WRITE_FILE = ActionType(
    name="write_file",
    summary="Writes a whole file, new or existing, and creates the directories above it.",
    parameters=WriteFile,
    describe=lambda parameters: f"Write {parameters.path}",
    risk=Risk.WRITE,
    repeatable=True,
    touches=lambda parameters: (parameters.path,),
    command=lambda parameters: Command(
        argv=_script(_WRITE_FILE, parameters.path, parameters.mode or ""), stdin=parameters.content.encode()
    ),
)

DELETE_PATH = ActionType(
    name="delete_path",
    summary="Deletes a file, a symbolic link, or a directory with all in it. A missing path is a failure.",
    parameters=DeletePath,
    describe=lambda parameters: f"Delete {parameters.path}",
    risk=Risk.DESTRUCTIVE,
    repeatable=True,
    touches=lambda parameters: (parameters.path,),
    command=lambda parameters: Command(argv=_script(_DELETE_PATH, parameters.path)),
)
