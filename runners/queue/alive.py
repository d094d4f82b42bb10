"""Whether a worker of this machine takes jobs from a queue: `python -m runners.queue.alive desk`.

A container's health check. It asks Redis for the registration that RQ's worker renews, so a process that lost
Redis or never came up is not healthy; it knows nothing of what the worker does.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence

from redis import Redis
from rq import Queue, Worker

from bot.errors import Hiccup, UserError
from bot.settings import Common, load
from runners.queue.connection import check, connect


def workers_here(redis: Redis, queue: str, *, hostname: str) -> int:
    """How many workers of `hostname` are registered for the queue."""
    names = Worker.all_keys(queue=Queue(queue, connection=redis))
    return sum(name.startswith(f"rq:worker:{hostname}-") and bool(redis.exists(name)) for name in names)


def main(arguments: Sequence[str]) -> str | None:
    """None when all is well, otherwise a sentence."""
    (queue,) = arguments
    try:
        redis = connect(load(Common).redis_url.get_secret_value())
        check(redis)
    except (UserError, Hiccup) as error:
        return str(error)
    if not workers_here(redis, queue, hostname=socket.gethostname()):
        return f"No worker on this machine takes jobs from the queue `{queue}`."
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
