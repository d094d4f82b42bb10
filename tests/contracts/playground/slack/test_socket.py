"""Socket Mode of the playground's Slack, as slack_sdk's own client meets it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from playground.remote import Refusal
from playground.slack import SlackDriver, SlackPlayground
from tests.contracts.playground.slack.our_app import refused

Json = dict[str, Any]


@dataclass
class Connected:
    """Our App at the other end of a socket."""

    client: SocketModeClient
    heard: list[SocketModeRequest]
    answers: list[Json | None]


@pytest.fixture
def connected(slack: SlackPlayground) -> Iterator[Connected]:
    token = slack.settings.app_token
    web = WebClient(base_url=slack.api_url)
    client = SocketModeClient(
        app_token=token, web_client=web, auto_reconnect_enabled=False, ping_interval=0.1
    )
    heard: list[SocketModeRequest] = []
    answers: list[Json | None] = []

    def hear(client: Any, request: SocketModeRequest) -> None:
        heard.append(request)
        payload = answers.pop(0) if answers else None
        client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))

    client.socket_mode_request_listeners.append(hear)
    client.connect()
    slack.driver.until(lambda: slack.driver.sees_state()["sockets"] or None)
    yield Connected(client, heard, answers)
    slack.driver.disconnects("")  # else the client waits three seconds before it closes
    client.close()
    slack.driver.until(lambda: not slack.driver.sees_state()["sockets"] or None)


@pytest.mark.usefixtures("clean")
def test_all_comes_over_the_socket_while_there_is_one(driver: SlackDriver, connected: Connected) -> None:
    """Commands with their answers, events, and presses, though no address was ever set."""
    connected.answers.append({"text": "On it."})
    done = driver.commands("run tests")
    assert (done["status"], done["body"]) == (200, {"text": "On it."})
    assert [message["text"] for message in driver.sees_ephemerals()] == ["On it."]
    driver.shortcuts(driver.mentions("run tests")["ts"])
    driver.until_idle()
    assert {request.type for request in connected.heard} == {"slash_commands", "events_api", "interactive"}
    assert {delivery["over"] for delivery in driver.sees_deliveries()} == {"socket"}


@pytest.mark.usefixtures("clean")
def test_slack_closes_sockets_when_it_likes(driver: SlackDriver, connected: Connected) -> None:
    """Whoever is told comes back; until then there is nobody to send to."""
    assert driver.disconnects() == {"closed": 1}
    driver.until(lambda: driver.sees_state()["sockets"] or None)
    assert driver.commands("run tests")["status"] == 200
    driver.disconnects("")
    with pytest.raises(Refusal, match="Nobody listens"):
        driver.commands("run tests")


@pytest.mark.usefixtures("clean")
def test_a_socket_needs_the_apps_own_token(slack: SlackPlayground, client: WebClient) -> None:
    """A team's token opens none."""
    said = refused(client.apps_connections_open, app_token=slack.settings.bot_token)
    assert said["error"] == "not_allowed_token_type"
