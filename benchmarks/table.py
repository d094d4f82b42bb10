"""The figures for people: a table in the terminal, and the same in the README between two markers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.table import Table

from benchmarks.figures import MEANINGS, Figure, Figures

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
COMMAND = "python -m benchmarks --readme"


def terminal(figures: Figures) -> Table:
    table = Table(title="Benchmarks", title_justify="left")
    for heading, side in (("", "left"), ("value", "right"), ("floor", "right"), ("n", "right")):
        table.add_column(heading, justify="right" if side == "right" else "left")
    for what, value, floor, n in _rows(figures):
        table.add_row(what, value, floor, n)
    return table


def markdown(figures: Figures) -> str:
    """What stands between the markers."""
    rows = [f"| {' | '.join(row)} |" for row in _rows(figures)]
    floors = sorted({meaning.floor for name, meaning in MEANINGS.items() if name in figures} - {""})
    return "\n".join(
        [
            "| | Value | Floor | n |",
            "| --- | ---: | ---: | ---: |",
            *rows,
            "",
            f"The floor is the least that the same machine needed in the same run ({len(floors)} kinds, "
            "named in `benchmarks/figures.py`).",
            f"Made by `make bench`, written here by `{COMMAND}`; where the time goes: `docs/performance.md`.",
        ]
    )


def block(readme: str) -> str:
    """What a README has between its markers now."""
    return readme.split(BEGIN, 1)[1].split(END, 1)[0].strip()


def with_table(readme: str, table: str) -> str:
    """The README with this table; a section at its end when it has no markers yet."""
    if BEGIN not in readme or END not in readme:
        readme = f"{readme.rstrip()}\n\n## Benchmarks\n\n{BEGIN}\n{END}\n"
    before, rest = readme.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def _rows(figures: Figures) -> Iterator[tuple[str, str, str, str]]:
    for name, meaning in MEANINGS.items():
        figure = figures.get(name)
        if figure is not None:
            yield meaning.what, _shown(figure.value, figure), _floor(figure), f"{figure.n:,}"


def _floor(figure: Figure) -> str:
    return "" if figure.floor is None else _shown(figure.floor, figure)


def _shown(value: float, figure: Figure) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {figure.unit}"
