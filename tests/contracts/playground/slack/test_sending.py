"""What the playground's Slack sends: as Slack writes it, as often, and wrong where it is told to."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from slack_sdk.webhook import WebhookClient

from playground.slack import SlackDriver, SlackPlayground
from tests.contracts.playground.slack.our_app import Heard, OurApp, refused

Json = dict[str, Any]


def is_signed(slack: SlackPlayground, heard: Heard) -> bool:
    verifier = SignatureVerifier(slack.settings.signing_secret)
    return verifier.is_valid_request(heard.body, heard.headers)


# -- commands ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("clean")
def test_a_command_is_a_signed_form(slack: SlackPlayground, ours: OurApp) -> None:
    """With who, where, the word and the rest, a trigger and an address to answer at."""
    done = slack.driver.commands("/agent run tests", by="U_MIA", channel="G_OPS")
    (heard,) = ours.heard
    assert is_signed(slack, heard)
    said = heard.said
    assert (said["command"], said["text"]) == ("/agent", "run tests")
    assert (said["user_id"], said["team_id"], said["channel_id"]) == ("U_MIA", "T_ACME", "G_OPS")
    assert said["channel_name"] == "privategroup"
    assert (done["status"], done["trigger_id"]) == (200, said["trigger_id"])


@pytest.mark.usefixtures("clean")
def test_what_answers_a_command_is_seen_by_whoever_asked(driver: SlackDriver, ours: OurApp) -> None:
    """And by all, only if it says so."""
    ours.answers += [(200, {"text": "On it."}), (200, {"text": "Look!", "response_type": "in_channel"})]
    driver.commands("run tests")
    driver.commands("run tests")
    assert [message["text"] for message in driver.sees_ephemerals()] == ["On it."]
    assert [message["text"] for message in driver.sees_messages()] == ["Look!"]


@pytest.mark.usefixtures("clean")
def test_who_waits_too_long_is_told_by_slackbot(driver: SlackDriver, ours: OurApp) -> None:
    """And the command is never sent again."""
    driver.hurries(ack_seconds=0.1)
    ours.delays.append(0.3)
    done = driver.commands("run tests")
    assert (done["status"], done["trouble"]) == (0, "http_timeout")
    assert [m["text"] for m in driver.sees_ephemerals()] == [
        '/agent failed with the error "operation_timeout"'
    ]
    assert len(driver.sees_deliveries()) == 1


@pytest.mark.usefixtures("clean")
def test_a_command_can_be_answered_later_five_times(driver: SlackDriver, ours: OurApp) -> None:
    """At its response_url."""
    driver.commands("run tests")
    url = ours.heard[0].said["response_url"]
    answers = [_post_to(url, {"text": str(number)}) for number in range(6)]
    assert answers == [200] * 5 + [404]
    assert [message["text"] for message in driver.sees_ephemerals()] == list("01234")


def _post_to(url: str, said: Json) -> int:
    return WebhookClient(url).send_dict(said).status_code


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(
    "flaws",
    [
        {"omit_headers": ["X-Slack-Signature"]},
        {"omit_headers": ["X-Slack-Request-Timestamp"]},
        {"signature": "v0=" + "0" * 64},
        {"signature": "v1={valid}"},
        {"secret": "another"},
        {"age": 301},
        {"timestamp": "soon"},
    ],
    ids=lambda flaws: next(iter(flaws)),
)
def test_a_request_can_be_wrong_in_many_ways(
    slack: SlackPlayground, ours: OurApp, flaws: dict[str, Any]
) -> None:
    """None of which slack_sdk's own verifier lets through."""
    ours.answers.append((401, ""))
    assert slack.driver.commands("run tests", **flaws)["status"] == 401
    try:
        let_in = is_signed(slack, ours.heard[0])
    except ValueError:  # that is what it says to a timestamp that is no number
        let_in = False
    assert not let_in
    assert slack.driver.sees_ephemerals() == []


@pytest.mark.usefixtures("clean")
def test_a_request_can_be_sent_again_byte_for_byte(driver: SlackDriver, ours: OurApp) -> None:
    """With the same signature and the same timestamp."""
    driver.commands("run tests", trigger_id="t1")
    driver.replays()
    first, second = ours.heard
    assert (first.body, first.headers) == (second.body, second.headers)


# -- events ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("clean")
def test_a_mention_is_an_event_of_its_message(slack: SlackPlayground, ours: OurApp) -> None:
    """Signed, with its team, its authorization, and the words as Slack keeps them."""
    said = slack.driver.mentions("run a && b see https://x.test")
    slack.driver.until_idle()
    (heard,) = ours.heard
    assert is_signed(slack, heard)
    event = heard.said["event"]
    assert event["text"] == "<@U_AGENT> run a &amp;&amp; b see <https://x.test>"
    assert (event["type"], event["ts"], event["user"]) == ("app_mention", said["ts"], "U_WILL")
    assert heard.said["authorizations"][0]["user_id"] == "U_AGENT"
    assert (heard.said["event_id"], heard.said["team_id"]) == (said["event_id"], "T_ACME")


@pytest.mark.usefixtures("clean")
def test_an_event_comes_again_until_it_is_taken(driver: SlackDriver, ours: OurApp) -> None:
    """At once, after a minute, after five, and then no more; each says which time it is and why."""
    driver.hurries(retry_speed=3_000, ack_seconds=0.1)
    ours.answers += [(500, ""), (500, ""), (500, ""), (500, "")]
    ours.delays += [0.0, 0.2]
    driver.mentions("run tests")
    driver.until_idle()
    told = [(it["retry"], it["reason"], it["status"]) for it in driver.sees_deliveries()]
    assert told == [(0, "", 500), (1, "http_error", 0), (2, "http_timeout", 500), (3, "http_error", 500)]
    assert {heard.said["event_id"] for heard in ours.heard} == {ours.heard[0].said["event_id"]}
    assert sorted(h.headers.get("X-Slack-Retry-Num", "0") for h in ours.heard) == ["0", "1", "2", "3"]


@pytest.mark.usefixtures("clean")
def test_one_event_can_come_many_times_at_once(driver: SlackDriver, ours: OurApp) -> None:
    """As Slack does when it is not sure."""
    driver.mentions("run tests", times=3)
    driver.until_idle()
    assert len(ours.heard) == 3
    assert len({heard.said["event_id"] for heard in ours.heard}) == 1


@pytest.mark.usefixtures("clean")
def test_an_event_can_be_a_forgery(slack: SlackPlayground, ours: OurApp) -> None:
    """Which nobody sends again when it was refused."""
    ours.answers.append((401, ""))
    done = slack.driver.mentions("run tests", secret="another")
    slack.driver.until_idle()
    (heard,) = ours.heard
    assert (done["status"], is_signed(slack, heard)) == (401, False)


@pytest.mark.usefixtures("clean")
def test_where_the_bot_is_not_nothing_is_heard(driver: SlackDriver, ours: OurApp) -> None:
    """A mention in a channel without it is only words."""
    assert driver.mentions("run tests", channel="C_GENERAL")["event_id"] is None
    driver.joins("U_AGENT", channel="C_GENERAL")
    assert driver.mentions("run tests", channel="C_GENERAL")["event_id"]


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("act", ["mentions", "says"])
def test_what_is_written_to_us_directly_is_a_message(driver: SlackDriver, ours: OurApp, act: str) -> None:
    """Also with our name in it: where only two talk nobody is mentioned."""
    getattr(driver, act)("<@U_AGENT> run tests", channel=driver.talks("U_WILL"))
    driver.until_idle()
    (heard,) = ours.heard
    event = heard.said["event"]
    assert (event["type"], event["channel_type"], event["user"]) == ("message", "im", "U_WILL")


@pytest.mark.usefixtures("clean")
def test_what_two_others_write_to_each_other_is_not_heard(
    client: WebClient, driver: SlackDriver, ours: OurApp
) -> None:
    """Our App cannot post there either; but its command can be used."""
    talk = driver.talks("U_WILL", to="U_MIA")
    driver.says("Good morning.", channel=talk)
    driver.until_idle()
    assert ours.heard == []
    assert refused(client.chat_postMessage, channel=talk, text="hello")["error"] == "channel_not_found"
    driver.commands("status", channel=talk)
    assert [heard.said["channel_id"] for heard in ours.heard] == [talk]


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(
    ("given", "kind"),
    [({"bot_id": "B_OTHER"}, "app_mention"), ({"subtype": "message_changed"}, "message")],
)
def test_what_a_bot_or_an_edit_says_can_be_told_apart(
    driver: SlackDriver, ours: OurApp, given: Json, kind: str
) -> None:
    """By bot_id and by subtype."""
    driver.mentions("run tests", **given)
    driver.until_idle()
    event = ours.heard[0].said["event"]
    assert event["type"] == kind
    assert given.items() <= event.items()


@pytest.mark.usefixtures("clean")
def test_messages_are_told_only_to_who_subscribed(driver: SlackDriver, ours: OurApp) -> None:
    """With what was changed and what was deleted."""
    driver.says("before")
    driver.subscribes("message.channels")
    ts = driver.says("hello")["ts"]
    driver.edits(ts, "goodbye")
    driver.deletes_message(ts)
    driver.says("secret", channel="G_OPS")
    driver.until_idle()
    told = [heard.said["event"].get("subtype", heard.said["event"].get("text")) for heard in ours.heard]
    assert sorted(told) == ["hello", "message_changed", "message_deleted"]


@pytest.mark.usefixtures("clean")
def test_a_removed_app_hears_that_last(driver: SlackDriver, ours: OurApp) -> None:
    """tokens_revoked and app_uninstalled, when the token is dead already."""
    driver.uninstalls()
    driver.until_idle()
    told = {heard.said["event"]["type"] for heard in ours.heard}
    assert told == {"tokens_revoked", "app_uninstalled"}
    assert driver.mentions("run tests")["event_id"] is None
