"""How fast one may ask the playground's Slack, and how its answers go wrong on purpose."""

from __future__ import annotations

import time

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground.slack import SlackDriver, SlackPlayground
from tests.contracts.playground.slack.our_app import refused


@pytest.mark.usefixtures("clean")
def test_a_channel_takes_one_message_a_second(client: WebClient, driver: SlackDriver) -> None:
    """After a burst of three; another channel does not suffer."""
    driver.limits()
    for _ in range(3):
        client.chat_postMessage(channel="C_SHOP", text="again")
    over = refused(client.chat_postMessage, channel="C_SHOP", text="again")
    assert (over.status_code, over["error"]) == (429, "ratelimited")
    assert int(over.headers["Retry-After"]) >= 1
    assert client.chat_postMessage(channel="G_OPS", text="elsewhere")["ok"]
    assert driver.sees_limits()["chat.postMessage T_ACME C_SHOP"]["refused"] == 1


@pytest.mark.usefixtures("clean")
def test_a_channel_that_was_hurried_takes_the_next_in_its_time(
    client: WebClient, driver: SlackDriver
) -> None:
    """One call, and not another burst. A fast Slack has short seconds."""
    driver.limits(speed=5)
    for _ in range(3):
        client.chat_postMessage(channel="C_SHOP", text="again")
    refused(client.chat_postMessage, channel="C_SHOP", text="too soon")
    time.sleep(0.2)
    client.chat_postMessage(channel="C_SHOP", text="in time")
    refused(client.chat_postMessage, channel="C_SHOP", text="too soon")


@pytest.mark.usefixtures("clean")
def test_a_method_of_the_third_tier_has_fifty_calls_a_minute(client: WebClient, driver: SlackDriver) -> None:
    """A fast Slack has short minutes: the next one begins soon."""
    driver.limits(speed=120)
    ts = client.chat_postMessage(channel="C_SHOP", text="0")["ts"]
    answers = [_try_update(client, ts, number) for number in range(51)]
    assert answers == [200] * 50 + [429]
    time.sleep(0.5)
    assert _try_update(client, ts, 51) == 200


def _try_update(client: WebClient, ts: str, number: int) -> int:
    try:
        return int(client.chat_update(channel="C_SHOP", ts=ts, text=str(number)).status_code)
    except SlackApiError as error:
        return int(error.response.status_code)


@pytest.mark.usefixtures("clean")
def test_haste_is_counted_though_nothing_is_refused(client: WebClient, driver: SlackDriver) -> None:
    """So that a test can say there was none."""
    for _ in range(5):
        client.chat_postMessage(channel="C_SHOP", text="again")
    assert driver.sees_limits()["chat.postMessage T_ACME C_SHOP"]["over"] == 2


@pytest.mark.usefixtures("clean")
def test_a_fault_strikes_as_often_as_it_was_asked_to(client: WebClient, driver: SlackDriver) -> None:
    """With the number of seconds that Slack asks to wait."""
    driver.fails("chat.postMessage", "ratelimited", times=2, retry_after=7)
    first = refused(client.chat_postMessage, channel="C_SHOP", text="hello")
    assert first.headers["Retry-After"] == "7"
    refused(client.chat_postMessage, channel="C_SHOP", text="hello")
    client.chat_postMessage(channel="C_SHOP", text="hello")
    assert len(driver.sees_messages()) == 1


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("error", ["internal_error", "500", "cut"])
def test_an_answer_can_lie_about_the_effect(client: WebClient, driver: SlackDriver, error: str) -> None:
    """The message is there, although Slack says no, or breaks, or says nothing at all."""
    driver.fails_after("chat.postMessage", error)
    with pytest.raises(Exception, match=r".+"):
        client.chat_postMessage(channel="C_SHOP", text="hello")
    assert [message["text"] for message in driver.sees_messages()] == ["hello"]


@pytest.mark.usefixtures("clean")
def test_every_call_is_remembered_without_its_token(client: WebClient, slack: SlackPlayground) -> None:
    """With its team, its arguments and its answer."""
    client.chat_postMessage(channel="C_SHOP", text="hello")
    (request,) = slack.driver.sees_requests("chat.postMessage")
    assert (request["team"], request["args"]["text"], request["answer"]["ok"]) == ("T_ACME", "hello", True)
    assert slack.settings.bot_token not in str(slack.driver.sees_requests())
