"""Forms that people are filling in: of each only the newest state is looked at, by one at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from bot.errors import Hiccup, Underway
from bot.processes.stage import RedisServer
from runners.queue.connection import connect
from runners.queue.jobs import PREVIEW, PREVIEWS, Jobs, work
from runners.queue.open_forms import RedisOpenForms

pytestmark = pytest.mark.redis

FORM = "T_ACME:V1"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    running = RedisServer(tmp_path / "redis", tmp_path / "redis.log")
    running.start()
    yield running
    running.end()


@pytest.fixture
def redis(server: RedisServer) -> Redis:
    return connect(server.url)


@pytest.fixture
def forms(redis: Redis) -> RedisOpenForms:
    return RedisOpenForms(redis, Jobs(redis))


def looked_at(forms: RedisOpenForms) -> bytes | None:
    with forms.newest(FORM) as state:
        return state


def test_only_the_newest_state_is_looked_at(forms: RedisOpenForms) -> None:
    """Once; of another form the state is another one."""
    for letter in (b"r", b"ru", b"run"):
        forms.put(FORM, letter)
    forms.put("T_ACME:V2", b"other")

    assert [looked_at(forms), looked_at(forms)] == [b"run", None]


def test_two_never_look_at_one_form_together(forms: RedisOpenForms) -> None:
    """Else the older state might be shown last. What is typed meanwhile is looked at after it."""
    forms.put(FORM, b"r")

    with forms.newest(FORM):
        forms.put(FORM, b"ru")
        with pytest.raises(Underway):
            looked_at(forms)

    assert looked_at(forms) == b"ru"


def test_what_is_put_back_is_no_newer_than_what_came_meanwhile(forms: RedisOpenForms) -> None:
    """It is looked at again only where nothing else was typed."""
    forms.put_back(FORM, b"old")
    assert looked_at(forms) == b"old"

    forms.put(FORM, b"new")
    forms.put_back(FORM, b"old")
    assert looked_at(forms) == b"new"


def test_every_state_brings_somebody_to_look(forms: RedisOpenForms, server: RedisServer) -> None:
    """Also one that was put back, and one that somebody else was at."""
    names: list[str] = []
    stopping = threading.Event()

    def look(name: str) -> None:
        names.append(name)
        if len(names) == 3:
            stopping.set()

    forms.put(FORM, b"r")
    forms.put_back(FORM, b"r")
    with forms.newest(FORM), pytest.raises(Underway):
        looked_at(forms)
    work(connect(server.url), (PREVIEWS,), {PREVIEW: look}, stopping)

    assert names == [FORM] * 3


def test_without_redis_it_is_a_hiccup(forms: RedisOpenForms, server: RedisServer) -> None:
    """Whoever types is not kept from sending."""
    server.end()

    with pytest.raises(Hiccup):
        forms.put(FORM, b"r")
    with pytest.raises(Hiccup):
        looked_at(forms)
