"""The log of a run: all of it, read in pieces, for the download; the ends of its steps, for a page."""

from __future__ import annotations

from collections.abc import Iterator

from bot.ids import RunId
from bot.journal import End, Entry, EntryKind
from bot.reports import phrases, safe
from bot.runs import Run
from handlers.pages.lines import Screen
from handlers.pages.shelf import RunShelf
from handlers.pages.stream import words
from handlers.pages.view import Log

READ = 500  # entries at a time
SHOWN = 512 * 1024  # characters of output that a page is drawn with, shared by its steps
KEPT = 128 * 1024  # at most so many of one step
LINE = 64 * 1024  # characters after which a line of the download is broken


def entries(shelf: RunShelf, run_id: RunId) -> Iterator[Entry]:
    after = 0
    while batch := shelf.journal(run_id, after, READ):
        yield from batch
        after = batch[-1].seq


def page_logs(shelf: RunShelf, run: Run) -> tuple[dict[int, Log], int]:
    """The end of each step's output, drawn, and the seq of the last entry in it."""
    ends, last = shelf.ends(run.id, len(run.steps), KEPT)
    share = min(KEPT, SHOWN // max(1, len(ends)))
    return {step: _drawn(end, share) for step, end in ends.items()}, last


def _drawn(end: End, share: int) -> Log:
    text, cut = end.text, end.cut
    if cut or len(text) > share:
        cut = True
        text = text[-share:]
        text = text[text.find("\n") + 1 :]
    drawn = Screen().draw(text)
    return Log(drawn.lines, drawn.part, cut)


def download(shelf: RunShelf, run: Run) -> Iterator[bytes]:
    """The whole log as plain text; a heading wherever another step speaks. Harmless to show in a terminal."""
    open_lines: dict[int, str] = {}
    speaking: int | None = None
    for entry in entries(shelf, run.id):
        if entry.step is None and entry.kind is EntryKind.NOTE:
            yield f"=== {safe.one_line(entry.text)} ===\n".encode()
            speaking = None
        if entry.step is None or not words(entry):
            continue
        text = open_lines.pop(entry.step, "") + words(entry)
        whole, line_end, rest = text.rpartition("\n")
        if len(rest) > LINE:
            whole, line_end, rest = whole + line_end + rest, "\n", ""
        open_lines[entry.step] = rest
        if line_end:
            yield _heading(run, speaking, entry.step) + f"{safe.clean(whole)}\n".encode()
            speaking = entry.step
    for step, rest in open_lines.items():
        if rest:
            yield _heading(run, speaking, step) + f"{safe.clean(rest)}\n".encode()
            speaking = step


def _heading(run: Run, speaking: int | None, step: int) -> bytes:
    if speaking == step:
        return b""
    name = safe.one_line(phrases.name(run.steps[step])) if 0 <= step < len(run.steps) else ""
    return f"--- Step {step + 1}: {name} ---\n".encode()
