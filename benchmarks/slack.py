"""Slash command → acknowledgement, fifty a second by the clock, while hands and desk have work of their own.

Two runs spin in two boxes meanwhile, and desk handles the very commands that are sent. Between any two of
them the same number goes to a server that only reads the body: the floor, in the same company.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import httpx

from benchmarks.figures import Figure, Figures, at_most, middle
from benchmarks.intake import bare_server
from benchmarks.scale import Scale
from bot.chat.model import key_of
from bot.events import ChatSaid
from bot.ledger import Ledger
from bot.processes.stage import Slack, Stage, Wanted, stage
from bot.runs import Run, RunState
from bot.settings import PREFIX
from handlers.slack.door import PATH
from playground.slack.driver import CHANNEL, PERSON, TEAM
from playground.slack.signing import FLAWLESS

T = TypeVar("T")
GAP_S = 0.02
REPOSITORY, LOGIN = "acme/shop", "writer-will"
ASKS = f"status {REPOSITORY}"
# The processor has all to do, and the ledger some lines a second to keep.
SPINS = "`i=0; while :; do i=$((i + 1)); case $i in *00000) echo $i;; esac; done`"
SPINNING = (f"run {REPOSITORY}#1 {SPINS}", f"run {REPOSITORY} {SPINS}")
SENT_AGAIN = 25
BEGINS_S = 0.5  # until the first one is due
PATIENCE_S, LOOK_S = 60.0, 0.05
_CODE = re.compile(r"/agent link ([A-Z0-9-]+)")
_DONE = b"HTTP/1.1 2"


def measure(scale: Scale) -> Figures:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        bare_server() as bare_port,
        stage(Wanted(folder=Path(folder), slack=Slack.HTTP)) as ready,
        closing(ready.ledger()) as ledger,
    ):
        watch = Watch(ready, ledger)
        watch.links()
        watch.keeps_hands_busy()
        commands = [watch.command() for _ in range(round(scale.commands_s / GAP_S))]
        ours, bare = asyncio.run(_send(commands, watch.web_port, bare_port))
        watch.checks_who_was_busy()
        watch.checks_each_is_kept_once(commands)
    n = len(commands)
    return {
        "slack_ack_p50_ms": Figure(middle(ours), "ms", middle(bare), n),
        "slack_ack_p99_ms": Figure(at_most(ours, 0.99), "ms", at_most(bare, 0.99), n),
        "slack_ack_max_ms": Figure(at_most(ours, 1.0), "ms", at_most(bare, 1.0), n),
    }


@dataclass(frozen=True)
class Command:
    """One slash command as it goes over the line, and what it is called when it is stored."""

    request: bytes
    guid: str


@dataclass
class Watch:
    """A stage on which somebody is linked, asks for two runs that never end, and then for much more."""

    stage: Stage
    ledger: Ledger
    sent: int = 0

    @property
    def web_port(self) -> int:
        return int(self.stage.web_url.rsplit(":", 1)[1])

    def links(self) -> None:
        """As a person would: a link, a browser, a code."""
        slack = self.stage.slack
        slack.until(lambda: self.ledger.workspaces.of(TEAM), seconds=PATIENCE_S)
        slack.commands("link")
        address = slack.until(self._offered, seconds=PATIENCE_S)
        page = httpx.get(self.stage.driver.authorizes(address, by=LOGIN), timeout=PATIENCE_S, trust_env=False)
        (code,) = _CODE.findall(page.text)
        slack.commands(f"link {code}")
        slack.until(lambda: self.ledger.links.all(TEAM), seconds=PATIENCE_S)

    def _offered(self) -> str | None:
        buttons = [
            element
            for told in self.stage.slack.sees_ephemerals(PERSON)
            for block in told["blocks"]
            for element in block.get("elements", ())
        ]
        return next((str(each["url"]) for each in buttons if "url" in each), None)

    def keeps_hands_busy(self) -> None:
        for text in SPINNING:
            self.stage.slack.commands(text)
        _until(lambda: len(self._spinning()) == len(SPINNING))
        self.sent = self._kept()

    def command(self) -> Command:
        """Signed a moment before it is sent, with a trigger of its own, as Slack's are."""
        trigger = f"{time.time_ns()}.{id(self)}.bench"
        fields = {
            "command": "/agent",
            "text": ASKS,
            "team_id": TEAM,
            "channel_id": CHANNEL,
            "user_id": PERSON,
            "trigger_id": trigger,
            "response_url": "http://127.0.0.1:1/nobody-is-answered-there",
        }
        body = urlencode(fields).encode()
        head = {
            "Host": "127.0.0.1",
            "Connection": "close",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
            **FLAWLESS.headers(self.stage.environment[f"{PREFIX}SLACK_SIGNING_SECRET"], body),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        return Command(
            f"POST {PATH} HTTP/1.1\r\n{lines}\r\n".encode() + body,
            f"slack-{key_of('command', TEAM, trigger)}",
        )

    def checks_who_was_busy(self) -> None:
        handled = [state for name, state, _ in self.ledger.deliveries.outcomes() if name == ChatSaid.kind]
        if handled.count("done") <= self.sent or len(self._spinning()) < len(SPINNING):
            raise AssertionError("Desk handled none of the commands meanwhile, or a run has ended.")

    def checks_each_is_kept_once(self, commands: Sequence[Command]) -> None:
        """Also when some are sent twice more, as Slack does when it did not hear our answer."""
        again = commands[:SENT_AGAIN]
        asyncio.run(_send(again, self.web_port, self.web_port))
        known, kept = self.ledger.deliveries.known([each.guid for each in commands]), self._kept() - self.sent
        if (len(known), kept) != (len(commands), len(commands)):
            raise AssertionError(f"{len(commands)} commands were sent, {len(known)} are known, {kept} kept.")

    def _kept(self) -> int:
        return sum(name == ChatSaid.kind for name, _, _ in self.ledger.deliveries.outcomes())

    def _spinning(self) -> list[Run]:
        """Those that have written something."""
        open_ones = [run for run in self.ledger.runs.open() if run.state is RunState.RUNNING]
        return [run for run in open_ones if run.steps[0].output_bytes or self._wrote(run)]

    def _wrote(self, run: Run) -> bool:
        return any(entry.step is not None for entry in self.ledger.journals.read(run.id))


async def _send(commands: Sequence[Command], ours: int, bare: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each to us, and to the bare server in the middle between two of them."""
    begins = asyncio.get_running_loop().time() + BEGINS_S
    async with asyncio.timeout(len(commands) * GAP_S + PATIENCE_S):
        to_us = [_one(begins + n * GAP_S, ours, each.request) for n, each in enumerate(commands)]
        to_it = [_one(begins + (n + 0.5) * GAP_S, bare, each.request) for n, each in enumerate(commands)]
        took = await asyncio.gather(*to_us, *to_it)
    return took[: len(commands)], took[len(commands) :]


async def _one(due: float, port: int, request: bytes) -> float:
    """From the moment in which it was due, not from when we came to it, until the answer's last byte."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(due - loop.time())
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    took = (loop.time() - due) * 1000
    writer.close()
    if not answer.startswith(_DONE):
        raise AssertionError(f"A command was answered with {answer[:40]!r}.")
    return took


def _until(look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(LOOK_S)
    raise TimeoutError(f"Nothing to see after {PATIENCE_S:.0f} s.")
