"""A desk with a model: opened before work begins, and its key with nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.processes.stage import MODEL_KEY, Stage, Wanted, stage

pytestmark = [pytest.mark.redis, pytest.mark.slow]


@pytest.fixture(scope="module")
def with_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    wanted = Wanted(tmp_path_factory.mktemp("model"), names=("web", "desk"), model=True)
    with stage(wanted) as ready:
        yield ready


def test_the_desk_opens_its_model_before_it_is_ready(with_model: Stage) -> None:
    """It says which one; nobody has been asked anything yet."""
    (ready,) = [line for line in log(with_model, "desk").splitlines() if "desk.ready" in line]

    assert '"model": "openai/scripted"' in ready
    assert with_model.model.sees_requests() == []


def test_the_desk_alone_has_the_key_of_the_model(with_model: Stage) -> None:
    """It is in the environment of no other process, and in nobody's log."""
    assert MODEL_KEY in environment(with_model, "desk")
    assert MODEL_KEY not in environment(with_model, "web")
    assert MODEL_KEY not in log(with_model, "desk") + log(with_model, "web")


def log(here: Stage, process: str) -> str:
    return (here.folder / f"{process}.log").read_text(errors="replace")


def environment(here: Stage, process: str) -> str:
    return Path(f"/proc/{here.processes.pid(process)}/environ").read_text()
