"""Who watches which run: one look at the ledger a moment and run, however many people watch it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from anyio import to_thread

from bot.errors import Hiccup
from bot.ids import RunId
from bot.journal import Entry
from bot.ports import Signals
from bot.runs import Run
from handlers.pages.shelf import RunShelf

POLL_S = 1.0  # how late news may be when a signal was lost
BATCH = 200  # entries of one look
RECENT = 400  # entries kept for those who are nearly up to date
WAITERS = 64  # threads that may wait for signals; further runs are polled


@dataclass
class _Watch:
    """One run that is watched, while somebody watches it."""

    run: Run
    task: asyncio.Task[None] | None = None
    watchers: int = 0
    beat: asyncio.Condition = field(default_factory=asyncio.Condition)
    recent: deque[Entry] = field(default_factory=lambda: deque(maxlen=RECENT))
    seq: int = 0  # the last entry that was looked at
    complete: bool = False  # the run is final and every entry was looked at
    broken: bool = False  # the looking has ended before that: the browser comes back by itself


class Watching:
    """Shares the looking among all who watch a run."""

    def __init__(self, shelf: RunShelf, signals: Signals) -> None:
        self.shelf = shelf
        self._signals = signals
        self._watches: dict[RunId, _Watch] = {}
        self._limiter: anyio.CapacityLimiter | None = None

    @asynccontextmanager
    async def watch(self, run: Run, *, after: int) -> AsyncIterator[Watcher]:
        """Follow a run from behind entry `after`."""
        watch = self._watches.get(run.id)
        if watch is None or watch.task is None or watch.task.done():
            watch = _Watch(run, seq=after)
            self._watches[run.id] = watch
            watch.task = asyncio.create_task(self._look(watch))
        watch.watchers += 1
        try:
            yield Watcher(self.shelf, watch, run=run, after=after)
        finally:
            watch.watchers -= 1
            if not watch.watchers and watch.task is not None:
                watch.task.cancel()
                if self._watches.get(run.id) is watch:
                    del self._watches[run.id]

    async def _look(self, watch: _Watch) -> None:
        try:
            await self._look_on(watch)
        finally:
            watch.broken = not watch.complete
            async with watch.beat:
                watch.beat.notify_all()

    async def _look_on(self, watch: _Watch) -> None:
        run_id = watch.run.id
        while True:
            # The run before its journal: what was written before the end is read before that counts.
            run = await to_thread.run_sync(self.shelf.run, run_id)
            entries = await to_thread.run_sync(self.shelf.journal, run_id, watch.seq, BATCH)
            async with watch.beat:
                watch.run = run or watch.run
                watch.recent.extend(entries)
                watch.seq = entries[-1].seq if entries else watch.seq
                watch.complete = not entries and (run is None or run.state.final)
                watch.beat.notify_all()
            if watch.complete:
                return
            if len(entries) < BATCH:
                await self._wait(run_id)

    async def _wait(self, run_id: RunId) -> None:
        self._limiter = self._limiter or anyio.CapacityLimiter(WAITERS)
        if self._limiter.available_tokens < 1:
            await asyncio.sleep(POLL_S)
            return
        try:
            await to_thread.run_sync(
                self._signals.wait, f"run:{run_id}", POLL_S, limiter=self._limiter, abandon_on_cancel=True
            )
        except Hiccup:  # no signals for now: the ledger still knows everything
            await asyncio.sleep(POLL_S)


class Watcher:
    """One reader of one run's journal."""

    def __init__(self, shelf: RunShelf, watch: _Watch, *, run: Run, after: int) -> None:
        self._shelf = shelf
        self._watch = watch
        self._version = run.version
        self.after = after

    @property
    def run(self) -> Run:
        return self._watch.run

    async def next(self) -> Sequence[Entry]:
        """The next entries, as soon as there are any or the run has changed; then maybe none."""
        watch = self._watch
        async with watch.beat:
            while self.after >= watch.seq and not self.over and watch.run.version == self._version:
                await watch.beat.wait()
        self._version = watch.run.version
        return await self._read()

    @property
    def over(self) -> bool:
        """Nobody looks any more: all was seen, or looking failed."""
        return self._watch.complete or self._watch.broken

    @property
    def done(self) -> bool:
        """Everything was read and nothing will follow."""
        return self._watch.complete and self.after >= self._watch.seq

    async def _read(self) -> Sequence[Entry]:
        recent = self._watch.recent
        if self.after >= self._watch.seq:
            return ()
        entries: Sequence[Entry]
        if recent and recent[0].seq <= self.after + 1:
            entries = [entry for entry in recent if entry.seq > self.after][:BATCH]
        else:
            entries = await to_thread.run_sync(self._shelf.journal, self._watch.run.id, self.after, BATCH)
        self.after = entries[-1].seq if entries else self._watch.seq
        return entries
