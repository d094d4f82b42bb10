"""The stage with a Slack of the stories, for attacks on it."""

from tests.stories.conftest import chat, chat_ledger, chat_stage

__all__ = ["chat", "chat_ledger", "chat_stage"]
