"""Several loops in one process, ended together by SIGTERM or SIGINT."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping
from types import FrameType

import structlog

log = structlog.get_logger(__name__)

Loop = Callable[[threading.Event], None]


def run_together(loops: Mapping[str, Loop], *, grace_s: float) -> None:
    """Start each loop in a thread, wait for a signal or a loop that ends, then let all finish.

    A loop gets the event that tells it to stop. After `grace_s` seconds the process ends without those
    that have not: their threads are daemons.
    """
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threads = [
        threading.Thread(target=_guarded, args=(name, loop, stopping), name=name, daemon=True)
        for name, loop in loops.items()
    ]
    for thread in threads:
        thread.start()
    stopping.wait()
    for thread in threads:
        thread.join(grace_s)
        if thread.is_alive():
            log.warning("process.left_behind", loop=thread.name)


def _guarded(name: str, loop: Loop, stopping: threading.Event) -> None:
    try:
        loop(stopping)
    except Exception:
        log.exception("process.loop_broke", loop=name)
    finally:
        stopping.set()  # a process that does half of its work is worse than one that is started again
