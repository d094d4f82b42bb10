"""Looks at the Slack app as each workspace has it, and says what to do where it is not what we need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.chat.model import Workspace
from bot.errors import AgentError
from bot.findings import Finding
from bot.settings import DeskSettings
from handlers.slack.introducing import introduce
from handlers.slack.needs import SCOPES


def examine(
    settings: DeskSettings, workspaces: Sequence[Workspace], ended: Sequence[tuple[str, str]], *, days: int
) -> list[Finding]:
    """`ended` is what could not be shown any more in the last days, the last one first."""
    found: list[Finding] = []
    if settings.slack_bot_token is not None:
        found += _token(settings.slack_bot_token.get_secret_value(), settings.slack_api)
    found += [finding for each in workspaces for finding in _workspace(each)]
    return [*found, _shown(ended, days)]


def _token(token: str, api_url: str) -> Iterator[Finding]:
    name = "Slack token"
    try:
        told = introduce(token, api_url)
    except AgentError as problem:
        yield Finding(name, ok=False, sentence=str(problem))
        return
    yield Finding(name, ok=True, sentence=f"Slack knows it as the bot of the workspace “{told.name}”.")
    yield scopes(told)


def scopes(told: Workspace) -> Finding:
    """Whether it may do what it needs, and no more."""
    name, granted = f"Slack scopes in “{told.name}”", set(told.scopes)
    lacking, beyond = sorted(set(SCOPES) - granted), sorted(granted - set(SCOPES))
    if lacking:
        sentence = (
            f"The app lacks {', '.join(lacking)}. Compare it with slack-manifest.yml, and install it anew."
        )
        return Finding(name, ok=False, sentence=sentence)
    if beyond:
        sentence = (
            f"The app may do more than it needs: {', '.join(beyond)}. Compare it with slack-manifest.yml."
        )
        return Finding(name, ok=False, sentence=sentence)
    return Finding(name, ok=True, sentence="The app may do what it needs and no more.")


def _workspace(workspace: Workspace) -> Iterator[Finding]:
    name = f"Slack workspace “{workspace.name}”"
    if workspace.revoked_at is not None:
        sentence = f"It took its token back on {workspace.revoked_at:%Y-%m-%d}. Install the app there again."
        yield Finding(name, ok=False, sentence=sentence)
    elif workspace.token is not None:
        yield Finding(name, ok=True, sentence="It has installed us.")
        yield scopes(workspace)


def _shown(ended: Sequence[tuple[str, str]], days: int) -> Finding:
    name = "what Slack shows"
    if not ended:
        return Finding(name, ok=True, sentence=f"Everything was shown in the last {days} days.")
    key, why = ended[0]
    sentence = (
        f"{len(ended)} messages ended early in the last {days} days, because they were deleted or we may not "
        f"speak there any more. The last one is `{key}`: {why}"
    )
    return Finding(name, ok=True, sentence=sentence)
