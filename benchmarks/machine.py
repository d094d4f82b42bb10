"""What Linux says about our processes: when they were started, and what memory they hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from bot.processes.stage import Stage

_TICKS = os.sysconf("SC_CLK_TCK")


def pids(ready: Stage) -> Mapping[str, int]:
    """The pid of each of the stage's processes: our own children, told apart by their command lines."""
    found: dict[str, int] = {}
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if words[1:3] == [b"-m", b"bot"] and words[3].decode() in ready.processes.names:
                found[words[3].decode()] = int(pid)
    return found


def rss_mb(pid: int) -> float:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return round(int(status["VmRSS"].split()[0]) / 1024, 1)


def start_ms(ready: Stage, name: str, pid: int) -> float:
    """From the start of a process to the line of its log that says it is ready."""
    lines = (ready.folder / f"{name}.log").read_text().splitlines()
    (said,) = [line for line in lines if f'"{name}.ready"' in line][:1]
    at = datetime.fromisoformat(json.loads(said)["timestamp"]).timestamp()
    after_boot = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]) / _TICKS
    return round((at - (_booted_at() + after_boot)) * 1000, 0)


def python_start_ms() -> float:
    """Python, doing nothing."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return (time.perf_counter() - began) * 1000


def _booted_at() -> float:
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
