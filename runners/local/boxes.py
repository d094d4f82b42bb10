"""The Boxes port by bubblewrap: namespaces of this machine, no image, no engine, no root."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.errors import UserError
from bot.ports import BoxSpec, Snapshot
from runners.git.snapshots import GitSnapshot
from runners.local.shell import Shell
from runners.supervisor.box import SupervisedBox
from runners.supervisor.filling import fill, restore

NOT_ISOLATED = (
    "Without Docker, a box has no network, no rights, and no file of yours but a copy of the repository. "
    "It runs this machine's own programs, and nothing limits its memory, processor time, processes and disk."
)
_NEEDED = ("bwrap", "prlimit", "git", "tar", "python3")


class LocalBoxes:
    """`NOT_ISOLATED` says what these do not do."""

    def check(self) -> None:
        """UserError when a program is missing without which there are none."""
        missing = [program for program in _NEEDED if shutil.which(program) is None]
        if missing:
            raise UserError(
                "Docker does not answer on this machine, and a box without it needs "
                f"{', '.join(f'`{each}`' for each in missing)}. Start Docker with `sudo systemctl start "
                "docker`, or install what is missing (on Debian, `sudo apt-get install bubblewrap git`)."
            )

    def pinned(self, image: str) -> str:
        raise UserError(f"A box without Docker has no images: leave {image} out.")

    @contextmanager
    def open(self, spec: BoxSpec, snapshot: Snapshot) -> Iterator[SupervisedBox]:
        if not isinstance(snapshot, GitSnapshot):
            raise TypeError("A local box is filled from a GitSnapshot.")
        self.check()
        if spec.equipment.needs_network:
            raise UserError("A box without Docker has no network: leave `network` and `services` out.")
        folder = Path(tempfile.mkdtemp(prefix="devops-agent-box-"))
        try:
            with closing(Shell(folder, spec.limits)) as shell:
                with snapshot.archive() as archive:
                    fill(shell.keeper.talk, archive, spec.limits)
                if spec.tree is not None and spec.tree.files:
                    restore(shell.keeper.talk, spec.tree, spec.limits)
                yield SupervisedBox(shell, snapshot, spec)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
