"""Makes a JSON schema of Slack's TypeScript types for blocks and views.

    python -m playground.slack.contract.cut

asks npm for the two packages below, in a folder of its own, and writes `blocks.json.gz` beside this file.
Needed when Slack has new blocks.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

Json = dict[str, Any]
CUT = Path(__file__).with_name("blocks.json.gz")
TYPES, GENERATOR = "@slack/types@3.2.0", "ts-json-schema-generator@2.10.0"
WANTED = "export type { KnownBlock, ModalView, HomeView } from '@slack/types';\n"
COMPILER = {"target": "es2022", "module": "esnext", "moduleResolution": "bundler", "strict": True}
KNOWN = {"$ref": "#/definitions/KnownBlock"}


def generated(folder: Path) -> Json:
    """The schema as the generator writes it: `additionalProperties` is false everywhere."""
    (folder / "package.json").write_text('{"private": true}')
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": COMPILER}))
    (folder / "wanted.ts").write_text(WANTED)
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", TYPES, GENERATOR]
    subprocess.run(install, cwd=folder, check=True, capture_output=True)
    program = folder / "node_modules" / ".bin" / "ts-json-schema-generator"
    options = ["--path", "wanted.ts", "--tsconfig", "tsconfig.json", "--type", "*", "--jsDoc", "none"]
    made = subprocess.run([program, *options, "--no-type-check"], cwd=folder, check=True, capture_output=True)
    schema: Json = json.loads(made.stdout)
    return schema


def narrowed(schema: Json) -> Json:
    """Where the types allow any block, only those they know; where they allow any record, a task."""
    definitions = schema["definitions"]
    del definitions["AnyBlock"], definitions["Block"]
    for view in ("ModalView", "HomeView"):
        definitions[view]["properties"]["blocks"]["items"] = KNOWN
    definitions["PlanBlock"]["properties"]["tasks"]["items"] = {"$ref": "#/definitions/TaskCardBlock"}
    return schema


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        cut = {"source": TYPES, **narrowed(generated(Path(name)))}
    text = json.dumps(cut, separators=(",", ":"), sort_keys=True).encode()
    CUT.write_bytes(gzip.compress(text, 9, mtime=0))
    print(f"{len(cut['definitions'])} definitions, {len(text)} bytes, {CUT.stat().st_size} compressed")


if __name__ == "__main__":
    main()
