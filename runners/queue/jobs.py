"""RQ as a transport of ids: a job is a kind and an id, and nothing in Redis can name code.

RQ would import and call whatever a job's hash names, its callbacks included. Our job class does neither: it
looks its kind up in a table of the process. Retries, timeouts and results are not used either: the ledger
knows what is owed, and its sweeper reminds us (FACTS on RQ: a retry can run twice, a stop is SIGKILL).
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from bot.errors import Hiccup
from bot.ids import RunId

log = structlog.get_logger(__name__)

DESK, CLEARANCES, ENQUIRIES, PREVIEWS, HANDS = "desk", "clearances", "enquiries", "previews", "hands"
DELIVER, PUBLISH, CLEAR, PERFORM = "deliver", "publish", "clear", "perform"
ENQUIRE, PREVIEW = "enquire", "preview"
_NAME = "dispatch"  # what RQ stores as the function's name; it is never imported
_BLOCK_S = 2  # seconds of one blocking read: how long a stop may take, and below redis-py's own timeout
_COME_BACK_S = 0.5
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
            for name in (DESK, CLEARANCES, ENQUIRIES, PREVIEWS, HANDS)
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

    def enquire(self, name: str) -> None:
        self._put(ENQUIRIES, ENQUIRE, name)

    def preview(self, name: str) -> None:
        self._put(PREVIEWS, PREVIEW, name)

    def _put(self, queue: str, kind: str, ident: str) -> None:
        try:
            self._queues[queue].enqueue(_NAME, kind, ident, description=kind, **_OPTIONS)
        except RedisError as error:
            raise Hiccup(f"Redis did not take the message: {error}") from error


def work(redis: Redis, queues: Sequence[str], table: Mapping[str, Handle], stopping: threading.Event) -> None:
    """Take jobs from the queues, in their order, until `stopping` is set; a running job ends first.

    `table` maps a kind to what handles its id. What a handler raises is logged and the job forgotten. May
    run in any thread, in several at once. When Redis goes away it comes back with it.
    """
    while not stopping.is_set():
        try:
            _worker(redis, queues, table, stopping).work(logging_level="WARNING")
        except RedisError as error:
            log.warning("queue.away", why=str(error))
        stopping.wait(0.0 if stopping.is_set() else _COME_BACK_S)


def _worker(
    redis: Redis, queues: Sequence[str], table: Mapping[str, Handle], stopping: threading.Event
) -> SimpleWorker:
    class Ticket(_Ticket):
        kinds = table

    class Thread(_ThreadWorker):
        stop = stopping

    return Thread(
        [Queue(queue, connection=redis, serializer=JSONSerializer, job_class=Ticket) for queue in queues],
        name=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}",
        connection=redis,
        job_class=Ticket,
        serializer=JSONSerializer,
        log_job_description=False,
    )


class _Ticket(Job):
    """A job that is looked up, never imported. Everything else that a hash could make RQ do is off."""

    kinds: ClassVar[Mapping[str, Handle]]

    def perform(self) -> None:
        kind, ident = (*self.args, None, None)[:2]
        handle = self.kinds.get(kind) if isinstance(kind, str) else None
        if self.func_name != _NAME or handle is None or not isinstance(ident, str):
            log.error("queue.foreign_job_refused", job=self.id)
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


class _ThreadWorker(SimpleWorker):
    """RQ's worker without signals, alarms and remote commands, so that it can live in a thread."""

    stop: ClassVar[threading.Event]
    death_penalty_class = TimerDeathPenalty

    @property
    def dequeue_timeout(self) -> int:
        return _BLOCK_S

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """RQ calls this before each wait: the one place where an idle worker can be stopped."""
        super().heartbeat(timeout, pipeline)
        if self.stop.is_set() and pipeline is None:
            raise StopRequested

    def _install_signal_handlers(self) -> None:
        """The process's main thread has them."""

    def subscribe(self) -> None:
        """Nobody stops or shuts us down through Redis."""

    def unsubscribe(self) -> None:
        """As above."""
