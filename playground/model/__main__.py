"""`python -m playground.model`: a model that says what a script tells it. Its key is in MODEL_KEY."""

from __future__ import annotations

import argparse
import os

from playground.model.server import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m playground.model", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    run(parser.parse_args().port, os.environ.get("MODEL_KEY", "sk-scripted"))


if __name__ == "__main__":
    main()
