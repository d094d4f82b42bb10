"""Several loops in one process, ended together by SIGTERM or SIGINT."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from types import FrameType

import structlog

from bot.errors import Hiccup

log = structlog.get_logger(__name__)

LAST_WORDS_S = 5.0

Loop = Callable[[threading.Event], None]


def run_together(
    loops: Mapping[str, Loop], *, grace_s: float, at_last: Callable[[], None] = lambda: None
) -> None:
    """Start each loop in a thread, wait for a signal or a loop that ends, then let all finish.

    A loop gets the event that tells it to stop. When `grace_s` seconds were not enough for all, `at_last`
    is called to cut short what still goes on, and they get a few seconds to write that down.
    """
    stopping = threading.Event()
    over: SimpleQueue[None] = SimpleQueue()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        over.put(None)  # may interrupt itself; an event's `set` would wait for itself for ever

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threads = [
        threading.Thread(target=_guarded, args=(name, loop, stopping, over), name=name, daemon=True)
        for name, loop in loops.items()
    ]
    for thread in threads:
        thread.start()
    over.get()
    stopping.set()
    if not _ended(threads, grace_s):
        at_last()
        _ended(threads, LAST_WORDS_S)
    for thread in threads:
        if thread.is_alive():
            log.warning("process.left_behind", loop=thread.name)


def repeat(body: Callable[[], None], stopping: threading.Event, *, every_s: float) -> None:
    """Do it again and again. What breaks is logged and tried again: the ledger may be away for a moment."""
    while not stopping.is_set():
        try:
            body()
        except Exception:
            log.exception("process.stumbled")
            stopping.wait(1.0)
        stopping.wait(every_s)


def _ended(threads: Sequence[threading.Thread], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return not any(thread.is_alive() for thread in threads)


def _guarded(name: str, loop: Loop, stopping: threading.Event, over: SimpleQueue[None]) -> None:
    try:
        loop(stopping)
    except Exception:
        log.exception("process.loop_broke", loop=name)
    finally:
        over.put(None)  # a process that does half of its work is worse than one that is started again


def logged(handle: Callable[[str], None]) -> Callable[[str], None]:
    """A job that time can fix is forgotten here: the sweeper finds what is due."""

    def guarded(ident: str) -> None:
        try:
            handle(ident)
        except Hiccup as hiccup:
            log.info("desk.later", id=ident, why=str(hiccup))

    return guarded
