"""What a run leaves beside its changes: artifacts on its page, reports that become tables."""

from __future__ import annotations

import pytest

from bot.runs import RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

CONFIGURATION = """\
pull_request: false
artifacts: [dist, junit.xml]
reports: {junit: [junit.xml], sarif: ["*.sarif"]}
"""
TESTS = """\
/agent run
```yaml
actions:
- action_type: write_file
  parameters: {path: test_sum.py, content: "def test_one(): pass\\ndef test_two():\\n    assert 1 + 1 == 3\\n"}
- {action_type: run_command, parameters: {command: "mkdir dist && echo built > dist/shop.txt && echo '{}' > x.sarif"}}
- {action_type: run_command, parameters: {command: "pytest -q -p no:cacheprovider --junitxml junit.xml test_sum.py"}}
```
"""  # noqa: E501  # a plan is easier to read with a step on a line


def test_artifacts_and_reports_of_a_run_are_there_when_it_failed(world: World) -> None:
    """Just then people want them: a table in the check run, files on the page, and what is none is told."""
    world.configures(CONFIGURATION)
    world.comments(TESTS)

    run = world.run_ends()

    assert run.state is RunState.FAILED
    summary = world.check(run)["output"]["summary"]
    assert "| `junit.xml` | 1 | 1 | 0 |" in summary
    assert "- `test_sum::test_two`: assert (1 + 1) == 3" in summary
    assert "By their reports, 1 test passed and 1 failed." in world.said()[0]
    assert "`x.sarif` was left out: it is no SARIF file that can be read." in summary
    assert world.page(run, "/artifacts/0") == "built\n"
    assert "<testsuite" in world.page(run, "/artifacts/1")
    assert "dist/shop.txt</a>, 6 bytes" in world.page(run)
