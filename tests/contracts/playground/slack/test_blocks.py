"""The three judges of blocks and views: what Slack would not show is refused, and cannot be overlooked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient

from playground.slack import SlackDriver
from playground.slack.contract import (
    complaints_about_message,
    complaints_about_options,
    complaints_about_view,
)
from tests.contracts.playground.slack.our_app import refused
from tests.contracts.playground.slack.samples import (
    CONFIRM,
    GOOD,
    TASK,
    actions,
    asked,
    button,
    modal,
    options,
    plain,
    rich,
    section,
    select,
)

Json = dict[str, Any]


def test_what_slack_shows_passes_all_three() -> None:
    """Every block that our App may want to use."""
    assert complaints_about_message(GOOD) == []


TOO_LONG: list[tuple[str, list[Json]]] = [
    ("51 blocks are more than a message's 50", [{"type": "divider"}] * 51),
    ("action_id 'go' is given 2 times", [actions(button()), section(accessory=button())]),
    ("block_id 'b' is given 2 times", [section(block_id="b"), section(block_id="b")]),
    ("/blocks/0/fields/0: 2001 characters are more than 2000", [section(fields=[plain("x" * 2_001)])]),
    ("/blocks/0/text: 3001 characters are more than 3000", [section("x" * 3_001)]),
    ("/text: 151 characters are more than 150", [{"type": "header", "text": plain("x" * 151)}]),
    ("/text: 76 characters are more than 75", [actions(button(text="x" * 76))]),
    ("/value: 2001 characters are more than 2000", [actions(button(value="x" * 2_001))]),
    ("/url: 3001 characters are more than 3000", [actions(button(url="https://" + "x" * 2_993))]),
    ("/blocks/0/text: the text is empty", [section("")]),
    ("the text is empty", [rich({"type": "text", "text": ""})]),
    ("26 items are not 1 to 25", [actions(*(button(str(number)) for number in range(26)))]),
    ("0 items are not 1 to 25", [actions()]),
    ("101 items are not 1 to 100", [actions(select(options=options(101)))]),
    ("/options/0/text: 76 characters are more than 75", [actions(select(options=options(1, "x" * 76)))]),
    ("/confirm/text: 301 characters", [actions(button(confirm=CONFIRM | {"text": plain("x" * 301)}))]),
]


@pytest.mark.parametrize(("said", "blocks"), TOO_LONG, ids=[said for said, _ in TOO_LONG])
def test_what_is_too_long_or_too_many_is_measured(said: str, blocks: list[Json]) -> None:
    """By the limits that neither slack_sdk nor the types know."""
    complaints = complaints_about_message(blocks)
    assert [each for each in complaints if each.startswith("limits: ") and said in each]


MISSHAPEN: list[tuple[str, Json]] = [
    ("/accessory: Additional properties are not allowed ('txt' was", section(accessory=button(txt=1))),
    ('/elements/0/text/type: "plain_text" was expected', actions(button() | {"text": section()["text"]})),
    ("/elements/0/type: 'buton' may not stand here", actions(button() | {"type": "buton"})),
    (": 'sction' is no block", {"type": "sction"}),
    (
        '/tasks/0/status: "done" is not one of',
        {"type": "plan", "title": "p", "tasks": [TASK | {"status": "done"}]},
    ),
]


@pytest.mark.parametrize(("said", "block"), MISSHAPEN, ids=[said for said, _ in MISSHAPEN])
def test_what_has_a_wrong_shape_is_told_where(said: str, block: Json) -> None:
    """By Slack's own types, which allow no key that they do not name."""
    assert [
        each
        for each in complaints_about_message([block])
        if each.startswith(f"@slack/types: /blocks/0{said}")
    ]


def test_slack_sdk_has_its_say() -> None:
    """Of a section that says nothing."""
    said = "slack_sdk: /blocks/0: text or fields attribute must be specified"
    assert said in complaints_about_message([{"type": "section"}])


TYPED = {"type": "plain_text_input", "action_id": "a"}
LONG = asked(TYPED | {"initial_value": "x" * 3_001})
VIEWS: list[tuple[str, Json]] = [
    ("/title: 25 characters are more than 24", modal(section(), title=plain("x" * 25))),
    ("/private_metadata: 3001 characters", modal(section(), private_metadata="x" * 3_001)),
    ("101 blocks are more than a view's 100", modal(*[{"type": "divider"}] * 101)),
    ("/element/initial_value: 3001 characters", modal(LONG)),
    ("/submit: a modal with an input needs it", modal(asked(TYPED), submit=None)),
    ("/blocks/0: plan stands in messages only", modal({"type": "plan", "title": "p"})),
    ("Additional properties are not allowed ('state' was unexpected)", modal(section(), state={})),
    ("'dialog' is no view", modal(section()) | {"type": "dialog"}),
]


@pytest.mark.parametrize(("said", "view"), VIEWS, ids=[said for said, _ in VIEWS])
def test_a_view_is_measured_as_well(said: str, view: Json) -> None:
    """Modals and home tabs."""
    assert [each for each in complaints_about_view(view) if said in each]


def test_a_good_view_passes() -> None:
    """With an input, a select that searches, and a home tab's button."""
    search = {"type": "external_select", "action_id": "repo", "min_query_length": 0}
    text = {"type": "plain_text_input", "action_id": "text", "multiline": True, "max_length": 200}
    view = modal(asked(search, dispatch_action=True), asked(text, optional=True), private_metadata="{}")
    assert complaints_about_view(view) == []
    assert complaints_about_view({"type": "home", "blocks": [section(accessory=button())]}) == []


def test_a_hundred_options_are_enough() -> None:
    """And none are fine, when nothing was found."""
    assert complaints_about_options({"options": options(100)}) == []
    assert complaints_about_options({"options": []}) == []
    assert complaints_about_options({"options": options(101)})
    assert complaints_about_options({"option_groups": [{"label": plain(), "options": options(2)}]}) == []
    assert complaints_about_options([])


# -- through the API ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["post", "whisper", "change"])
def test_no_message_passes_with_bad_blocks(client: WebClient, driver: SlackDriver, method: str) -> None:
    """invalid_blocks with its reasons, and a broken contract for each of them."""
    ts = client.chat_postMessage(channel="C_SHOP", text="Shall I?")["ts"]
    calls: dict[str, tuple[Callable[..., Any], Json]] = {
        "post": (client.chat_postMessage, {}),
        "whisper": (client.chat_postEphemeral, {"user": "U_WILL"}),
        "change": (client.chat_update, {"ts": ts}),
    }
    call, more = calls[method]
    said = refused(call, channel="C_SHOP", text="Shall I?", blocks=[section("")], **more)
    assert said["error"] == "invalid_blocks"
    assert said["response_metadata"]["messages"] == ["[ERROR] limits: /blocks/0/text: the text is empty"]
    assert [broken["complaint"] for broken in driver.sees_broken()] == [
        "limits: /blocks/0/text: the text is empty"
    ]


def test_no_view_passes_that_is_bad(client: WebClient, driver: SlackDriver) -> None:
    """invalid_arguments, also of a home tab that is a modal."""
    said = refused(client.views_publish, user_id="U_WILL", view=modal(section()))
    assert said["error"] == "invalid_arguments"
    assert "cannot be put where a home is" in driver.sees_broken()[0]["complaint"]


@pytest.mark.parametrize(("length", "broken"), [(9_000, 0), (9_001, 1)])
def test_all_text_together_is_loud_when_it_is_long(
    client: WebClient, driver: SlackDriver, length: int, broken: int
) -> None:
    """Over 9,000 characters; Slack still takes them."""
    client.chat_postMessage(channel="C_SHOP", text="long", blocks=of_length(length))
    assert len(driver.sees_broken()) == broken


def test_all_text_together_is_refused_when_it_is_longer(client: WebClient) -> None:
    """Over 10,000 characters, with an error that Slack documents nowhere."""
    said = refused(client.chat_postMessage, channel="C_SHOP", text="long", blocks=of_length(10_001))
    assert said["error"] == "msg_blocks_too_long"


def of_length(length: int) -> list[Json]:
    return [section("x" * 2_500) for _ in range(3)] + [section("x" * (length - 7_500))]
