"""All that the desk says in Slack and asks of it: the ports of a chat."""

from __future__ import annotations

from bot.chat.ports import Chat
from handlers.slack.api import Closes, SlackApi, Tokens
from handlers.slack.channels import SlackChannels
from handlers.slack.files import SlackFiles
from handlers.slack.forms import SlackForms
from handlers.slack.messages import SlackMessages
from handlers.slack.people import SlackPeople


def chat(tokens: Tokens, pacing: Closes, api_url: str) -> Chat:
    """All ports over the same connections."""
    api = SlackApi(tokens, pacing, api_url)
    return Chat(SlackMessages(api), SlackFiles(api), SlackPeople(api), SlackChannels(api), SlackForms(api))
