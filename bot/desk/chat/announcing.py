"""Runs that were started on GitHub, in the channels that are about their repository and want to know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.chat.model import Announce, Spot
from bot.chat.placing import run_surfaces
from bot.desk.chat.finding import written_bindings
from bot.desk.model import Desk
from bot.ids import Place, RunId
from bot.ledger.surfaces import NewSurface


def announcing(desk: Desk, place: Place, number: int, run: RunId) -> Sequence[NewSurface]:
    """Where a run is shown beside GitHub, and is not yet. The server's file goes before what people said."""
    if desk.chat is None:
        return ()
    wanted = dict(_bound(desk, place)) | dict(_written(desk, place))
    return [
        surface
        for spot, announce in wanted.items()
        if announce is not Announce.NONE and desk.ledger.surfaces.head_of(run, spot.line) is None
        for surface in run_surfaces(place, number, run, spot, failures_only=announce is Announce.FAILURES)
    ]


def _bound(desk: Desk, place: Place) -> Iterator[tuple[Spot, Announce]]:
    for binding in desk.ledger.bindings.about(place.repo_id):
        yield Spot(binding.team, binding.channel), binding.announce


def _written(desk: Desk, place: Place) -> Iterator[tuple[Spot, Announce]]:
    """A channel that the file binds to another repository is about that one alone."""
    for spot, part in written_bindings(desk):
        here = part.repository.lower() == str(place.repo).lower()
        yield spot, Announce(part.announce) if here else Announce.NONE
