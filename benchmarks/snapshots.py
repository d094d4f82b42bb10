"""Five thousand files, a hundred megabytes, into a box: against Docker's own way to bring in an archive."""

from __future__ import annotations

import os
import random
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.boxed import Shop, snapshot_of
from benchmarks.figures import Figure, Figures, middle
from benchmarks.raw import RawDocker
from benchmarks.scale import Scale
from bot.settings import HandsSettings, load
from runners.docker import DockerBoxes
from runners.git.snapshots import GitSnapshot

FILES, BYTES = 5_000, 20 * 1024
QUIET_S = 2.0  # until another box waits


def measure(scale: Scale) -> Figures:
    image = load(HandsSettings).sandbox_image
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        closing(RawDocker(image)) as raw,
        closing(DockerBoxes(f"bench-{os.getpid()}", image, warm=1)) as boxes,
    ):
        large = snapshot_of(Path(folder), _files(scale.files))
        assert isinstance(large, GitSnapshot)
        ready = Shop(boxes, large, image, Path(folder))
        _open_ms(ready)  # unpacked once
        took: list[float] = []
        theirs: list[float] = []
        for _ in range(max(2, scale.boxes // 2)):
            with large.archive() as archive:
                theirs.append(raw.put_archive_ms(archive.read()))
            time.sleep(QUIET_S)
            took.append(_open_ms(ready))
    ratios = [one / other for one, other in zip(took, theirs, strict=True)]
    return {
        "snapshot_ms": Figure(middle(took), "ms", middle(theirs), len(took)),
        "snapshot_vs_put_archive": Figure(middle(ratios), "×", 1.0, len(took)),
    }


def _open_ms(ready: Shop) -> float:
    began = time.perf_counter()
    with ready.box():
        return (time.perf_counter() - began) * 1000


def _files(count: int) -> dict[str, bytes]:
    """Half of each file can be compressed, as source can."""
    chance = random.Random(1)
    half = b"def nothing() -> None: ...\n" * (BYTES // 2 // 27)
    return {f"package{n % 50}/module{n}.py": half + chance.randbytes(BYTES // 2) for n in range(count)}
