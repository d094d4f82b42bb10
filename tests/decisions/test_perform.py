"""Walking a plan: which steps run, what becomes of the others, what is heard."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

from bot.limits import Limits
from bot.perform import Walked, perform
from bot.plans.model import ErrorHandling, Plan
from bot.ports import Ended, Exit, Stream
from bot.runs import Run, Step, StepState
from tests.scripted import Clock, ScriptedBox, a_run, action, commands

FAILED = Exit(Ended.EXITED, 1, 0.1)


@dataclass
class Listener:
    """Keeps everything it is told."""

    changes: list[tuple[int, StepState]] = field(default_factory=list)
    output: list[tuple[int, Stream, str]] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)

    def changed(self, *steps: Step) -> None:
        self.changes.extend((step.index, step.state) for step in steps)

    def heard(self, step: int, stream: Stream, text: str) -> None:
        self.output.append((step, stream, text))

    def finished(self, step: int) -> None:
        self.ended.append(step)


def walk(run: Run, box: ScriptedBox, listener: Listener | None = None) -> Walked:
    return perform(run, box, listener or Listener(), Clock())


def states(walked: Walked) -> list[str]:
    return [str(step.state) for step in walked.steps]


def test_steps_run_in_the_order_of_the_list() -> None:
    """A plan in which no step names `depends_on` runs in order, one at a time."""
    box = ScriptedBox()

    walked = walk(a_run(commands("one", "two", "three")), box)

    assert box.ran == ["one", "two", "three"]
    assert box.together == 1
    assert states(walked) == ["succeeded"] * 3


def test_the_first_failure_ends_the_run() -> None:
    """Under `stop`, what had not begun when a step failed is skipped, and says why."""
    box = ScriptedBox(script={"two": FAILED})

    walked = walk(a_run(commands("one", "two", "three")), box)

    assert box.ran == ["one", "two"]
    assert states(walked) == ["succeeded", "failed", "skipped"]
    assert "step 2 failed" in walked.steps[2].note.lower()


def test_the_rest_still_runs_when_the_plan_says_continue() -> None:
    """Under `continue`, a failure in an ordered plan does not keep the others from running."""
    box = ScriptedBox(script={"one": FAILED})
    plan = commands("one", "two", error_handling=ErrorHandling.CONTINUE)

    walked = walk(a_run(plan), box)

    assert states(walked) == ["failed", "succeeded"]


def test_steps_whose_dependencies_are_met_run_together() -> None:
    """In a plan with `depends_on`, independent steps run in parallel, as many as the limits allow."""
    names = ("a", "b", "c")
    plan = Plan(tuple(action(name, dag=True) for name in names))
    box = ScriptedBox(waits=frozenset(names))
    release = threading.Timer(0.3, box.let_go.set)
    release.start()

    walked = walk(a_run(plan, limits=Limits(parallel_steps=2)), box)

    assert box.together == 2
    assert states(walked) == ["succeeded"] * 3


def test_a_step_whose_dependency_failed_is_skipped() -> None:
    """A step that needs a failed one never starts, and its independent neighbour does."""
    plan = Plan((action("a", dag=True), action("b", 0), action("c", dag=True)), ErrorHandling.CONTINUE)
    box = ScriptedBox(script={"a": FAILED})

    walked = walk(a_run(plan), box)

    assert sorted(box.ran) == ["a", "c"]
    assert states(walked) == ["failed", "skipped", "succeeded"]


def test_a_run_that_is_out_of_time_stops_what_runs() -> None:
    """At the run's own time limit the running step ends as timed out and nothing more starts."""
    box = ScriptedBox(waits=frozenset({"forever"}))
    run = a_run(commands("forever", "after"), limits=replace(Limits(), run_timeout_s=1))

    walked = walk(run, box)

    assert walked.timed_out
    assert walked.steps[0].state is StepState.TIMED_OUT
    assert "after" not in box.ran


def test_output_is_heard_before_its_step_ends() -> None:
    """What a step says reaches the listener with the step and the stream, before the step is finished."""
    listener = Listener()
    box = ScriptedBox(says={"one": "hello\n"})

    walk(a_run(commands("one")), box, listener)

    assert listener.output == [(0, Stream.OUT, "hello\n")]
    assert listener.ended == [0]
    assert listener.changes == [(0, StepState.RUNNING), (0, StepState.SUCCEEDED)]
