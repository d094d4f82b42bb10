"""What a box brings along from earlier ones, and leaves for later ones: what its setup made, and caches.

What a setup makes follows from its commands, its image and the files that it reads: who has these has it.
A cache is whatever a run left: those of a pull request read the default branch's, and write only their own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import IO

from bot.actions.model import Command
from bot.equipment import Cache, Equipment, Setup
from bot.errors import UserError
from bot.ports import Box, Boxes, BoxSpec, Ended, Exit, Parcels, Snapshot, Stream
from bot.reports.safe import one_line
from bot.runs import Run

HOME = "~"
LAST_WORDS = 500

Watch = Callable[[Box], AbstractContextManager[object]]


def set_up(
    run: Run,
    spec: BoxSpec,
    snapshot: Snapshot,
    *,
    boxes: Boxes,
    parcels: Parcels,
    watch: Watch,
    tell: Callable[[str], None],
) -> str | None:
    """The name of the parcel that the setup made, now or earlier; None without one, or when it was stopped.

    UserError when a command of it fails.
    """
    setup = run.equipment.setup
    if setup is None:
        return None
    name = _name_of(setup, run, boxes.pinned(spec.image), snapshot)
    kept = parcels.open(name)
    if kept is not None:
        kept.close()
        return name
    alone = replace(spec, equipment=Equipment(hosts=setup.hosts), secrets={}, tree=None)
    with boxes.open(alone, snapshot.excerpt(setup.reads)) as box, watch(box):
        for command in setup.run:
            if not _did(command, box, tell):
                return None
        with parcels.putting(name) as out:
            if not box.pack((HOME, *setup.keeps), out):
                raise UserError("What `setup` made is larger than can be kept. Let it make less.")
    return name


def bring(run: Run, box: Box, snapshot: Snapshot, parcels: Parcels, setup: str | None) -> None:
    """Put in what the setup made, then the caches."""
    if setup is not None:
        parcel = parcels.open(setup)
        if parcel is None:
            raise UserError("What `setup` made was pushed out meanwhile. Run it again.")
        with parcel:
            box.bring(parcel)
    for cache in run.equipment.caches:
        parcel = _cached(run, cache, snapshot, parcels)
        if parcel is not None:
            with parcel:
                box.bring(parcel)


def keep(run: Run, box: Box, snapshot: Snapshot, parcels: Parcels) -> Iterator[str]:
    """Keep the caches of a run that ended well, where their keys are new. Sentences about what cannot be."""
    for cache in run.equipment.caches:
        name = f"{_folder(run, cache, _scope(run))}/{snapshot.fingerprint(cache.key)}"
        kept = parcels.open(name)
        if kept is not None:
            kept.close()
            continue
        try:
            with parcels.putting(name) as out:
                if not box.pack((cache.path,), out):
                    raise _TooLargeError
        except _TooLargeError:
            yield f"The cache `{cache.path}` was not kept: it is larger than can be."


class _TooLargeError(Exception):
    """Leaves the block, so that nothing is put."""


def _did(command: str, box: Box, tell: Callable[[str], None]) -> bool:
    """Whether it went well; False when somebody stopped it. UserError when it failed."""
    ear = _Ear()
    ended = box.run(Command(("/bin/sh", "-e", "-c", command)), ear)
    if ended.ended is Ended.STOPPED:
        return False
    if ended.code != 0:
        remarks = " ".join(("", *box.remarks()))
        raise UserError(
            f"`setup` failed: {_shown(command)} {_how(ended)}. It last said: {ear.end()}{remarks}"
        )
    tell(f"Setup: {_shown(command)} was done in {ended.seconds:.1f} s, and is kept for later runs.")
    return True


def _shown(command: str) -> str:
    return f"`{one_line(command.replace('`', chr(39)), limit=100)}`"


def _how(ended: Exit) -> str:
    return f"ended with exit code {ended.code}" if ended.ended is Ended.EXITED else f"ended: {ended.ended}"


class _Ear:
    """Remembers the end of what it hears."""

    def __init__(self) -> None:
        self._words = ""

    def __call__(self, _: Stream, text: str) -> None:
        self._words = (self._words + text)[-LAST_WORDS:]

    def end(self) -> str:
        return one_line(self._words, limit=LAST_WORDS) or "nothing."


def _name_of(setup: Setup, run: Run, image: str, snapshot: Snapshot) -> str:
    about = [image, setup.run, setup.keeps, setup.hosts, snapshot.fingerprint(setup.reads)]
    return f"{run.target.place.repo_id}/setup/{_digest(about)}"


def _cached(run: Run, cache: Cache, snapshot: Snapshot, parcels: Parcels) -> IO[bytes] | None:
    """Of this key, else the newest; of its own, else of the default branch."""
    folders = [_folder(run, cache, scope) for scope in dict.fromkeys((_scope(run), "default"))]
    fingerprint = snapshot.fingerprint(cache.key)
    for folder in folders:
        if (found := parcels.open(f"{folder}/{fingerprint}")) is not None:
            return found
    for folder in folders:
        if (found := parcels.newest(folder)) is not None:
            return found
    return None


def _folder(run: Run, cache: Cache, scope: str) -> str:
    return f"{run.target.place.repo_id}/cache/{scope}/{_digest(cache.path)}"


def _scope(run: Run) -> str:
    """The code of a pull request may leave anything; nobody else reads it."""
    return f"pull-{run.target.number}" if run.target.on_pull else "default"


def _digest(about: object) -> str:
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]
