"""Walking a plan: steps start when they may, each heard while it runs, until nothing is left to start."""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Protocol

from bot.actions import ACTIONS
from bot.actions.model import Where
from bot.plans.graph import decide
from bot.ports import Box, Clock, Ended, Exit, Stream
from bot.runs import Run, Step, StepState
from bot.secrets import Known, Redactor


class Listener(Protocol):
    """Who is told. Every call is safe from any thread."""

    def changed(self, *steps: Step) -> None: ...

    def heard(self, step: int, stream: Stream, text: str) -> None: ...

    def finished(self, step: int) -> None:
        """All output of the step has been heard."""
        ...


@dataclass(frozen=True)
class Walked:
    """How the box part of a run went. `timed_out` tells that the whole run ran out of time."""

    steps: tuple[Step, ...]
    timed_out: bool


def perform(run: Run, box: Box, listener: Listener, clock: Clock, known: Known | None = None) -> Walked:
    """Every step that runs in the box, to its end. Returns when none is running and none may start.

    The listener hears no secret: neither of those that are `known`, nor what looks like one.
    """
    walk = _Walk(run, box, listener, clock, known or Known())
    return walk.to_the_end()


class _Walk:
    def __init__(self, run: Run, box: Box, listener: Listener, clock: Clock, known: Known) -> None:
        self._run = run
        self._box = box
        self._listener = listener
        self._clock = clock
        self._known = known
        self._steps = list(run.steps)
        self._over_time = threading.Event()

    def to_the_end(self) -> Walked:
        alarm = threading.Timer(self._run.limits.run_timeout_s, self._out_of_time)
        alarm.daemon = True
        alarm.start()
        try:
            with ThreadPoolExecutor(self._run.limits.parallel_steps, "step") as pool:
                self._walk_or_stop(pool)
        finally:
            alarm.cancel()
        return Walked(tuple(self._steps), self._over_time.is_set())

    def _walk_or_stop(self, pool: ThreadPoolExecutor) -> None:
        try:
            self._walk(pool)
        except BaseException:
            self._box.stop()  # else leaving the pool would wait for steps that nobody listens to
            raise

    def _walk(self, pool: ThreadPoolExecutor) -> None:
        running: dict[Future[Exit], int] = {}
        settled: list[Step] = []
        while True:
            self._start_what_may(pool, running, settled)
            if not running:
                return
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            settled = [self._settled(running.pop(future), future.result()) for future in ended]

    def _start_what_may(
        self, pool: ThreadPoolExecutor, running: dict[Future[Exit], int], settled: list[Step]
    ) -> None:
        """What ended and what starts in its place are told at once: writing down costs more than a step."""
        if self._over_time.is_set():
            if settled:
                self._listener.changed(*settled)
            return
        decision = decide(self._run.plan, [step.state for step in self._steps])
        skipped = [self._change(index, StepState.SKIPPED, note) for index, note in decision.skip]
        startable = [index for index in decision.start if index not in running.values()]
        started = []
        for index in startable[: self._run.limits.parallel_steps - len(running)]:
            started.append(self._change(index, StepState.RUNNING))
        if settled or skipped or started:
            self._listener.changed(*settled, *skipped, *started)
        for step in started:
            running[pool.submit(self._do, step)] = step.index
        if skipped and not started and not running:
            self._start_what_may(pool, running, [])  # a skipped step may decide others

    def _do(self, step: Step) -> Exit:
        command = ACTIONS[step.action.action_type].compile(step.action.parameters)
        limit = self._run.limits.step_timeout_s
        bounded = replace(command, timeout_s=min(command.timeout_s or limit, limit))
        redactors = {stream: Redactor(self._known) for stream in Stream}

        def hear(stream: Stream, text: str) -> None:
            self._tell(step.index, stream, redactors[stream].feed(text))

        try:
            return self._box.run(bounded, hear)
        finally:
            for stream, redactor in redactors.items():
                self._tell(step.index, stream, redactor.end())

    def _tell(self, step: int, stream: Stream, text: str) -> None:
        if text:
            self._listener.heard(step, stream, text)

    def _settled(self, index: int, end: Exit) -> Step:
        self._listener.finished(index)
        state, note = judge_exit(end, self._timeout(index), over_time=self._over_time.is_set())
        return self._change(index, state, note, end.code)

    def _timeout(self, index: int) -> int:
        action = self._steps[index].action
        own = ACTIONS[action.action_type].compile(action.parameters).timeout_s
        limit = self._run.limits.step_timeout_s
        return min(own or limit, limit)

    def _change(self, index: int, state: StepState, note: str = "", code: int | None = None) -> Step:
        now = self._clock.now()
        step = self._steps[index]
        changed = replace(
            step,
            state=state,
            note=note,
            started_at=now if state is StepState.RUNNING else step.started_at,
            ended_at=now if state.final and step.started_at else None,
            exit_code=code,
        )
        self._steps[index] = changed
        return changed

    def _out_of_time(self) -> None:
        self._over_time.set()
        self._box.stop()


def judge_exit(end: Exit, timeout_s: int, *, over_time: bool) -> tuple[StepState, str]:
    """What an exit means for its step: a state, and a short note where the state does not say it all."""
    match end.ended:
        case Ended.EXITED if end.code == 0:
            return StepState.SUCCEEDED, ""
        case Ended.EXITED:
            return StepState.FAILED, f"Exit code {end.code}."
        case Ended.TIMED_OUT:
            return StepState.TIMED_OUT, f"Stopped after its {timeout_s} s."
        case Ended.OUT_OF_MEMORY:
            return StepState.FAILED, "It used more memory than the run may have."
        case Ended.BOX_LOST:
            return StepState.INTERRUPTED, "Its container went away."
        case Ended.STOPPED if over_time:
            return StepState.TIMED_OUT, "The run's time was over."
        case Ended.STOPPED:
            return StepState.CANCELLED, "Stopped."


def desk_steps(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps that the desk does after the box has ended."""
    return tuple(step for step in steps if ACTIONS[step.action.action_type].where is Where.DESK)
