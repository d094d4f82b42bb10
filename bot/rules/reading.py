"""Reads a configuration file: strict keys, and for each problem its line, its key and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bot import plainly
from bot.errors import UserError
from bot.reports.safe import inline
from bot.rules.file import RepositoryFile, ServerFile
from bot.yaml12 import Node, YamlError, load

MAX_BYTES = 64 * 1024

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `line` counts from 1; `key` is like `limits.cpus`, "" for the file itself."""

    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"Line {self.line}: " + (f"{inline(self.key, limit=80)} " if self.key else "") + self.message


def check_file(text: str) -> list[Problem]:
    """What is wrong with a repository's file; empty when it can be used."""
    return _read(text, RepositoryFile)[1]


def check_server_file(text: str) -> list[Problem]:
    return _read(text, ServerFile)[1]


def repository_file(content: bytes, *, where: str) -> RepositoryFile:
    """The file as a model. UserError lists all problems, one a line."""
    return _model(content, where, RepositoryFile)


def server_file(content: bytes, *, where: str = "the server's file") -> ServerFile:
    return _model(content, where, ServerFile)


def _model(content: bytes, where: str, kind: type[M]) -> M:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"I cannot use {where}: it is not UTF-8 text. Please save it as UTF-8.") from error
    model, problems = _read(text, kind)
    if model is None:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise UserError(f"I cannot use {where} as it is. Please mend this on the default branch:\n\n{listed}")
    return model


def _read(text: str, kind: type[M]) -> tuple[M | None, list[Problem]]:
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return None, [Problem(1, "", f"The file is too long: at most {MAX_BYTES // 1024} KiB can be read.")]
    try:
        root = load(text)
    except YamlError as error:
        return None, [Problem(error.line, "", error.reason[:1].upper() + error.reason[1:])]
    plain = root.plain()
    try:
        return kind.model_validate({} if plain is None else plain), []
    except ValidationError as error:
        problems = [
            _problem(each, root, kind) for each in error.errors(include_url=False, include_input=False)
        ]
        return None, sorted(problems, key=lambda problem: (problem.line, problem.key))


def _problem(told: Mapping[str, Any], root: Node, kind: type[BaseModel]) -> Problem:
    # For the name of a key pydantic adds "[key]"; the key itself stands before it.
    path = [part for part in told["loc"] if part != "[key]"]
    if not path:
        return Problem(root.line, "", "The file must be a mapping of names to values, like `version: 1`.")
    if "[key]" in told["loc"] and "expected" in told.get("ctx", {}):
        known = str(told["ctx"]["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        message = plainly.unknown(str(path[-1]), known)
    else:
        message = plainly.reason(told, known=_known(kind, path[:-1]))
    return Problem(root.line_of(path), ".".join(str(part) for part in path), message)


def _without_none(annotation: Any) -> Any:
    return next((each for each in get_args(annotation) if get_origin(annotation) is UnionType), annotation)


def _known(kind: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """The keys that are allowed at a path of a model."""
    model: Any = kind
    for part in path:
        if isinstance(model, type) and issubclass(model, BaseModel) and part in model.model_fields:
            model = _without_none(model.model_fields[str(part)].annotation)
        else:  # a list of models, or a mapping of names to them
            model = next(reversed(get_args(model)), None)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []
