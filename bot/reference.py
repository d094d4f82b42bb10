"""The pages under docs/reference that are made from code. `python -m bot.reference` writes them again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from bot.actions import ACTIONS
from bot.actions.model import ActionType, Where
from bot.reports.replies import verbs_table
from bot.restraint import Restraint
from bot.rules import RepositoryFile, ServerFile
from bot.rules.effective import NUMBERS
from bot.verbs import VERBS

_NOTE = "<!-- Made from code by `python -m bot.reference`; change the code instead. -->"
_WHERE = {Where.BOX: "in the box", Where.DESK: "at the desk, after the box has ended"}


def verbs() -> str:
    return f"{_NOTE}\n# Verbs\n\n{verbs_block()}\n"


def verbs_block() -> str:
    """The table between its markers, as the README has it, too."""
    return f"<!-- verbs:begin -->\n{verbs_table(list(VERBS.values()))}\n<!-- verbs:end -->"


def actions() -> str:
    parts = [
        _NOTE,
        "# Actions",
        "A plan is made of actions. Parameters are strict: a name that is not here is refused, and nothing "
        "is "
        "converted silently. Paths are relative to the repository and stay in it; `.git`, `.gitmodules`, "
        "`.gitattributes` and `.github/workflows` are refused however they are spelled. How to add a type: "
        "`docs/guides/adding-an-action.md`.",
        *(_action(kind) for kind in ACTIONS.values()),
    ]
    return "\n\n".join(parts) + "\n"


def _action(kind: ActionType[Any]) -> str:
    facts = (
        f"Runs {_WHERE[kind.where]}. Risk: {kind.risk}. "
        f"{'May be repeated' if kind.repeatable else 'Is not repeated'} when a worker is lost"
        f"{', unless it says `once`' if 'once' in kind.parameters.model_fields else ''}."
    )
    schema = kind.parameters.model_json_schema()
    rows = "\n".join(_rows(schema, schema))
    table = f"| Parameter | Type | Default | Meaning |\n| --- | --- | --- | --- |\n{rows}"
    return f"## `{kind.name}`\n\n{kind.summary} {facts}\n\n{table}"


def _rows(schema: dict[str, Any], root: dict[str, Any], prefix: str = "") -> list[str]:
    rows = []
    for name, field in schema.get("properties", {}).items():
        inner = _resolved(field, root)
        if "properties" in inner:
            rows += _rows(inner, root, f"{prefix}{name}.")
            continue
        if (item := _item(field, root)) is not None:
            rows += [f"| `{prefix}{name}` | list | | {field.get('description', '')} |"]
            rows += _rows(item, root, f"{prefix}{name}[].")
            continue
        default = "required" if name in schema.get("required", []) else _shown(field.get("default"))
        default = default or _BUILT_IN.get(f"{prefix}{name}", "")
        rows.append(
            f"| `{prefix}{name}` | {_type(field, root)} | {default} | {field.get('description', '')} |"
        )
    return rows


def _item(field: dict[str, Any], root: dict[str, Any]) -> dict[str, Any] | None:
    """What a list is a list of, if that has fields of its own."""
    choices = [_resolved(each, root) for each in field.get("anyOf", [field])]
    items = [_resolved(each["items"], root) for each in choices if each.get("type") == "array"]
    return next((each for each in items if "properties" in each), None)


def _resolved(field: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    name = field.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = root["$defs"][name] if name else field
    return found


def _shown(default: Any) -> str:
    return "" if default is None or default == {} else f"`{json.dumps(default)}`"


def _type(field: dict[str, Any], root: dict[str, Any]) -> str:
    field = _resolved(field, root) | {key: value for key, value in field.items() if key != "$ref"}
    if "anyOf" in field:
        return " or ".join(_type(each, root) for each in field["anyOf"] if each.get("type") != "null")
    if "enum" in field or "const" in field:
        return ", ".join(f"`{each}`" for each in field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        return f"list of {_type(field['items'], root)}"
    if field.get("type") == "object":
        inner = field.get("additionalProperties")
        return (
            f"mapping to {_type(inner, root)}" if isinstance(inner, dict) and "type" in inner else "mapping"
        )
    names = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true`, `false`"}
    least, most = field.get("minimum"), field.get("maximum")
    span = f" from {least}" if least is not None else ""
    return names[field["type"]] + span + (f" to {most}" if most is not None else "")


def configuration() -> str:
    repository, server = RepositoryFile.model_json_schema(), ServerFile.model_json_schema()
    head = "| Key | Values | Default | Meaning |\n| --- | --- | --- | --- |\n"
    parts = [
        _NOTE,
        "# Configuration",
        "## `.github/agent.yml`",
        "Read from the default branch of a repository, never from a pull request; where it is missing, the "
        "same path in the owner's `.github` repository counts; of `policy` both count. Keys are strict. A "
        "mistake is answered with its line, its "
        "key and what is allowed; `devops-agent config check FILE` tells it beforehand. Editors can use "
        "`docs/reference/agent.schema.json`. `/agent config` shows what holds and where each value came "
        "from.",
        head
        + "\n".join(
            [*(row for row in _rows(repository, repository) if "| `verbs` |" not in row), _VERBS_ROW]
        ),
        "```yaml\nversion: 1\nlimits:\n  step_timeout_s: 300\nerror_handling: continue\nverbs:\n  run:\n"
        "    needs: maintain\n```",
        "## The server's file",
        "`defaults` hold where a repository says nothing, `ceilings` are the most that it may choose: a "
        "larger value "
        "is cut and `/agent config` tells it. Without a ceiling the default is also the most. `defaults` "
        "has the "
        "keys of `.github/agent.yml` without `policy`, `ceilings` those under `limits`, and "
        "`budget_ceilings` those under `budget`. `policy` has the keys it has there, and `bots`; it holds in "
        "every repository, whatever the repository says.",
        head
        + "\n".join(
            row
            for row in _rows(server, server)
            if not row.startswith(("| `defaults.", "| `ceilings.", "| `budget_ceilings.", "| `policy."))
            or row.startswith("| `policy.bots`")
        ),
        "```yaml\nversion: 1\nrepositories: [acme/*]\nimages: [devops-agent-sandbox:latest]\ndefaults:\n  "
        "limits:\n"
        "    memory_mb: 1024\nceilings:\n  memory_mb: 4096\n```",
    ]
    return "\n\n".join(parts) + "\n"


# What holds when no file says anything; the models leave it open, so that one file can lie over another.
_BUILT_IN = {
    f"{part}.{each.name}": f"`{each.default}`"
    for part, kind in {**NUMBERS, "rates": Restraint}.items()
    for each in fields(kind)
} | {
    "error_handling": "`stop`",
    "pull_request": "`true`",
    "supersede": "`finish`",
    "image": "the server's",
    "model": "the server's",
    "environment": "none",
    "network": "none",
    "services": "none",
    "artifacts": "none",
    "reports": "none",
    "setup": "none",
    "cache": "none",
}

_VERBS_ROW = (
    "| `verbs.<verb>.needs` | `read`, `triage`, `write`, `maintain`, `admin` |  | "
    "The least role that may use the verb. It can only be raised. |"
)


def schema() -> str:
    """The JSON schema of `.github/agent.yml`."""
    told = RepositoryFile.model_json_schema() | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "devops-agent: .github/agent.yml",
    }
    return json.dumps(told, indent=2, sort_keys=True) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "actions.md": actions,
    "agent.schema.json": schema,
    "configuration.md": configuration,
    "verbs.md": verbs,
}

FOLDER = Path(__file__).parent.parent / "docs" / "reference"


def main() -> None:
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
