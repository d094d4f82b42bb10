"""One of our processes with crash points in it: `python -m tests.crash.process hands FOLDER`.

The product has no hook for this: behind each write to the ledger and each call to the outside, a point is
put in before the process begins. Waits for the dead are shortened, so that a sweep takes minutes.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from tests.crash.points import Orders, Points

# What waits for somebody who may be dead, and how long it waits here.
SHORT: dict[str, dict[str, object]] = {
    "bot.ledger.runs": {"LEASE": timedelta(seconds=4), "REMIND": timedelta(seconds=3)},
    "bot.lease": {"LEASE": timedelta(seconds=4), "RENEW_S": 0.5},
    "bot.ledger.deliveries": {"HANDLING": timedelta(seconds=4)},
    "bot.ledger.surfaces": {"CLAIM": timedelta(seconds=4)},
    "bot.desk.sweeping": {"UNHEARD": timedelta(seconds=1)},
    "runners.queue.mailbox": {"_ASK_AGAIN_S": 2.0},
}
SHORT_OF_ONE: dict[str, dict[str, dict[str, object]]] = {
    "desk": {
        "bot.processes.desk": {"SWEEP_S": 0.5},
        "bot.desk.redelivering": {
            "UNDERWAY": timedelta(seconds=1),
            "PROBE": timedelta(seconds=2),
            "PAUSES": (timedelta(seconds=2),) * 8,
        },
    },
    "hands": {"bot.processes.hands": {"REAP_S": 5.0}},
}
# Of an address only these words are part of a point's name; the rest are numbers, names and commits.
_ADDRESSES = """
installations access_tokens check-runs annotations issues comments reactions pulls git ref refs blobs trees
commits contents collaborators permission compare matching-refs hook deliveries attempts branches
containers create start exec json kill resize volumes images events info version archive
"""
_WORDS = frozenset(_ADDRESSES.split())


def main(process: str, folder: str) -> None:
    """The process as always, from here on."""
    points = Points(process, Orders(Path(folder)))
    for module, values in {**SHORT, **SHORT_OF_ONE.get(process, {})}.items():
        _shorten(module, values)
    _after_each_commit(points)
    _after_each_message(points)
    if process == "desk":
        _after_each_request("httpx", "Client", "github", points)
    if process == "hands":
        _after_each_request("requests", "Session", "docker", points)
        _around_git(points)
    from bot.cli import main as begin

    sys.argv = ["devops-agent", process]
    begin()


def _shorten(module: str, values: dict[str, object]) -> None:
    found = importlib.import_module(module)
    for name, value in values.items():
        if not hasattr(found, name):
            raise AttributeError(f"{module}.{name} is not there any more: correct tests/crash/process.py.")
        setattr(found, name, value)


# --- the ledger -----------------------------------------------------------------------------------------


def _after_each_commit(points: Points) -> None:
    """`ledger.runs.claim`: behind the transaction of that method of that chapter."""
    from bot.ledger import engine

    real = engine.writing

    class Writing:
        def __init__(self, ledger: Any) -> None:
            self._point = f"ledger.{_chapter(sys._getframe(1))}"
            self._real: AbstractContextManager[Any] = real(ledger)

        def __enter__(self) -> Any:
            return self._real.__enter__()

        def __exit__(self, *how: Any) -> bool | None:
            answer = self._real.__exit__(*how)
            if how[0] is None:
                points.reach(self._point)
            return answer

    for name, module in list(sys.modules.items()):
        if name.startswith("bot.") and getattr(module, "writing", None) is real:
            setattr(module, "writing", Writing)  # noqa: B010 - a module has no such attribute for mypy


def _chapter(frame: FrameType | None) -> str:
    """The public method that writes."""
    while frame is not None and frame.f_code.co_name.startswith("_"):
        frame = frame.f_back
    if frame is None:
        return "unknown"
    return f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"


# --- Redis ----------------------------------------------------------------------------------------------


def _after_each_message(points: Points) -> None:
    from runners.queue import jobs, mailbox, signals

    _behind(jobs.Jobs, "_put", lambda _self, _queue, kind, *_: points.reach(f"redis.put.{kind}"))
    _behind(jobs.Jobs, "deliver_all", lambda *_: points.reach("redis.put.deliver"))
    _behind(mailbox.RedisMailbox, "ask", lambda *_: points.reach("redis.cleared"))
    _behind(mailbox.RedisMailbox, "answer", lambda *_: points.reach("redis.answered"))
    _behind(signals.RedisSignals, "tell", lambda *_: points.reach("redis.told"))


def _behind(owner: Any, name: str, reach: Callable[..., None]) -> None:
    real = getattr(owner, name)

    def wrapped(*args: Any, **named: Any) -> Any:
        answer = real(*args, **named)
        reach(*args)
        return answer

    setattr(owner, name, wrapped)


# --- GitHub, Docker, git --------------------------------------------------------------------------------


def _after_each_request(module: str, client: str, who: str, points: Points) -> None:
    """`github.POST.check-runs`: when the answer is there."""
    _behind(
        getattr(importlib.import_module(module), client),
        "send",
        lambda _self, request, *_: points.reach(f"{who}.{request.method}.{_route(str(request.url))}"),
    )


def _route(url: str) -> str:
    parts = re.split(r"[/?]", url.split("://", 1)[1].split("?", 1)[0])[1:]
    return "/".join(part for part in parts if part in _WORDS) or "other"


def _around_git(points: Points) -> None:
    """`git.fetch.begun` and `git.fetch`: while it goes, and behind its end."""
    from runners.git.command import Git

    real = Git.speaking

    @contextmanager
    def speaking(self: Git, *args: str, **named: Any) -> Iterator[Any]:
        with real(self, *args, **named) as child:
            points.reach(f"git.{args[0]}.begun", child=child.pid)
            yield child
        points.reach(f"git.{args[0]}")

    setattr(Git, "speaking", speaking)  # noqa: B010


if __name__ == "__main__":
    main(*sys.argv[1:])
