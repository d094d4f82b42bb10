"""A local Slack you can talk to: the demo's second world, and the tests'."""

from playground.slack.door import SlackDoor
from playground.slack.driver import SlackDriver
from playground.slack.server import SlackPlayground, serve_slack
from playground.slack.settings import SlackSettings
from playground.slack.state import SlackWorld

__all__ = ["SlackDoor", "SlackDriver", "SlackPlayground", "SlackSettings", "SlackWorld", "serve_slack"]
