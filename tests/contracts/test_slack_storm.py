"""A hundred runs in one channel at once: everything is shown once, in the end truly, and never too fast.

Time goes twenty times as fast, for Slack's limits as well as for our gaps.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.budget import Budget
from bot.chat.pacing import Gaps, Pacing
from bot.chat.placing import run_surfaces
from bot.chat.showing import ChatScreen
from bot.clock import SystemClock
from bot.desk.model import Desk
from bot.ids import RunId, new_run_id
from bot.journal import EntryKind
from bot.ledger import Ledger
from bot.ledger.runs import NewRun
from bot.ledger.surfaces import CHATS
from bot.limits import Limits
from bot.pace import Rates
from bot.processes.speaking import speaking as speaking_loop
from bot.runs import Run, RunState, StepState
from bot.surfaces import Reconciler, Voices
from playground.slack import SlackDriver, SlackPlayground
from tests.contracts.slack_desk import SHOP, our_chat
from tests.scripted import PLACE, WILL, Nobody, a_desk, a_run, commands

pytestmark = pytest.mark.slow

Json = dict[str, Any]
RUNS, WORKERS, SPEED = 100, 8, 20
INTERVAL_S = 3 / SPEED
GAPS = Gaps(post=timedelta(seconds=1 / SPEED), update=timedelta(seconds=60 / (46 * SPEED)))
PLAN = commands("one", "two")
CLOCK = SystemClock()


class Knocks:
    """Taps on the shoulder, within this process."""

    def __init__(self) -> None:
        self._told = threading.Event()

    def tell(self, topic: str) -> None:
        self._told.set()

    def wait(self, topic: str, timeout_s: float) -> bool:
        told = self._told.wait(timeout_s)
        self._told.clear()
        return told


@dataclass(frozen=True)
class Storm:
    """A desk that only speaks, and the Slack that it speaks to."""

    desk: Desk
    slack: SlackDriver

    @property
    def ledger(self) -> Ledger:
        return self.desk.ledger

    def asks(self) -> RunId:
        """Somebody asks for a run in the channel."""
        run, target = new_run_id(), a_run(PLAN).target
        new = NewRun(run, run, target, WILL, "https://slack.test/1", PLAN, Limits(), "key")
        shown = run_surfaces(PLACE, 7, run, SHOP, to="U_WILL")
        assert self.ledger.runs.begin(new, shown, CLOCK.now()) is not None
        self.desk.nudge()
        return run

    def works(self) -> None:
        """A worker that takes runs, one after another, as long as there are any."""
        while (run := self.ledger.runs.claim_next(worker="w", seal_key=b"k", now=CLOCK.now())) is not None:
            self._goes_on(run)

    def _goes_on(self, run: Run) -> None:
        end = StepState.FAILED if int(run.id, 36) % 4 == 0 else StepState.SUCCEEDED
        for state in (StepState.RUNNING, end):
            for step in run.steps:
                self.desk.told(run.id)
                time.sleep(0.15)
                now = CLOCK.now()
                changed = replace(step, state=state, started_at=now, ended_at=now, exit_code=0)
                self.ledger.runs.set_steps(run.id, run.epoch, now, changed)
                self.ledger.journals.append(run.id, run.epoch, now, [(EntryKind.OUT, step.index, "said\n")])
        over = RunState.FAILED if end is StepState.FAILED else RunState.SUCCEEDED
        self.ledger.runs.end(run.id, run.epoch, over, CLOCK.now())
        self.desk.told(run.id)

    def until(self, there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 180
        while not there():
            assert time.monotonic() < deadline, [each for each in self.ledger.surfaces.all() if not each[1]]
            time.sleep(0.05)

    def ours(self) -> list[Json]:
        return [each for each in self.slack.sees_messages() if each["ours"]]


@contextmanager
def speaking(desk: Desk, playground: SlackPlayground) -> Iterator[None]:
    """The desk's own loop, over the desk's own parts."""
    pacing = Pacing(desk.ledger, CLOCK, GAPS)
    screen = ChatScreen(
        ledger=desk.ledger,
        chat=our_chat(playground, pacing),
        pacing=pacing,
        page=desk.page,
        check_page=lambda _: "",
        may_read=lambda *_: True,
        interval=timedelta(seconds=INTERVAL_S),
    )
    nobody: Any = Nobody()
    voices = Voices(nobody, nobody, nobody)
    reconciler = Reconciler(
        ledger=desk.ledger,
        voices=voices,
        clock=CLOCK,
        page=desk.page,
        interval=timedelta(seconds=1),
        screen=screen,
    )
    loop = speaking_loop(desk, reconciler, CHATS, Budget(desk.ledger, CLOCK, Rates.of(100_000)), pacing)
    stopping = threading.Event()
    thread = threading.Thread(target=loop, args=(stopping,), daemon=True)
    thread.start()
    yield
    stopping.set()
    thread.join(10)


@pytest.fixture
def storm(slack: SlackPlayground, slack_ledger: Ledger) -> Iterator[Storm]:
    desk = replace(a_desk(slack_ledger), clock=CLOCK, signals=Knocks())
    slack.driver.limits(speed=SPEED)
    with speaking(desk, slack):
        yield Storm(desk, slack.driver)


def nothing(_: SlackDriver) -> None:
    """A Slack on a good day."""


def some_trouble(slack: SlackDriver) -> None:
    """A Slack that asks for silence of its own, answers nothing now and then, and loses answers."""
    for _ in range(4):
        slack.fails("chat.postMessage", "ratelimited")
        slack.fails_after("chat.postMessage", "cut")
        slack.fails("chat.update", "ratelimited")
        slack.fails("chat.update", "internal_error")
        slack.fails("conversations.history", "ratelimited")
        time.sleep(1.5)


@pytest.mark.parametrize("trouble", [nothing, some_trouble])
def test_a_hundred_runs_in_one_channel(storm: Storm, trouble: Callable[[SlackDriver], None]) -> None:
    """Each has one message and one end, both true in the end, and Slack never has to slow us down."""
    with ThreadPoolExecutor(WORKERS + 1) as pool:
        weather = pool.submit(trouble, storm.slack)
        runs = [storm.asks() for _ in range(RUNS)]
        storm.until(lambda: len(storm.ours()) == RUNS)
        workers = [pool.submit(storm.works) for _ in range(WORKERS)]
    assert [each.result() for each in (weather, *workers)] == [None] * (WORKERS + 1)
    storm.until(lambda: all(done for _, done, _ in storm.ledger.surfaces.all()))

    posts = [each for each in storm.ours() if each["thread_ts"] in (None, each["ts"])]
    ends = [each for each in storm.ours() if each not in posts]
    assert (len(posts), len(ends)) == (RUNS, RUNS)
    assert {end["thread_ts"] for end in ends} == {post["ts"] for post in posts}
    assert [shown_of(posts, run) for run in runs] == [how_it_ended(storm, run) for run in runs]
    assert [error for _, _, error in storm.ledger.surfaces.all() if error] == []

    assert too_fast(storm.slack) == {}
    assert [gap for post in posts for gap in gaps(post) if gap < INTERVAL_S * 0.9] == []


def how_it_ended(storm: Storm, run: RunId) -> str:
    found = storm.ledger.runs.get(run)
    assert found is not None
    return {RunState.SUCCEEDED: "Done in", RunState.FAILED: "failed after"}[found.state]


def shown_of(posts: list[Json], run: RunId) -> str:
    """What the one message of this run says of its end."""
    (post,) = [each for each in posts if run in each["words"]]
    return next((said for said in ("Done in", "failed after") if said in post["words"]), post["words"])


def too_fast(slack: SlackDriver) -> Json:
    """What was asked for more often than Slack allows."""
    return {name: it for name, it in slack.sees_limits().items() if it["over"]}


def gaps(post: Json) -> list[float]:
    """Seconds between the changes of a message. The first one may follow its post at once."""
    times = [each["at"] for each in post["history"]][1:]
    return [after - before for before, after in itertools.pairwise(times)]
