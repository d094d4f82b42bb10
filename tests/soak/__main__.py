"""`python -m tests.soak`: the last line is `N runs, V violations`, the status 1 when there are any."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.soak.faults import chosen
from tests.soak.soaking import Crew, Size, soak


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("-n", type=int, default=50, help="runs")
    parser.add_argument("--faults", default="all", help="all, none, or names with commas between them")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--seconds", type=float, default=3600.0, help="ask for no more runs after these")
    parser.add_argument("--keep", type=Path, help="a folder in which logs and ledger stay")
    parser.add_argument("--desks", type=int, default=1, help="how many share the ledger")
    parser.add_argument("--hands", type=int, default=1, help="the same")
    parser.add_argument("--ledger", choices=["sqlite", "postgres"], default="sqlite")
    wanted = parser.parse_args()
    try:
        faults = chosen(wanted.faults)
    except ValueError as wrong:
        parser.error(str(wrong))
    print(f"seed {wanted.seed}", flush=True)
    crew = Crew(wanted.desks, wanted.hands, on_postgres=wanted.ledger == "postgres")
    runs, broken = soak(Size(wanted.n, wanted.seconds, wanted.seed), faults, crew, keep=wanted.keep)
    for sentence in broken:
        print(sentence)
    print(f"{runs} runs, {len(broken)} violations", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
