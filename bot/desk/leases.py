"""Which leases stand still, as this desk has seen with its own watch: no other clock is believed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from bot.ledger.runs import LEASE, Held


class Leases:
    """What was seen of each lease, and since when. A desk that has just started has seen nothing yet."""

    def __init__(self, watch: Callable[[], float] = time.monotonic) -> None:
        self._watch = watch
        self._seen: dict[Held, float] = {}

    def standing_still(self, look: Callable[[], Iterable[Held]]) -> list[Held]:
        """Those that nobody has renewed for a whole LEASE.

        The watch is read before the look and after it, so that whoever is held up in between judges late
        and never early.
        """
        before = self._watch()
        held = frozenset(look())
        after = self._watch()
        self._seen = {lease: self._seen.get(lease, after) for lease in held}
        return [lease for lease, since in self._seen.items() if before - since > LEASE.total_seconds()]
