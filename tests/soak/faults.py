"""What goes wrong in a soak: a table of faults; each strikes once, and what it takes away comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from random import Random

from bot.processes.stage import Stage
from tests.auditor.gathering import INSTANCE

Fault = Callable[[Stage, Random, str], str]  # strikes, and says what it did; the text is our instance

PAUSES_S = (0.5, 2.0, 5.0, 20.0)  # the last one is longer than a lease
_ROUTES = (
    *("/repos/*/check-runs", "/repos/*/check-runs/*", "/repos/*/issues/*", "/repos/*/reactions"),
    *("/repos/*/pulls", "/repos/*/pulls/*", "/repos/*/git/*", "/repos/*/contents/*", "/repos/*/permission"),
    *("/app/installations/*", "*"),
)


def _kills(stage: Stage, chance: Random, _instance: str) -> str:
    name = chance.choice(stage.processes.names)
    _signal(stage.processes.pid(name), signal.SIGKILL)
    return f"{name} killed"


def _pauses(stage: Stage, chance: Random, _instance: str) -> str:
    name, seconds = chance.choice(stage.processes.names), chance.choice(PAUSES_S)
    pid = stage.processes.pid(name)
    _signal(pid, signal.SIGSTOP)
    later = threading.Timer(seconds, _signal, (pid, signal.SIGCONT))
    later.daemon = True
    later.start()
    return f"{name} stopped for {seconds:.0f} s"


def _signal(pid: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, what)


def _empties_redis(stage: Stage, chance: Random, _instance: str) -> str:
    if chance.random() < 0.5:
        argv = ["redis-cli", "-s", stage.redis.url.removeprefix("unix://"), "flushall"]
        subprocess.run(argv, check=False, capture_output=True)
        return "Redis emptied"
    seconds = chance.uniform(0.0, 5.0)
    stage.redis.end()
    time.sleep(seconds)
    stage.redis.start()
    return f"Redis away for {seconds:.0f} s"


def _breaks_github(stage: Stage, chance: Random, _instance: str) -> str:
    path, times = chance.choice(_ROUTES), chance.randint(1, 3)
    status = chance.choice([401, 404, 500, 502, 503])
    match chance.choice(["fails", "fails after", "cuts", "cuts after", "slow"]):
        case "fails":
            stage.driver.fails(path, status=status, times=times)
            return f"GitHub: {status} for {path}, {times} times"
        case "fails after":
            stage.driver.fails_after(path, status=502, times=times)
            return f"GitHub: 502 after the effect for {path}, {times} times"
        case "cuts":
            stage.driver.cuts(path, times=times)
            return f"GitHub: cut before the effect for {path}, {times} times"
        case "cuts after":
            stage.driver.cuts_after(path, times=times)
            return f"GitHub: cut after the effect for {path}, {times} times"
    stage.driver.slows(path, seconds=chance.uniform(1.0, 6.0), times=times)
    return f"GitHub: slow for {path}, {times} times"


def _disturbs_hooks(stage: Stage, chance: Random, _instance: str) -> str:
    kind = chance.choice(["duplicate", "delay", "reorder", "drop"])
    stage.driver.disturbs_hooks(kind, times=1, seconds=chance.uniform(1.0, 5.0))
    return f"hooks: {kind}"


def _kills_a_box(stage: Stage, chance: Random, instance: str) -> str:
    argv = ["docker", "ps", "-q", "--filter", f"label={INSTANCE}={instance}"]
    boxes = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split()
    if not boxes:
        return "no box to kill"
    box = chance.choice(boxes)
    subprocess.run(["docker", "kill", box], check=False, capture_output=True)
    return f"container {box} killed"


FAULTS: Mapping[str, Fault] = {
    "kill": _kills,
    "pause": _pauses,
    "redis": _empties_redis,
    "github": _breaks_github,
    "hooks": _disturbs_hooks,
    "boxes": _kills_a_box,
}


def chosen(words: str) -> Sequence[Fault]:
    """`all`, `none`, or names with commas between them. ValueError for a word that is none of them."""
    if words in {"all", ""}:
        return tuple(FAULTS.values())
    if words == "none":
        return ()
    unknown = set(words.split(",")) - set(FAULTS)
    if unknown:
        raise ValueError(f"There is no fault {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}.")
    return tuple(FAULTS[word] for word in words.split(","))
