"""One way to connect to Redis, with timeouts that a blocking reader survives."""

from __future__ import annotations

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

from bot.errors import Hiccup, UserError

LONGEST_BLOCK_S = 3.0  # below redis-py's default socket timeout of 5 s, whose retries can lose an element


def connect(url: str) -> Redis:
    """A client for `redis://`, `rediss://` or `unix://`. UserError when the URL cannot be read."""
    try:
        return Redis.from_url(
            url,
            socket_timeout=5,
            socket_connect_timeout=3,
            retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 2),
            retry_on_error=[RedisConnectionError],
            health_check_interval=15,
        )
    except ValueError as error:
        raise UserError(
            "DEVOPS_AGENT_REDIS_URL is not a Redis URL. "
            "Use redis://user:password@host:6379/0, rediss://… or unix:///path/redis.sock."
        ) from error


def check(client: Redis) -> None:
    """Hiccup, in one sentence, when Redis does not answer."""
    try:
        client.ping()
    except RedisError as error:
        raise Hiccup(
            f"Redis does not answer ({_reason(error)}). "
            "Start it (`redis-server`), or correct DEVOPS_AGENT_REDIS_URL."
        ) from error


def _reason(error: RedisError) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
