"""RQ as a transport of ids: a job is a kind and an id, and nothing in Redis can name code.

RQ would import and call whatever a job's hash names, its callbacks included. Our job class does neither: it
looks its kind up in a table of the process. Retries, timeouts and results are not used either: the ledger
knows what is owed, and its sweeper reminds us (FACTS on RQ: a retry can run twice, a stop is SIGKILL).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from bot.errors import Hiccup
from bot.ids import RunId

DESK, CLEARANCES, HANDS = "desk", "clearances", "hands"
DELIVER, PUBLISH, CLEAR, PERFORM = "deliver", "publish", "clear", "perform"
_NAME = "dispatch"  # what RQ stores as the function's name; it is never imported
_OPTIONS: dict[str, Any] = {
    "job_timeout": -1,  # RQ's timeout is an exception that code can swallow; a run has its own deadline
    "result_ttl": 0,
    "failure_ttl": 3600,
    "ttl": None,
}

Handle = Callable[[str], None]


class Jobs:
    """The port `bot.ports.Queue`, and the clearance requests of the mailbox."""

    def __init__(self, redis: Redis) -> None:
        self._queues = {
            name: Queue(name, connection=redis, serializer=JSONSerializer)
            for name in (DESK, CLEARANCES, HANDS)
        }

    def deliver(self, delivery: int) -> None:
        self._put(DESK, DELIVER, str(delivery))

    def deliver_all(self, deliveries: list[int]) -> None:
        """Several in one round trip."""
        queue = self._queues[DESK]
        try:
            queue.enqueue_many(
                [
                    Queue.prepare_data(
                        _NAME,
                        (DELIVER, str(delivery)),
                        timeout=-1,
                        result_ttl=0,
                        failure_ttl=3600,
                        description=DELIVER,
                    )
                    for delivery in deliveries
                ]
            )
        except RedisError as error:
            raise Hiccup(f"Redis did not take the message: {error}") from error

    def perform(self, run: RunId) -> None:
        self._put(HANDS, PERFORM, run)

    def publish(self, run: RunId) -> None:
        self._put(DESK, PUBLISH, run)

    def clear(self, run: RunId) -> None:
        self._put(CLEARANCES, CLEAR, run)

    def _put(self, queue: str, kind: str, ident: str) -> None:
        try:
            self._queues[queue].enqueue(_NAME, kind, ident, description=kind, **_OPTIONS)
        except RedisError as error:
            raise Hiccup(f"Redis did not take the message: {error}") from error


def work(redis: Redis, queues: tuple[str, ...], table: Mapping[str, Handle], *, name: str) -> None:
    """Take jobs from the queues, in their order, until SIGTERM or SIGINT; a running job ends first.

    `table` maps a kind to what handles its id. What it raises is logged and the job is forgotten.
    """

    class Ticket(Job):
        def perform(self) -> None:
            kind, ident = (*self.args, None, None)[:2]
            handle = table.get(kind) if isinstance(kind, str) else None
            if self.func_name != _NAME or handle is None or not isinstance(ident, str):
                logging.getLogger(__name__).error("A job that is not ours was refused.")
                return
            handle(ident)

        def execute_success_callback(self, *_: Any, **__: Any) -> None:
            """A callback is a name in Redis: never called."""

        def execute_failure_callback(self, *_: Any, **__: Any) -> None:
            """As above."""

        def execute_stopped_callback(self, *_: Any, **__: Any) -> None:
            """As above."""

        def send_webhooks(self, *_: Any, **__: Any) -> None:
            """An address in Redis: never called."""

    worker = SimpleWorker(
        [Queue(queue, connection=redis, serializer=JSONSerializer, job_class=Ticket) for queue in queues],
        name=name,
        connection=redis,
        job_class=Ticket,
        serializer=JSONSerializer,
        log_job_description=False,
    )
    worker.work(logging_level="WARNING")
