"""What could not be shown is told to whoever asks the doctor."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.ledger import Ledger
from bot.ledger.surfaces import NewSurface, SurfaceKind
from bot.settings import PREFIX
from tests.scripted import PLACE
from tests.stories.test_command_line import agent


def test_the_doctor_tells_what_was_given_up(tmp_path: Path) -> None:
    """How many reports could not be shown in the last days, and why the last one."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger, now = Ledger(url), datetime.now(UTC)
    ledger.surfaces.add(NewSurface("check_run:1", SurfaceKind.CHECK_RUN, PLACE, 7), now)
    (surface,) = ledger.surfaces.claim_due(now)
    ledger.surfaces.give_up(surface, "The App may not write checks here.", now)
    ledger.close()

    said = agent("doctor", folder=tmp_path, environment={f"{PREFIX}LEDGER_URL": url})

    assert (
        "1 of our reports could not be shown in the last 7 days. The last one is `check_run:1`: "
        "The App may not write checks here." in said.stdout
    )
