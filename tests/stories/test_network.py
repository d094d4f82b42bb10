"""What a run may reach, and what was reached before it: chosen by its repository, allowed by the server."""

from __future__ import annotations

import json

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


def test_a_setup_may_reach_what_the_run_may_not(strict_stage: StrictStage) -> None:
    """Before the code is there; its failure ends the run with its own words and with what was in the way."""
    world = strict_stage.world()
    install = "python3 -c 'import urllib.request as r; r.urlopen(\"https://evil.example/x\")'"
    setup = (
        f"  reads: [README.md]\n  run: [ls, {json.dumps(install)}]\n  network: {{allow: [registry.example]}}"
    )
    world.configures(f"setup:\n{setup}\n")
    world.comments("/agent run `true`")

    run = world.run_ends()

    assert run.state is RunState.FAILED
    assert run.reason.startswith("`setup` failed: `python3 -c 'import urllib")
    assert "`network: {allow: [registry.example, evil.example]}` would allow it." in run.reason
    assert "Setup: `ls` was done in " in world.page(run, "/log.txt")
    assert [str(step.state) for step in run.steps] == ["skipped", "skipped"]
