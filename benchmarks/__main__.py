"""`python -m benchmarks [--quick] [--only NAME] [--out FILE] [--readme]`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console

from benchmarks import control, figures, intake, output, pickup, runs, slack, snapshots, steps, table
from benchmarks.figures import RESULTS, Figure, Figures
from benchmarks.scale import FULL, QUICK, Scale
from bot.errors import AgentError

MEASURES: Mapping[str, Callable[[Scale], Figures]] = {
    "intake": intake.measure,
    "runs": runs.measure,
    "pickup": pickup.measure,
    "steps": steps.measure,
    "snapshots": snapshots.measure,
    "output": output.measure,
    "control": control.measure,
    "slack": slack.measure,
}


def main() -> int:
    wanted = _arguments()
    if wanted.readme:
        readme = table.README.read_text(encoding="utf-8")
        written = table.with_table(readme, table.markdown(figures.read()))
        table.README.write_text(written, encoding="utf-8")
        return 0
    console, found = Console(), dict[str, Figure]()
    for name in wanted.only or MEASURES:
        began = time.monotonic()
        console.print(f"{name} …")
        found |= MEASURES[name](QUICK if wanted.quick else FULL)
        console.print(f"{name} took {time.monotonic() - began:.0f} s.")
    console.print(table.terminal(found))
    out: Path | None = wanted.out
    if out is None and not wanted.quick and not wanted.only:
        out = RESULTS
    if out is not None:
        figures.write(found, out)
        console.print(f"Written to {out}. The README's table is written by `{table.COMMAND}`.")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measures what the README claims."
    )
    parser.add_argument(
        "--quick", action="store_true", help="only see that it can be measured; writes no results"
    )
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="one part; writes no results")
    parser.add_argument(
        "--out", type=Path, help="write the results here (a full run: benchmarks/results.json)"
    )
    parser.add_argument(
        "--readme",
        action="store_true",
        help="measure nothing; put the results that are there into the README",
    )
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AgentError as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
