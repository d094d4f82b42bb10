"""What Slack's payloads mean to us: words as they were typed, and one name for one happening."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.events import ChatEvent, from_json, to_json
from handlers.slack import payloads
from tests.scripted import NOON

Json = dict[str, Any]
LATER = NOON + timedelta(seconds=70)

COMMAND: Json = {
    "team_id": "T1",
    "user_id": "U1",
    "channel_id": "C1",
    "text": "run tests",
    "trigger_id": "13345224609.738474920.8088930838d88f008e0",
    "response_url": "https://hooks.slack.com/commands/1234/5678",
}
MENTION: Json = {
    "team_id": "T1",
    "event_id": "Ev1",
    "event_time": 1764331200,
    "authorizations": [{"team_id": "T1", "user_id": "U0"}],
    "event": {
        "type": "app_mention",
        "user": "U1",
        "team": "T1",
        "channel": "C1",
        "ts": "1515449522.000016",
        "text": "<@U0> run tests",
    },
}
DIRECT: Json = {
    **MENTION,
    "event_id": "Ev2",
    "event": {**MENTION["event"], "type": "message", "channel_type": "im", "channel": "D1", "text": "status"},
}
INTERACTION: Json = {"team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"}, "trigger_id": "t1"}
VIEW: Json = {
    "id": "V1",
    "hash": "156772938.1827394",
    "type": "modal",
    "callback_id": "run",
    "private_metadata": "origin",
    "state": {"values": {"plan": {"plan": {"type": "plain_text_input", "value": "run tests"}}}},
}
PRESS: Json = {
    **INTERACTION,
    "channel": {"id": "C1"},
    "message": {"ts": "2.000001", "thread_ts": "1.000001"},
    "actions": [
        {"action_id": "approve:2", "block_id": "b1", "value": "r1 abc", "action_ts": "1548426417.840180"}
    ],
}
SHORTCUT: Json = {
    **INTERACTION,
    "action_ts": "1548426417.840180",
    "channel": {"id": "C1"},
    "message": {"ts": "1.000001", "text": "`pytest` fails &amp; burns"},
}

HAPPENINGS: dict[str, Callable[..., ChatEvent | None]] = {
    "command": lambda now=NOON: payloads.command(COMMAND, now),
    "mention": lambda now=NOON: payloads.mention(MENTION, now, us="U0"),
    "direct": lambda now=NOON: payloads.direct(DIRECT, now, us="U0"),
    "shortcut": lambda now=NOON: payloads.shortcut(SHORTCUT, now),
    "press": lambda now=NOON: payloads.press(PRESS, now),
    "form": lambda now=NOON: payloads.form_sent({**INTERACTION, "view": VIEW}, now),
    "home": lambda now=NOON: payloads.home_opened(MENTION),
    "leaving": lambda now=NOON: payloads.left(MENTION),
}


def changed(payload: Json, *path: str, to: Any) -> Json:
    """The same payload with another value at this place."""
    copy = deepcopy(payload)
    there = copy
    for name in path[:-1]:
        there = there[name]
    there[path[-1]] = to
    return copy


# --- words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("run `a &amp;&amp; b`", "run `a && b`"),
        ("cat &lt;in &gt;out", "cat <in >out"),
        ("echo &amp;lt;", "echo &lt;"),
        ("see <https://x.test/?a=1&amp;b=2>", "see https://x.test/?a=1&b=2"),
        ("see <https://x.test|the page>", "see https://x.test"),
        ("python <http://setup.py|setup.py> sdist", "python setup.py sdist"),
        ("tell <mailto:ada@x.test|ada@x.test>", "tell ada@x.test"),
        ("ask <@U1>", "ask @U1"),
        ("ask <@U1|mia>", "ask @mia"),
        ("in <#C1|general> and <#C1|>", "in #general and #C1"),
        ("<!here> <!channel|channel>", "@here @channel"),
        ("<!subteam^S1|@devs>", "@devs"),
        ("sort <in >out", "sort <in >out"),
        ("a < b > c", "a < b > c"),
        ("x <y> <", "x <y> <"),
        ("", ""),
    ],
)
def test_words_are_what_was_typed(sent: str, typed: str) -> None:
    """Slack escapes three characters and wraps links and names: none of that was typed."""
    assert payloads.plain(sent) == typed


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    """Whatever comes, words come out of it, and never more of them than are read."""
    assert len(payloads.plain(text)) <= len(text) + text.count("<")


@given(st.text(alphabet="ab &<>|@#!:/.", max_size=40))
def test_what_was_typed_comes_back(typed: str) -> None:
    """Escaped as Slack escapes it, any text is the same text again."""
    sent = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert payloads.plain(sent) == typed


def test_a_text_is_read_as_far_as_it_may_be_long() -> None:
    """What is longer belongs into a file."""
    assert len(payloads.plain("a" * 1_000_000)) == payloads.LONGEST_TEXT


def test_many_angles_take_no_time() -> None:
    """Nothing that a stranger writes makes the door slow."""
    assert payloads.plain("<" * 1_000_000) == "<" * payloads.LONGEST_TEXT


# --- one name for one happening --------------------------------------------------------------------------


@pytest.mark.parametrize("happening", HAPPENINGS)
def test_a_happening_is_called_the_same_whenever_it_is_told(happening: str) -> None:
    """Slack tells of it again a minute later, and it is still the same."""
    first, again = HAPPENINGS[happening](NOON), HAPPENINGS[happening](LATER)

    assert first is not None
    assert again is not None
    assert first.id == again.id
    assert len(first.id) == 32


def test_happenings_of_all_kinds_are_called_differently() -> None:
    """But two of Slack's events with one id are one, whatever they are."""
    events = [made() for made in HAPPENINGS.values()]

    assert len({event.id for event in events if event}) == len(HAPPENINGS) - 1


@pytest.mark.parametrize("happening", HAPPENINGS)
def test_a_happening_can_be_written_down(happening: str) -> None:
    """It is read back as it was."""
    event = HAPPENINGS[happening]()

    assert event is not None
    assert from_json(to_json(event)) == event


@pytest.mark.parametrize(
    ("payload", "path"),
    [(COMMAND, ("trigger_id",)), (COMMAND, ("team_id",))],
    ids=["another trigger", "another workspace"],
)
def test_another_command_is_another_happening(payload: Json, path: tuple[str, ...]) -> None:
    """In the same words by the same person it is meant once more."""
    other = payloads.command(changed(payload, *path, to="other"), NOON)

    assert other.id != payloads.command(payload, NOON).id


def test_two_people_who_press_at_once_have_both_pressed() -> None:
    """Slack's time of a press is not its name."""
    mine = payloads.press(PRESS, NOON)
    theirs = payloads.press(changed(PRESS, "user", "id", to="U2"), NOON)

    assert mine.id != theirs.id


# --- who, where and what ---------------------------------------------------------------------------------


def test_a_press_is_the_verb_of_its_button() -> None:
    """What follows a colon only keeps two buttons of one message apart."""
    event = payloads.press(PRESS, NOON)

    assert (event.action, event.value, event.thread, event.ts) == (
        "approve",
        "r1 abc",
        "1.000001",
        "2.000001",
    )


def test_a_press_in_a_message_that_only_one_sees_is_in_its_thread() -> None:
    """Slack keeps no such message: it tells where it was, and nobody can answer below it."""
    container = {"type": "message", "channel_id": "C1", "message_ts": "2.000001", "is_ephemeral": True}
    whispered = {key: value for key, value in PRESS.items() if key != "message"} | {"container": container}
    in_a_thread = changed(whispered, "container", "thread_ts", to="1.000001")

    assert payloads.press(whispered, NOON) == replace(payloads.press(PRESS, NOON), thread="", ts="")
    assert payloads.press(in_a_thread, NOON) == replace(payloads.press(PRESS, NOON), ts="")


def test_a_press_at_home_has_no_place() -> None:
    """Nobody else is there."""
    at_home = {**INTERACTION, "view": {"type": "home"}, "actions": PRESS["actions"]}
    event = payloads.press(at_home, NOON)

    assert (event.channel, event.thread, event.ts) == ("", "", "")


def test_a_workspace_is_the_one_that_installed_us() -> None:
    """In a shared channel the writer's workspace is another one, and is known as theirs."""
    shared = changed(changed(MENTION, "team_id", to="T2"), "event", "team", to="T2")
    event = payloads.mention(shared, NOON, us="U0")

    assert event is not None
    assert (event.team, event.home) == ("T1", "T2")


def test_who_is_from_elsewhere_presses_as_one_from_there() -> None:
    """Their home goes with them."""
    event = payloads.press(changed(PRESS, "user", "team_id", to="T2"), NOON)

    assert (event.team, event.home) == ("T1", "T2")


@pytest.mark.parametrize(
    "fields",
    [
        {"bot_id": "B1"},
        {"subtype": "bot_message"},
        {"edited": {"user": "U1", "ts": "2.0"}},
        {"text": "hello <@U0>"},
        {"text": "<@U00> run tests"},
        {"text": ""},
        {"text": None},
    ],
    ids=str,
)
def test_what_is_not_said_to_us_by_a_person_is_nothing(fields: Json) -> None:
    """Our own name begins what is said to us."""
    other = changed(MENTION, "event", to={**MENTION["event"], **fields})

    assert payloads.mention(other, NOON, us="U0") is None


def test_what_is_written_to_us_directly_needs_no_name() -> None:
    """The answer is the next message, and no thread begins."""
    event = payloads.direct(DIRECT, NOON, us="U0")
    called = payloads.direct(changed(DIRECT, "event", "text", to="<@U0> status"), NOON, us="U0")

    assert event is not None
    assert (event.text, event.came, event.channel, event.thread) == ("status", "mention", "", "")
    assert called == event


def test_what_is_written_to_us_below_a_message_is_in_its_thread() -> None:
    """Where only two talk there are threads, too."""
    event = payloads.direct(changed(DIRECT, "event", "thread_ts", to="1.000001"), NOON, us="U0")

    assert event is not None
    assert event.thread == "1.000001"


@pytest.mark.parametrize(
    "fields",
    [
        {"bot_id": "B1"},
        {"user": "U0"},
        {"user": None},
        {"subtype": "message_changed"},
        {"edited": {"user": "U1", "ts": "2.0"}},
        {"channel_type": "channel", "channel": "C1"},
        {"channel_type": "mpim", "channel": "G1"},
        {"text": " "},
        {"text": None},
    ],
    ids=str,
)
def test_what_no_person_writes_to_us_alone_is_nothing(fields: Json) -> None:
    """Neither is what several read: there our name has to be called."""
    other = changed(DIRECT, "event", to={**DIRECT["event"], **fields})

    assert payloads.direct(other, NOON, us="U0") is None


def test_a_message_is_one_command_whatever_tells_of_it() -> None:
    """Should Slack send both kinds of event for it, they are the same delivery."""
    both = changed(DIRECT, "event", "text", to="<@U0> status")
    message = payloads.direct(both, NOON, us="U0")
    mention = payloads.mention(changed(both, "event_id", to="Ev3"), NOON, us="U0")

    assert message is not None
    assert message == mention


@pytest.mark.parametrize("what", ["command", "shortcut"])
def test_a_talk_of_two_that_we_may_not_be_in_is_no_place(what: str) -> None:
    """What is asked for there is answered between us and who asked."""
    command = payloads.command({**COMMAND, "channel_id": "D7"}, NOON)
    shortcut = payloads.shortcut(changed(SHORTCUT, "channel", "id", to="D7"), NOON)
    event = {"command": command, "shortcut": shortcut}[what]

    assert (event.channel, event.thread, event.ts) == ("", "", "")


def test_nobody_mentions_us_before_we_know_who_we_are() -> None:
    """An empty name is nobody's."""
    assert payloads.mention(changed(MENTION, "event", "text", to="<@> run"), NOON, us="") is None


def test_our_name_may_come_with_a_label_and_spaces() -> None:
    """As older clients write it."""
    event = payloads.mention(changed(MENTION, "event", "text", to=" <@U0|agent>  run tests "), NOON, us="U0")

    assert event is not None
    assert event.text == "run tests"


def test_a_shortcut_takes_the_words_of_its_message() -> None:
    """As they were typed, in its thread."""
    event = payloads.shortcut(SHORTCUT, NOON)

    assert (event.text, event.thread, event.came) == ("`pytest` fails & burns", "1.000001", "shortcut")


def test_a_form_gives_back_what_we_have_put_into_it() -> None:
    """With what was typed."""
    event = payloads.form_sent({**INTERACTION, "view": VIEW}, NOON)

    assert (event.form, event.origin, event.fields) == ("run", "origin", {"plan": "run tests"})


def test_a_form_that_was_sent_again_after_a_change_is_another() -> None:
    """Its state has another name each time that it changes."""
    first = payloads.form_sent({**INTERACTION, "view": VIEW}, NOON)
    other = payloads.form_sent({**INTERACTION, "view": {**VIEW, "hash": "other"}}, NOON)

    assert first.id != other.id
    assert replace(first, id="") == replace(other, id="")
