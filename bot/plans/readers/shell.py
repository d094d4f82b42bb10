"""Reads fenced `sh` and `bash` blocks: a step for each line, or one for lines that need each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bot.actions.text import one_line
from bot.errors import PlanError
from bot.plans.model import Draft
from bot.plans.readers import shapes
from bot.plans.readers.words import Part, Said

SHELLS = {"sh": "sh", "shell": "sh", "bash": "bash"}

# Words after which the next line is not independent any more: constructs, and what changes the shell itself.
_CONSTRUCTS = [
    "if",
    "then",
    "else",
    "elif",
    "fi",
    "for",
    "while",
    "until",
    "do",
    "done",
    "case",
    "esac",
    "select",
    "function",
    "{",
    "}",
    "(",
    ")",
    "[[",
    "cd",
    "pushd",
    "popd",
    "export",
    "source",
    ".",
    "set",
    "shopt",
    "alias",
    "unalias",
    "unset",
    "trap",
    "umask",
    "ulimit",
    "eval",
    "exec",
    "exit",
    "return",
    "wait",
    "jobs",
    "fg",
    "bg",
    "read",
    "local",
    "declare",
    "typeset",
    "readonly",
    "let",
    "getopts",
    "shift",
    "hash",
    "enable",
    "mapfile",
    "readarray",
    "coproc",
    "!",
    "time",
]
_WORD = re.compile(
    r"(?:^|[;&|({]|\b(?:then|do|else)\b)\s*(?:"
    + "|".join(re.escape(word) for word in _CONSTRUCTS)
    + r")(?=[\s;&|]|$)"
)
_ASSIGNMENT = re.compile(
    r"(?:^|[;&|({])\s*[A-Za-z_][A-Za-z0-9_]*\+?=(?:[^\s;&|\"'`$]|\$\w+|\"[^\"]*\"|'[^']*')*\s*(?:$|[;&|#])"
)
_COMPUTED = re.compile(r"(?:^|[;&|({])\s*[A-Za-z_][A-Za-z0-9_]*\+?=[^\s;&|]*(?:\$\(|`)")
_FUNCTION = re.compile(r"^\s*[A-Za-z_][\w-]*\s*\(\)")
_STATE = re.compile(r"\$[?!_$]|\$\{[?!_$]\}")
_GOES_ON = re.compile(r"(?:\\|&&|\|\||\||&|;;)\s*$")


def read(said: Sequence[Said]) -> Draft | None:
    blocks = [each for each in said if each.part is Part.FENCE and each.info in SHELLS]
    if not blocks:
        return None
    for each in said:
        if each.part is not Part.FENCE and shapes.action(each.text):
            raise PlanError(
                "I found a fenced block and also a command in the words around it, and cannot tell their "
                "order. Please write all of them in one way."
            )
    actions = tuple(action for block in blocks for action in _actions(block))
    if not actions:
        raise PlanError("The block holds no command. Please write one command a line into it.")
    return Draft(actions=actions, reader="shell")


def _actions(block: Said) -> Iterator[dict[str, Any]]:
    shell = SHELLS[block.info]
    lines = block.text.split("\n")
    if not any(_code(line) for line in lines):
        return
    if any(_needs_others(line) for line in lines):
        yield _step(block.text.strip("\n"), shell, _first_comment(lines))
        return
    comment = ""
    for line in lines:
        if _code(line):
            yield _step(line.strip(), shell, comment)
            comment = ""
        else:  # a comment right above a command describes it
            comment = line.strip().lstrip("#! ").strip() if line.strip().startswith("#") else ""


def _step(command: str, shell: str, description: str) -> dict[str, Any]:
    parameters = {"command": command} if shell == "sh" else {"command": command, "shell": shell}
    step: dict[str, Any] = {"action_type": "run_command", "parameters": parameters}
    return step | {"step_description": one_line(description, width=200)} if description else step


def _first_comment(lines: Sequence[str]) -> str:
    first = next((line.strip() for line in lines if line.strip()), "")
    return first.lstrip("# ") if first.startswith("#") and not first.startswith("#!") else ""


def _code(line: str) -> bool:
    return bool(line.strip()) and not line.strip().startswith("#")


def _needs_others(line: str) -> bool:
    """Whether this line is more than one whole command. In doubt it is: one step for all is always right."""
    if line.startswith("#!"):
        return True
    if not _code(line):
        return False
    return bool(
        line[:1] in " \t"
        or "<<" in line
        or _WORD.search(line)
        or _ASSIGNMENT.search(line)
        or _COMPUTED.search(line)
        or _FUNCTION.match(line)
        or _STATE.search(line)
        or _GOES_ON.search(line)
        or not _balanced(line)
    )


def _balanced(line: str) -> bool:
    """Whether every quote and bracket that the line opens is closed on it."""
    quote = ""
    depth = 0
    skip = False
    for place, character in enumerate(line):
        if skip:
            skip = False
        elif quote == "'":
            quote = "" if character == "'" else quote
        elif character == "\\":
            skip = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"`":
            quote = character
        elif character == "#" and (place == 0 or line[place - 1] in " \t"):
            break
        elif character in "({":
            depth += 1
        elif character in ")}":
            depth -= 1
            if depth < 0:
                return False
    return not quote and depth == 0
