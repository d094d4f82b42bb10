"""Loops of one process, ended by a signal: also by several at once, as when a parent dies that ends us."""

from __future__ import annotations

import signal
import subprocess
import sys

PROCESS = """
from bot.processes.threads import run_together

def waiting(stopping):
    print("ready", flush=True)  # signals are heard by now
    stopping.wait()

run_together({"waiting": waiting}, grace_s=5.0)
"""


def test_any_number_of_signals_ends_a_process() -> None:
    """One that interrupts the handling of another does not keep the process alive."""
    for _ in range(20):
        with subprocess.Popen([sys.executable, "-c", PROCESS], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            for _ in range(30):
                process.terminate()
            try:
                assert process.wait(5) in (0, -signal.SIGTERM)  # the last ones may find it on its way out
            finally:
                process.kill()
