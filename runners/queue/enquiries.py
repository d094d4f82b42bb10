"""What web asks desk while somebody waits: a question in Redis for some seconds, its number on a queue."""

from __future__ import annotations

import secrets

from redis import Redis
from redis.exceptions import RedisError

from bot.errors import Hiccup
from runners.queue.connection import LONGEST_BLOCK_S
from runners.queue.jobs import Jobs

_KEPT_S = 10


class RedisEnquiries:
    """The port `bot.ports.Enquiries`. Lost with Redis: whoever asked has nothing to choose from then."""

    def __init__(self, redis: Redis, jobs: Jobs) -> None:
        self._redis = redis
        self._jobs = jobs

    def ask(self, question: bytes, timeout_s: float) -> bytes | None:
        name = secrets.token_hex(8)
        try:
            self._redis.set(_question(name), question, ex=_KEPT_S)
            self._jobs.enquire(name)
            answer = self._redis.blpop([_answer(name)], timeout=min(timeout_s, LONGEST_BLOCK_S))
        except (RedisError, Hiccup):
            return None
        return None if answer is None else _bytes(answer[1])

    def question(self, name: str) -> bytes | None:
        """Once: whoever takes it answers it. None when nobody waits for it any more."""
        try:
            found = self._redis.getdel(_question(name))
        except RedisError as error:
            raise Hiccup(f"Redis did not tell the question: {error}") from error
        return None if found is None else _bytes(found)

    def answer(self, name: str, answer: bytes) -> None:
        try:
            with self._redis.pipeline() as pipeline:
                pipeline.rpush(_answer(name), answer)
                pipeline.expire(_answer(name), _KEPT_S)
                pipeline.execute()
        except RedisError as error:
            raise Hiccup(f"Redis did not take the answer: {error}") from error


def _bytes(found: bytes | str) -> bytes:
    return found if isinstance(found, bytes) else found.encode()


def _question(name: str) -> str:
    return f"devops-agent:question:{name}"


def _answer(name: str) -> str:
    return f"devops-agent:answer:{name}"
