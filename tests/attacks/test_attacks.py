"""The corpus of attacks, case by case: on real processes, a real box, and a model that follows a script."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.processes.stage import GENEROUS
from tests.attacks.checks import CHECKS, failures
from tests.attacks.driver import ACTS, play
from tests.attacks.not_yet import NOT_YET
from tests.attacks.scene import Scene
from tests.world import World

Json = dict[str, Any]

CASES: dict[str, Json] = {
    each["id"]: each for each in yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text())
}
# The App of the human that is only called like it, and so much budget that no case takes it from another.
SERVER = f"""{GENEROUS}\
policy: {{bots: [29110]}}
defaults:
  budget: {{user_calls: 10000, user_tokens: 100000000, user_usd: 10000}}
"""
SETTINGS = {"MODEL_TIMEOUT_S": "3"}


@pytest.fixture
def scene(request: pytest.FixtureRequest, model_world: World, tmp_path: Path) -> Iterator[Scene]:
    hostmark = tmp_path / "hostmark"
    hostmark.mkdir()
    case = request.node.callspec.params["case"]
    with socket.create_server(("127.0.0.1", 0)) as sink:
        ready = Scene(case, model_world, hostmark, sink)
        with ready.held:
            yield ready
        model_world.stage.driver.clears_faults()
        ready.is_over()


@pytest.mark.docker
@pytest.mark.redis
@pytest.mark.slow
@pytest.mark.parametrize("case", [name for name in CASES if name not in NOT_YET])
def test_attack(scene: Scene, case: str) -> None:
    """It comes to what the case expects, and to nothing that nobody may ever see."""
    if any("rss_growth_mb_max" in check for check in CASES[case]["check"]):
        scene.has_asked_its_model()
    play(scene, CASES[case]["input"])

    assert failures(scene, CASES[case]["check"]) == [], CASES[case]["expected"]


def test_what_is_not_tried_is_said() -> None:
    """The table of what is not tried yet names exactly the cases that use what the driver does not know."""
    strange = {name for name, case in CASES.items() if not known(case)}

    assert {name for name in NOT_YET if "/" not in name} == strange
    assert {name.partition("/")[0] for name in NOT_YET} <= set(CASES)


def known(case: Json) -> bool:
    return kinds(case["input"]) <= set(ACTS) and {name for each in case["check"] for name in each} <= set(
        CHECKS
    )


def kinds(given: Json) -> set[str]:
    inner = [
        *given.get("steps", []),
        *given.get("inputs", []),
        *(given[key] for key in ("step", "then") if key in given),
    ]
    return {given["kind"]}.union(*(kinds(each) for each in inner))
