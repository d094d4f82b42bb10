"""Five thousand files, a hundred megabytes, into a box: against Docker's own way to bring in an archive."""

from __future__ import annotations

import os
import random
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from benchmarks.boxed import Shop, snapshot_of
from benchmarks.figures import Figure, Figures, middle
from benchmarks.raw import RawDocker
from benchmarks.scale import Scale
from bot.limits import Limits
from bot.settings import HandsSettings, load
from runners.docker import DockerBoxes
from runners.git.snapshots import GitSnapshot

FILES, BYTES = 5_000, 20 * 1024
LIMITS = Limits(workspace_mb=1024)


def measure(scale: Scale) -> Figures:
    image = load(HandsSettings).sandbox_image
    boxes = DockerBoxes(f"bench-{os.getpid()}", image)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, closing(RawDocker(image)) as raw:
        large = snapshot_of(Path(folder) / "large", _files(scale.files))
        small = snapshot_of(Path(folder) / "small", {"README.md": b"# Small\n"})
        assert isinstance(large, GitSnapshot)
        took: list[float] = []
        theirs: list[float] = []
        for _ in range(max(2, scale.boxes // 3)):
            with large.archive() as archive:
                theirs.append(raw.put_archive_ms(archive.read()))
            empty, full = (_open_ms(Shop(boxes, each, image, Path(folder))) for each in (small, large))
            took.append(max(0.1, full - empty))
    ratios = [one / other for one, other in zip(took, theirs, strict=True)]
    return {
        "snapshot_ms": Figure(middle(took), "ms", middle(theirs), len(took)),
        "snapshot_vs_put_archive": Figure(middle(ratios), "×", 1.0, len(took)),
    }


def _open_ms(ready: Shop) -> float:
    began = time.perf_counter()
    with ready.box(replace(LIMITS, memory_mb=4096)):
        return (time.perf_counter() - began) * 1000


def _files(count: int) -> dict[str, bytes]:
    """Half of each file can be compressed, as source can."""
    chance = random.Random(1)
    half = b"def nothing() -> None: ...\n" * (BYTES // 2 // 27)
    return {f"package{n % 50}/module{n}.py": half + chance.randbytes(BYTES // 2) for n in range(count)}
