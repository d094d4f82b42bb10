"""A run's journal as server-sent events: `log` (lines of a step), `run` (its state), `end`.

The id of an event is the seq of the last entry in it. Who comes back with `Last-Event-ID` goes on from there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import orjson
from anyio import to_thread
from fastapi.sse import ServerSentEvent

from bot.ids import RunId
from bot.journal import Entry, said
from bot.runs import Run
from handlers.pages.lines import Screen
from handlers.pages.shelf import RunShelf
from handlers.pages.view import Page
from handlers.pages.watching import Watching

EVENT = 24_000  # characters of HTML after which an event is sent; with its last piece it stays under 64 KB
PIECE = 4_000  # characters of output that are drawn at a time
WARM_UP = 200  # entries before the place of resumption, read again to know the open line and its colour


async def events(watching: Watching, page: Page, *, after: int) -> AsyncIterator[ServerSentEvent]:
    """From behind entry `after` to the end of the run, live."""
    screens = await to_thread.run_sync(_warm, watching.shelf, page.run.id, after)
    async with watching.watch(page.run, after=after) as watcher:
        shown = watcher.run
        yield await _status(watching.shelf, page, shown, retry=2000)
        while not watcher.done:
            entries = await watcher.next()
            for event in await to_thread.run_sync(_log_events, screens, entries) if entries else ():
                yield event
            if watcher.run.version != shown.version:
                shown = watcher.run
                yield await _status(watching.shelf, page, shown)
            if watcher.over and not entries and not watcher.done:
                return  # looking failed; the browser comes back after a moment
        yield ServerSentEvent(event="end", raw_data="{}", id=str(watcher.after))


def words(entry: Entry) -> str:
    """What the log of a step shows of an entry."""
    return "" if entry.step is None else said(entry.kind, entry.text)


class Screens:
    """One screen a step."""

    def __init__(self) -> None:
        self._screens: dict[int, Screen] = {}

    def of(self, step: int) -> Screen:
        return self._screens.setdefault(step, Screen())


async def _status(shelf: RunShelf, page: Page, run: Run, *, retry: int | None = None) -> ServerSentEvent:
    outlook = await to_thread.run_sync(shelf.outlook, run)
    html = page.of(run, outlook).status()
    return ServerSentEvent(event="run", raw_data=_json({"html": html}), retry=retry)


def _warm(shelf: RunShelf, run_id: RunId, after: int) -> Screens:
    """Screens as they were at entry `after`: with their open lines and colours."""
    screens = Screens()
    start = max(0, after - WARM_UP)
    for entry in shelf.journal(run_id, start, after - start) if after else ():
        if entry.step is not None and entry.seq <= after:
            screens.of(entry.step).draw(words(entry)[-PIECE:])
    return screens


def _log_events(screens: Screens, entries: Sequence[Entry]) -> list[ServerSentEvent]:
    """As few events as fit: one for neighbours of the same step. The id comes with an entry's last piece."""
    told: list[ServerSentEvent] = []
    lines, part, step, seq = "", "", None, 0
    for entry in entries:
        text = words(entry)
        if entry.step is None or not text:
            continue
        if step is not None and entry.step != step:
            told.append(_log(step, lines, part, seq))
            lines = ""
        step = entry.step
        for at in range(0, len(text), PIECE):
            drawn = screens.of(step).draw(text[at : at + PIECE])
            lines, part = lines + drawn.lines, drawn.part
            last = at + PIECE >= len(text)
            seq = entry.seq if last else seq
            if len(lines) > EVENT:
                told.append(_log(step, lines, part, seq if last else None))
                lines = ""
    if step is not None:
        told.append(_log(step, lines, part, seq))
    return told


def _log(step: int, lines: str, part: str, seq: int | None) -> ServerSentEvent:
    return ServerSentEvent(
        event="log",
        raw_data=_json({"step": step, "lines": lines, "part": part}),
        id=str(seq) if seq else None,
    )


def _json(data: dict[str, object]) -> str:
    return orjson.dumps(data).decode()
