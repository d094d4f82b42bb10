"""How runs go: order, parallel steps, failures, time limits, output of every kind and size."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.runs import Run, RunState, StepState
from tests.decisions.test_safe import REFERENCE, outside_code, tags
from tests.world import Json, World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

CONTINUE = """\
/agent run
```yaml
error_handling: continue
actions:
- {action_type: run_command, parameters: {command: exit 3}}
- {action_type: run_command, parameters: {command: echo still here}}
```
"""

DAG = """\
/agent run
```yaml
error_handling: continue
actions:
- {action_type: run_command, parameters: {command: "touch left; until test -e right; do sleep 0.05; done"}, depends_on: []}
- {action_type: run_command, parameters: {command: "touch right; until test -e left; do sleep 0.05; done"}, depends_on: []}
- {action_type: run_command, parameters: {command: "test -e left -a -e right"}, depends_on: [0, 1]}
- {action_type: run_command, parameters: {command: exit 4}, depends_on: []}
- {action_type: run_command, parameters: {command: touch never}, depends_on: [3]}
pull_request: false
```
"""  # noqa: E501  # a plan is easier to read with a step on a line

ENDLESS = """\
/agent run
```yaml
- action_type: run_command
  parameters: {command: "echo I began; sleep 1000 & sleep 1000", timeout_s: 2}
```
"""


def states(run: Run) -> list[str]:
    return [str(step.state) for step in run.steps]


def test_a_plan_can_go_on_after_a_failure(world: World) -> None:
    """`error_handling: continue` runs what follows, and the run still ends as failed."""
    world.comments(CONTINUE)

    run = world.run_ends()

    assert states(run)[:2] == ["failed", "succeeded"]
    assert run.state is RunState.FAILED
    assert "still here" in world.check(run)["output"]["text"]


def test_steps_that_wait_for_nothing_run_side_by_side(world: World) -> None:
    """Two steps that need each other meet; what depends on a failed step is skipped, and says so."""
    world.comments(DAG)

    run = world.run_ends()

    assert states(run) == ["succeeded", "succeeded", "succeeded", "failed", "skipped"]
    assert "4" in run.steps[4].note
    assert "skipped" in world.check(run)["output"]["summary"]


def test_a_command_that_never_ends_is_stopped(world: World) -> None:
    """A step's time limit ends its whole process tree; the run has timed out and says so."""
    world.comments(ENDLESS)

    run = world.run_ends()

    assert run.state is RunState.TIMED_OUT
    assert run.steps[0].state is StepState.TIMED_OUT
    check = world.check(run)
    assert check["conclusion"] == "timed_out"
    assert "Stopped after its 2 s." in check["output"]["summary"]
    assert "I began" in check["output"]["text"]
    assert world.boxes(run) == []


def test_a_run_has_a_time_limit_of_its_own(world: World) -> None:
    """Steps that are each short enough cannot together exceed the limit of the run."""
    world.configures("limits: {run_timeout_s: 2}\n")
    world.comments("/agent run\n\n1. Run `sleep 1.2`\n2. Run `sleep 1.2`\n3. Run `sleep 1.2`")

    run = world.run_ends()

    assert run.state is RunState.TIMED_OUT
    assert states(run)[0] == "succeeded"
    assert "time for this run was up" in world.said()[0]


def test_a_command_that_is_not_there_fails_plainly(world: World) -> None:
    """A missing program is an ordinary failure with its exit code."""
    world.comments("/agent run `no-such-program`")

    run = world.run_ends()

    assert run.state is RunState.FAILED
    assert "Exit code 127." in world.check(run)["output"]["summary"]


def test_output_of_200_mb_is_bounded(world: World) -> None:
    """The run ends, hands stay small, the end is shown, and the page says how much was not kept."""
    world.configures("limits: {log_bytes: 1000000}\n")
    with peak_memory(world.stage.processes.pid("hands")) as memory:
        world.comments("/agent run `head -c 200000000 /dev/zero | tr '\\0' 'x' | fold -w 100; echo THE END`")
        run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert run.steps[0].output_bytes > 200_000_000
    assert "THE END" in world.check(run)["output"]["text"]
    page = html.unescape(world.page(run))
    assert re.search(r"20\d,\d{3},\d{3} characters were not kept: the run's log is full.", page)
    assert "THE END" in page
    assert memory["peak"] - memory["before"] < 150 * 1024 * 1024


@contextmanager
def peak_memory(pid: int) -> Iterator[dict[str, int]]:
    """Resident bytes of a process before, and their peak meanwhile."""
    seen = {"before": resident(pid), "peak": 0}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            seen["peak"] = max(seen["peak"], resident(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


def test_binary_output_is_shown_harmlessly(world: World) -> None:
    """Bytes that are no text do not stop a run, and are shown as replacements."""
    world.comments("/agent run `head -c 300 /dev/urandom; printf '\\000\\377\\376 and text\\n'`")

    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert "and text" in world.check(run)["output"]["text"]


HOSTILE = r"""/agent run
```sh
printf '\033[31mred\033[0m @owner-olga #1 GH-1 www.evil.test\n'
printf '```\n</details><img src=x onerror=alert(1)> @writer-will\n~~~\n````\n![x](https://evil.test/p.png)\n'
printf '\342\200\256evol \342\201\246\n<script>alert(1)</script>\n[click](javascript:alert(1))\n'
exit 1
```
"""


def test_output_does_nothing_where_it_is_shown(world: World) -> None:
    """Colours, mentions, references, closing fences, images, HTML and bidi in output have no power."""
    world.comments(HOSTILE)

    run = world.run_ends()

    output: Json = world.check(run)["output"]
    for_check = f"{output['summary']}\n\n{output['text']}"
    assert "red @owner-olga #1" in output["text"]
    assert "U+202E" in output["text"]
    assert "\x1b" not in for_check + world.said()[0]
    assert "\u202e" not in for_check + world.said()[0]
    assert {"img", "script", "details"} & (tags(for_check) | tags(world.said()[0])) == set()
    assert REFERENCE.findall(without_our_links(for_check)) == []
    assert REFERENCE.findall(without_our_links(world.said()[0])) == []


def without_our_links(markdown: str) -> str:
    """What is left when links that we wrote, the plan's digest and our own marker are taken away."""
    kept = re.sub(r"<!--.*?-->", "", markdown)
    return outside_code(re.sub(r"\[[^\]]*\]\(<[^>]*>\)", "", kept))


FAILING_TEST = """\
import unittest


def test_the_answer():
    assert 6 * 7 == 41
"""


def test_a_failing_pytest_is_annotated_where_it_failed(world: World) -> None:
    """`file:line` in a failing step's output becomes an annotation on that line."""
    world.pushes({"tests/test_answer.py": FAILING_TEST})
    world.comments(f"/agent run\n\n```sh\n{PYTEST}\n```")

    run = world.run_ends()

    found = [(each["path"], each["start_line"], each["message"]) for each in world.check(run)["annotations"]]
    assert ("tests/test_answer.py", 5) in [each[:2] for each in found]
    assert run.state is RunState.FAILED


PYTEST = "python3 -m pytest -q tests/test_answer.py"


def test_a_check_run_is_queued_then_in_progress_then_completed(world: World) -> None:
    """Each state is seen as it comes; at the end the run's page, which it links, has the whole log."""
    with world.paused("hands"):
        world.comments("/agent run `echo hello; sleep 0.5; echo bye`")
        world.until(lambda: [each["status"] for each in world.checks()] == ["queued"])

    run = world.run_ends()

    history = [update["status"] for update in world.check(run)["history"]]
    assert history[0] == "queued"
    assert "in_progress" in history
    assert history[-1] == "completed"
    assert "hello\nbye" in world.page(run, "/log.txt")
    assert world.check(run)["details_url"] == f"{world.stage.web_url}/runs/{run.id}?key={run.page_key}"
