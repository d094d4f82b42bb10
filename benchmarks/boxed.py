"""What measures of boxes share: a commit of the demo's shop, and a step that must end well."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.actions.model import Command
from bot.ids import new_run_id
from bot.limits import Limits
from bot.ports import Box, BoxSpec, Ended, Snapshot, Stream
from bot.settings import HandsSettings, load
from playground.seeds import SHOP
from runners.docker import DockerBoxes
from runners.git import GitSnapshots, LocalOrigin

NOTHING = ("true",)


@dataclass(frozen=True)
class Shop:
    """Boxes, and the repository that they are filled with."""

    boxes: DockerBoxes
    snapshot: Snapshot
    image: str
    folder: Path

    def fetch(self) -> Snapshot:
        """The same commit once more: it is here already."""
        return GitSnapshots(self.folder / "mirrors").fetch(LocalOrigin.at(self.folder / "repository"))

    @contextmanager
    def box(self, limits: Limits | None = None) -> Iterator[Box]:
        spec = BoxSpec(run=new_run_id(), epoch=1, image=self.image, limits=limits or Limits())
        with self.boxes.open(spec, self.snapshot) as box:
            yield box


@contextmanager
def shop(*, warm: int = 0) -> Iterator[Shop]:
    image = load(HandsSettings).sandbox_image
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        closing(DockerBoxes(f"bench-{os.getpid()}", image, warm=warm)) as boxes,
    ):
        yield Shop(boxes, commit(Path(folder)), image, Path(folder))


def commit(folder: Path) -> Snapshot:
    """The shop of the demo as a commit of a local repository."""
    return snapshot_of(folder, {name: content.encode() for name, content in SHOP.items()})


def snapshot_of(folder: Path, files: dict[str, bytes]) -> Snapshot:
    place = folder / "repository"
    for name, content in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    git = ["git", "-C", str(place), "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "Open a shop"]):
        subprocess.run([*git, *words], check=True)
    return GitSnapshots(folder / "mirrors").fetch(LocalOrigin.at(place))


def step_ms(box: Box, argv: tuple[str, ...] = NOTHING) -> float:
    """One step that must succeed, from asking for it to its end."""
    began = time.perf_counter()
    end = box.run(Command(argv), hear_nothing)
    took = (time.perf_counter() - began) * 1000
    if (end.ended, end.code) != (Ended.EXITED, 0):
        raise AssertionError(f"{argv} ended as {end}.")
    return took


def hear_nothing(_stream: Stream, _text: str) -> None:
    """The output is not looked at here."""
