"""`python -m tests.crash`: the last line is `N points, V violations`, the status 1 when there are any."""

from __future__ import annotations

import argparse
import sys
import time

from tests.crash.sweep import Sweep


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--times", type=int, default=1, help="how often each point is tried")
    parser.add_argument("--grounds", type=int, default=3, help="stages side by side")
    parser.add_argument("--sample", type=int, help="only so many of them, chosen by the seed")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}", flush=True)
    points, broken = Sweep(wanted.times, wanted.grounds, wanted.sample, wanted.seed).run()
    print(f"{points} points, {broken} violations", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
