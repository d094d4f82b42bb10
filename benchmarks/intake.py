"""Webhook → 2xx under load, against a bare server in turns; every accepted one must be stored and queued."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson
from redis import Redis

from benchmarks.figures import Figure, Figures, at_most, middle
from benchmarks.load import Order, Seen
from benchmarks.payloads import dropped_comment
from benchmarks.scale import Scale
from bot.processes.stage import Stage, Wanted, stage
from bot.processes.supervise import spawn
from handlers.github.ears import PATH

SIZE = 14_003  # bytes: an issue_comment of GitHub's, as the other servers were measured with
START_S = 10.0
_NUMBER = 9_000_000_000  # a place holder of ten digits that occurs once


@dataclass
class Rounds:
    """What one server did, round by round."""

    seen: list[Seen] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return middle([each.accepted / each.seconds for each in self.seen])

    @property
    def n(self) -> int:
        return sum(each.accepted for each in self.seen)

    def within_ms(self, share: float) -> float:
        """The middle of the rounds: one round in bad company says nothing about the server."""
        return middle([at_most(each.microseconds, share) / 1000 for each in self.seen])


def measure(scale: Scale) -> Figures:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        ours, bare = _ours_and_bare(Path(folder) / "alone", scale)
        busy = _with_desk(Path(folder) / "busy", scale)
    return {
        "intake_rps": Figure(ours.rate, "/s", bare.rate, ours.n),
        "intake_p50_ms": Figure(ours.within_ms(0.5), "ms", bare.within_ms(0.5), ours.n),
        "intake_p99_ms": Figure(ours.within_ms(0.99), "ms", bare.within_ms(0.99), ours.n),
        "intake_while_desk_works_rps": Figure(busy.rate, "/s", None, busy.n),
    }


def _ours_and_bare(folder: Path, scale: Scale) -> tuple[Rounds, Rounds]:
    ours, bare = Rounds(), Rounds()
    with stage(Wanted(folder=folder, names=("web",))) as ready, bare_server() as port:
        sender = _Sender(ready)
        sender.send(0.3)  # both have seen a request before it counts
        sender.send(0.3, port=port)
        for _ in range(scale.load_rounds):
            bare.seen.append(sender.send(scale.load_s, port=port))
            ours.seen.append(sender.send(scale.load_s))
        _check_all_are_kept(ready, sender)
        queued = int(Redis.from_url(ready.redis.url).llen("rq:queue:desk"))
        if queued != sender.accepted + sender.noticed:
            raise AssertionError(f"{sender.accepted} were accepted and {queued} are in the queue.")
    return ours, bare


def _with_desk(folder: Path, scale: Scale) -> Rounds:
    with stage(Wanted(folder=folder, names=("web", "desk"))) as ready:
        sender = _Sender(ready)
        seen = sender.send(scale.load_s)
        _check_all_are_kept(ready, sender)
    return Rounds([seen])


def _check_all_are_kept(ready: Stage, sender: _Sender) -> None:
    ledger = ready.ledger()
    kept = len(ledger.deliveries.outcomes())
    ledger.close()
    if kept != sender.accepted + sender.noticed:
        raise AssertionError(f"{sender.accepted} were accepted and {kept} are in the ledger.")


class _Sender:
    """Sends rounds of load, each from a fresh process, no delivery twice."""

    def __init__(self, ready: Stage) -> None:
        self._stage = ready
        self._port = int(ready.web_url.rsplit(":", 1)[1])
        self._before, self._after = _halves(dropped_comment(ready, "Nothing for you in this one.", on=1))
        ready.driver.until_hooks_are_idle()
        ledger = ready.ledger()
        self.noticed = len(ledger.deliveries.outcomes())  # what the playground told by itself
        ledger.close()
        self._next = _NUMBER
        self.accepted = 0

    def send(self, seconds: float, *, port: int | None = None) -> Seen:
        order = Order(
            port=port or self._port,
            path=PATH,
            secret=self._stage.webhook_secret,
            before=base64.b64encode(self._before).decode(),
            after=base64.b64encode(self._after).decode(),
            first=self._next,
            seconds=seconds,
        )
        place = self._stage.folder / "order.json"
        place.write_text(json.dumps(asdict(order)))
        answer = subprocess.run(
            [sys.executable, "-m", "benchmarks.load", str(place)],
            check=True,
            stdout=subprocess.PIPE,
            timeout=60,
        )
        seen = Seen(**json.loads(answer.stdout))
        if seen.other:
            raise AssertionError(f"{seen.other} of {seen.other + seen.accepted} webhooks were not accepted.")
        self._next += seen.accepted + order.connections
        self.accepted += seen.accepted if port is None else 0
        return seen


def _halves(payload: dict[str, object]) -> tuple[bytes, bytes]:
    """A body around the comment's id, which comes last, filled up to SIZE in a field that nobody reads."""
    comment = payload["comment"]
    if not isinstance(comment, dict):
        raise TypeError("An issue_comment has a comment.")
    last = {key: value for key, value in comment.items() if key != "id"} | {"id": _NUMBER}
    told = {
        **{key: value for key, value in payload.items() if key != "comment"},
        "filling": "",
        "comment": last,
    }
    told["filling"] = "x" * max(0, SIZE - len(orjson.dumps(told)))
    before, after = orjson.dumps(told).rsplit(str(_NUMBER).encode(), 1)
    return before, after


@contextmanager
def bare_server() -> Iterator[int]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = int(sock.getsockname()[1])
    process = spawn([sys.executable, "-m", "benchmarks.bare", str(port)], os.environ)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(START_S)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError("The bare server did not start.")
