"""Three judges of messages and views: slack_sdk's models, Slack's types, and limits that neither knows."""

from playground.slack.contract.judge import (
    complaints_about_message,
    complaints_about_options,
    complaints_about_view,
)

__all__ = ["complaints_about_message", "complaints_about_options", "complaints_about_view"]
