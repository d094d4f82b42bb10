"""What stands behind Slack's door in its contracts: a shelf, a desk, and a server for both."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI

from bot.chat.enquiry import Enquiry, written
from bot.chat.model import Workspace
from bot.chat.open_form import OpenForm
from bot.deliveries import Delivery, Stored
from bot.errors import Hiccup

WORKSPACE = Workspace("T_ACME", "Acme", "U_AGENT", "B_AGENT", ("commands",))


@dataclass
class Shelf:
    """Keeps whatever it is given in a list, as often as it is given it; fails and dawdles when told to."""

    tried: list[Delivery] = field(default_factory=list)
    kept: list[Delivery] = field(default_factory=list)
    fails: int = 0
    slowness_s: float = 0.0

    async def store(self, delivery: Delivery) -> Stored:
        self.tried.append(delivery)
        if len(self.tried) <= self.fails:
            raise OSError("no space left on device")
        await asyncio.sleep(self.slowness_s)
        self.kept.append(delivery)
        return Stored.ACCEPTED


@dataclass
class Desk:
    """Answers every enquiry in the same way, after a while."""

    pairs: list[tuple[str, str]] = field(default_factory=list)
    slowness_s: float = 0.0
    asked: list[Enquiry] = field(default_factory=list)
    typed: list[OpenForm] = field(default_factory=list)
    is_away: bool = False

    def ask(self, question: bytes, timeout_s: float) -> bytes | None:
        self.asked.append(Enquiry.read(question))
        time.sleep(min(self.slowness_s, timeout_s))
        return None if self.slowness_s >= timeout_s else written(self.pairs)

    def put(self, name: str, state: bytes) -> None:
        if self.is_away:
            raise Hiccup(f"{name} is not taken: Redis is away.")
        self.typed.append(OpenForm.read(state))


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Its address. Whoever comes before it is ready waits."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)
