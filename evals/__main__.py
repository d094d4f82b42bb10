"""`python -m evals [--model NAME] [--only THEME|CASE] [--at-once N] [--least PERCENT]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console
from rich.progress import track

from bot.errors import AgentError, UserError
from bot.settings import PREFIX, ModelSettings, load
from evals import table
from evals.asking import put
from evals.model import Case, Question
from evals.reading import read_cases, read_questions
from runners.llm import open_model


def main(words: Sequence[str] | None = None) -> int:
    wanted = _arguments(words)
    settings = load(ModelSettings)
    name = wanted.model or settings.model
    # Fallbacks would be measured in its name.
    model = open_model(settings.model_copy(update={"model": name, "model_fallbacks": ()}))
    if model is None:
        raise UserError(f"Which model? Say `--model provider/model`, or set {PREFIX}MODEL.")
    cases = _chosen((*read_cases(), *read_questions()), wanted.only)
    with ThreadPoolExecutor(wanted.at_once) as pool:
        asked = pool.map(lambda case: put(case, model), cases)
        waiting = Console(stderr=True)
        results = list(track(asked, "Asking …", len(cases), console=waiting, transient=True))
    console = Console()
    console.print(table.cases(results))
    console.print(table.themes(results))
    console.print(table.sentence(results, name), markup=False, highlight=False)
    return int(table.score(results) < wanted.least)


def _chosen(cases: Sequence[Case | Question], only: Sequence[str]) -> list[Case | Question]:
    known = {name for case in cases for name in (case.id, case.theme)}
    unknown = sorted(set(only) - known)
    if unknown:
        themes = ", ".join(dict.fromkeys(case.theme for case in cases))
        raise UserError(f"There is no case or theme called {', '.join(unknown)}. Themes are {themes}.")
    return [case for case in cases if not only or {case.id, case.theme} & set(only)]


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m evals", description="Asks a model for plans and answers, and says how good they are."
    )
    parser.add_argument("--model", default="", help=f"`provider/model`; without it, {PREFIX}MODEL")
    parser.add_argument(
        "--only", action="append", default=[], help="one theme or one case; may be said several times"
    )
    parser.add_argument(
        "--at-once",
        type=int,
        default=4,
        choices=range(1, 33),
        metavar="N",
        help="questions under way together (4)",
    )
    parser.add_argument(
        "--least", type=float, default=0, help="exit 1 when fewer per cent of the answers are good (0)"
    )
    return parser.parse_args(words)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AgentError as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
