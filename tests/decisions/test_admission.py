"""Admission: who may start next, who waits for what at which place, and that everybody gets a turn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.admission import Busy, Standing, Wait, Waiting, Why, startable, waits
from bot.ids import Login, Person, RunId
from bot.locks import Holder, Lock
from tests.scripted import NOON

SHOP, BANK = 1001, 1002
WILL, WENDY = 3, 4


def waiting(run: str, repo: int = SHOP, *, age: int = 0, environment: str = "", by: int = WILL) -> Waiting:
    return Waiting(
        RunId(run),
        11,
        repo,
        by,
        environment,
        NOON - age * timedelta(seconds=1),
        repository_runs=2,
        installation_runs=3,
    )


def busy(run: str, repo: int = SHOP, *, environment: str = "") -> Busy:
    return Busy(RunId(run), 11, repo, environment)


def lock(name: str = "production", *, by: int = WENDY, hours: float = 1) -> Lock:
    held = Holder(Person(by, Login("somebody")), 7, "A release.")
    return Lock(SHOP, name, held, NOON, NOON + timedelta(hours=hours))


def standing(*runs: Waiting | Busy, locks: tuple[Lock, ...] = ()) -> Standing:
    return Standing(
        waiting=[run for run in runs if isinstance(run, Waiting)],
        busy=[run for run in runs if isinstance(run, Busy)],
        now=NOON,
        locks=locks,
    )


def test_the_oldest_of_a_repository_comes_first() -> None:
    """Who asked first starts first."""
    found = startable(standing(waiting("b", age=1), waiting("a", age=2)))

    assert list(found) == ["a", "b"]


def test_repositories_take_turns() -> None:
    """Ten runs of one repository do not keep another one's single run waiting."""
    runs = [waiting("a1", age=9), waiting("a2", age=8), waiting("b1", BANK, age=1)]

    assert list(startable(standing(*runs))) == ["a1", "b1", "a2"]


def test_the_repository_with_fewer_busy_runs_comes_first() -> None:
    """Whoever has a worker already waits behind whoever has none."""
    found = standing(busy("a0"), waiting("a1", age=9), waiting("b1", BANK, age=1))

    assert next(startable(found)) == "b1"


def test_of_two_idle_repositories_the_one_that_started_last_waits() -> None:
    """Also one worker for all serves all of them in turn."""
    both = replace(
        standing(waiting("a1", age=9), waiting("b1", BANK, age=1)),
        last_starts={SHOP: NOON, BANK: NOON - timedelta(1)},
    )

    assert next(startable(both)) == "b1"


def test_a_full_repository_waits() -> None:
    """What is over the limit of its repository waits, at its place in that line."""
    full = standing(busy("x"), busy("y"), waiting("a", age=2), waiting("b", age=1))

    assert list(startable(full)) == []
    assert waits(full) == {"a": Wait(Why.REPOSITORY, 0), "b": Wait(Why.REPOSITORY, 1)}


def test_a_full_installation_waits() -> None:
    """The limit of the installation counts the runs of all its repositories, which take turns."""
    full = standing(
        busy("x"),
        busy("y", BANK),
        busy("z", 1003),
        waiting("a1", age=9),
        waiting("a2", age=8),
        waiting("b1", BANK, age=1),
    )

    assert waits(full) == {
        "a1": Wait(Why.INSTALLATION, 0),
        "b1": Wait(Why.INSTALLATION, 1),
        "a2": Wait(Why.INSTALLATION, 2),
    }


def test_nobody_younger_passes_who_waits_for_room() -> None:
    """A run that allows fewer beside it gets its turn, however many others come."""
    modest = replace(waiting("modest", age=9), repository_runs=1)

    assert list(startable(standing(busy("x"), modest, waiting("b", age=1)))) == []


def test_two_runs_of_one_environment_never_go_together() -> None:
    """The second waits for the first, and one that needs no environment passes both."""
    found = standing(
        busy("x", environment="production"),
        waiting("a", age=3, environment="production"),
        waiting("b", age=2, environment="production"),
        waiting("c", age=1),
    )

    assert waits(found) == {
        "a": Wait(Why.ENVIRONMENT, 0, RunId("x")),
        "b": Wait(Why.ENVIRONMENT, 1, RunId("x")),
        "c": Wait(Why.TURN, 0),
    }


def test_the_first_of_an_environment_starts_and_the_second_waits_behind_it() -> None:
    """Of two that wait, one may start."""
    found = standing(
        waiting("a", age=3, environment="production"), waiting("b", age=2, environment="production")
    )

    assert waits(found) == {"a": Wait(Why.TURN, 0), "b": Wait(Why.ENVIRONMENT, 1)}


def test_the_same_environment_of_two_repositories_is_two() -> None:
    """`production` of one shop is not the other's."""
    found = standing(busy("x", BANK, environment="production"), waiting("a", environment="production"))

    assert list(startable(found)) == ["a"]


def test_a_lock_lets_only_its_holder_pass() -> None:
    """What others asked for waits; what the holder asked for may start, though it is younger."""
    held = lock(by=WENDY)
    found = standing(
        waiting("will", age=2, environment="production"),
        waiting("wendy", age=1, environment="production", by=WENDY),
        locks=(held,),
    )

    assert list(startable(found)) == ["wendy"]
    assert waits(found)[RunId("will")] == Wait(Why.LOCK, lock=held)


def test_a_lock_says_that_it_is_the_reason() -> None:
    """Whoever waits for a person can tell for whom."""
    held = lock()

    assert waits(standing(waiting("a", environment="production"), locks=(held,))) == {
        "a": Wait(Why.LOCK, 0, lock=held)
    }


def test_a_lock_whose_time_is_over_does_not_block() -> None:
    """Nobody has to remember to unlock."""
    found = standing(waiting("a", environment="production"), locks=(lock(hours=0),))

    assert list(startable(found)) == ["a"]


def test_a_lock_that_nobody_can_read_blocks_everybody() -> None:
    """Also when its time seems to be over: who knows what is written there."""
    broken = replace(lock(hours=0), held=None)

    assert list(startable(standing(waiting("a", environment="production"), locks=(broken,)))) == []


# --- what holds for every queue ------------------------------------------------------------------------

QUEUES = st.lists(
    st.builds(
        lambda repo, environment, age, most: replace(
            waiting("", repo, age=age, environment=environment), repository_runs=most, installation_runs=4
        ),
        st.integers(1, 4),
        st.sampled_from(["", "", "production", "staging"]),
        st.integers(0, 20),
        st.integers(1, 3),
    ),
    max_size=25,
).map(lambda runs: [replace(run, run=RunId(f"r{number}")) for number, run in enumerate(runs)])


@dataclass
class Shift:
    """Workers on a queue: each takes what is next as soon as it may, and the oldest busy run ends first."""

    queue: list[Waiting]
    workers: int
    going: list[Waiting]
    began: list[RunId]
    last_starts: dict[int, datetime] = field(default_factory=dict)

    def standing(self) -> Standing:
        taken = [Busy(run.run, run.installation, run.repo_id, run.environment) for run in self.going]
        return Standing(self.queue, taken, NOON, last_starts=self.last_starts)

    def step(self) -> None:
        following = next(startable(self.standing()), None)
        if following is None or len(self.going) == self.workers:
            self.going.pop(0)
            return
        (run,) = [each for each in self.queue if each.run == following]
        self.queue.remove(run)
        self.going.append(run)
        self.began.append(run.run)
        self.last_starts[run.repo_id] = NOON + len(self.began) * timedelta(seconds=1)
        assert Counter(each.repo_id for each in self.going)[run.repo_id] <= run.repository_runs
        assert len(self.going) <= run.installation_runs
        assert not run.environment or len([1 for each in self.going if _same_environment(each, run)]) == 1

    def goes_on(self) -> list[RunId]:
        while self.queue or self.going:
            self.step()
        return self.began


def _same_environment(one: Waiting, other: Waiting) -> bool:
    return (one.repo_id, one.environment) == (other.repo_id, other.environment)


@given(QUEUES, st.integers(1, 6))
def test_no_limit_is_exceeded_and_everybody_gets_a_turn(queue: list[Waiting], workers: int) -> None:
    """However many wait for whatever, each run starts once, and never beside more than it allows."""
    everybody = sorted(run.run for run in queue)

    began = Shift(queue, workers, [], []).goes_on()

    assert sorted(began) == everybody


@given(QUEUES)
def test_everybody_who_waits_is_told_why(queue: list[Waiting]) -> None:
    """Each waiting run has a reason and a place, and what may start is told that only its turn is missing."""
    found = Standing(queue, [], NOON)

    told = waits(found)

    assert sorted(told) == sorted(run.run for run in queue)
    assert [run for run, wait in told.items() if wait.why is Why.TURN] == list(startable(found))


@given(st.integers(1, 8), st.integers(1, 30))
def test_a_flood_of_one_repository_costs_another_one_turn(workers: int, flood: int) -> None:
    """However many runs one repository has queued, the next worker that is free goes to the other one."""
    queue = [waiting(f"a{number}", age=100 + number) for number in range(flood)]
    shift = Shift([replace(run, repository_runs=99, installation_runs=99) for run in queue], workers, [], [])
    shift.step()
    shift.queue.append(replace(waiting("late", BANK), installation_runs=99))

    assert shift.goes_on()[1] == "late"
