"""Says in plain words what is wrong with a value that a pydantic model refused."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

_KINDS = {
    "string_type": "must be text. If it looks like a number or `true`, put it in quotes.",
    "int_type": "must be a whole number.",
    "int_from_float": "must be a whole number.",
    "float_type": "must be a number.",
    "finite_number": "must be a number.",
    "bool_type": "must be `true` or `false`.",
    "list_type": "must be a list.",
    "dict_type": "must be a mapping of names to values.",
    "model_type": "must be a mapping of names to values.",
    "model_attributes_type": "must be a mapping of names to values.",
    "missing": "is missing.",
}


def reason(problem: Mapping[str, Any], *, known: Iterable[str] = ()) -> str:
    """What one entry of `ValidationError.errors()` means, to follow the name of the field."""
    kind, told = str(problem["type"]), problem.get("ctx", {})
    if kind in _KINDS:
        return _KINDS[kind]
    if kind == "extra_forbidden":
        return unknown(str(problem["loc"][-1]), known)
    if kind in ("value_error", "assertion_error"):
        return str(told.get("error", problem["msg"]))
    if kind in ("literal_error", "enum"):
        return f"must be one of {str(told['expected']).replace(' or ', ', ').replace(chr(39), '`')}."
    if kind == "greater_than_equal":
        return f"must be at least {told['ge']}."
    if kind == "greater_than":
        return f"must be more than {told['gt']}."
    if kind == "less_than_equal":
        return f"must be at most {told['le']}."
    if kind in ("string_too_long", "too_long"):
        return f"is too long: at most {told['max_length']} are allowed."
    if kind == "string_pattern_mismatch":
        return f"must look like {told['pattern']}."
    if kind in ("string_too_short", "too_short"):
        return "must not be empty."
    return f"cannot be used: {problem['msg']}."


def unknown(name: str, known: Iterable[str]) -> str:
    """Why an unknown name is refused, with the nearest known one or all of them."""
    names = sorted(known)
    close = nearest(name, names)
    if close:
        return f"is not known here. Did you mean `{close}`?"
    listed = ", ".join(f"`{each}`" for each in names)
    return f"is not known here. Known are {listed}." if names else "is not known here."


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None. Of a long word only the beginning is compared."""
    found = difflib.get_close_matches(word.lower()[:60], list(known), n=1, cutoff=0.6)
    return found[0] if found else None
