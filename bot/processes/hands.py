"""hands: runs plans in boxes. Holds Docker, and nothing worth stealing."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import closing

import structlog

from bot.clock import SystemClock
from bot.errors import Hiccup
from bot.hands import Tools, perform_waiting
from bot.ids import RunId
from bot.ledger import Ledger
from bot.logs import set_up
from bot.processes.threads import Loop, repeat, run_together
from bot.runs import RunState
from bot.settings import HandsSettings, load
from runners.docker import DockerBoxes, Outside
from runners.git import GitSnapshots
from runners.parcels import FileParcels
from runners.queue.connection import check, connect
from runners.queue.jobs import HANDS, PERFORM, Jobs, work
from runners.queue.mailbox import RedisMailbox
from runners.queue.signals import RedisSignals

log = structlog.get_logger(__name__)

REAP_S = 20.0  # nothing of a lost run stays for longer than this and a lease


def main() -> None:
    """Take runs from the queue until SIGTERM, `hands_workers` at a time."""
    settings = load(HandsSettings)
    set_up("hands", settings.log_level)
    redis = connect(settings.redis_url.get_secret_value())
    check(redis)
    ledger = Ledger(settings.ledger)
    instance = ledger.instance()
    jobs = Jobs(redis)
    outside = Outside(settings.egress_image, settings.egress_network, settings.box_addresses)
    boxes = DockerBoxes(
        instance,
        settings.sandbox_image,
        warm=settings.warm_boxes,
        outside=outside,
        runtime=settings.sandbox_runtime,
    )
    snapshots = GitSnapshots(settings.state_dir, allow_loopback=settings.git_allow_loopback)
    tools = Tools(
        ledger=ledger,
        boxes=boxes,
        snapshots=snapshots,
        parcels=FileParcels(settings.state_dir),
        mailbox=RedisMailbox(redis, jobs),
        queue=jobs,
        signals=RedisSignals(redis),
        clock=SystemClock(),
        worker=f"{socket.gethostname()}:{os.getpid()}",
        image=settings.sandbox_image,
    )

    def taking() -> Loop:
        def loop(stopping: threading.Event) -> None:
            def perform(_run: str) -> None:  # a hint that there is work: admission says which run is next
                perform_waiting(tools, lambda: not stopping.is_set())

            work(connect(settings.redis_url.get_secret_value()), (HANDS,), {PERFORM: perform}, stopping)

        return loop

    def held() -> frozenset[tuple[RunId, int]]:
        return frozenset((run.id, run.epoch) for run in ledger.runs.open() if run.state is RunState.RUNNING)

    def reaping(stopping: threading.Event) -> None:
        def once() -> None:
            snapshots.reap()
            try:
                boxes.reap(held)
            except Hiccup as hiccup:  # runs that come now end with this sentence, where their people look
                log.warning("hands.not_reaped", why=str(hiccup))

        repeat(once, stopping, every_s=REAP_S)

    log.info("hands.ready", workers=settings.hands_workers, image=settings.sandbox_image)
    with closing(boxes):
        run_together(
            {**{f"hands-{n}": taking() for n in range(settings.hands_workers)}, "reaping": reaping},
            grace_s=settings.hands_grace_s,
            at_last=tools.underway.hand_over,
        )
