"""desk: decides, speaks, publishes. Has the App's key and the model's, and no Docker."""

from __future__ import annotations

import threading
from datetime import timedelta

import structlog

from bot.budget import Budget
from bot.clock import SystemClock
from bot.desk.chat.reminding import tell_who_waits
from bot.desk.clearing import clear
from bot.desk.hearing import hear_in_turn
from bot.desk.model import Desk
from bot.desk.publishing import publish
from bot.desk.redelivering import Redelivering
from bot.desk.restraining import forget_old
from bot.desk.sweeping import sweep
from bot.desk.thinking import Thinking
from bot.desk.turns import Turns
from bot.desk.verifying import Verifying
from bot.desk.waiting import look_at_places
from bot.ids import RunId
from bot.ledger import Ledger
from bot.ledger.surfaces import CHATS, FORGE
from bot.logs import set_up
from bot.pace import Rates
from bot.processes.forms import filling
from bot.processes.server_rules import server_rules
from bot.processes.slack import open_slack
from bot.processes.speaking import speaking
from bot.processes.threads import logged, repeat, run_together
from bot.settings import DeskSettings, load
from bot.surfaces import Reconciler, Voices
from bot.vault import Vault
from handlers.github.client import GitHubForge
from runners.llm import open_model
from runners.queue.connection import check, connect
from runners.queue.jobs import (
    CLEAR,
    CLEARANCES,
    DELIVER,
    DESK,
    PUBLISH,
    Handle,
    Jobs,
    work,
)
from runners.queue.mailbox import RedisMailbox
from runners.queue.signals import RedisSignals

log = structlog.get_logger(__name__)

LISTENERS = 5  # deliveries handled at once: most of the time is waiting for GitHub
OF_ONE_INSTALLATION = LISTENERS - 1  # so that one that floods us makes nobody else wait
CLEARERS = 2  # workers answered at once
INTRODUCE_S = 15.0  # until Slack is asked again who we are there
SWEEP_S = 2.0
VERIFY_S = 5.0  # between two looks for runs that are due; each is due after its own interval
TIDY_S = 600.0
REMIND_S = 5.0  # between two looks for runs whose requester has to be told that they wait
PLACES_S = 15.0  # how long a place in the queue may be told that is not true any more
GRACE_S = 10.0


def main() -> None:
    """Work until SIGTERM."""
    settings = load(DeskSettings)
    set_up("desk", settings.log_level)
    redis_url = settings.redis_url.get_secret_value()
    redis = connect(redis_url)
    check(redis)
    jobs = Jobs(redis)
    ledger, clock = Ledger(settings.ledger), SystemClock()
    budget = Budget(ledger, clock, Rates.of(settings.github_writes_per_minute))
    forge = GitHubForge(
        app_id=settings.github_app_id,
        private_key=settings.private_key(),
        api_url=settings.github_api_url,
        pace=budget,
    )
    server = server_rules(settings)
    slack = open_slack(settings, server, ledger, clock)
    models = open_model(settings, server.choosable_models())  # before work begins: opening takes seconds
    desk = Desk(
        ledger=ledger,
        permissions=forge.permissions,
        code=forge.code,
        standing=forge.standing,
        pull_requests=forge.pull_requests,
        checkouts=forge.checkouts,
        mailbox=RedisMailbox(redis, jobs),
        queue=jobs,
        signals=RedisSignals(redis),
        clock=clock,
        server=server,
        chat=slack.chat,
        accounts=forge.accounts,
        listing=forge.code,
        sign_in=slack.sign_ins,
        installs=slack.installer,
        tells_after=timedelta(minutes=settings.slack_waiting_minutes),
        vault=Vault(settings.secrets_dir),
        slug=settings.github_app_slug,
        public_url=settings.public_url,
        git_url=settings.github_url,
        thinker=None
        if models is None
        else Thinking(ledger, forge.code, models, clock, timedelta(seconds=settings.model_timeout_s)),
    )
    reconciler = Reconciler(
        ledger=desk.ledger,
        voices=Voices(forge.check_runs, forge.comments, forge.reactions),
        clock=desk.clock,
        page=desk.page,
        interval=timedelta(seconds=settings.update_interval_s),
        screen=slack.screen(desk, timedelta(seconds=settings.slack_update_interval_s)),
    )

    turns = Turns(OF_ONE_INSTALLATION)

    def listening(stopping: threading.Event) -> None:
        table: dict[str, Handle] = {
            DELIVER: logged(lambda delivery: hear_in_turn(desk, turns, int(delivery), stopping)),
            PUBLISH: logged(lambda run: publish(desk, RunId(run))),
        }
        work(connect(redis_url), (DESK,), table, stopping)

    def clearing(stopping: threading.Event) -> None:
        table: dict[str, Handle] = {CLEAR: logged(lambda run: clear(desk, RunId(run)))}
        work(connect(redis_url), (CLEARANCES,), table, stopping)

    def introducing(stopping: threading.Event) -> None:
        while not slack.introduced() and not stopping.wait(INTRODUCE_S):
            pass
        stopping.wait()

    redelivering = Redelivering(desk.ledger, forge.delivery_log, desk.clock)

    def looking_back(stopping: threading.Event) -> None:
        if settings.redelivery_interval_s:
            repeat(redelivering.look, stopping, every_s=settings.redelivery_interval_s)
        stopping.wait()

    verifying = Verifying(desk, forge.check_runs, timedelta(seconds=settings.verify_interval_s))

    def comparing(stopping: threading.Event) -> None:
        if settings.verify_interval_s:
            repeat(verifying.look, stopping, every_s=min(settings.verify_interval_s, VERIFY_S))
        stopping.wait()

    log.info("desk.ready", app=settings.github_app_slug, model=settings.model or None)
    run_together(
        {
            **{f"listening-{n}": listening for n in range(LISTENERS)},
            **{f"clearing-{n}": clearing for n in range(CLEARERS)},
            **(filling(desk, redis_url) if slack.chat else {}),
            "introducing": introducing,
            "speaking": speaking(desk, reconciler, FORGE, budget, slack.pacing),
            # Apart, so that a Slack that does not answer holds up nothing on GitHub.
            "chatting": speaking(desk, reconciler, CHATS, budget, slack.pacing),
            "looking_back": looking_back,
            "comparing": comparing,
            "placing": lambda stopping: repeat(lambda: look_at_places(desk), stopping, every_s=PLACES_S),
            "reminding": lambda stopping: repeat(lambda: tell_who_waits(desk), stopping, every_s=REMIND_S),
            "tidying": lambda stopping: repeat(lambda: forget_old(desk), stopping, every_s=TIDY_S),
            "sweeping": lambda stopping: repeat(lambda: sweep(desk), stopping, every_s=SWEEP_S),
        },
        grace_s=GRACE_S,
    )
