"""A gigabyte of output on its way: box → redacted → in the ledger and told, against what Docker does."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from benchmarks import runnable
from benchmarks.boxed import shop
from benchmarks.figures import Figure, Figures, middle
from benchmarks.machine import rss_mb
from benchmarks.scale import Scale
from bot.clock import SystemClock
from bot.ledger import Ledger
from bot.perform import perform
from bot.recording import Recorder
from bot.runs import StepState
from bot.secrets import Known, Redactor
from bot.settings import HandsSettings, load

LINE = "2026-11-26T12:00:00Z INFO shop.cart total=4711 items=3 customer=wendy took 12 ms"
TOKENS = tuple(f"known-secret-number-{n}-of-this-run" for n in range(4))
CHUNK_KIB, CHUNKS = 256, 400
DOCKER_MB = 64  # it is slow


def measure(scale: Scale) -> Figures:
    redacted = _redact_mb_s()
    docker = middle([_docker_logs_mb_s() for _ in range(3)])
    took, growth = _through(scale.log_mb)
    ours = round(scale.log_mb / took, 1)
    return {
        "log_mb_s": Figure(ours, "MB/s", docker, scale.log_mb),
        "log_vs_docker_logs": Figure(round(ours / docker, 2), "×", 1.0, scale.log_mb),
        "log_1gb_rss_growth_mb": Figure(growth, "MB", None, scale.log_mb),
        "redact_mb_s": Figure(redacted, "MB/s", None, CHUNKS),
    }


def _through(megabytes: int) -> tuple[float, float]:
    """Seconds from the step's start until all is written down, and the growth of our memory in MB."""
    says = f"yes '{LINE}' | head -c {megabytes * 1024 * 1024}"
    with shop() as ready, closing(Ledger(f"sqlite:///{ready.folder / 'ledger.db'}")) as ledger:
        run = runnable.claimed(ledger, says)
        with ready.box() as box, _growth() as growth:
            recorder = Recorder(
                run,
                ledger=ledger,
                signals=runnable.Silence(),
                clock=SystemClock(),
                known=ready.snapshot.paths,
            )
            began = time.perf_counter()
            with recorder:
                walked = perform(run, box, recorder, SystemClock(), Known(TOKENS))
            took = time.perf_counter() - began
        if walked.steps[0].state is not StepState.SUCCEEDED:
            raise AssertionError(f"The step that writes ended as {walked.steps[0]}.")
        found = ledger.runs.get(run.id)
        if found is None or found.steps[0].output_bytes != megabytes * 1024 * 1024:
            raise AssertionError("Not all that was written was heard.")
    return took, growth[0]


@contextmanager
def _growth() -> Iterator[list[float]]:
    """How much more memory than at the beginning this process had at most."""
    before, grown, over = _own_mb(), [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            grown[0] = max(grown[0], round(_own_mb() - before, 1))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield grown
    finally:
        over.set()
        watching.join()


def _own_mb() -> float:
    return rss_mb(os.getpid())


def _redact_mb_s() -> float:
    chunk = f"{LINE}\n" * (CHUNK_KIB * 1024 // (len(LINE) + 1))
    redactor = Redactor(Known(TOKENS))
    began = time.perf_counter()
    for _ in range(CHUNKS):
        redactor.feed(chunk)
    return round(CHUNKS * len(chunk) / 1024 / 1024 / (time.perf_counter() - began), 1)


def _docker_logs_mb_s() -> float:
    """`docker logs -f` of a container that writes the same."""
    says = f"yes '{LINE}' | head -c {DOCKER_MB * 1024 * 1024}"
    words = ["docker", "run", "--detach", "--network", "none", load(HandsSettings).sandbox_image]
    began = time.perf_counter()
    container = subprocess.run(
        [*words, "sh", "-c", says], check=True, capture_output=True, text=True
    ).stdout.strip()
    try:
        with subprocess.Popen(["docker", "logs", "-f", container], stdout=subprocess.PIPE) as logs:
            assert logs.stdout is not None
            heard = 0
            while chunk := logs.stdout.read1(1024 * 1024):  # type: ignore[attr-defined]
                heard += len(chunk)
        if heard < DOCKER_MB * 1024 * 1024:
            raise AssertionError(f"Docker told {heard} bytes only.")
        return round(DOCKER_MB / (time.perf_counter() - began), 1)
    finally:
        subprocess.run(["docker", "rm", "--force", container], check=True, capture_output=True)
