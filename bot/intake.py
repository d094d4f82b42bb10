"""Writing deliveries down before they are answered: many at once, so that one sync to disk serves all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

import structlog

from bot.deliveries import Delivery, Stored
from bot.errors import Hiccup
from bot.ledger import Ledger
from bot.ports import Clock

log = structlog.get_logger(__name__)

BATCH = 200  # deliveries in one transaction

Waiting = tuple[Delivery, "asyncio.Future[Stored]"]


class Intake:
    """One writing thread for a process. `store` returns when the delivery is on disk, never before."""

    def __init__(self, ledger: Ledger, *, pass_on: Callable[[list[int]], None], clock: Clock) -> None:
        """`pass_on` tells the desk the new ids; if it cannot, the desk's sweeper finds them."""
        self._ledger = ledger
        self._pass_on = pass_on
        self._clock = clock
        self._waiting: list[Waiting] = []
        self._ready = threading.Condition()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer = threading.Thread(target=self._write, name="intake", daemon=True)
        self._writer.start()

    async def store(self, delivery: Delivery) -> Stored:
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[Stored] = loop.create_future()
        with self._ready:
            self._loop = loop
            self._waiting.append((delivery, stored))
            self._ready.notify()
        return await stored

    def close(self) -> None:
        with self._ready:
            self._closed = True
            self._ready.notify()
        self._writer.join()

    def _write(self) -> None:
        while True:
            with self._ready:
                while not self._waiting and not self._closed:
                    self._ready.wait()
                if not self._waiting:
                    return
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            self._write_one(batch)

    def _write_one(self, batch: Sequence[Waiting]) -> None:
        try:
            ids = self._ledger.deliveries.store([delivery for delivery, _ in batch], self._clock.now())
        except Exception as error:  # whatever it is, every sender must hear that we do not have it
            self._answer([(stored, error) for _, stored in batch])
            return
        self._answer(
            [
                (stored, Stored.DUPLICATE if new is None else Stored.ACCEPTED)
                for (_, stored), new in zip(batch, ids, strict=True)
            ]
        )
        fresh = [new for new in ids if new is not None]
        if fresh:
            self._tell(fresh)

    def _tell(self, fresh: list[int]) -> None:
        try:
            self._pass_on(fresh)
        except Hiccup as hiccup:
            log.warning("intake.queue_away", why=str(hiccup), waiting=len(fresh))

    def _answer(self, answers: list[tuple[asyncio.Future[Stored], Stored | Exception]]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_resolve, answers)


def _resolve(answers: list[tuple[asyncio.Future[Stored], Stored | Exception]]) -> None:
    for future, answer in answers:
        if future.done():
            continue  # the sender left, or its deadline passed
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
