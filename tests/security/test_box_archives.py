"""How files get into a box and out of it: by no archive of the engine, once it runs (attacks S017, S019)."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runners.docker import DockerBoxes
from runners.git import GitSnapshots
from tests.boxes import IMAGE, containers, guest, new_instance, new_repository

pytestmark = pytest.mark.docker

HOSTILE = """
import os, tarfile, io
def entry(name, kind=tarfile.REGTYPE, link="", size=0):
    each = tarfile.TarInfo(name); each.type = kind; each.linkname = link; each.size = size
    return each
for name in ("gone", "link"):
    os.makedirs(name, exist_ok=True)
os.rmdir("link"); os.symlink("/etc", "link")
os.symlink("../../../../outside", "gone/up")
with tarfile.open("evil.tar", "w") as tar:
    tar.addfile(entry("../outside")); tar.addfile(entry("/etc/outside"))
    tar.addfile(entry("dev", tarfile.CHRTYPE))
deep = "d/" * 400
os.makedirs(deep, exist_ok=True)
open(deep + "f", "w").write("deep")
os.link("evil.tar", "hard")
"""


@contextmanager
def events(file: Path) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the engine tells meanwhile. It is listened to all along: of the past it remembers 256 events."""
    argv = ["docker", "events", "--since", str(int(time.time()) - 1), "--format", "{{json .}}"]
    with file.open("wb") as out, subprocess.Popen(argv, stdout=out) as listener:
        try:
            yield lambda: [json.loads(line) for line in file.read_text().splitlines()]
        finally:
            listener.terminate()


def test_no_archive_call_reaches_a_container_that_runs(tmp_path: Path) -> None:
    """S019: the engine packs and unpacks nothing there, whatever a step does to its files meanwhile."""
    repository = new_repository(tmp_path / "shop")
    repository.commit({"a.txt": b"a\n"})
    snapshot = GitSnapshots(tmp_path / "state").fetch(repository.origin())
    boxes = DockerBoxes(new_instance(), IMAGE, mounts=False)
    with events(tmp_path / "events") as seen, guest(boxes, snapshot) as box:
        names = containers(box.run_id)
        box.sh("while :; do ln -sfn /etc vol; rm -f vol; mkdir vol; rmdir vol; done & sleep 1; touch b")
        box.box.gather(("b",))
        box.box.changes()

    ours = [each for each in seen() if each.get("Actor", {}).get("Attributes", {}).get("name") in names]

    assert {"create", "start"} <= {each["Action"] for each in ours}
    assert not {"archive-path", "extract-to-dir"} & {each["Action"] for each in ours}


def test_hostile_files_come_out_as_data_or_not_at_all(tmp_path: Path) -> None:
    """S017: nothing is unpacked on this machine; an archive in the workspace is a file like any other."""
    repository = new_repository(tmp_path / "shop")
    repository.commit({"a.txt": b"a\n"})
    snapshot = GitSnapshots(tmp_path / "state").fetch(repository.origin())
    before = {each.name for each in tmp_path.iterdir()}
    with guest(DockerBoxes(new_instance(), IMAGE), snapshot) as box:
        assert box.python(HOSTILE).exit.code == 0
        found = {each.path: each for each in box.box.changes().files}

    assert {"evil.tar", "hard", "link", "gone/up", "d/" * 400 + "f"} == set(found)
    assert found["link"].content == b"/etc"
    assert not Path("/etc/outside").exists()
    assert {each.name for each in tmp_path.iterdir()} == before
