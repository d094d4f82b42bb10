"""A step in a box against a raw exec in a plain container, in pairs; boxes against plain containers."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.figures import Figure, Figures, middle
from benchmarks.raw import RawDocker
from benchmarks.scale import Scale
from bot.actions.model import Command
from bot.ids import new_run_id
from bot.limits import Limits
from bot.ports import Box, BoxSpec, Ended, Snapshot, Stream
from bot.settings import HandsSettings, load
from playground.seeds import SHOP
from runners.docker import DockerBoxes
from runners.git import GitSnapshots, LocalOrigin

NOTHING = ("true",)
WARM_UP = 3


def measure(scale: Scale) -> Figures:
    image = load(HandsSettings).sandbox_image
    boxes = DockerBoxes(instance=f"bench-{os.getpid()}", default_image=image)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, closing(RawDocker(image)) as raw:
        snapshot = _snapshot(Path(folder))
        spec = BoxSpec(run=new_run_id(), epoch=1, image=image, limits=Limits())
        return {
            **_steps(boxes, raw, spec, snapshot, scale.steps),
            **_boxes(boxes, raw, spec, snapshot, scale.boxes),
        }


def _steps(boxes: DockerBoxes, raw: RawDocker, spec: BoxSpec, snapshot: Snapshot, pairs: int) -> Figures:
    ours: list[float] = []
    bare: list[float] = []
    with boxes.open(spec, snapshot) as box, raw.container() as container:
        for turn in range(WARM_UP + pairs):
            if turn % 2:
                ours.append(_step_ms(box))
                bare.append(raw.exec_ms(container, NOTHING))
            else:
                bare.append(raw.exec_ms(container, NOTHING))
                ours.append(_step_ms(box))
    ours, bare = ours[WARM_UP:], bare[WARM_UP:]
    ratios = [step / execed for step, execed in zip(ours, bare, strict=True)]
    return {
        "step_overhead_vs_raw_exec": Figure(middle(ratios), "×", 1.0, pairs),
        "step_ms": Figure(middle(ours), "ms", middle(bare), pairs),
    }


def _step_ms(box: Box) -> float:
    began = time.perf_counter()
    end = box.run(Command(NOTHING), _hear_nothing)
    took = (time.perf_counter() - began) * 1000
    if (end.ended, end.code) != (Ended.EXITED, 0):
        raise AssertionError(f"A step that does nothing ended as {end}.")
    return took


def _boxes(boxes: DockerBoxes, raw: RawDocker, spec: BoxSpec, snapshot: Snapshot, pairs: int) -> Figures:
    opened: list[float] = []
    read_back: list[float] = []
    closed: list[float] = []
    plain: list[tuple[float, float]] = []
    for _ in range(pairs):
        plain.append(raw.container_ms())
        began = time.perf_counter()
        with boxes.open(spec, snapshot) as box:
            opened.append((time.perf_counter() - began) * 1000)
            box.run(Command(("sh", "-c", "echo changed >>README.md; echo new >new.txt")), _hear_nothing)
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


def _snapshot(folder: Path) -> Snapshot:
    """The shop of the demo as a commit of a local repository."""
    shop = folder / "shop"
    for name, content in SHOP.items():
        place = shop / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    git = ["git", "-C", str(shop), "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "Open a shop"]):
        subprocess.run([*git, *words], check=True)
    return GitSnapshots(folder / "mirrors").fetch(LocalOrigin.at(shop))


def _hear_nothing(_stream: Stream, _text: str) -> None:
    """The output is not looked at here."""
