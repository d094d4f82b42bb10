"""The results of a run in words: which tests passed, what scanners found, which artifacts there are."""

from __future__ import annotations

from collections.abc import Iterator

from bot.reports import phrases, safe
from bot.results.model import FailedTest, JUnitReport, Results, ScanReport
from bot.runs import Run

MOST_ROWS = 50
MOST_NAMED = 10  # failed tests, and artifacts


def sentences(run: Run, *, page_url: str) -> Iterator[str]:
    """Markdown paragraphs, the same wherever a run is shown."""
    if run.results.tests:
        yield _tests(run.results)
    if run.results.scans:
        found = phrases.joined(
            [
                phrases.count(sum(each.errors for each in run.results.scans), "error"),
                phrases.count(sum(each.warnings for each in run.results.scans), "warning"),
                phrases.count(sum(each.notes for each in run.results.scans), "note"),
            ]
        )
        yield f"Scanners report {found}."
    if run.results.artifacts:
        yield _artifacts(run, page_url)


def table(results: Results) -> str:
    """A row for each report, then the failed tests by name; "" without any."""
    return "\n\n".join(part for part in (_suites(results), _failed(results), _scans(results)) if part)


def size(number: int) -> str:
    """`312 bytes`, `12 KiB`, `3.4 MiB`."""
    if number < 1024:
        return phrases.count(number, "byte")
    return f"{number / 1024:.0f} KiB" if number < 1024 * 1024 else f"{number / 1024 / 1024:.1f} MiB"


def _tests(results: Results) -> str:
    told = [f"{phrases.count(sum(each.passed for each in results.tests), 'test')} passed"]
    for word in ("failed", "skipped"):
        number = sum(getattr(each, word) for each in results.tests)
        told += [f"{number:,} {word}"] if number else []
    return f"By their reports, {phrases.joined(told)}."


def _artifacts(run: Run, page_url: str) -> str:
    kept = run.results.artifacts
    named = [f"{safe.inline(each.path, limit=100)} ({size(each.size)})" for each in kept[:MOST_NAMED]]
    named += [f"{len(kept) - MOST_NAMED} more"] if len(kept) > MOST_NAMED else []
    return f"Kept, to be {phrases.link('downloaded', page_url)}: {phrases.joined(named)}."


def _suites(results: Results) -> str:
    head = ["| Tests of | Passed | Failed | Skipped | Time |", "| --- | ---: | ---: | ---: | ---: |"]
    return _rows(head, [_suite(each) for each in results.tests])


def _suite(report: JUnitReport) -> str:
    numbers = f"{report.passed:,} | {report.failed:,} | {report.skipped:,}"
    return f"| {safe.cell(report.path, limit=120)} | {numbers} | {phrases.duration(report.seconds)} |"


def _failed(results: Results) -> str:
    failures = [failure for report in results.tests for failure in report.failures]
    lines = [_failure(each) for each in failures[:MOST_NAMED]]
    more = sum(each.failed for each in results.tests) - len(lines)
    if lines and more > 0:
        lines.append(f"- And {more:,} more.")
    return "\n".join(lines)


def _failure(failure: FailedTest) -> str:
    message = f": {safe.words(failure.message, limit=300)}" if failure.message else ""
    return f"- {safe.inline(failure.name, limit=200)}{message}"


def _scans(results: Results) -> str:
    head = ["| Scan | By | Errors | Warnings | Notes |", "| --- | --- | ---: | ---: | ---: |"]
    return _rows(head, [_scan(each) for each in results.scans])


def _scan(report: ScanReport) -> str:
    tool = safe.cell(report.tool, limit=100) if report.tool else "not told"
    numbers = f"{report.errors:,} | {report.warnings:,} | {report.notes:,}"
    return f"| {safe.cell(report.path, limit=120)} | {tool} | {numbers} |"


def _rows(head: list[str], rows: list[str]) -> str:
    if not rows:
        return ""
    more = [f"\n{len(rows) - MOST_ROWS} more reports are not shown."] if len(rows) > MOST_ROWS else []
    return "\n".join([*head, *rows[:MOST_ROWS], *more])
