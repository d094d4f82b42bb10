"""Forms that people are filling in: the newest state of each in Redis for a minute, its name on a queue.

A state is no delivery: nothing begins by it, the next one replaces it, and whoever sends the form sends all
of it. So states are not in the ledger, and are lost with Redis.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from redis import Redis
from redis.exceptions import LockError, RedisError

from bot.errors import Hiccup, Underway
from runners.queue.jobs import Jobs

_KEPT_S = 60
_HELD_S = 30  # longer than one look at a form takes


class RedisOpenForms:
    """The port `bot.ports.OpenForms`."""

    def __init__(self, redis: Redis, jobs: Jobs) -> None:
        self._redis = redis
        self._jobs = jobs

    def put(self, name: str, state: bytes) -> None:
        with _hiccups():
            self._redis.set(_state(name), state, ex=_KEPT_S)
        self._jobs.preview(name)

    def put_back(self, name: str, state: bytes) -> None:
        with _hiccups():
            self._redis.set(_state(name), state, ex=_KEPT_S, nx=True)
        self._jobs.preview(name)

    @contextmanager
    def newest(self, name: str) -> Iterator[bytes | None]:
        look = self._redis.lock(_held(name), timeout=_HELD_S, blocking=False)
        with _hiccups():
            free = look.acquire()
        if not free:
            self._jobs.preview(name)  # whoever looks at it may have an older state
            raise Underway(1.0, "Somebody else looks at this form.")
        try:
            with _hiccups():
                found = self._redis.getdel(_state(name))
            yield found.encode() if isinstance(found, str) else found
        finally:
            with _hiccups(), suppress(LockError):  # it took too long, and is somebody else's by now
                look.release()


@contextmanager
def _hiccups() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise Hiccup(f"Redis did not take or tell a form: {error}") from error


def _state(name: str) -> str:
    return f"devops-agent:form:{name}"


def _held(name: str) -> str:
    return f"devops-agent:form-held:{name}"
