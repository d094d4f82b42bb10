"""What people press, choose and fill in, in the playground's Slack, and what our App hears of it."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk import WebClient

from playground.remote import Refusal
from playground.slack import SlackDriver
from tests.contracts.playground.slack.our_app import OurApp
from tests.contracts.playground.slack.samples import ASKING, FORM, HOME, MODAL, SHOP

Json = dict[str, Any]


@pytest.mark.usefixtures("clean")
def test_a_press_carries_the_message_and_who_pressed(
    driver: SlackDriver, ours: OurApp, client: WebClient
) -> None:
    """And a button that is not there cannot be pressed."""
    ts = client.chat_postMessage(channel="C_SHOP", text="Shall I?", blocks=ASKING)["ts"]
    done = driver.presses("approve", ts=ts, by="U_MIA")
    said = ours.heard[0].said
    assert (said["type"], said["user"]["id"], said["message"]["ts"]) == ("block_actions", "U_MIA", ts)
    assert [action["action_id"] for action in said["actions"]] == ["approve"]
    assert said["container"]["channel_id"] == said["channel"]["id"] == "C_SHOP"
    assert done["trigger_id"] == said["trigger_id"]
    with pytest.raises(Refusal, match="no reject to use here; there is approve"):
        driver.presses("reject", ts=ts)


@pytest.mark.usefixtures("clean")
def test_an_ephemeral_button_is_pressed_by_its_person_only(
    driver: SlackDriver, ours: OurApp, client: WebClient
) -> None:
    """And the payload does not hold the message, as Slack keeps none."""
    ts = client.chat_postEphemeral(channel="C_SHOP", user="U_WILL", text="?", blocks=ASKING)["message_ts"]
    with pytest.raises(Refusal, match="U_MIA does not see this message"):
        driver.presses("approve", ts=ts, by="U_MIA")
    driver.presses("approve", ts=ts)
    said = ours.heard[0].said
    assert said["container"]["is_ephemeral"] is True
    assert "message" not in said


@pytest.mark.usefixtures("clean")
def test_a_shortcut_carries_the_message(driver: SlackDriver, ours: OurApp) -> None:
    """With the callback id of ours."""
    ts = driver.says("the build is broken")["ts"]
    driver.shortcuts(ts, by="U_MIA")
    said = ours.heard[0].said
    assert (said["type"], said["callback_id"]) == ("message_action", "run_with_agent")
    assert said["message"]["text"] == "the build is broken"


@pytest.fixture
def modal(driver: SlackDriver, ours: OurApp, client: WebClient) -> str:
    """A modal that a command of Will's opened."""
    trigger = driver.commands("run")["trigger_id"]
    view = client.views_open(trigger_id=trigger, view=FORM)["view"]["id"]
    ours.heard.clear()
    return str(view)


@pytest.mark.usefixtures("clean")
def test_a_select_offers_what_our_app_finds(driver: SlackDriver, ours: OurApp, modal: str) -> None:
    """And what is chosen is told at once where the input wants it."""
    ours.answers.append((200, {"options": [SHOP]}))
    assert driver.suggests("repo", "sho", view=modal) == [SHOP]
    driver.types(modal, "where", "repo", "1001")
    asked, told = (heard.said for heard in ours.heard)
    assert (asked["type"], asked["value"], asked["view"]["id"]) == ("block_suggestion", "sho", modal)
    assert told["actions"][0]["selected_option"] == SHOP
    assert told["view"]["state"]["values"]["where"]["repo"]["selected_option"] == SHOP


@pytest.mark.usefixtures("clean")
def test_nothing_is_chosen_that_was_not_offered(driver: SlackDriver, modal: str) -> None:
    """Nor typed at greater length than allowed, nor left out."""
    with pytest.raises(Refusal, match="repo does not offer 1001"):
        driver.types(modal, "where", "repo", "1001")
    with pytest.raises(Refusal, match="verb takes 0 to 9 characters"):
        driver.submits(modal, {"verb": "x" * 10})
    with pytest.raises(Refusal, match="complete all required fields"):
        driver.submits(modal, {"verb": "run"})


@pytest.mark.usefixtures("clean")
def test_a_modal_stays_open_with_its_errors(driver: SlackDriver, ours: OurApp, modal: str) -> None:
    """And closes on an empty answer."""
    ours.answers += [
        (200, {"options": [SHOP]}),
        (200, {"response_action": "errors", "errors": {"what": "There is no such verb."}}),
    ]
    driver.suggests("repo", "", view=modal)
    done = driver.submits(modal, {"repo": "1001", "what": "rnu"})
    assert (done["errors"], done["open"]) == ({"what": "There is no such verb."}, True)
    assert driver.submits(modal, {"what": "run"})["open"] is False
    values = ours.heard[-1].said["view"]["state"]["values"]
    assert values["what"]["verb"]["value"] == "run"
    assert driver.sees_views() == []


def test_errors_of_no_input_are_loud(driver: SlackDriver, ours: OurApp, client: WebClient) -> None:
    """Slack would say that it had some trouble."""
    trigger = driver.commands("run")["trigger_id"]
    view = client.views_open(trigger_id=trigger, view=MODAL)["view"]["id"]
    ours.answers.append((200, {"response_action": "errors", "errors": {"elsewhere": "no"}}))
    assert driver.submits(view, {"name": "will"})["open"] is True
    (broken,) = driver.sees_broken()
    assert broken["operation"] == "view_submission"


@pytest.mark.usefixtures("clean")
def test_a_closed_modal_is_told_if_it_wants_that(driver: SlackDriver, ours: OurApp, modal: str) -> None:
    """And cannot be updated any more."""
    driver.closes_view(modal)
    assert ours.heard[0].said["type"] == "view_closed"
    assert driver.sees_views() == []


@pytest.mark.usefixtures("clean")
def test_a_home_tab_is_opened_and_its_button_pressed(
    driver: SlackDriver, ours: OurApp, client: WebClient
) -> None:
    """The event has the view that is there already."""
    view = {**HOME, "blocks": ASKING}
    client.views_publish(user_id="U_WILL", view=view)
    driver.opens_home()
    home = driver.sees_home()
    assert home is not None
    driver.presses("approve", view=home["id"])
    driver.until_idle()
    said = {heard.said.get("type"): heard.said for heard in ours.heard}
    assert said["event_callback"]["event"]["view"]["id"] == home["id"]
    assert said["block_actions"]["container"] == {"type": "view", "view_id": home["id"]}
