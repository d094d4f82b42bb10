"""What GitHub could not deliver, asked for again: GitHub itself tries once and forgets after three days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.errors import Hiccup, UserError
from bot.ledger import Ledger
from bot.ports import Attempt, Clock, DeliveryLog

log = structlog.get_logger(__name__)

REMEMBERED = timedelta(days=3)  # by GitHub
LATE = timedelta(minutes=10)  # an attempt may appear in the log this long after it was made
UNDERWAY = timedelta(seconds=15)  # GitHub itself waits ten seconds for our answer
PAUSES = (timedelta(seconds=30), timedelta(minutes=3), timedelta(minutes=30), timedelta(hours=3))
AT_ONCE = 100  # asked for in one look; the rest in the next
PROBE = timedelta(
    minutes=1
)  # while web is away, one delivery is asked for this often, to see whether it is back


@dataclass
class Redelivering:
    """Looks into GitHub's log again and again. It reads three days once, and then what is new."""

    ledger: Ledger
    deliveries: DeliveryLog
    clock: Clock
    _seen_until: datetime | None = None
    _missed: dict[str, Attempt] = field(default_factory=dict)
    _last: Attempt | None = None

    def look(self) -> None:
        """Ask again for what is missing. Each is claimed first, so that two desks do not."""
        now = self.clock.now()
        try:
            attempts = self.deliveries.attempts((self._seen_until or now - REMEMBERED) - LATE)
        except Hiccup as hiccup:
            log.info("redelivery.later", why=str(hiccup))
            return
        self._missed = missed(self._missed, attempts, since=now - REMEMBERED)
        self._last = max(attempts, key=lambda attempt: attempt.id, default=self._last)
        self._seen_until = now
        for guid in self.ledger.deliveries.known(list(self._missed)):
            del self._missed[guid]
        self._ask_for(sorted(self._missed.values(), key=lambda attempt: attempt.id), now)
        self.ledger.redeliveries.forget(now - REMEMBERED - PAUSES[-1])

    def _ask_for(self, wanted: Sequence[Attempt], now: datetime) -> None:
        """While web answers, each a few times; while it does not, one of them now and then, in turn."""
        settled = [attempt for attempt in wanted if attempt.at <= now - UNDERWAY]
        if self._last is not None and not self._last.answered:
            if settled and self.ledger.redeliveries.claim_probe(now, PROBE):
                self._ask(settled[0])
            return
        for attempt in settled[:AT_ONCE]:
            if self.ledger.redeliveries.claim(attempt.guid, now, PAUSES):
                self._ask(attempt)

    def _ask(self, attempt: Attempt) -> None:
        try:
            self.deliveries.ask_again(attempt.id)
        except (Hiccup, UserError) as problem:
            log.warning("redelivery.not_asked", guid=attempt.guid, why=str(problem))
        else:
            log.info("redelivery.asked", guid=attempt.guid)


def missed(
    before: Mapping[str, Attempt], attempts: Iterable[Attempt], *, since: datetime
) -> dict[str, Attempt]:
    """Pure: by GUID, the last attempt of each delivery of which no attempt was answered."""
    found = {guid: attempt for guid, attempt in before.items() if attempt.at >= since}
    answered = set()
    for attempt in attempts:
        if attempt.answered:
            answered.add(attempt.guid)
        elif attempt.guid not in found or found[attempt.guid].id < attempt.id:
            found[attempt.guid] = attempt
    return {guid: attempt for guid, attempt in found.items() if guid not in answered}
