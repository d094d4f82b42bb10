"""desk: decides, speaks, publishes. Has the App's key and no Docker."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from bot.clock import SystemClock
from bot.desk.clearing import clear
from bot.desk.hearing import hear
from bot.desk.model import Desk
from bot.desk.publishing import publish
from bot.desk.sweeping import sweep
from bot.errors import Hiccup, UserError
from bot.ids import RunId
from bot.ledger import Ledger
from bot.ledger.surfaces import Surface, SurfaceKind
from bot.logs import set_up
from bot.processes.threads import Loop, repeat, run_together
from bot.recording import DESK_TOPIC
from bot.rules import ServerFile, server_file
from bot.settings import DeskSettings, load
from bot.surfaces import Reconciler, Voices
from handlers.github.client import GitHubForge
from runners.queue.connection import check, connect
from runners.queue.jobs import CLEAR, CLEARANCES, DELIVER, DESK, PUBLISH, Handle, Jobs, work
from runners.queue.mailbox import RedisMailbox
from runners.queue.signals import RedisSignals

log = structlog.get_logger(__name__)

LISTENERS = 3  # deliveries handled at once: most of the time is waiting for GitHub
SPEAKERS = 4  # surfaces changed at once
SWEEP_S = 3.0
LOOK_S = 1.0  # the longest that a tap on the shoulder can be missed
BROKEN_WAIT = timedelta(minutes=1)
GRACE_S = 10.0


def main() -> None:
    """Work until SIGTERM."""
    settings = load(DeskSettings)
    set_up("desk", settings.log_level)
    redis_url = settings.redis_url.get_secret_value()
    redis = connect(redis_url)
    check(redis)
    jobs = Jobs(redis)
    forge = GitHubForge(
        app_id=settings.github_app_id,
        private_key=settings.private_key(),
        api_url=settings.github_api_url,
    )
    desk = Desk(
        ledger=Ledger(settings.ledger),
        permissions=forge.permissions,
        code=forge.code,
        pull_requests=forge.pull_requests,
        checkouts=forge.checkouts,
        mailbox=RedisMailbox(redis, jobs),
        queue=jobs,
        signals=RedisSignals(redis),
        clock=SystemClock(),
        server=_server_file(settings),
        slug=settings.github_app_slug,
        public_url=settings.public_url,
        git_url=settings.github_url,
    )
    reconciler = Reconciler(
        ledger=desk.ledger,
        voices=Voices(forge.check_runs, forge.comments, forge.reactions),
        clock=desk.clock,
        page=desk.page,
        interval=timedelta(seconds=settings.update_interval_s),
    )

    def taking(queue: str, table: dict[str, Handle]) -> Loop:
        def loop(stopping: threading.Event) -> None:
            work(connect(redis_url), (queue,), table, stopping)

        return loop

    listening = taking(
        DESK,
        {
            DELIVER: _logged(lambda delivery: hear(desk, int(delivery))),
            PUBLISH: _logged(lambda run: publish(desk, RunId(run))),
        },
    )
    clearing = taking(CLEARANCES, {CLEAR: _logged(lambda run: clear(desk, RunId(run)))})
    log.info("desk.ready", app=settings.github_app_slug)
    run_together(
        {
            **{f"listening-{n}": listening for n in range(LISTENERS)},
            "clearing": clearing,
            "speaking": _speaking(desk, reconciler),
            "sweeping": lambda stopping: repeat(lambda: sweep(desk), stopping, every_s=SWEEP_S),
        },
        grace_s=GRACE_S,
    )


def _server_file(settings: DeskSettings) -> ServerFile:
    if settings.server_file is None:
        return ServerFile()
    try:
        content = settings.server_file.read_bytes()
    except OSError as error:
        raise UserError(
            f"The server file {settings.server_file} cannot be read: {error.strerror}. "
            "Correct DEVOPS_AGENT_SERVER_FILE, or unset it."
        ) from error
    return server_file(content, where=f"`{settings.server_file}`")


def _logged(handle: Handle) -> Handle:
    """A job that time can fix is forgotten here: the sweeper reminds us of it."""

    def guarded(ident: str) -> None:
        try:
            handle(ident)
        except Hiccup as hiccup:
            log.info("desk.later", id=ident, why=str(hiccup))

    return guarded


def _speaking(desk: Desk, reconciler: Reconciler) -> Loop:
    """Shows what is due, then waits to be told or for the next moment at which something is."""

    def show(surface: Surface) -> None:
        try:
            reconciler.show(surface)
        except Exception as bug:  # one surface that breaks must not silence the others
            log.exception("surface.broke", surface=surface.key)
            desk.ledger.surfaces.fail(surface, repr(bug), desk.clock.now() + BROKEN_WAIT)

    def show_in_order(surfaces: list[Surface]) -> None:
        for surface in surfaces:
            show(surface)

    def loop(stopping: threading.Event) -> None:
        with ThreadPoolExecutor(SPEAKERS, "speaking") as pool:

            def once() -> None:
                now = desk.clock.now()
                due = desk.ledger.surfaces.claim_due(now)
                if due:
                    list(pool.map(show_in_order, _by_conversation(due)))
                    return
                next_due = desk.ledger.surfaces.next_due(now)
                wait_s = LOOK_S if next_due is None else min(LOOK_S, (next_due - now).total_seconds())
                desk.signals.wait(DESK_TOPIC, max(wait_s, 0.01))

            repeat(once, stopping, every_s=0)

    return loop


def _by_conversation(due: Iterable[Surface]) -> list[list[Surface]]:
    """Replies in one issue or pull request are said in their order; nothing else waits for anything."""
    groups: dict[object, list[Surface]] = {}
    for surface in due:
        talks = surface.kind is SurfaceKind.REPLY
        groups.setdefault((surface.place.repo_id, surface.number) if talks else surface.id, []).append(
            surface
        )
    return list(groups.values())
