"""`devops-agent demo`: the whole story against a playground GitHub and Slack, told live in the terminal."""

from __future__ import annotations

import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from rich.console import Console

from bot.processes.demo.slack import CHANNEL, SlackStory
from bot.processes.demo.story import Story
from bot.processes.stage import Slack, Stage, Wanted, stage

HOME = Path(".state/demo")
WEB_PORT, PLAYGROUND_PORT = 8080, 8081  # when they are free: addresses that a browser's history remembers


def main(*, once: bool) -> int:
    """0 only if both halves are good: the pull requests exist, and who asked was told so."""
    console = Console()
    wanted = Wanted(
        folder=HOME,
        web_port=_if_free(WEB_PORT),
        playground_port=_if_free(PLAYGROUND_PORT),
        settings={"UPDATE_INTERVAL_S": "1", "SLACK_UPDATE_INTERVAL_S": "0.3"},
        slack=Slack.HTTP,
    )
    for old in HOME.glob("ledger.db*"):
        old.unlink()  # the playground begins anew, with the same ids: what was said before is said again
    console.print("Starting Redis, a playground of GitHub and Slack, and web, desk and hands …")
    began = time.monotonic()
    try:
        with stage(wanted) as ready:
            console.print(f"Ready after {time.monotonic() - began:.1f} s.\n")
            good = Story(console, ready).tell()
            good = SlackStory(console, ready).tell() and good
            if not once:
                _serve(console, ready)
    except KeyboardInterrupt:
        console.print("\nEnded.")
        return 130
    return 0 if good else 1


def _serve(console: Console, ready: Stage) -> None:
    """Until Ctrl+C or SIGTERM."""
    console.rule("It keeps serving")
    console.print(
        f"  Pull request   {ready.playground_url}/acme/shop/pull/1   (write comments, press buttons)"
    )
    console.print(f"  Slack          {ready.playground_url}/slack/{CHANNEL}   (type /agent, press buttons)")
    console.print(f"  Everything     {ready.playground_url}/")
    console.print(f"  Our web        {ready.web_url}/healthz   (run pages are linked from the checks)")
    console.print(f"  Logs           {ready.folder}/*.log")
    console.print("Press Ctrl+C to end.")
    ended: SimpleQueue[None] = SimpleQueue()
    signal.signal(signal.SIGTERM, lambda *_: ended.put(None))
    while True:
        with suppress(Empty):
            return ended.get(timeout=0.5)
        if not ready.processes.alive():
            console.print("One of the processes has ended; its log says why.", style="red")
            return None


def _if_free(port: int) -> int:
    """The port, or 0 for any when somebody has it."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return port if sock.connect_ex(("127.0.0.1", port)) != 0 else 0
