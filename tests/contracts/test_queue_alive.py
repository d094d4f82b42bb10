"""The health check of a worker's container, against a real Redis and real RQ registrations."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue, SimpleWorker

from runners.queue.alive import workers_here
from runners.queue.connection import connect

pytestmark = pytest.mark.redis


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    socket = tmp_path / "redis.sock"
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", str(socket), "--dir", str(tmp_path), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 10
    while not socket.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    yield connect(f"unix://{socket}")
    server.terminate()
    server.wait()


def registered(redis: Redis, *, hostname: str) -> SimpleWorker:
    worker = SimpleWorker([Queue("desk", connection=redis)], name=f"{hostname}-7-c0ffee", connection=redis)
    worker.register_birth()  # type: ignore[no-untyped-call]
    return worker


def test_a_registered_worker_is_well(redis: Redis) -> None:
    """A worker that took its place on the queue counts, on its own machine and for its own queue only."""
    registered(redis, hostname="box-1")

    assert workers_here(redis, "desk", hostname="box-1") == 1
    assert workers_here(redis, "desk", hostname="box-2") == 0
    assert workers_here(redis, "hands", hostname="box-1") == 0


def test_a_worker_that_lost_its_registration_is_not(redis: Redis) -> None:
    """When Redis forgot the worker, as after a restart or a worker that hangs, nobody is well."""
    worker = registered(redis, hostname="box-1")

    redis.delete(worker.key)

    assert workers_here(redis, "desk", hostname="box-1") == 0
