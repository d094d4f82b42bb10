"""Figures that are claimed were measured: the file has what is promised, the README shows that file."""

from __future__ import annotations

import pytest

from benchmarks import figures, table
from benchmarks.figures import MEANINGS, Figure

PROMISED = (
    "intake_rps",
    "intake_p99_ms",
    "webhook_to_in_progress_ms_p50",
    "webhook_to_first_line_ms_p50",
    "pickup_to_first_line_ms_p50",
    "step_overhead_vs_raw_exec",
    "step_overhead_vs_swerex",
    "parallel_vs_critical_path",
    "boxes50_step_p95_ratio",
    "snapshot_vs_put_archive",
    "log_mb_s",
    "slack_ack_p99_ms",
)
MEASURED = figures.read()


@pytest.mark.parametrize("name", PROMISED)
def test_a_promised_figure_was_measured_beside_its_floor(name: str) -> None:
    """What the README claims comes with the least that the same machine needed."""
    assert MEASURED[name].floor is not None


@pytest.mark.parametrize(("name", "figure"), MEASURED.items())
def test_a_figure_is_a_number_with_its_unit_and_count(name: str, figure: Figure) -> None:
    """More than nothing, measured at least once, in a unit that a reader knows."""
    assert (figure.value > 0, figure.n >= 1, figure.unit in {"/s", "ms", "s", "MB", "MB/s", "×"}) == (
        True,
        True,
        True,
    )


@pytest.mark.parametrize("name", MEANINGS)
def test_every_figure_that_is_explained_was_measured(name: str) -> None:
    """A full run leaves no row of the table out."""
    assert name in MEASURED


def test_no_figure_was_measured_that_nobody_explains() -> None:
    """Each has its row in the table of meanings, whose order the README keeps."""
    assert list(MEASURED) == list(MEANINGS)


def test_the_table_of_the_readme_is_the_one_of_the_results() -> None:
    """Whoever measures again writes it again: `python -m benchmarks --readme`."""
    readme = table.README.read_text(encoding="utf-8")
    assert table.block(readme) == table.markdown(MEASURED)


def test_a_readme_without_markers_gets_a_section_at_its_end() -> None:
    """And a second writing changes nothing any more."""
    once = table.with_table("# Ours\n", table.markdown(MEASURED))
    assert once.startswith("# Ours\n\n## Benchmarks\n")
    assert table.with_table(once, table.markdown(MEASURED)) == once


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 2.0), (0.75, 3.0), (0.99, 4.0), (1.0, 4.0)], ids=["p50", "p75", "p99", "all"]
)
def test_a_share_of_values_is_taken_by_nearest_rank(share: float, value: float) -> None:
    """No value is reported that was not seen."""
    assert figures.at_most([4.0, 1.0, 3.0, 2.0], share) == value
