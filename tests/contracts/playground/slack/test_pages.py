"""The pages of the playground's Slack: what a person sees, and what they can do there."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient

from playground.slack import SlackDriver, SlackPlayground
from tests.contracts.playground.slack.our_app import OurApp
from tests.contracts.playground.slack.samples import ASKING, CONFIRM, FORM, GOOD, HOME, SHOP, actions, button

EVIL = "<script>alert(1)</script>"


pytestmark = pytest.mark.usefixtures("clean")


def page(slack: SlackPlayground, path: str, who: str = "U_WILL", **headers: str) -> httpx.Response:
    cookie = {"cookie": f"slack_who={who}"}
    return httpx.get(f"{slack.url}{path}", headers={**cookie, **headers}, trust_env=False)


def does(
    slack: SlackPlayground, form: str, fields: dict[str, Any], who: str = "U_WILL", **headers: str
) -> httpx.Response:
    """Send a form, as this person."""
    url, cookie = f"{slack.url}/slack/do/{form}", {"cookie": f"slack_who={who}"}
    return httpx.post(url, data=fields, headers={**cookie, **headers}, trust_env=False)


@pytest.mark.parametrize("path", ["/slack", "/slack/C_SHOP", "/slack/home", "/slack/deliveries"])
def test_every_page_opens(slack: SlackPlayground, path: str) -> None:
    """With a policy that loads nothing from elsewhere."""
    answer = page(slack, path)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["slack.css", "slack.js", "live.js"])
def test_what_a_page_needs_is_here(slack: SlackPlayground, name: str) -> None:
    """Style and scripts, of this Slack itself."""
    assert page(slack, f"/slack/static/{name}").status_code == 200


def test_every_block_is_shown(slack: SlackPlayground, client: WebClient) -> None:
    """Headers, fields, rich text, plans, Markdown, buttons and selects."""
    client.chat_postMessage(channel="C_SHOP", text="A plan", blocks=GOOD)
    html = page(slack, "/slack/C_SHOP").text
    shown = ["<h3>A plan</h3>", "<strong>2</strong> steps", "@will</span>", "<strong>42 passed</strong>"]
    shown += ['href="https://x.test"', "<strong>Test</strong>", "in progress", "<strong>Done</strong>"]
    assert [each for each in shown if each not in html] == []
    assert "[plan]" not in html


def test_whatever_people_and_programs_write_is_only_text(
    slack: SlackPlayground, driver: SlackDriver, client: WebClient
) -> None:
    """In messages, in every kind of text, in links and in names."""
    driver.says(f"{EVIL} `{EVIL}`")
    driver.adds_user("U_BAD", name=EVIL)
    plain = {"type": "plain_text", "text": EVIL}
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": plain},
        {"type": "section", "text": {"type": "mrkdwn", "text": f"*{EVIL}* <javascript:alert(1)|x> <@U_BAD>"}},
        {"type": "markdown", "text": f"{EVIL} [x](javascript:alert(1))"},
        {"type": "plan", "title": EVIL, "tasks": []},
        actions(button("go", EVIL, url="javascript:alert(1)")),
    ]
    client.chat_postMessage(channel="C_SHOP", text=EVIL, blocks=blocks)
    html = page(slack, "/slack/C_SHOP").text
    assert "<script>alert" not in html
    assert 'href="javascript' not in html


def test_a_page_knows_when_nothing_changed(slack: SlackPlayground, driver: SlackDriver) -> None:
    """204 while the version is the same; then only the changing part."""
    version = page(slack, "/slack/C_SHOP").headers["x-version"]
    assert page(slack, "/slack/C_SHOP", **{"x-live": version}).status_code == 204
    driver.says("hello")
    changed = page(slack, "/slack/C_SHOP", **{"x-live": version})
    assert "hello" in changed.text
    assert "<html" not in changed.text


def test_one_sees_ones_own_channels_and_whispers(slack: SlackPlayground, client: WebClient) -> None:
    """Rita is not in the private channel, and does not see what only Will is told."""
    client.chat_postEphemeral(channel="C_SHOP", user="U_WILL", text="psst")
    assert "Only visible to you" in page(slack, "/slack/C_SHOP").text
    assert "psst" not in page(slack, "/slack/C_SHOP", who="U_RITA").text
    assert page(slack, "/slack/G_OPS").status_code == 200
    assert page(slack, "/slack/G_OPS", who="U_RITA").status_code == 404
    assert "G_OPS" not in page(slack, "/slack", who="U_RITA").text


def test_a_thread_opens_beside_its_channel(slack: SlackPlayground, client: WebClient) -> None:
    """And replies stand there only."""
    root = client.chat_postMessage(channel="C_SHOP", text="root")["ts"]
    client.chat_postMessage(channel="C_SHOP", text="a reply", thread_ts=root)
    alone = page(slack, "/slack/C_SHOP").text
    assert f'<a href="/slack/C_SHOP/{root}">1 reply</a>' in alone
    assert "a reply" not in alone
    assert "a reply" in page(slack, f"/slack/C_SHOP/{root}").text


@pytest.mark.parametrize(
    ("text", "heard"),
    [("/agent run tests", "run tests"), ("@agent run tests", "<@U_AGENT> run tests")],
)
def test_what_is_typed_reaches_our_app(slack: SlackPlayground, ours: OurApp, text: str, heard: str) -> None:
    """A command, or a mention, as the person one is."""
    ours.answers.append((200, {"text": "On it."}) if text.startswith("/") else (200, ""))
    fields = {"channel": "C_SHOP", "text": text, "back": "/slack/C_SHOP"}
    went = does(slack, "talk", fields, who="U_MIA")
    slack.driver.until_idle()
    assert (went.status_code, went.headers["location"]) == (303, "/slack/C_SHOP")
    said = ours.heard[0].said
    told = said.get("event", said)
    assert (told["text"], told.get("user_id") or told.get("user")) == (heard, "U_MIA")


def test_a_button_on_the_page_is_pressed_as_oneself(
    slack: SlackPlayground, ours: OurApp, client: WebClient
) -> None:
    """With the fields that its form has."""
    client.chat_postMessage(channel="C_SHOP", text="Shall I?", blocks=ASKING)
    form = page(slack, "/slack/C_SHOP").text.partition('action="/slack/do/press">')[2]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.partition("</form>")[0]))
    assert does(slack, "press", fields, who="U_MIA").status_code == 303
    said = ours.heard[0].said
    assert (said["user"]["id"], said["actions"][0]["action_id"]) == ("U_MIA", "approve")


def test_what_wants_to_be_confirmed_asks_first(slack: SlackPlayground, client: WebClient) -> None:
    """A dialogue stands between the button and its press."""
    client.chat_postMessage(channel="C_SHOP", text="?", blocks=[actions(button("go", confirm=CONFIRM))])
    html = page(slack, "/slack/C_SHOP").text
    before, dialogue, after = html.partition('role="dialog"')
    assert dialogue
    assert 'value="go"' not in before
    assert "It runs." in after
    assert re.search(r'value="go"[^>]*>Yes</button>', after)


def test_a_press_that_nobody_hears_is_told(slack: SlackPlayground, client: WebClient) -> None:
    """In a sentence, on a page that leads back."""
    ts = client.chat_postMessage(channel="C_SHOP", text="Shall I?", blocks=ASKING)["ts"]
    went = does(slack, "press", {"channel": "C_SHOP", "ts": ts, "action_id": "approve"})
    assert went.status_code == 422
    assert "Nobody listens" in went.text


def test_a_modal_is_searched_filled_and_submitted(
    slack: SlackPlayground, ours: OurApp, client: WebClient
) -> None:
    """What was typed stays in it while one searches; errors stand at their fields."""
    trigger = slack.driver.commands("run")["trigger_id"]
    view = client.views_open(trigger_id=trigger, view=FORM)["view"]["id"]
    assert '<dialog open class="modal"' in page(slack, "/slack/C_SHOP").text
    assert "<dialog" not in page(slack, "/slack/C_SHOP", who="U_MIA").text
    fields = {"view_id": view, "has:repo": "1", "has:verb": "1", "value:verb": "rnu", "value:repo": ""}
    ours.answers.append((200, {"options": [SHOP]}))
    found = does(
        slack, "suggest", {**fields, "action_id": "repo", "query:repo": "sho"}, accept="application/json"
    )
    assert found.json()["options"] == [SHOP]
    html = page(slack, "/slack/modal", referer=f"{slack.url}/slack/C_SHOP").text
    assert 'name="back" value="/slack/C_SHOP"' in html
    assert '<option value="1001">acme/shop</option>' in html
    assert 'value="rnu"' in html
    ours.answers.append((200, {"response_action": "errors", "errors": {"what": "There is no such verb."}}))
    does(slack, "submit", {**fields, "value:repo": "1001"})
    html = page(slack, "/slack/modal").text
    assert '<p class="error" role="alert">There is no such verb.</p>' in html
    assert '<option value="1001" selected>acme/shop</option>' in html
    does(slack, "submit", {**fields, "value:repo": "1001", "value:verb": "run"})
    assert "<dialog" not in page(slack, "/slack/modal").text


def test_a_home_tab_is_ones_own_page(slack: SlackPlayground, ours: OurApp, client: WebClient) -> None:
    """Opening it is told to our App, which fills it."""
    went = does(slack, "open_home", {})
    assert went.headers["location"] == "/slack/home"
    client.views_publish(user_id="U_WILL", view=HOME)
    assert "Shall I?" in page(slack, "/slack/home").text
    assert "Shall I?" not in page(slack, "/slack/home", who="U_MIA").text


def test_another_web_page_may_not_act_here(slack: SlackPlayground, driver: SlackDriver) -> None:
    """A form on a strange site speaks for nobody."""
    fields = {"channel": "C_SHOP", "text": "hello"}
    assert does(slack, "talk", fields, origin="http://evil.test").status_code == 403
    assert driver.sees_messages() == []
    assert does(slack, "talk", fields, origin=slack.url).status_code == 303


def test_one_can_be_somebody_else(slack: SlackPlayground) -> None:
    """By a cookie that lasts as long as the browser, and back to where one was."""
    form = {"user": "U_MIA", "back": "//evil.test"}
    went = httpx.post(f"{slack.url}/slack/be", data=form, trust_env=False)
    assert "slack_who=U_MIA" in went.headers["set-cookie"]
    assert went.headers["location"] == "/slack"
    assert "as mia" in page(slack, "/slack/C_SHOP", who="U_MIA").text
