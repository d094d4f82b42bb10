"""Taps on the shoulder over Redis pub/sub. Losing one costs a poll interval, never a fact."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from redis import Redis
from redis.exceptions import RedisError

_CHANNEL = "devops-agent:signals"
_TOPICS = 10_000  # remembered; the oldest untouched one is forgotten first


class RedisSignals:
    """The port `bot.ports.Signals`: one subscription per process, any number of waiting threads."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._told = threading.Condition()
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._seen = threading.local()
        self._listener: threading.Thread | None = None

    def tell(self, topic: str) -> None:
        try:
            self._redis.publish(_CHANNEL, topic)
        except RedisError:
            return  # whoever waits polls soon

    def wait(self, topic: str, timeout_s: float) -> bool:
        self._listen()
        seen: dict[str, int] = self._seen.__dict__.setdefault("counts", {})
        with self._told:
            before = seen.get(topic, 0)
            told = self._told.wait_for(lambda: self._counts.get(topic, 0) > before, timeout_s)
            seen[topic] = self._counts.get(topic, 0)
            return told

    def _listen(self) -> None:
        with self._told:
            if self._listener is None:
                self._listener = threading.Thread(target=self._hear, name="signals", daemon=True)
                self._listener.start()

    def _hear(self) -> None:
        while True:
            try:
                with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]
                    subscription.subscribe(_CHANNEL)
                    while True:
                        message = subscription.get_message(timeout=2.0)
                        if message is not None:
                            self._count(message["data"].decode())
            except (RedisError, OSError):
                time.sleep(0.5)  # waiting threads live on their timeouts meanwhile

    def _count(self, topic: str) -> None:
        with self._told:
            self._counts[topic] = self._counts.pop(topic, 0) + 1
            while len(self._counts) > _TOPICS:
                self._counts.popitem(last=False)
            self._told.notify_all()
