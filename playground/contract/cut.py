"""Cuts GitHub's OpenAPI description down to the operations that the playground answers.

    npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
    python -m playground.contract.cut package

writes `github.json.gz` beside this file. Needed when an operation is added to `playground/github/routes.py`.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playground.github.routes import TABLE

Json = dict[str, Any]
CUT = Path(__file__).with_name("github.json.gz")
# Words for readers, not for a judge. GitHub's own examples break its schema in six places.
CHATTER = {"description", "example", "examples", "title", "format", "externalDocs", "deprecated", "default"}

# Where the description is wrong: an account would have to be a user and an enterprise at once.
CORRECTED = {
    "GET /app/installations": {
        "200": {"type": "array", "items": {"$ref": "#/components/schemas/installation"}}
    }
}


def judged(schema: Any) -> Any:
    """An OpenAPI 3.0 schema as a JSON Schema: `nullable` becomes a union, chatter goes."""
    if isinstance(schema, list):
        return [judged(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept: Json = {}
    for key, value in schema.items():
        if key == "properties":
            kept[key] = {name: judged(inner) for name, inner in value.items()}
        elif key in {"enum", "required", "const"}:
            kept[key] = value
        elif key not in CHATTER and key != "nullable" and not key.startswith("x-"):
            kept[key] = judged(value)
    if not schema.get("nullable"):
        return kept
    if "type" in kept:
        kept["type"] = [kept["type"], "null"]
        if "enum" in kept:
            kept["enum"] = [*kept["enum"], None]
        if not kept.keys() & {"oneOf", "anyOf", "allOf"}:
            return kept
    return {"anyOf": [kept, {"type": "null"}]}


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield reference
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


class Cutter:
    def __init__(self, description: Json) -> None:
        self._whole = description

    def _followed(self, thing: Json) -> Json:
        while "$ref" in thing:
            found: Any = self._whole
            for part in thing["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            thing = found
        return thing

    @staticmethod
    def _schema(content: Json | None) -> Any:
        return judged((content or {}).get("application/json", {}).get("schema"))

    def operation(self, method: str, template: str) -> Json:
        path = self._whole["paths"][template]
        described = path[method.lower()]
        parameters = [
            self._followed(p) for p in [*path.get("parameters", []), *described.get("parameters", [])]
        ]
        asked = self._followed(described.get("requestBody", {}))
        answers = {status: self._followed(answer) for status, answer in described["responses"].items()}
        corrected = CORRECTED.get(f"{method} {template}", {})
        return {
            "query": {
                p["name"]: {"required": p.get("required", False), "schema": judged(p["schema"])}
                for p in parameters
                if p["in"] == "query"
            },
            "body": self._schema(asked.get("content")),
            "body_required": asked.get("required", False),
            "answers": {
                status: corrected.get(status) or self._schema(answer.get("content"))
                for status, answer in answers.items()
            },
        }

    def cut(self) -> Json:
        operations = {route.name: self.operation(route.method, route.template) for route in TABLE}
        schemas: Json = {}
        wanted = list(_references(operations))
        while wanted:
            name = wanted.pop().rpartition("/")[2]
            if name not in schemas:
                schemas[name] = judged(self._whole["components"]["schemas"][name])
                wanted.extend(_references(schemas[name]))
        return {"operations": operations, "components": {"schemas": schemas}}


def main(package: Path) -> None:
    description = json.loads((package / "generated" / "api.github.com.json").read_text())
    version = json.loads((package / "package.json").read_text())["version"]
    cut = {"source": f"@octokit/openapi {version}", **Cutter(description).cut()}
    text = json.dumps(cut, separators=(",", ":"), sort_keys=True).encode()
    CUT.write_bytes(gzip.compress(text, 9, mtime=0))
    print(f"{len(cut['operations'])} operations, {len(text)} bytes, {CUT.stat().st_size} compressed")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
