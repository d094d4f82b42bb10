"""A pull request that changes `.github/agent.yml` is told what that would do, in a check run of its own."""

from __future__ import annotations

from typing import Any

import pytest

from bot.reports.configuring import NAME
from bot.runs import RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

FILE = ".github/agent.yml"
STRICT = """\
version: 1
limits: {step_timeout_s: 60}
verbs: {run: {needs: maintain}}
policy: {rules: [{name: no shell, when: {action: [run_command]}, then: deny}]}
policy_examples:
- {name: a command is denied, given: {action: run_command}, expect: deny, rule: no shell}
"""


def told(world: World, *, count: int = 1) -> list[dict[str, Any]]:
    """The check runs about the configuration, the oldest first, when there are so many."""

    def there() -> list[dict[str, Any]] | None:
        found = [check for check in world.checks() if check["name"] == NAME]
        return found if len(found) >= count else None

    found = world.until(there)
    world.is_quiet()
    assert len([check for check in world.checks() if check["name"] == NAME]) == count
    return sorted(found, key=lambda check: int(check["id"]))


def test_a_change_is_shown_with_what_it_would_have_done(world: World) -> None:
    """What holds now and then, the examples of the file, and the past run that it would have denied."""
    world.comments("/agent run `ls`")
    past = world.run_ends()

    world.pushes({FILE: STRICT})

    (check,) = told(world)
    summary = check["output"]["summary"]
    assert check["conclusion"] == "success"
    assert "| `limits.step_timeout_s` | `600` | `60` |" in summary
    assert "| `verbs.run.needs` | `write` | `maintain` |" in summary
    assert "1 example, 0 not as expected." in summary
    assert f"| `{past.id}` | #1 | would be denied | `no shell`: The rule `no shell`" in summary
    assert "what holds is that of the default branch" in summary

    world.comments("/agent run `ls`")
    assert world.run_ends(number=2).state is RunState.SUCCEEDED  # it holds when it is merged


def test_a_file_that_cannot_be_used_is_a_failure_with_its_lines(world: World) -> None:
    """Each mistake stands where it is, before it stops everybody's commands."""
    world.pushes({FILE: "version: 1\nlimits:\n  memory: 5\n"})

    (check,) = told(world)
    assert check["conclusion"] == "failure"
    assert check["output"]["title"] == "The configuration cannot be used: 1 mistake."
    assert "`limits.memory`" in check["output"]["summary"]
    (mark,) = check["annotations"]
    assert (mark["path"], mark["start_line"]) == (FILE, 3)


def test_an_example_that_fails_is_a_failure(world: World) -> None:
    """A policy that does not do what its author says it does is not what they want."""
    world.pushes({FILE: STRICT.replace("expect: deny, rule: no shell", "expect: allow")})

    (check,) = told(world)
    assert check["conclusion"] == "failure"
    assert "expected allow" in check["output"]["summary"]


def test_a_fork_is_told_the_same(world: World) -> None:
    """It is only read: nothing of it holds."""
    number = world.opens_pull_from_a_fork()
    owner = world.pull(number)["head"]["repo"]["full_name"]

    world.stage.driver.pushes({FILE: STRICT}, branch="gift", by=owner.partition("/")[0], repo=owner)

    (check,) = told(world)
    assert check["conclusion"] == "success"


def test_each_commit_is_told_once(world: World) -> None:
    """Two pushes, a desk that dies in between, and every delivery once more."""
    world.pushes({FILE: STRICT})
    world.loses("desk")
    told(world)
    world.pushes({FILE: STRICT.replace("60", "30")})
    checks = told(world, count=2)
    for delivery in world.stage.driver.sees_deliveries()[:4]:
        world.stage.driver.redelivers(delivery["id"])
    world.is_quiet()

    assert len({check["head_sha"] for check in checks}) == 2
    told(world, count=2)


def test_it_can_be_judged_once_more(world: World) -> None:
    """ "Re-run" shows on the same check run what the same commit would do by now, and leaves none queued."""
    world.pushes({FILE: STRICT})
    (check,) = told(world)
    assert "There is no past run here" in check["output"]["summary"]
    world.comments("/agent run `ls`")
    past = world.run_ends()

    world.stage.driver.reruns(check["id"], by="writer-will")

    world.until(lambda: f"| `{past.id}` |" in told(world)[0]["output"]["summary"])
    (again,) = told(world)
    assert (again["id"], again["status"], again["conclusion"]) == (check["id"], "completed", "success")


def test_what_does_not_touch_it_is_left_alone(world: World) -> None:
    """Most pull requests hear nothing of this."""
    world.pushes({"shop/new.py": "pass\n"})
    world.is_quiet()

    assert world.checks() == []
