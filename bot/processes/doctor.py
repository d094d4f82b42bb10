"""`devops-agent doctor`: everything this machine needs, looked at, with what to do about what is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from rich.console import Console
from rich.text import Text

from bot.clock import SystemClock
from bot.errors import AgentError
from bot.findings import Finding
from bot.ledger import Ledger
from bot.processes.server_rules import server_rules
from bot.processes.slack import look_for_workspaces
from bot.settings import Common, DeskSettings, HandsSettings, WebhookSecret, load
from handlers.github.doctor import examine as examine_app
from handlers.slack.doctor import examine as examine_slack
from runners.docker.doctor import examine as examine_engine
from runners.queue.connection import check, connect

LOOK_BACK = timedelta(days=7)
Examination = Callable[[], list[Finding]]


def main() -> int:
    """0 when all is well."""
    console = Console()
    findings = [finding for examine in _EXAMINATIONS for finding in _safely(examine)]
    for finding in findings:
        sign = ("✓ ", "green") if finding.ok else ("✗ ", "red")
        console.print(Text.assemble(sign, (f"{finding.name}: ", "bold"), finding.sentence), soft_wrap=True)
    return 0 if all(finding.ok for finding in findings) else 1


def _safely(examine: Examination) -> list[Finding]:
    try:
        return examine()
    except AgentError as error:
        return [Finding(examine.__name__.strip("_").replace("_", " "), ok=False, sentence=str(error))]


def _ledger() -> list[Finding]:
    settings = load(Common)
    ledger = Ledger(settings.ledger)
    instance = ledger.instance()
    ledger.close()
    return [Finding("ledger", ok=True, sentence=f"It is open and up to date (instance {instance}).")]


def _what_is_shown() -> list[Finding]:
    ledger = Ledger(load(Common).ledger)
    lost = ledger.surfaces.given_up(SystemClock().now() - LOOK_BACK)
    ledger.close()
    days = f"in the last {LOOK_BACK.days} days"
    if not lost:
        return [Finding("what is shown", ok=True, sentence=f"Nothing was given up {days}.")]
    key, why = lost[0]
    sentence = f"{len(lost)} of our reports could not be shown {days}. The last one is `{key}`: {why}"
    return [Finding("what is shown", ok=False, sentence=sentence)]


def _what_slack_shows() -> list[Finding]:
    """What ended early is nobody's fault: people delete messages, archive channels, remove bots."""
    settings = load(DeskSettings)
    ledger = Ledger(settings.ledger)
    workspaces, ended = ledger.workspaces.all(), ledger.surfaces.ended_early(SystemClock().now() - LOOK_BACK)
    ledger.close()
    if not workspaces and settings.slack_bot_token is None:
        return []
    return examine_slack(settings, workspaces, ended, days=LOOK_BACK.days)


def _slack_channels() -> list[Finding]:
    settings = load(DeskSettings)
    look_for_workspaces(settings, server_rules(settings))
    return []


def _redis() -> list[Finding]:
    check(connect(load(Common).redis_url.get_secret_value()))
    return [Finding("redis", ok=True, sentence="It answers.")]


def _sandbox() -> list[Finding]:
    settings = load(HandsSettings)
    return examine_engine(settings.sandbox_image, settings.egress_image)


def _webhook_secret() -> list[Finding]:
    load(WebhookSecret)
    return [Finding("webhook secret", ok=True, sentence="It is set.")]


def _github_app() -> list[Finding]:
    settings = load(DeskSettings)
    return examine_app(
        settings.github_app_id,
        settings.private_key(),
        settings.github_api_url,
        slug=settings.github_app_slug,
    )


_EXAMINATIONS: tuple[Examination, ...] = (
    _ledger,
    _what_is_shown,
    _what_slack_shows,
    _slack_channels,
    _redis,
    _sandbox,
    _webhook_secret,
    _github_app,
)
