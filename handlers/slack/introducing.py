"""Who we are in the workspace of a token that nobody installed us with."""

from __future__ import annotations

from slack_sdk.errors import SlackApiError

from bot.chat.model import Workspace
from bot.errors import Hiccup, UserError
from handlers.slack.api import new_client
from handlers.slack.refusals import TROUBLE, UNAVAILABLE, error_of


def introduce(token: str, api_url: str) -> Workspace:
    """The workspace of a token of the environment. UserError when Slack does not know it."""
    try:
        told = new_client(api_url, token).auth_test()
    except SlackApiError as error:
        said = error_of(error.response)
        if said in UNAVAILABLE | {"ratelimited", ""} or error.response.status_code >= 500:
            raise Hiccup(f"Slack does not say who we are at the moment ({said}).") from None
        raise UserError(
            f"Slack does not accept DEVOPS_AGENT_SLACK_BOT_TOKEN ({said}). Copy it anew from the app's page "
            "“OAuth & Permissions”."
        ) from None
    except TROUBLE as error:
        raise Hiccup(f"Slack cannot be reached at the moment ({type(error).__name__}).") from None
    scopes = str(told.headers.get("x-oauth-scopes") or told.headers.get("X-OAuth-Scopes") or "")
    return Workspace(
        team=told["team_id"],
        name=told["team"],
        bot_user=told["user_id"],
        bot_id=told["bot_id"],
        scopes=tuple(filter(None, (each.strip() for each in scopes.split(",")))),
    )
