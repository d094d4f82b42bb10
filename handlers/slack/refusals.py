"""How Slack says no: what time can mend, what is gone, and what an operator has to look at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http.client import HTTPException

from slack_sdk.errors import SlackClientError, SlackRequestError
from slack_sdk.web import SlackResponse

from bot.errors import UserError

# For time to mend.
UNAVAILABLE = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
# Our token is none any more.
REVOKED = frozenset(
    {
        "token_revoked",
        "token_expired",
        "account_inactive",
        "invalid_auth",
        "not_authed",
        "team_access_not_granted",
    }
)
# What was to be changed, or where it was to be said, is not there for us any more.
LOST = frozenset(
    {
        "message_not_found",
        "cant_update_message",
        "edit_window_closed",
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "user_not_in_channel",
        "thread_not_found",
        "cannot_reply_to_message",
        "restricted_action",
        "user_not_found",
        "user_disabled",
        "cannot_dm_bot",
        "messages_tab_disabled",
    }
)
# No answer at all.
TROUBLE = (SlackClientError, SlackRequestError, OSError, HTTPException)
_ERROR = re.compile(r"[a-z0-9_]+")


def error_of(answer: SlackResponse) -> str:
    """What Slack calls it; "" for the page of something that stands between us and Slack."""
    said = str(answer.get("error") or "") if isinstance(answer.data, Mapping) else ""
    return said if _ERROR.fullmatch(said) else ""


class Refusal(UserError):
    """Slack understood and says no, and it is not that something went away."""

    def __init__(self, method: str, said: str, needed: str) -> None:
        scope = f" It needs the scope {needed}." if needed else ""
        super().__init__(f"Slack refused {method} ({said}).{scope} Ask an operator to look at the Slack app.")
        self.said = said
