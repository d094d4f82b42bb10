"""YAML as people may write it to us: one document of plain data, by YAML 1.2's rules, with line numbers.

PyYAML only splits the text into events here. Nothing is ever constructed from a tag; anchors, aliases and
merge keys are refused (bombs are made of them), as are repeated keys. `on`, `no`, `0644` and `2026-01-01`
stay text, as in YAML 1.2, instead of turning into booleans, octal numbers and dates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from bot.errors import UserError
from bot.reports.safe import inline

MAX_DEPTH = 32

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})\Z", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,18})?(?:[eE][-+]?[0-9]{1,2})?\Z", re.ASCII)


class YamlError(UserError):
    """The text cannot be read. `line` counts from 1 in the given text, `reason` is the sentence alone."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"Line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(frozen=True)
class Node:
    """A value and the line it stands on. `value` is a scalar, a list of nodes, or a dict of text to nodes."""

    line: int
    value: Any

    def plain(self) -> Any:
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        return self.value

    def line_of(self, path: Sequence[str | int]) -> int:
        """The line of the value at a path of keys and indices, or of what is nearest around it."""
        node = self
        for key in path:
            inside = node.value
            if isinstance(inside, dict) and key in inside:
                node = inside[str(key)]
            elif isinstance(inside, list) and isinstance(key, int) and key < len(inside):
                node = inside[key]
            else:
                break
        return node.line


@dataclass
class _Open:
    """A list or a mapping whose end has not been read yet."""

    line: int
    items: list[Node] | None
    pairs: dict[str, Node] | None
    key: str | None = None

    @property
    def wants_key(self) -> bool:
        return self.pairs is not None and self.key is None

    def add(self, node: Node) -> None:
        if self.items is not None:
            self.items.append(node)
            return
        assert self.pairs is not None  # noqa: S101  # one of the two is always there
        if self.key is None:
            self.key = _as_key(node, self.pairs)
            return
        self.pairs[self.key] = node
        self.key = None


def load(text: str) -> Node:
    """The one document of the text. Raises YamlError with the line and what is wrong with it."""
    stack: list[_Open] = []
    root: Node | None = None
    documents = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise YamlError(_line(event), "there is a second document (`---`). Please keep one.")
                continue
            if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                _refuse_properties(event)
                if len(stack) >= MAX_DEPTH:
                    raise YamlError(_line(event), f"this is nested more than {MAX_DEPTH} levels deep.")
                is_list = isinstance(event, yaml.SequenceStartEvent)
                stack.append(_Open(_line(event), [] if is_list else None, None if is_list else {}))
                continue
            if isinstance(event, yaml.AliasEvent):
                raise YamlError(_line(event), "aliases (`*name`) are not supported. Please write it out.")
            if isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                done = stack.pop()
                node = Node(done.line, done.pairs if done.items is None else done.items)
            elif isinstance(event, yaml.ScalarEvent):
                _refuse_properties(event)
                is_key = bool(stack) and stack[-1].wants_key
                node = Node(_line(event), str(event.value) if is_key else _scalar(event))
            else:
                continue
            if stack:
                stack[-1].add(node)
            else:
                root = node
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(mark.line + 1 if mark else 1, f"this is not YAML: {error.problem}.") from error
    except yaml.YAMLError as error:  # characters that YAML does not allow at all carry no line
        raise YamlError(1, "there is a character in the text that YAML does not allow.") from error
    return root if root is not None else Node(1, None)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _refuse_properties(event: Any) -> None:
    if event.anchor is not None:
        raise YamlError(_line(event), "anchors (`&name`) are not supported. Please write the value out.")
    if event.tag is not None and event.tag != "!":
        raise YamlError(_line(event), "tags (`!…`) are not supported. Please write plain values.")


def _scalar(event: Any) -> Any:
    text = str(event.value)
    if not event.implicit[0]:  # quoted or a block: text, whatever it looks like
        return text
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text


def _as_key(node: Node, pairs: dict[str, Node]) -> str:
    if isinstance(node.value, list | dict):
        raise YamlError(node.line, "a list or a mapping cannot be a key here.")
    if node.value == "<<":
        raise YamlError(node.line, "merge keys (`<<`) are not supported. Please write the values out.")
    key = str(node.value)
    if key in pairs:
        raise YamlError(node.line, f"the key {inline(key, limit=60)} is there twice. Please keep one.")
    return key
