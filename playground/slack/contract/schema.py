"""The second judge: a JSON schema made of Slack's own TypeScript types, which allows no other key."""

from __future__ import annotations

import functools
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

Json = dict[str, Any]
CUT = Path(__file__).with_name("blocks.json.gz")
VIEWS = {"modal": "ModalView", "home": "HomeView"}
OPTIONS = {
    "options": {"type": "array", "items": {"$ref": "#/definitions/PlainTextOption"}},
    "option_groups": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["label", "options"],
            "additionalProperties": False,
            "properties": {
                "label": {"$ref": "#/definitions/PlainTextElement"},
                "options": {"type": "array", "items": {"$ref": "#/definitions/PlainTextOption"}},
            },
        },
    },
}


@functools.cache
def _definitions() -> Json:
    cut: Json = orjson.loads(gzip.decompress(CUT.read_bytes()))
    definitions: Json = cut["definitions"]
    return definitions


@functools.cache
def _blocks() -> dict[str, str]:
    """Which definition says what a block of a type is."""
    found = {}
    for reference in _definitions()["KnownBlock"]["anyOf"]:
        name = reference["$ref"].rpartition("/")[2]
        for shape in _definitions()[name].get("anyOf", [_definitions()[name]]):
            found[shape["properties"]["type"]["const"]] = name
    return found


@functools.cache
def _validator(name: str) -> jsonschema_rs.Validator:
    schema = {"$ref": f"#/definitions/{name}", "definitions": _definitions()}
    return jsonschema_rs.Draft7Validator(schema)


@functools.cache
def _options_validator() -> jsonschema_rs.Validator:
    schema = {"type": "object", "additionalProperties": False, "properties": OPTIONS}
    return jsonschema_rs.Draft7Validator({**schema, "definitions": _definitions()})


@dataclass(frozen=True, slots=True)
class _Reason:
    path: tuple[str | int, ...]
    message: str

    def __str__(self) -> str:
        return f"{''.join(f'/{part}' for part in self.path)}: {self.message[:300]}"


def _reasons(error: jsonschema_rs.ValidationError) -> list[_Reason]:
    """Of alternatives, only why those were not kept that have the type of the thing at hand."""
    here = tuple(error.instance_path)
    branches: list[list[jsonschema_rs.ValidationError]] | None = getattr(error.kind, "context", None)
    if not branches:
        return [_Reason(here, error.message)]
    told = [[reason for inner in branch for reason in _reasons(inner)] for branch in branches]
    meant = [reasons for reasons in told if all(reason.path != (*here, "type") for reason in reasons)]
    if meant:
        return [reason for reasons in meant for reason in reasons]
    named = error.instance.get("type") if isinstance(error.instance, dict) else error.instance
    return [_Reason((*here, "type"), f"{named!r} may not stand here")]


def _complaints(validator: jsonschema_rs.Validator, value: Any, place: str = "") -> Iterator[str]:
    if not validator.is_valid(value):
        said = [f"{place}{reason}" for error in validator.iter_errors(value) for reason in _reasons(error)]
        yield from dict.fromkeys(said)


def complaints_about_blocks(blocks: list[Json]) -> Iterator[str]:
    for place, block in enumerate(blocks):
        name = _blocks().get(block["type"])
        if name is None:
            yield f"/blocks/{place}: {block['type']!r} is no block"
        else:
            yield from _complaints(_validator(name), block, f"/blocks/{place}")


def complaints_about_view(view: Json) -> Iterator[str]:
    name = VIEWS.get(view.get("type", ""))
    if name is None:
        yield f"/type: {view.get('type')!r} is no view"
        return
    yield from _complaints(_validator(name), {**view, "blocks": []})
    yield from complaints_about_blocks(view["blocks"])


def complaints_about_options(answer: Json) -> Iterator[str]:
    yield from _complaints(_options_validator(), answer)
