"""Slack's door over real HTTP: real bolt, a real uvicorn, and whatever the playground's Slack sends there."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from slack_sdk import WebClient

from bot.chat.enquiry import Enquiry
from bot.chat.forms import DenyForm, RunForm
from bot.chat.message import Buttons, Choice, Message, Press, Prose
from bot.chat.model import Workspace
from bot.chat.open_form import OpenForm
from bot.deliveries import Delivery, Stored
from bot.events import (
    ChatEvent,
    ChatFormSent,
    ChatHomeOpened,
    ChatLeft,
    ChatPressed,
    ChatSaid,
    to_json,
)
from handlers.slack.blocks import blocks
from handlers.slack.door import DEADLINE_S, LARGEST, PATH, door
from handlers.slack.ears import Ears, listeners
from handlers.slack.payloads import LONGEST_TEXT
from handlers.slack.suggesting import previews, suggest
from handlers.slack.views import modal
from playground.slack import SlackDriver, SlackPlayground
from playground.slack.signing import SIGNATURE, TIMESTAMP, signed
from tests.contracts.slack_door import WORKSPACE, Desk, Shelf, served

Json = dict[str, Any]
FORM = "application/x-www-form-urlencoded"
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
SAID = ChatSaid("", "T_ACME", "T_ACME", "U_WILL", "C_SHOP", "", "", "run tests", "command", "", AT)
PRESSED = ChatPressed("", "T_ACME", "T_ACME", "U_MIA", "C_SHOP", "", "", "approve", "r1 abc", "", "", AT)


@dataclass
class Door:
    """Our door, and the Slack that knocks on it."""

    playground: SlackPlayground
    url: str
    shelf: Shelf = field(default_factory=Shelf)
    desk: Desk = field(default_factory=Desk)
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    is_dumb: bool = False  # the ledger cannot be read

    async def store(self, delivery: Delivery) -> Stored:
        return await self.shelf.store(delivery)

    def workspace(self, team: str) -> Workspace | None:
        if self.is_dumb:
            raise OSError("the disk is gone")
        return self.workspaces.get(team)

    @property
    def slack(self) -> SlackDriver:
        return self.playground.driver

    def ask(self, question: bytes, timeout_s: float) -> bytes | None:
        return self.desk.ask(question, timeout_s)

    def put(self, name: str, state: bytes) -> None:
        self.desk.put(name, state)

    @property
    def client(self) -> WebClient:
        return WebClient(token=self.playground.settings.bot_token, base_url=self.playground.api_url)

    def knock(
        self, body: bytes, *, kind: str = "application/json", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """A request by hand, signed now unless `headers` say otherwise; those of "" are left out."""
        now = str(int(time.time()))
        mark = f"v0={signed(self.playground.settings.signing_secret, now, body)}"
        given = {"Content-Type": kind, TIMESTAMP: now, SIGNATURE: mark, **(headers or {})}
        present = {name: value for name, value in given.items() if value}
        return httpx.post(f"{self.url}{PATH}", content=body, headers=present, timeout=30, trust_env=False)

    def begins(self) -> socket.socket:
        """A line over which a body begins, and does not end."""
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{TIMESTAMP}: 1\r\n{SIGNATURE}: v0=0\r\n"
        line = socket.create_connection(("127.0.0.1", int(self.url.rpartition(":")[2])), timeout=15)
        line.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        return line

    def heard(self) -> ChatEvent:
        """What the one delivery that was kept says, without what is new each time."""
        self.slack.until_idle()
        (kept,) = self.shelf.kept
        assert isinstance(kept.event, ChatEvent)
        assert (kept.event_name, kept.guid) == (kept.event.kind, f"slack-{kept.event.id}")
        if isinstance(kept.event, ChatSaid | ChatPressed | ChatFormSent):
            return replace(kept.event, id="", at=AT)
        return replace(kept.event, id="")

    def posts(self, *parts: Any, thread: str | None = None) -> str:
        """A message of ours. Returns its `ts`."""
        text, shown = blocks(Message("Look", parts), version="v1")
        told = self.client.chat_postMessage(channel="C_SHOP", text=text, blocks=shown, thread_ts=thread)
        return str(told["ts"])

    def opens(self, form: RunForm | DenyForm) -> Json:
        """A form of ours that lies open before U_WILL."""
        trigger = self.slack.commands("")["trigger_id"]
        self.client.views_open(trigger_id=trigger, view=modal(form))
        self.shelf.kept.clear()
        return self.slack.sees_views()[0]


@contextmanager
def opened(playground: SlackPlayground, *, deadline_s: float = DEADLINE_S) -> Iterator[Door]:
    it = Door(playground, "")
    ears = Ears(store=it.store, workspace=it.workspace, suggest=suggest(it), preview=previews(it.put))
    app = FastAPI(openapi_url=None)
    bolt = listeners(ears, signing_secret=playground.settings.signing_secret)
    app.include_router(door(bolt, deadline_s=deadline_s))
    with served(app) as url:
        it.url = url
        yield it


@pytest.fixture(scope="module")
def open_door(slack_playground: SlackPlayground) -> Iterator[Door]:
    with opened(slack_playground) as it:
        yield it


@pytest.fixture
def ours(open_door: Door) -> Iterator[Door]:
    open_door.shelf, open_door.desk = Shelf(), Desk()
    open_door.workspaces = {"T_ACME": WORKSPACE}
    open_door.slack.reset()
    open_door.slack.sends_to(open_door.url)
    open_door.slack.hurries(retry_speed=3_000)
    yield open_door
    open_door.slack.sends_to(None)
    assert open_door.slack.sees_broken() == []


# --- what every kind of happening becomes ----------------------------------------------------------------


def test_a_command_is_heard_word_for_word(ours: Door) -> None:
    """Who wrote what where, and the trigger that lets a form be opened."""
    told = ours.slack.commands("run `a && b` <c>", by="U_MIA", channel="G_OPS")

    assert told["status"] == 200
    assert ours.heard() == replace(
        SAID, user="U_MIA", channel="G_OPS", text="run `a && b` <c>", trigger=told["trigger_id"]
    )


def test_a_command_without_words_asks_for_a_form(ours: Door) -> None:
    """It is acknowledged without a word, because the form is the answer."""
    told = ours.slack.commands("")

    assert (told["status"], told["body"]) == (200, "")
    assert ours.heard() == replace(SAID, text="", trigger=told["trigger_id"])
    assert ours.slack.sees_ephemerals() == []


def test_a_mention_is_heard_with_its_thread(ours: Door) -> None:
    """Without our name, which begins it, and with links as they were typed."""
    said = ours.slack.mentions("run a && b, see https://x.test/?a=1&b=2")

    assert ours.heard() == replace(
        SAID,
        thread=said["ts"],
        ts=said["ts"],
        text="run a && b, see https://x.test/?a=1&b=2",
        came="mention",
    )


def test_a_mention_in_a_thread_is_about_that_thread(ours: Door) -> None:
    """Its thread is the one of the first message, and it has a time of its own."""
    first = ours.slack.says("It is broken.")["ts"]
    said = ours.slack.mentions("run tests", thread=first)

    assert ours.heard() == replace(SAID, thread=first, ts=said["ts"], came="mention")


def test_a_stranger_in_a_shared_channel_is_heard_as_one(ours: Door) -> None:
    """The workspace is ours, and their home is theirs."""
    said = ours.slack.mentions("run tests", by="U_EXT", channel="C_SHARED")

    assert ours.heard() == replace(
        SAID,
        home="T_EVIL",
        user="U_EXT",
        channel="C_SHARED",
        thread=said["ts"],
        ts=said["ts"],
        came="mention",
    )


def test_a_shortcut_is_heard_with_the_words_of_its_message(ours: Door) -> None:
    """Whoever used it is the one who asks, and not whoever wrote the message."""
    ts = ours.slack.says("`pytest -q` fails & burns", by="U_MIA")["ts"]
    told = ours.slack.shortcuts(ts, by="U_WILL")

    assert ours.heard() == replace(
        SAID, thread=ts, ts=ts, text="`pytest -q` fails & burns", came="shortcut", trigger=told["trigger_id"]
    )


def test_a_press_is_heard_with_what_it_means(ours: Door) -> None:
    """The button's verb and value, and the thread in which it stands."""
    first = ours.posts(Prose("Begun"))
    ts = ours.posts(Buttons((Press("Approve", "approve", "r1 abc"),)), thread=first)
    told = ours.slack.presses("approve", ts=ts, by="U_MIA")

    assert (told["status"], told["body"]) == (200, "")
    heard = ours.heard()
    assert isinstance(heard, ChatPressed)
    assert replace(heard, key="") == replace(PRESSED, thread=first, ts=ts, trigger=told["trigger_id"])


def test_a_choice_is_heard_as_a_press(ours: Door) -> None:
    """With the list's name as its key and the choice as its value."""
    ts = ours.posts(Choice("Which?", "pick", "chat:k1", ("acme/shop", "acme/till")))
    told = ours.slack.presses("pick", ts=ts, by="U_MIA", value="acme/till")

    assert ours.heard() == replace(
        PRESSED, ts=ts, action="pick", value="acme/till", key="chat:k1", trigger=told["trigger_id"]
    )


def test_what_is_typed_into_a_form_is_told_while_it_is_open(ours: Door) -> None:
    """It is no delivery: nothing begins by it, and the next letter makes it old."""
    view = ours.opens(RunForm("origin", repository="acme/shop", pull="7"))
    told = ours.slack.types(view["id"], "plan", "plan", "run tests")

    fields = {"repository": "acme/shop", "pull": "7", "plan": "run tests"}
    form = OpenForm("T_ACME", "T_ACME", "U_WILL", view["id"], "origin", fields, AT)
    assert [replace(each, at=AT) for each in ours.desk.typed] == [form]
    assert (told["status"], ours.shelf.kept) == (200, [])


def test_a_form_that_nobody_previews_is_acknowledged_all_the_same(ours: Door) -> None:
    """It can be sent, so whoever types sees no trouble."""
    view = ours.opens(RunForm("origin"))
    ours.desk.is_away = True

    assert ours.slack.types(view["id"], "plan", "plan", "run tests")["status"] == 200


def test_a_form_that_was_sent_is_heard_and_closes(ours: Door) -> None:
    """With all that was chosen, typed and ticked."""
    view = ours.opens(RunForm("origin", repository="acme/shop", plan="run tests"))
    sent = ours.slack.submits(view["id"], {"dry": ["on"]})

    assert (sent["status"], sent["open"]) == (200, False)
    fields = {"repository": "acme/shop", "plan": "run tests", "dry": "on"}
    assert ours.heard() == ChatFormSent("", "T_ACME", "T_ACME", "U_WILL", "run", "origin", fields, AT)


def test_a_reason_for_a_denial_is_heard(ours: Door) -> None:
    """The other form of ours."""
    view = ours.opens(DenyForm("origin", "r1", "acme/shop"))
    ours.slack.submits(view["id"], {"why": "Not today."})

    fields = {"why": "Not today."}
    assert ours.heard() == ChatFormSent("", "T_ACME", "T_ACME", "U_WILL", "deny", "origin", fields, AT)


def test_who_opens_us_is_heard(ours: Door) -> None:
    """Their own page is made anew each time."""
    ours.slack.opens_home("U_MIA")

    assert ours.heard() == ChatHomeOpened("", "T_ACME", "T_ACME", "U_MIA")


def test_who_writes_to_us_directly_opens_no_home(ours: Door) -> None:
    """The tab of messages shows nothing of ours."""
    ours.slack.act("open_home", by="U_MIA", tab="messages")
    ours.slack.until_idle()

    assert ours.shelf.tried == []


def test_a_workspace_that_removes_us_is_heard(ours: Door) -> None:
    """Both of Slack's events mean the same: we are not there any more."""
    ours.slack.uninstalls()
    ours.slack.until_idle()

    left = [each.event for each in ours.shelf.kept if isinstance(each.event, ChatLeft)]
    assert [each.team for each in left] == ["T_ACME", "T_ACME"]
    assert all(abs((each.at - datetime.now(UTC)).total_seconds()) < 60 for each in left)
    assert len({each.id for each in left}) == 2


# --- the same happening again ----------------------------------------------------------------------------


def test_retries_of_an_event_are_the_same_delivery(ours: Door) -> None:
    """Slack tries three times more, and whoever stores sees one name each time."""
    ours.shelf.fails = 3
    ours.slack.mentions("run tests")
    ours.slack.until_idle()

    assert [each["status"] for each in ours.slack.sees_deliveries()] == [503, 503, 503, 200]
    assert len(ours.shelf.tried) == 4
    assert len({(each.guid, each.content_key) for each in ours.shelf.tried}) == 1
    assert len(ours.shelf.kept) == 1


@pytest.mark.parametrize("act", ["commands", "mentions"])
def test_a_replay_is_the_same_delivery(ours: Door, act: str) -> None:
    """Somebody who recorded a request sends it again within five minutes, byte for byte."""
    getattr(ours.slack, act)("run tests")
    ours.slack.until_idle()
    ours.slack.replays()

    first, again = ours.shelf.kept
    assert (first.guid, first.content_key) == (again.guid, again.content_key)


def test_a_replayed_press_is_the_same_delivery(ours: Door) -> None:
    """Whereas somebody who presses twice has pressed twice."""
    ts = ours.posts(Buttons((Press("Approve", "approve", "r1 abc"),)))
    ours.slack.presses("approve", ts=ts)
    ours.slack.replays()
    ours.slack.presses("approve", ts=ts)

    first, again, second = (each.guid for each in ours.shelf.kept)
    assert (first == again, first == second) == (True, False)


# --- what is not for us ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        {"by": "U_EVE", "bot_id": "B_OTHER"},
        {"by": "U_AGENT", "bot_id": "B_AGENT"},
        {"by": "U_AGENT"},
        {"subtype": "message_changed"},
        {"subtype": "bot_message"},
    ],
    ids=["another bot", "we", "we as a user", "an edit", "an old bot"],
)
def test_what_no_person_wrote_is_acknowledged_and_forgotten(ours: Door, said: Json) -> None:
    """Nobody else's bot, nor we ourselves, nor a message that changed gives a command."""
    ours.slack.mentions("run tests", **said)
    ours.slack.until_idle()

    assert [each["status"] for each in ours.slack.sees_deliveries()] == [200]
    assert ours.shelf.tried == []


@pytest.mark.parametrize(
    "text", ["Ask <@U_AGENT> to run tests", "`<@U_AGENT>` run tests", "<@U_WILL> <@U_AGENT> run"]
)
def test_who_only_speaks_of_us_gives_no_command(ours: Door, text: str) -> None:
    """Our name has to be what a message begins with."""
    ours.slack.says(text)
    ours.slack.until_idle()

    assert [each["status"] for each in ours.slack.sees_deliveries()] == [200]
    assert ours.shelf.tried == []


def an_event(**fields: Any) -> bytes:
    """An event as Slack wraps it; `fields` are of the mention in it."""
    mention = {"type": "app_mention", "user": "U_WILL", "channel": "C_SHOP", "ts": "1.2", "team": "T_ACME"}
    event = {**mention, "text": "<@U_AGENT> run tests", **fields}
    wrapped = {"type": "event_callback", "team_id": "T_ACME", "event_id": "Ev1", "event": event}
    return json.dumps({**wrapped, "authorizations": [{"team_id": "T_ACME", "user_id": "U_AGENT"}]}).encode()


def test_a_mention_that_was_edited_gives_no_command(ours: Door) -> None:
    """Whoever answers for it has not written it like this: they write it once more."""
    assert ours.knock(an_event()).status_code == 200
    assert ours.knock(an_event(edited={"user": "U_WILL", "ts": "1.3"})).status_code == 200

    assert len(ours.shelf.kept) == 1


def test_a_workspace_that_does_not_have_us_cannot_mention_us(ours: Door) -> None:
    """Nobody there has our name."""
    ours.workspaces.clear()

    answer = ours.knock(an_event())

    assert (answer.status_code, ours.shelf.tried) == (200, [])


def test_what_is_written_to_us_directly_is_heard(ours: Door) -> None:
    """Without our name, and our own words there are not."""
    talk = ours.slack.talks("U_WILL")
    ours.client.chat_postMessage(channel=talk, text="Hello")
    ours.slack.says("status acme/shop", channel=talk)

    heard = ours.heard()

    assert isinstance(heard, ChatSaid)
    assert (heard.text, heard.user, heard.channel, heard.thread) == ("status acme/shop", "U_WILL", "", "")


def test_an_event_that_nobody_expects_is_acknowledged(ours: Door) -> None:
    """Somebody subscribed us to more than we hear: Slack must not try it again and again."""
    ours.slack.subscribes("message.channels", "member_joined_channel")
    ours.slack.says("Good morning.")
    ours.slack.joins("U_EVIL")
    ours.slack.until_idle()

    assert [each["status"] for each in ours.slack.sees_deliveries()] == [200, 200]
    assert ours.shelf.tried == []


# --- questions of Slack's own ----------------------------------------------------------------------------


def test_the_address_can_be_verified(ours: Door) -> None:
    """By answering the challenge, which is stored nowhere."""
    told = ours.slack.verifies_url()

    assert (told["status"], told["body"]) == (200, {"challenge": told["challenge"]})
    assert ours.shelf.tried == []


def test_a_check_of_the_connection_is_answered(ours: Door) -> None:
    """Slack knocks now and then to see whether there is a certificate."""
    answer = ours.knock(urlencode({"ssl_check": 1, "token": "t"}).encode(), kind=FORM)

    assert (answer.status_code, ours.shelf.tried) == (200, [])


# --- who is let in ---------------------------------------------------------------------------------------

FLAWS: list[Json] = [
    {"omit_headers": ["X-Slack-Signature"]},
    {"omit_headers": ["X-Slack-Request-Timestamp"]},
    {"omit_headers": ["X-Slack-Signature", "X-Slack-Request-Timestamp"]},
    {"signature": "v0=" + "0" * 64},
    {"signature": "v1={valid}"},
    {"signature": "{valid}"},
    {"signature": "v0="},
    {"secret": "another"},
    {"age": 301},
    {"age": -301},
    {"timestamp": "soon"},
    {"timestamp": "-1"},
    {"timestamp": "1e9"},
    {"timestamp": "9" * 40},
    {"timestamp": ""},
]


@pytest.mark.parametrize("flaw", FLAWS, ids=str)
@pytest.mark.parametrize("act", ["commands", "mentions"])
def test_what_slack_did_not_sign_just_now_is_not_believed(ours: Door, act: str, flaw: Json) -> None:
    """Another signature, none, one of another kind, or one of another time: 401, and nothing is kept."""
    told = getattr(ours.slack, act)("run tests", **flaw)

    assert told["status"] == 401
    assert ours.shelf.tried == []


def test_what_nobody_signed_is_not_in_the_log(
    slack_playground: SlackPlayground, caplog: pytest.LogCaptureFixture
) -> None:
    """Else whoever finds the address fills the disk with it."""
    caplog.set_level("DEBUG")
    body = b'{"text": "canary-of-a-stranger"}'
    with opened(slack_playground) as it:
        statuses = [
            it.knock(body, headers={SIGNATURE: f"v0={'0' * 64}"}).status_code,
            it.knock(body, headers={TIMESTAMP: "1"}).status_code,
        ]

    assert statuses == [401, 401]
    assert "canary-of-a-stranger" not in caplog.text


@pytest.mark.parametrize(
    "asked",
    [b"\xff\xfe", b"[1]", b"1", b'"x"', b"{", b"[" * 100_000, b"payload=[1]", b"payload=1", b"payload=%7B"],
    ids=lambda asked: repr(asked[:12]),
)
@pytest.mark.parametrize("kind", ["application/json", FORM])
def test_nonsense_is_nobodys_error(ours: Door, asked: bytes, kind: str) -> None:
    """Signed or not, it is refused or ignored, and the door goes on listening."""
    statuses = [
        ours.knock(asked, kind=kind).status_code,
        ours.knock(asked, kind=kind, headers={SIGNATURE: "v0=0"}).status_code,
    ]

    assert statuses[0] in (200, 400)
    assert statuses[1] in (400, 401)
    assert ours.shelf.tried == []
    assert ours.knock(an_event()).status_code == 200


def test_half_a_character_does_not_keep_the_rest_from_us(ours: Door) -> None:
    """It cannot be written down, and would keep what others said at the same time from being so."""
    assert ours.knock(an_event(text="<@U_AGENT> run \ud83d tests \U0001f600")).status_code == 200

    heard = ours.heard()
    assert isinstance(heard, ChatSaid)
    assert heard.text == "run ? tests \U0001f600"
    assert to_json(heard)


def test_a_body_announced_as_too_large_is_refused_before_it_comes(ours: Door) -> None:
    """With not a byte of it read."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{TIMESTAMP}: 1\r\n{SIGNATURE}: v0=0\r\n"
    with socket.create_connection(("127.0.0.1", int(ours.url.rpartition(":")[2])), timeout=15) as line:
        line.sendall(f"{head}Content-Length: {LARGEST + 1}\r\n\r\n".encode())
        assert line.makefile("rb").readline().startswith(b"HTTP/1.1 413")


def test_a_chunked_body_is_refused_when_it_grows_too_large(ours: Door) -> None:
    """Without a Content-Length the bytes are counted as they come."""
    chunks = (b"x" * 65_536 for _ in range(17))
    headers = {TIMESTAMP: "1", SIGNATURE: "v0=0"}
    answer = httpx.post(f"{ours.url}{PATH}", content=chunks, headers=headers, trust_env=False)

    assert answer.status_code == 413


def test_a_body_that_does_not_arrive_is_given_up(slack_playground: SlackPlayground) -> None:
    """Whoever keeps lines open costs us nothing for long."""
    with opened(slack_playground, deadline_s=0.3) as it, it.begins() as line:
        assert line.makefile("rb").read().startswith(b"HTTP/1.1 408")


def test_who_leaves_before_the_end_is_no_error(ours: Door, caplog: pytest.LogCaptureFixture) -> None:
    """Else a stranger fills the log."""
    with ours.begins():
        pass

    assert ours.knock(an_event()).status_code == 200
    assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == []


def test_a_long_text_is_heard_as_far_as_it_is_read(ours: Door) -> None:
    """A plan that is longer than a command may be belongs into a file."""
    assert ours.slack.commands("run " + "a" * 900_000)["status"] == 200

    heard = ours.heard()
    assert isinstance(heard, ChatSaid)
    assert len(heard.text) == LONGEST_TEXT


# --- written down, and then acknowledged -----------------------------------------------------------------


def test_a_command_that_cannot_be_written_down_fails_for_whoever_wrote_it(ours: Door) -> None:
    """Slack never tries a command again, so it tells them."""
    ours.shelf.fails = 1
    told = ours.slack.commands("run tests")

    assert told["status"] == 503
    assert [each["text"] for each in ours.slack.sees_ephemerals()] == [
        '/agent failed with the error "dispatch_failed"'
    ]


def test_a_form_that_cannot_be_written_down_stays_open(ours: Door) -> None:
    """What was typed is not lost: it can be sent again."""
    view = ours.opens(DenyForm("origin", "r1", "acme/shop"))
    ours.shelf.fails = len(ours.shelf.tried) + 1
    sent = ours.slack.submits(view["id"], {"why": "No."})
    assert (sent["status"], sent["open"]) == (503, True)

    assert ours.slack.submits(view["id"])["open"] is False
    assert [each.event.kind for each in ours.shelf.kept] == ["chat_form_sent"]


@pytest.mark.parametrize("act", ["commands", "mentions"])
def test_a_store_that_takes_too_long_is_never_a_success(ours: Door, act: str) -> None:
    """Slack waits for three seconds, so we say before that we could not."""
    ours.shelf.slowness_s = 20.0
    began = time.monotonic()
    told = getattr(ours.slack, act)("run tests", age=1)  # a second old, and so Slack sends it once only

    assert told["status"] == 503
    assert time.monotonic() - began < 3.0
    assert ours.shelf.kept == []


def test_a_ledger_that_does_not_say_who_we_are_is_never_a_success(ours: Door) -> None:
    """Whatever goes wrong before anything is stored, Slack tries it again."""
    ours.is_dumb = True
    ours.slack.mentions("run tests")
    ours.slack.until_idle()
    ours.is_dumb = False

    assert [each["status"] for each in ours.slack.sees_deliveries()] == [503] * 4
    assert ours.shelf.tried == []


def test_the_receipt_of_a_command_calls_nobody(ours: Door) -> None:
    """What somebody wrote is told back to them escaped."""
    told = ours.slack.commands("run <!channel> &lt;!here&gt; <@U_MIA> <x> `y` && *z*\nand more")

    assert told["status"] == 200
    assert "Noted: run" in told["body"]
    (shown,) = ours.slack.sees_ephemerals()
    assert shown["mentions"] == []
    assert "<" not in shown["text"]


# --- lists to choose from --------------------------------------------------------------------------------


def test_a_list_offers_what_the_desk_says(ours: Door) -> None:
    """The desk is asked who may choose from what, by what they have typed."""
    view = ours.opens(RunForm("origin"))
    ours.desk.pairs = [("acme/shop", "acme/shop"), ("acme/till", "The till")]

    offered = ours.slack.suggests("repository", "sh", view=view["id"])

    assert [(each["value"], each["text"]["text"]) for each in offered] == ours.desk.pairs
    assert ours.desk.asked == [Enquiry("T_ACME", "U_WILL", None, "sh")]


def test_a_list_of_pull_requests_is_about_the_chosen_repository(ours: Door) -> None:
    """It has its name in its own."""
    view = ours.opens(RunForm("origin", repository="acme/shop"))
    ours.desk.pairs = [("7", "#7 Discounts")]

    offered = ours.slack.suggests("pull", "", view=view["id"])

    assert [each["value"] for each in offered] == ["7"]
    assert ours.desk.asked == [Enquiry("T_ACME", "U_WILL", "acme/shop", "")]


def test_a_list_knows_whether_only_a_plan_is_wanted(ours: Door) -> None:
    """More people may see a plan than may run one."""
    view = ours.opens(RunForm("origin"))
    ours.slack.types(view["id"], "dry", "dry", ["on"])
    ours.slack.suggests("repository", "sh", view=view["id"])

    assert ours.desk.asked == [Enquiry("T_ACME", "U_WILL", None, "sh", dry=True)]


def test_a_list_is_empty_when_the_desk_takes_too_long(ours: Door) -> None:
    """Whoever types waits for no longer than Slack does, and can type on."""
    view = ours.opens(RunForm("origin"))
    ours.desk.slowness_s = 20.0
    began = time.monotonic()

    offered = ours.slack.suggests("repository", "sh", view=view["id"])

    assert offered == []
    assert time.monotonic() - began < 3.0
    assert ours.slack.sees_deliveries()[-1]["answer"] == {"options": []}


def test_who_types_makes_no_command_wait(ours: Door) -> None:
    """However many do, and however slow the desk is: who is too many chooses from nothing for a moment."""
    ours.desk.slowness_s = 20.0
    about = {"type": "block_suggestion", "action_id": "repository", "block_id": "repository", "value": "s"}
    who = {"team": {"id": "T_ACME"}, "user": {"id": "U_WILL", "team_id": "T_ACME"}, "view": {"id": "V1"}}
    typed = urlencode({"payload": json.dumps(about | who)}).encode()
    with ThreadPoolExecutor(120) as pool:
        waiting = [pool.submit(ours.knock, typed, kind=FORM) for _ in range(120)]
        time.sleep(0.5)
        began = time.monotonic()
        told = ours.slack.commands("status")
        took_s = time.monotonic() - began

    assert (told["status"], took_s < 1.0) == (200, True)
    assert [each.result().status_code for each in waiting] == [200] * 120
    assert len(ours.desk.asked) < 60
