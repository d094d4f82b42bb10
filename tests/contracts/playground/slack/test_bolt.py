"""What the playground's Slack sends, as Slack's own framework understands it."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt import Ack, App, BoltRequest, Say
from slack_sdk import WebClient

from playground.slack import SlackPlayground
from tests.contracts.playground.slack.our_app import OurApp, web_client
from tests.contracts.playground.slack.samples import ASKING, FORM, SHOP

Json = dict[str, Any]


def bolted(slack: SlackPlayground, ours: OurApp) -> App:
    """Slack's own framework behind our App's address."""
    app = App(
        signing_secret=slack.settings.signing_secret,
        client=web_client(slack),
        process_before_response=True,
    )

    def handle(body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        answer = app.dispatch(BoltRequest(body=body.decode(), headers={**headers}))
        return answer.status, answer.body.encode()

    ours.handle = handle
    return app


@pytest.mark.usefixtures("clean")
def test_bolt_understands_all_of_it(slack: SlackPlayground, ours: OurApp) -> None:
    """A modal is opened, filled and submitted, a mention is answered, and a button pressed."""
    app, driver = bolted(slack, ours), slack.driver

    @app.command("/agent")
    def run(ack: Ack, body: Json, client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=FORM)
        ack()

    @app.options("repo")
    def repositories(ack: Ack) -> None:
        ack(options=[SHOP])

    app.action("repo")(lambda ack: ack())

    @app.view("ask")
    def asked(ack: Ack, view: Json, say: Say) -> None:
        ack()
        say(channel="C_SHOP", text=f"I {view['state']['values']['what']['verb']['value']}.")

    @app.event("app_mention")
    def mentioned(event: Json, say: Say) -> None:
        say(text="Shall I?", blocks=ASKING, thread_ts=event["ts"])

    @app.action("approve")
    def approved(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        client.chat_update(channel="C_SHOP", ts=body["message"]["ts"], text="I shall.", blocks=[])

    assert driver.verifies_url()["body"]["challenge"]
    assert driver.commands("run")["status"] == 200
    (view,) = driver.sees_views()
    assert driver.suggests("repo", "sho", view=view["id"]) == [SHOP]
    driver.types(view["id"], "where", "repo", "1001")
    assert driver.submits(view["id"], {"verb": "run"})["open"] is False
    root = driver.mentions("deploy")["ts"]
    driver.until_idle()
    asking = driver.sees_messages(thread=root)[-1]
    assert driver.presses("approve", ts=asking["ts"])["status"] == 200
    assert [message["words"] for message in driver.sees_messages() if message["ours"]] == [
        "I run.",
        "I shall.",
    ]
