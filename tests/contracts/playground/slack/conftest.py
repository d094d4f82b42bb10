"""Our App in the playground's Slack, at both of its ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient

from playground.slack import SlackDriver, SlackPlayground
from tests.contracts.playground.slack.our_app import OurApp, listening, web_client


@pytest.fixture
def slack(slack_playground: SlackPlayground) -> Iterator[SlackPlayground]:
    """Here a test may do what Slack does not take, unless it is `clean`."""
    slack_playground.driver.reset()
    yield slack_playground
    slack_playground.driver.sends_to(None)


@pytest.fixture
def driver(slack: SlackPlayground) -> SlackDriver:
    return slack.driver


@pytest.fixture
def clean(driver: SlackDriver) -> Iterator[None]:
    """Nothing in this test may be something that Slack does not take."""
    yield
    assert driver.sees_broken() == []


@pytest.fixture
def client(slack: SlackPlayground) -> WebClient:
    return web_client(slack)


@pytest.fixture
def ours(driver: SlackDriver) -> Iterator[OurApp]:
    """Our App, where this Slack sends to."""
    app = OurApp()
    with listening(app) as url:
        driver.sends_to(url)
        yield app
        driver.sends_to(None)
