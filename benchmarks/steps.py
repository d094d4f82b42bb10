"""A step in a box against a raw exec and against others who run commands in containers, turn by turn."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace

from benchmarks import runnable
from benchmarks.boxed import NOTHING, Shop, hear_nothing, shop, step_ms
from benchmarks.figures import Figure, Figures, at_most, middle
from benchmarks.peers import Runs, mini_swe_agent, swerex
from benchmarks.raw import RawDocker
from benchmarks.scale import Scale
from bot.actions.model import Command
from bot.clock import SystemClock
from bot.ledger import Ledger
from bot.limits import Limits
from bot.perform import perform
from bot.recording import Recorder
from bot.runs import StepState

WARM_UP = 3
CHAIN = 20
SIDE_BY_SIDE, SLEEP_S, SLEEPS = 8, 0.25, 16
SEVERAL_STEPS = 6  # of each box, when many are open


def measure(scale: Scale) -> Figures:
    with shop() as ready, closing(RawDocker(ready.image)) as raw:
        return {
            **_steps(ready, raw, scale.steps),
            **_chain(ready, scale.boxes),
            **_side_by_side(ready, scale.boxes),
            **_many(ready, scale.crowd),
            **_boxes(ready, raw, scale.boxes),
        }


def _steps(ready: Shop, raw: RawDocker, rounds: int) -> Figures:
    with ExitStack() as stack:
        box = stack.enter_context(ready.box())
        container = stack.enter_context(raw.container())
        ways: dict[str, Runs | None] = {
            "ours": lambda: step_ms(box),
            "raw": lambda: raw.exec_ms(container, NOTHING),
            "swerex": stack.enter_context(swerex(ready.image)),
            "mini": stack.enter_context(mini_swe_agent(ready.image)),
        }
        took: dict[str, list[float]] = {name: [] for name, run in ways.items() if run is not None}
        for turn in range(WARM_UP + rounds):
            order = sorted(took, key=lambda name: (sorted(took).index(name) + turn) % len(took))
            for name in order:
                run = ways[name]
                if run is not None:
                    took[name].append(run())
    kept = {name: times[WARM_UP:] for name, times in took.items()}
    found = {
        "step_ms": Figure(middle(kept["ours"]), "ms", middle(kept["raw"]), rounds),
        "step_overhead_vs_raw_exec": _ratio(kept["ours"], kept["raw"]),
    }
    if "swerex" in kept:
        found["step_overhead_vs_swerex"] = _ratio(kept["ours"], kept["swerex"])
    if "mini" in kept:
        found["step_overhead_vs_mini_swe_agent"] = _ratio(kept["ours"], kept["mini"])
    return found


def _ratio(ours: list[float], theirs: list[float]) -> Figure:
    pairs = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return Figure(middle(pairs), "×", 1.0, len(pairs))


def _chain(ready: Shop, rounds: int) -> Figures:
    """Twenty steps that do nothing, one after another: walked, told, written down."""
    took = [_chain_ms(ready, Ledger(f"sqlite:///{ready.folder / f'{n}.db'}")) for n in range(rounds)]
    return {"chain20_ms": Figure(middle(took), "ms", None, rounds)}


def _chain_ms(ready: Shop, ledger: Ledger) -> float:
    run, clock = runnable.claimed(ledger, *["true"] * CHAIN), SystemClock()
    recorder = Recorder(
        run, ledger=ledger, signals=runnable.Silence(), clock=clock, known=ready.snapshot.paths
    )
    with closing(ledger), ready.box() as box:
        step_ms(box)
        began = time.perf_counter()
        with recorder:
            walked = perform(run, box, recorder, clock)
        took = (time.perf_counter() - began) * 1000
    if {step.state for step in walked.steps} != {StepState.SUCCEEDED}:
        raise AssertionError("A step that does nothing failed.")
    return took


def _side_by_side(ready: Shop, rounds: int) -> Figures:
    """Sixteen steps that sleep, eight at a time, in a box whose lanes are open."""
    ratios = []
    with ready.box() as box, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:

        def sleeps(seconds: float, count: int) -> float:
            began = time.perf_counter()
            for each in [pool.submit(step_ms, box, ("sleep", str(seconds))) for _ in range(count)]:
                each.result()
            return time.perf_counter() - began

        sleeps(SLEEP_S * 4, SIDE_BY_SIDE)  # until all lanes are there
        sleeps(SLEEP_S, SIDE_BY_SIDE)
        ideal = SLEEP_S * SLEEPS / SIDE_BY_SIDE
        ratios = [sleeps(SLEEP_S, SLEEPS) / ideal for _ in range(rounds)]
    return {"parallel_vs_critical_path": Figure(middle(ratios), "×", 1.0, rounds)}


def _many(ready: Shop, crowd: int) -> Figures:
    """The slowest steps while many boxes are open, against those while one is."""
    small = replace(Limits(), memory_mb=256)
    with ready.box(small) as alone:
        step_ms(alone)
        single = [step_ms(alone) for _ in range(SEVERAL_STEPS * 10)]
    with ExitStack() as stack, ThreadPoolExecutor(4) as opening:
        lock = threading.Lock()

        def another() -> object:
            entered = ready.box(small)
            box = entered.__enter__()
            with lock:
                stack.push(entered)
            return box

        boxes = [each.result() for each in [opening.submit(another) for _ in range(crowd)]]
        several = []
        for _ in range(SEVERAL_STEPS):
            several += [step_ms(box) for box in boxes]  # type: ignore[arg-type]
    ratio = at_most(several, 0.95) / at_most(single, 0.95)
    return {"boxes50_step_p95_ratio": Figure(round(ratio, 3), "×", 1.0, crowd)}


def _boxes(ready: Shop, raw: RawDocker, pairs: int) -> Figures:
    opened: list[float] = []
    read_back: list[float] = []
    closed: list[float] = []
    plain: list[tuple[float, float]] = []
    for _ in range(pairs):
        plain.append(raw.container_ms())
        began = time.perf_counter()
        with ready.box() as box:
            opened.append((time.perf_counter() - began) * 1000)
            box.run(Command(("sh", "-c", "echo changed >>README.md; echo new >new.txt")), hear_nothing)
            began = time.perf_counter()
            changes = box.changes()
            read_back.append((time.perf_counter() - began) * 1000)
            began = time.perf_counter()
        closed.append((time.perf_counter() - began) * 1000)
        if "new.txt" not in {each.path for each in changes.files}:
            raise AssertionError("A file that a step wrote is not among the changes.")
    return {
        "box_open_ms": Figure(middle(opened), "ms", middle([start for start, _ in plain]), pairs),
        "box_close_ms": Figure(middle(closed), "ms", middle([end for _, end in plain]), pairs),
        "changes_ms": Figure(middle(read_back), "ms", None, pairs),
    }
