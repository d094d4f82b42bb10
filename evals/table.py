"""The results for people: a line for each case, a score for each theme, and one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from bot.reports import safe
from evals.asking import Result

LONGEST = 400  # characters of one thing that is wrong


def cases(results: Sequence[Result]) -> Table:
    table = Table(title="Cases", title_justify="left")
    for heading in ("case", "verdict", "what is wrong"):
        table.add_column(heading, overflow="fold")
    for heading in ("calls", "tokens", "USD", "s"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in results:
        table.add_row(each.case.id, _verdict(each), _wrong(each), *_spent([each]))
    table.add_section()
    table.add_row("all", f"{_good(results)} of {len(results)}", "", *_spent(results))
    return table


def themes(results: Sequence[Result]) -> Table:
    table = Table(title="Themes", title_justify="left")
    for heading, side in (("theme", "left"), ("good", "right"), ("score", "right")):
        table.add_column(heading, justify="right" if side == "right" else "left")
    for theme in dict.fromkeys(each.case.theme for each in results):
        of_theme = [each for each in results if each.case.theme == theme]
        table.add_row(theme, f"{_good(of_theme)} of {len(of_theme)}", f"{score(of_theme):.0f} %")
    return table


def score(results: Sequence[Result]) -> float:
    """How many of a hundred are good."""
    return 100 * _good(results) / len(results)


def sentence(results: Sequence[Result], model: str) -> str:
    return f"{model}: {_good(results)} of {len(results)} answers are good, {score(results):.0f} %."


def _good(results: Sequence[Result]) -> int:
    return sum(each.good for each in results)


def _verdict(result: Result) -> Text:
    return Text("good", style="green") if result.good else Text("wrong", style="red")


def _wrong(result: Result) -> Text:
    """Some of it a model wrote: neither markup nor what a terminal would obey."""
    return Text("\n".join(safe.one_line(each, limit=LONGEST) for each in result.lacks))


def _spent(results: Sequence[Result]) -> tuple[str, str, str, str]:
    costs = [each.cost_usd for each in results]
    known = [cost for cost in costs if cost is not None]
    return (
        f"{sum(len(each.calls) for each in results):,}",
        f"{sum(each.tokens for each in results):,}",
        f"{sum(known):.4f}" if len(known) == len(costs) else "unknown",
        f"{sum(each.seconds for each in results):.1f}",
    )
