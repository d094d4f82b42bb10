"""One Slack for all these tests, fresh for each; and our App in it, at both of its ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient

from playground.slack import SlackDriver, SlackPlayground, serve_slack
from tests.contracts.playground.slack.our_app import OurApp, listening, web_client


@pytest.fixture(scope="session")
def served() -> Iterator[SlackPlayground]:
    with serve_slack() as slack:
        yield slack


@pytest.fixture
def slack(served: SlackPlayground) -> Iterator[SlackPlayground]:
    served.driver.reset()
    yield served
    served.driver.sends_to(None)


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
