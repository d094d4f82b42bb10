"""Clearances between hands and desk: a request is a run id on a queue, the answer a sealed letter."""

from __future__ import annotations

import time

from redis import Redis
from redis.exceptions import RedisError

from bot.errors import Hiccup
from bot.ids import RunId
from runners.queue.connection import LONGEST_BLOCK_S
from runners.queue.jobs import Jobs

_KEPT_S = 60
_ASK_AGAIN_S = 6.0  # a request may be lost with Redis; asking twice costs the desk some questions to GitHub
_LATEST_AGAIN_S = 15.0


class RedisMailbox:
    """The port `bot.ports.Mailbox`."""

    def __init__(self, redis: Redis, jobs: Jobs) -> None:
        self._redis = redis
        self._jobs = jobs

    def ask(self, run: RunId, epoch: int, timeout_s: float) -> bytes | None:
        deadline = time.monotonic() + timeout_s
        ask_at, again_s = 0.0, _ASK_AGAIN_S
        while (left := deadline - time.monotonic()) > 0:
            try:
                if time.monotonic() >= ask_at:
                    self._jobs.clear(run)
                    ask_at, again_s = time.monotonic() + again_s, min(again_s * 2, _LATEST_AGAIN_S)
                answer = self._redis.blpop(
                    [_letter(run, epoch)], timeout=max(0.1, min(left, LONGEST_BLOCK_S))
                )
            except (RedisError, Hiccup):
                time.sleep(min(0.5, left))
                continue
            if answer is not None:
                letter = answer[1]
                return letter if isinstance(letter, bytes) else letter.encode()
        return None

    def answer(self, run: RunId, epoch: int, sealed: bytes) -> None:
        try:
            with self._redis.pipeline() as pipeline:
                pipeline.rpush(_letter(run, epoch), sealed)
                pipeline.expire(_letter(run, epoch), _KEPT_S)
                pipeline.execute()
        except RedisError as error:
            raise Hiccup(f"Redis did not take the answer: {error}") from error


def _letter(run: RunId, epoch: int) -> str:
    return f"devops-agent:clearance:{run}:{epoch}"
