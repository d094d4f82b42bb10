"""A clearance when GitHub has no room for questions: no answer is better than a wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.clearance import Seal
from bot.desk.clearing import clear
from bot.errors import Crowded, Hiccup, UserError
from bot.ids import Place, RunId
from bot.ledger import Ledger
from tests.scripted import NOON, a_desk, begun, commands


@dataclass
class RefusingCode:
    """A GitHub that answers each question with this."""

    refusal: Exception

    def read(self, place: Place, path: str) -> bytes | None:
        raise self.refusal


@dataclass
class Letters:
    """Remembers the sealed answers."""

    answers: list[bytes] = field(default_factory=list)

    def answer(self, run: RunId, epoch: int, sealed: bytes) -> None:
        self.answers.append(sealed)


@dataclass
class Scene:
    ledger: Ledger
    letters: Letters = field(default_factory=Letters)
    seal: Seal = field(default_factory=Seal.new)

    def clears(self, refusal: Exception) -> list[bytes]:
        """The answers to a worker that has just claimed a run, when GitHub says this to each question."""
        desk = a_desk(self.ledger, code=RefusingCode(refusal), mailbox=self.letters)
        begun(self.ledger, commands("ls"))
        run = self.ledger.runs.claim_next(worker="w", seal_key=self.seal.public, now=NOON)
        assert run is not None
        clear(desk, run.id)
        return self.letters.answers


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield Scene(ledger)
    ledger.close()


@pytest.mark.parametrize("trouble", [Crowded(60), Hiccup("GitHub does not answer.")])
def test_what_time_can_fix_denies_nobody(scene: Scene, trouble: Exception) -> None:
    """The worker hears nothing yet, and asks again a little later."""
    assert scene.clears(trouble) == []


def test_a_refusal_is_told_at_once(scene: Scene) -> None:
    """Whoever may not is not kept waiting."""
    assert len(scene.clears(UserError("No."))) == 1
