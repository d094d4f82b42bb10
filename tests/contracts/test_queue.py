"""Between the processes: ids arrive, foreign jobs are refused, taps wake, sealed letters reach who asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from bot.errors import Hiccup, UserError
from bot.ids import RunId
from bot.processes.stage import RedisServer
from runners.queue.connection import check, connect
from runners.queue.jobs import CLEAR, CLEARANCES, DELIVER, DESK, HANDS, PERFORM, PUBLISH, Jobs, work
from runners.queue.mailbox import RedisMailbox
from runners.queue.signals import RedisSignals

pytestmark = pytest.mark.redis

RUN = RunId("abcdefghjk")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    running = RedisServer(tmp_path / "redis", tmp_path / "redis.log")
    running.start()
    yield running
    running.end()


@pytest.fixture
def redis(server: RedisServer) -> Redis:
    return connect(server.url)


class Desk:
    """Takes jobs and keeps what it was given."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        self._more = threading.Condition()

    def take(self, kind: str) -> Callable[[str], None]:
        def handle(ident: str) -> None:
            with self._more:
                self.got.append((kind, ident))
                self._more.notify_all()

        return handle

    def has(self, count: int) -> list[tuple[str, str]]:
        """What has come, as soon as it is this much."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.got) >= count, 10)
            return list(self.got)


@contextmanager
def working(server: RedisServer, desk: Desk) -> Iterator[None]:
    stopping = threading.Event()
    table = {kind: desk.take(kind) for kind in (DELIVER, PUBLISH, CLEAR, PERFORM)}
    queues = (CLEARANCES, DESK, HANDS)
    worker = threading.Thread(target=work, args=(connect(server.url), queues, table, stopping))
    worker.start()
    try:
        yield
    finally:
        stopping.set()
        worker.join(10)
        assert not worker.is_alive()


def test_ids_arrive_with_their_kind(server: RedisServer, redis: Redis) -> None:
    """Each message is a kind and an id, and reaches the handler of its kind."""
    jobs, desk = Jobs(redis), Desk()

    with working(server, desk):
        jobs.deliver(7)
        jobs.deliver_all([8, 9])
        jobs.perform(RUN)
        jobs.publish(RUN)

        got = desk.has(5)

    assert sorted(got) == [(DELIVER, "7"), (DELIVER, "8"), (DELIVER, "9"), (PERFORM, RUN), (PUBLISH, RUN)]


def test_a_handler_that_breaks_does_not_end_the_worker(server: RedisServer, redis: Redis) -> None:
    """What a handler raises is logged, and the next job is taken."""
    desk, stopping = Desk(), threading.Event()

    def breaks(_: str) -> None:
        raise RuntimeError("broken")

    table = {DELIVER: breaks, PUBLISH: desk.take(PUBLISH)}
    worker = threading.Thread(target=work, args=(connect(server.url), (DESK,), table, stopping))
    worker.start()
    Jobs(redis).deliver(1)
    Jobs(redis).publish(RUN)

    assert desk.has(1) == [(PUBLISH, RUN)]
    stopping.set()
    worker.join(10)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("os.system", ("touch {mark}",)),
        ("subprocess.check_call", (["touch", "{mark}"],)),
        ("dispatch", ("no such kind", "1")),
        ("dispatch", ({"a": 1}, 2)),
        ("dispatch", ()),
    ],
)
def test_nothing_in_redis_can_name_code(
    server: RedisServer, redis: Redis, tmp_path: Path, name: str, args: tuple[object, ...]
) -> None:
    """A job that names a function, or anything that is not ours, is refused, and the worker goes on."""
    mark, desk = tmp_path / "mark", Desk()
    told = json.loads(json.dumps(args).replace("{mark}", str(mark)))

    with working(server, desk):
        Queue(DESK, connection=redis, serializer=JSONSerializer).enqueue(name, *told)
        Jobs(redis).publish(RUN)
        got = desk.has(1)

    assert got == [(PUBLISH, RUN)]
    assert not mark.exists()


def test_a_callback_in_redis_is_never_called(server: RedisServer, redis: Redis, tmp_path: Path) -> None:
    """RQ would import what a job's hash names as its callback; ours does not look."""
    mark, desk = tmp_path / "mark", Desk()
    evil = tmp_path / "evil_callback.py"
    evil.write_text(f"open({str(mark)!r}, 'w').close()\ndef called(*_): pass\n")
    job = Queue(DESK, connection=redis, serializer=JSONSerializer).enqueue("dispatch", PUBLISH, RUN)
    redis.hset(job.key, mapping={"success_callback_name": "evil_callback.called"})

    with working(server, desk):
        desk.has(1)

    assert not mark.exists()


def test_a_worker_comes_back_with_redis(server: RedisServer, redis: Redis) -> None:
    """When Redis goes away and comes back, work goes on without anybody's help."""
    desk = Desk()

    with working(server, desk):
        Jobs(redis).deliver(1)
        desk.has(1)
        server.end()
        with pytest.raises(Hiccup):
            Jobs(redis).deliver(2)
        server.start()
        Jobs(connect(server.url)).deliver(3)

        assert (DELIVER, "3") in desk.has(2)


def test_a_tap_wakes_who_waits(server: RedisServer, redis: Redis) -> None:
    """A waiting thread is woken by its topic, told from another process's connection, and by no other."""
    signals, other = RedisSignals(redis), RedisSignals(connect(server.url))
    with ThreadPoolExecutor(2) as pool:
        mine = pool.submit(signals.wait, "run:a", 10)
        theirs = pool.submit(signals.wait, "run:b", 1)
        _tell_until_heard(other, "run:a", mine)

        assert mine.result() is True
        assert theirs.result() is False


def _tell_until_heard(signals: RedisSignals, topic: str, waiting: Future[bool]) -> None:
    """Who waits for the first time subscribes first, and a tap before that is lost."""
    while not waiting.done():
        signals.tell(topic)
        time.sleep(0.05)


def test_a_lost_tap_costs_a_timeout_and_nothing_else(server: RedisServer, redis: Redis) -> None:
    """Without Redis telling is silent and waiting ends after its time."""
    signals = RedisSignals(redis)
    server.end()

    signals.tell("run:a")

    assert signals.wait("run:a", 0.2) is False


def test_the_letter_reaches_who_asked(server: RedisServer, redis: Redis) -> None:
    """Asking puts the run's id on the desk's queue; the answer comes back under run and epoch."""
    asking = RedisMailbox(redis, Jobs(redis))
    desk = Desk()

    with working(server, desk), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(asking.ask, RUN, 3, 5)
        assert desk.has(1) == [(CLEAR, RUN)]
        answering = RedisMailbox(connect(server.url), Jobs(connect(server.url)))
        answering.answer(RUN, 2, b"for an older claim")
        answering.answer(RUN, 3, b"\x00sealed\xff")

        assert answer.result() == b"\x00sealed\xff"


def test_an_unread_letter_does_not_stay(server: RedisServer, redis: Redis) -> None:
    """A sealed answer is kept for a minute at most."""
    RedisMailbox(redis, Jobs(redis)).answer(RUN, 1, b"sealed")

    (key,) = redis.keys("devops-agent:clearance:*")

    assert 0 < redis.ttl(key) <= 60


def test_nobody_at_the_desk_is_told_in_time(redis: Redis) -> None:
    """Without an answer the question ends at its time, with none."""
    assert RedisMailbox(redis, Jobs(redis)).ask(RUN, 1, 0.5) is None


def test_a_redis_that_does_not_answer_gets_a_sentence(tmp_path: Path) -> None:
    """The sentence says what to start or to correct."""
    with pytest.raises(Hiccup, match=r"Redis does not answer .* Start it"):
        check(connect(f"unix://{tmp_path}/nobody.sock"))


def test_an_address_that_is_none_gets_a_sentence() -> None:
    """A wrong URL names the forms that work."""
    with pytest.raises(UserError, match=r"redis://user:password@host"):
        connect("localhost:6379")
