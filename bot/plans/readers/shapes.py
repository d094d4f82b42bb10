"""Sentences that one action can be read from, word for word: run, create, delete, apply.

A sentence that is not wholly understood gives None: `Do not run …` or `Run … only if …` must never run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.actions.text import one_line
from bot.plans.readers.words import MAX_SENTENCE

Shape = Mapping[str, Any]

# A code span: what is inside may hold backticks, but no run of them as long as the one around it.
_CODE = r"(?P<ticks>`{1,3}+)(?!`)(?P<code>(?:[^`]++|(?!(?P=ticks)(?!`))`++)+)(?P=ticks)(?!`)"
_LEAD = r"(?:(?:then|now|next|first|second|third|finally|lastly|afterwards|please|and|also)[,:]?\s+){0,3}"
_END = r"\s*[.:;!]?\s*\Z"

_DO = "run|execute|install|test|check|lint|format|build|compile|verify|generate|update|start"
_RUN = re.compile(
    rf"(?:{_LEAD}(?:run|execute)(?:\s+(?:the\s+)?(?:command|script))?\s*:?\s*"
    rf"|{_LEAD}(?:{_DO})(?:\s+[a-z-]+){{0,5}}?(?:\s+(?:with|using|via|by\s+running)|\s*:)\s*)?"
    rf"{_CODE}(?P<why>\s+(?:to|for|so|because|since|as)\b[^`]*|\s*\([^`()]*\))?{_END}",
    re.IGNORECASE | re.ASCII,
)
_NEGATED = re.compile(r"\b(?:not|never|don'?t|without|avoid|instead|no|skip|stop|forget)\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:if|unless|when|whenever|until|while|only|except|but|or|not|never|instead|don'?t|then|before|after)\b",
    re.IGNORECASE,
)
_DIRECTORY = re.compile(
    rf"{_LEAD}(?:create|make|add)\s+(?:(?:a|the)\s+)?(?:new\s+)?(?:directory|folder|dir)\s+{_CODE}{_END}",
    re.IGNORECASE | re.ASCII,
)
_EMPTY_FILE = re.compile(
    rf"{_LEAD}(?:create|make|add)\s+(?:(?:an|the)\s+)?(?:new\s+)?empty\s+file\s+{_CODE}{_END}",
    re.IGNORECASE | re.ASCII,
)
_FILE = re.compile(
    rf"{_LEAD}(?:create|make|add|write|replace|overwrite)\s+(?:(?:an?|the)\s+)?(?:new\s+)?"
    rf"(?P<executable>executable\s+)?file\s+{_CODE}\s+(?:with|containing|by)"
    rf"(?:\s+(?:the\s+|this\s+|these\s+)?(?:following\s+)?(?:contents?|text|lines?))?"
    rf"(?:\s+`(?P<content>[^`]+)`)?{_END}",
    re.IGNORECASE | re.ASCII,
)
_DELETE = re.compile(
    rf"{_LEAD}(?:delete|remove)\s+(?:the\s+)?(?:(?:file|directory|folder|dir|path)\s+)?{_CODE}{_END}",
    re.IGNORECASE | re.ASCII,
)
_PATCH = re.compile(
    rf"{_LEAD}apply\s+(?:the\s+|this\s+)?(?:following\s+)?(?:patch|diff){_END}", re.IGNORECASE | re.ASCII
)


def wants_block(sentence: str) -> bool:
    """Whether the sentence is only complete with the fenced block under it: its content, or its patch."""
    if len(sentence) > MAX_SENTENCE:
        return False
    plain = _plain(sentence)
    file = _FILE.match(plain)
    return bool(_PATCH.match(plain) or (file and file["content"] is None))


def action(sentence: str, block: str | None = None) -> Shape | None:
    """The action that the sentence (and the fenced block under it) asks for, or None."""
    if len(sentence) > MAX_SENTENCE:
        return None
    plain = _plain(sentence)
    if block is not None:
        return _with_block(plain, block)
    for pattern, kind in ((_DIRECTORY, "create_directory"), (_DELETE, "delete_path")):
        found = pattern.match(plain)
        if found:
            return _action(kind, {"path": found["code"].strip()}, plain)
    empty = _EMPTY_FILE.match(plain)
    if empty:
        return _action("write_file", {"path": empty["code"].strip(), "content": ""}, plain)
    file = _FILE.match(plain)
    if file and file["content"] is not None:
        return _file(file, file["content"] + "\n", plain)
    run = _RUN.match(plain)
    if run and not _NEGATED.search(plain[: run.start("ticks")]) and not _CONDITION.search(run["why"] or ""):
        return _action("run_command", {"command": run["code"].strip()}, plain)
    return None


def _with_block(plain: str, block: str) -> Shape | None:
    if _PATCH.match(plain):
        return _action("apply_patch", {"patch": block + "\n"}, plain)
    file = _FILE.match(plain)
    if file and file["content"] is None:
        return _file(file, block + "\n" if block else "", plain)
    return None


def _file(found: re.Match[str], content: str, sentence: str) -> Shape:
    parameters = {"path": found["code"].strip(), "content": content}
    if found["executable"]:
        parameters["mode"] = "0755"
    return _action("write_file", parameters, sentence)


def _action(kind: str, parameters: dict[str, Any], sentence: str) -> Shape:
    shape: dict[str, Any] = {"action_type": kind, "parameters": parameters}
    if sentence.startswith("`"):  # nothing but the command: the action type describes it as well
        return shape
    return shape | {"step_description": one_line(sentence.rstrip(" :"), width=200)}


def _plain(sentence: str) -> str:
    """Without the stars that make words bold or slanted; never touches what is inside code."""
    parts = re.split(r"(`+)", sentence)
    inside = ""
    for place, part in enumerate(parts):
        if part.startswith("`"):
            inside = "" if inside == part else inside or part
        elif not inside:
            parts[place] = part.replace("*", "")
    return " ".join("".join(parts).split()) if "`" not in sentence else "".join(parts).strip()
