"""What a chat must do for the desk, shown on Slack's adapter and the playground's Slack over HTTP."""

from __future__ import annotations

import json
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.chat.forms import DenyForm, Home, RunForm
from bot.chat.message import Heading, Message, Prose, Steps, Task, TaskState, says
from bot.chat.model import Channel, ChatUser, Member, Spot, number_of, ts_of
from bot.chat.pacing import posting, updating
from bot.chat.ports import Chat, Gone
from bot.errors import AgentError, Crowded, Hiccup, UserError
from bot.ledger import Ledger
from handlers.slack.refusals import Refusal
from playground.slack import SlackPlayground
from tests.contracts.slack_desk import SHOP, OurSide, our_chat
from tests.scripted import NOON

Json = dict[str, Any]
PLAN = Message(
    "Running", (Heading("Running"), Steps("1 of 2", (Task("s1", "pytest", TaskState.COMPLETE, "done"),)))
)


@dataclass
class Talk(OurSide):
    """What is said by our ports, and how often Slack was asked for it."""

    def at(self, api_url: str) -> Chat:
        """Our ports to somebody else at this address."""
        return our_chat(self.playground, self.pacing, api_url=api_url)

    def posts(self, text: str = "Hello", *, spot: Spot = SHOP, key: str = "k1") -> int:
        return self.ours.messages.post(spot, says(text), key=key)

    def asked(self, method: str) -> int:
        """How often Slack was asked for this."""
        return len(self.slack.sees_requests(method))

    def free_at(self, name: str) -> float:
        """In how many seconds this pace is free again."""
        found = self.ledger.paces.look({name}, NOON).get(name, NOON)
        return (found - NOON).total_seconds()


@pytest.fixture
def talk(slack: SlackPlayground, slack_ledger: Ledger) -> Talk:
    return Talk(slack, slack_ledger)


# --- messages --------------------------------------------------------------------------------------------


def test_a_post_is_seen_in_its_channel(talk: Talk) -> None:
    """Its number is its time, its key is hidden in it, and nobody is called by what it says."""
    number = talk.posts("Hello <!channel> @here")

    (seen,) = talk.slack.sees_messages()
    assert (seen["ts"], seen["ours"], seen["mentions"]) == (ts_of(number), True, [])
    assert seen["metadata"]["event_payload"] == {"key": "k1"}


def test_nothing_in_a_message_is_unfolded_or_read_as_a_name(talk: Talk) -> None:
    """Slack is told so for a post and for each change: what others wrote calls nobody and loads nothing."""
    number = talk.posts("See https://a.test/x, @here and #shop")
    talk.ours.messages.update(SHOP, number, says("See https://a.test/y"))

    asked = [*talk.slack.sees_requests("chat.postMessage"), *talk.slack.sees_requests("chat.update")]
    quiet = {"unfurl_links": False, "unfurl_media": False, "link_names": False, "parse": "none"}
    assert [{name: each["args"][name] for name in quiet} for each in asked] == [quiet, quiet]


def test_a_post_in_a_thread_is_a_reply(talk: Talk) -> None:
    """It stands below the first message, and not in the channel as well."""
    first = ts_of(talk.posts())
    talk.posts("Done", spot=SHOP.in_thread(first), key="k2")

    assert [(each["ts"] == first, each["thread_ts"]) for each in talk.slack.sees_messages()] == [
        (True, None),
        (False, first),
    ]
    (request,) = talk.slack.sees_requests("chat.postMessage")[1:]
    assert request["args"]["reply_broadcast"] is False


def test_whoever_is_to_hear_it_is_called(talk: Talk) -> None:
    """One person, and nobody else."""
    talk.ours.messages.post(SHOP, Message("Done", (Prose("Done"),), mentions="U_WILL"), key="k1")

    (seen,) = talk.slack.sees_messages()
    assert seen["mentions"] == ["user U_WILL"]


@pytest.mark.parametrize("thread", [False, True], ids=["in the channel", "in a thread"])
def test_a_post_is_found_by_its_key(talk: Talk, thread: bool) -> None:
    """Ours only, and only the one with this very key."""
    spot = SHOP.in_thread(talk.slack.says("It is broken.")["ts"]) if thread else SHOP
    assert talk.ours.messages.find(spot, key="k1") is None

    talk.posts(spot=spot, key="k0")
    number = talk.posts(spot=spot, key="k1")

    assert talk.ours.messages.find(spot, key="k1") == number
    assert talk.ours.messages.find(spot, key="k") is None


def test_a_post_is_found_at_the_end_of_a_long_thread(talk: Talk) -> None:
    """Slack tells a thread from its beginning on."""
    spot = SHOP.in_thread(talk.slack.says("It is broken.")["ts"])
    said = [talk.slack.says("Still.", thread=spot.thread)["ts"] for _ in range(120)]
    number = talk.posts(spot=spot)

    assert len(said) == 120
    assert talk.ours.messages.find(spot, key="k1") == number


def test_a_post_is_found_in_a_busy_channel(talk: Talk) -> None:
    """Others may have said much since then."""
    number = talk.posts()
    said = [talk.slack.says("Hello.")["ts"] for _ in range(120)]

    assert len(said) == 120
    assert talk.ours.messages.find(SHOP, key="k1") == number


@pytest.mark.parametrize("trouble", ["internal_error", "503", "cut"])
def test_a_post_whose_answer_was_lost_is_not_made_twice(talk: Talk, trouble: str) -> None:
    """Whoever tries again looks first, and finds it."""
    talk.slack.fails_after("chat.postMessage", trouble)
    with pytest.raises(Hiccup):
        talk.posts()

    found = talk.ours.messages.find(SHOP, key="k1")

    assert found is not None
    assert [each["ts"] for each in talk.slack.sees_messages()] == [ts_of(found)]


def test_a_message_is_changed_in_place(talk: Talk) -> None:
    """It stays where it is, and can still be found."""
    number = talk.posts("Running")
    talk.ours.messages.update(SHOP, number, says("Done"))

    (seen,) = talk.slack.sees_messages()
    assert (seen["ts"], seen["edits"], seen["words"]) == (ts_of(number), 1, "Done")
    assert talk.ours.messages.find(SHOP, key="k1") == number


def test_a_message_that_somebody_deleted_is_gone(talk: Talk) -> None:
    """They meant it, and no other takes its place."""
    number = talk.posts()
    talk.slack.deletes_message(ts_of(number))

    with pytest.raises(Gone):
        talk.ours.messages.update(SHOP, number, says("Done"))
    assert talk.ours.messages.find(SHOP, key="k1") is None


def test_a_whisper_is_seen_by_one(talk: Talk) -> None:
    """Nobody else in the channel sees it."""
    talk.ours.messages.whisper(SHOP, "U_WILL", says("Only you"))

    assert [each["words"] for each in talk.slack.sees_ephemerals("U_WILL")] == ["Only you"]
    assert talk.slack.sees_ephemerals("U_MIA") == talk.slack.sees_messages() == []


def test_nobody_can_be_whispered_to_where_they_are_not(talk: Talk) -> None:
    """Then it is said to them elsewhere."""
    talk.slack.leaves("U_WILL")

    with pytest.raises(Gone):
        talk.ours.messages.whisper(SHOP, "U_WILL", says("Only you"))


def test_a_plan_is_a_list_where_slack_does_not_know_plans(talk: Talk) -> None:
    """A workspace that refuses the newer blocks is told the same in older ones."""
    talk.slack.fails("chat.postMessage", "invalid_blocks")
    talk.ours.messages.post(SHOP, PLAN, key="k1")

    (seen,) = talk.slack.sees_messages()
    assert {"plan", "task_card"}.isdisjoint(each["type"] for each in seen["blocks"])
    assert "pytest" in seen["words"]


def test_a_change_is_a_list_there_as_well(talk: Talk) -> None:
    """The message stays the same one."""
    number = talk.posts()
    talk.slack.fails("chat.update", "invalid_blocks")
    talk.ours.messages.update(SHOP, number, PLAN)

    (seen,) = talk.slack.sees_messages()
    assert {"plan", "task_card"}.isdisjoint(each["type"] for each in seen["blocks"])
    assert seen["edits"] == 1


def test_blocks_that_slack_refuses_twice_are_for_an_operator(talk: Talk) -> None:
    """Nothing is tried a third time."""
    talk.slack.fails("chat.postMessage", "invalid_blocks", times=3)

    with pytest.raises(Refusal, match=r"chat\.postMessage \(invalid_blocks\)\. Ask an operator"):
        talk.ours.messages.post(SHOP, PLAN, key="k1")
    assert talk.asked("chat.postMessage") == 2


def test_a_refusal_of_words_says_nothing_of_plans(talk: Talk) -> None:
    """The next plan is shown as one."""
    talk.slack.fails("chat.postMessage", "invalid_blocks")
    with pytest.raises(Refusal):
        talk.ours.messages.post(SHOP, says("Only words"), key="k1")

    talk.ours.messages.post(SHOP, PLAN, key="k2")

    (seen,) = talk.slack.sees_messages()
    assert "plan" in {each["type"] for each in seen["blocks"]}


# --- files -----------------------------------------------------------------------------------------------


def test_a_log_is_put_into_its_thread(talk: Talk) -> None:
    """Whole, and found there by its name."""
    spot = SHOP.in_thread(ts_of(talk.posts()))
    assert talk.ours.files.find(spot, "r1.log.txt") is False

    talk.ours.files.attach(spot, "r1.log.txt", "1 failed ☠\n".encode() * 1_000)

    (file,) = talk.slack.sees_files()
    assert (file["name"], file["thread_ts"]) == ("r1.log.txt", spot.thread)
    assert file["text"] == "1 failed ☠\n" * 1_000
    assert talk.ours.files.find(spot, "r1.log.txt") is True
    assert talk.ours.files.find(spot, "r2.log.txt") is False


def test_a_log_whose_answer_was_lost_is_found(talk: Talk) -> None:
    """Whoever tries again looks first."""
    spot = SHOP.in_thread(ts_of(talk.posts()))
    talk.slack.fails_after("files.completeUploadExternal", "cut")
    with pytest.raises(Hiccup):
        talk.ours.files.attach(spot, "r1.log.txt", b"x")

    assert talk.ours.files.find(spot, "r1.log.txt") is True


@pytest.mark.parametrize("step", ["files.getUploadURLExternal", "files.completeUploadExternal"])
@pytest.mark.parametrize(
    ("error", "kind"),
    [("not_in_channel", Gone), ("ratelimited", Crowded), ("503", Hiccup), ("cut", Hiccup)],
)
def test_a_log_fails_as_a_post_does(talk: Talk, step: str, error: str, kind: type[AgentError]) -> None:
    """In each of its steps."""
    spot = SHOP.in_thread(ts_of(talk.posts()))
    talk.slack.fails(step, error)

    with pytest.raises(kind):
        talk.ours.files.attach(spot, "r1.log.txt", b"x")


# --- people and channels ---------------------------------------------------------------------------------


def test_a_member_of_the_workspace_is_a_full_one(talk: Talk) -> None:
    """With the name that they have there."""
    assert talk.ours.people.member(ChatUser("T_ACME", "U_WILL")) == Member(
        ChatUser("T_ACME", "U_WILL"), "will", full=True
    )


@pytest.mark.parametrize(
    "marks",
    [
        {"is_restricted": True},
        {"is_ultra_restricted": True},
        {"is_bot": True},
        {"deleted": True},
        {"home": "T_EVIL"},
    ],
    ids=lambda marks: next(iter(marks)),
)
def test_a_guest_a_bot_and_a_stranger_are_no_full_members(talk: Talk, marks: Json) -> None:
    """Neither is who has left, nor who is of another workspace. The answer is the workspace's of now."""
    who = ChatUser("T_ACME", "U_WILL")
    assert talk.ours.people.member(who).full

    talk.slack.adds_user("U_WILL", **marks)

    assert not talk.ours.people.member(who).full


def test_who_is_not_there_is_gone(talk: Talk) -> None:
    """Slack knows nobody of that name."""
    with pytest.raises(Gone):
        talk.ours.people.member(ChatUser("T_ACME", "U_NOBODY"))


def test_a_direct_talk_is_between_two(talk: Talk) -> None:
    """It is opened when it is first needed, and is the same one later."""
    spot = talk.ours.people.direct(ChatUser("T_ACME", "U_WILL"))
    talk.posts(spot=spot)

    assert spot.channel == talk.slack.talks("U_WILL")
    assert talk.ours.people.direct(ChatUser("T_ACME", "U_WILL")) == spot
    assert [each["words"] for each in talk.slack.sees_messages(spot.channel)] == ["Hello"]
    assert talk.ours.messages.find(spot, key="k1") is not None


@pytest.mark.parametrize(
    ("channel", "known"),
    [
        ("C_SHOP", Channel("shop", shared=False, joined=True)),
        ("C_SHARED", Channel("shared", shared=True, joined=True)),
        ("G_OPS", Channel("ops", shared=False, joined=True)),
    ],
)
def test_a_channel_is_known_as_it_is_now(talk: Talk, channel: str, known: Channel) -> None:
    """Whether it is shared decides what may be said in it."""
    assert talk.ours.channels.channel(Spot("T_ACME", channel)) == known


def test_the_first_words_of_a_thread_are_read(talk: Talk) -> None:
    """Whatever was said below them."""
    first = talk.slack.says("See acme/shop#1")["ts"]
    talk.slack.says("Yes.", thread=first)

    assert talk.ours.channels.first_words(SHOP.in_thread(first)) == "See acme/shop#1"


@pytest.mark.parametrize(
    "prepare",
    [
        lambda talk: talk.slack.leaves("U_AGENT"),
        lambda talk: talk.slack.sets_scopes("commands"),
        lambda talk: talk.slack.fails("conversations.replies", "thread_not_found"),
    ],
    ids=["we left", "no scope", "no thread"],
)
def test_where_we_may_not_read_there_are_no_first_words(talk: Talk, prepare: Callable[[Talk], None]) -> None:
    """That is no reason to do nothing."""
    first = talk.slack.says("See acme/shop#1")["ts"]
    prepare(talk)

    assert talk.ours.channels.first_words(SHOP.in_thread(first)) == ""


def test_first_words_that_slack_does_not_tell_are_not_none(talk: Talk) -> None:
    """A moment later it may tell them."""
    talk.slack.fails("conversations.replies")

    with pytest.raises(Hiccup):
        talk.ours.channels.first_words(SHOP.in_thread("1.2"))


# --- forms -----------------------------------------------------------------------------------------------


def a_trigger(talk: Talk) -> str:
    """Of a command that U_WILL has just written, and that nobody has heard."""
    return str(talk.slack.commands("", age=0.1)["trigger_id"])


@pytest.fixture
def listening(talk: Talk) -> Iterator[None]:
    """Something acknowledges what people do."""
    with answering(b"") as url:
        talk.slack.sends_to(url)
        yield
        talk.slack.sends_to(None)


@pytest.mark.usefixtures("listening")
def test_a_form_opens_before_who_asked(talk: Talk) -> None:
    """Filled in with what is known, and with what comes back to us."""
    talk.ours.forms.open("T_ACME", a_trigger(talk), RunForm("origin", "acme/shop", "7", "run tests"))

    (view,) = talk.slack.sees_views("U_WILL")
    assert (view["callback_id"], view["private_metadata"]) == ("run", "origin")
    assert view["state"]["values"]["plan"]["plan"]["value"] == "run tests"


@pytest.mark.usefixtures("listening")
def test_a_form_that_comes_too_late_says_what_to_do(talk: Talk) -> None:
    """After three seconds, and a second time, Slack opens none."""
    trigger = a_trigger(talk)
    talk.ours.forms.open("T_ACME", trigger, DenyForm("origin", "r1", "acme/shop"))
    with pytest.raises(UserError, match="it took too long"):
        talk.ours.forms.open("T_ACME", trigger, DenyForm("origin", "r1", "acme/shop"))

    talk.slack.hurries(trigger_seconds=0.01)
    late = a_trigger(talk)
    time.sleep(0.02)
    with pytest.raises(UserError, match="it took too long"):
        talk.ours.forms.open("T_ACME", late, DenyForm("origin", "r1", "acme/shop"))
    with pytest.raises(UserError, match="it took too long"):
        talk.ours.forms.open("T_ACME", "nonsense", DenyForm("origin", "r1", "acme/shop"))


@pytest.mark.usefixtures("listening")
def test_a_form_changes_while_it_is_open(talk: Talk) -> None:
    """What was typed meanwhile stays, and so does what they closed."""
    talk.ours.forms.open("T_ACME", a_trigger(talk), RunForm("origin", "acme/shop"))
    (view,) = talk.slack.sees_views("U_WILL")
    shown = RunForm("origin", "acme/shop", preview="1. Show this")

    talk.slack.types(view["id"], "plan", "plan", "pytest -q")
    talk.ours.forms.change("T_ACME", view["id"], shown)

    (now,) = talk.slack.sees_views("U_WILL")
    typed = now["state"]["values"]["plan"]["plan"]["value"]
    assert (now["updates"], "Show this" in now["words"], typed) == (1, True, "pytest -q")
    talk.slack.closes_view(view["id"])
    talk.ours.forms.change("T_ACME", view["id"], shown)


def test_what_slack_asks_us_to_leave_alone_is_not_asked_meanwhile(talk: Talk) -> None:
    """Of that workspace and method; everything else goes on, and afterwards that does, too."""
    member, asked = ChatUser("T_ACME", "U_MIA"), talk.asked("users.info")
    talk.slack.fails("users.info", "ratelimited", retry_after=7)

    for _ in range(3):
        with pytest.raises(Crowded):
            talk.ours.people.member(member)
    assert talk.asked("users.info") == asked + 1
    assert talk.ours.channels.channel(SHOP)

    talk.clock.goes_on(8)
    assert talk.ours.people.member(member).full


def test_a_home_is_shown_to_one(talk: Talk) -> None:
    """And made anew each time."""
    user = ChatUser("T_ACME", "U_MIA")
    talk.ours.forms.home(user, Home((Heading("Before"),)))
    talk.ours.forms.home(user, Home((Heading("Now"),)))

    home = talk.slack.sees_home("U_MIA")
    assert home is not None
    assert home["words"] == "Now"
    assert talk.slack.sees_home("U_WILL") is None


# --- what a refusal means --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        ("is_archived", Gone, "is_archived"),
        ("not_in_channel", Gone, "not_in_channel"),
        ("channel_not_found", Gone, "channel_not_found"),
        ("message_not_found", Gone, "message_not_found"),
        ("restricted_action", Gone, "restricted_action"),
        ("internal_error", Hiccup, "Slack has trouble at the moment"),
        ("fatal_error", Hiccup, "Slack has trouble at the moment"),
        ("service_unavailable", Hiccup, "Slack has trouble at the moment"),
        ("500", Hiccup, r"Slack has trouble at the moment \(500\)"),
        ("502", Hiccup, r"Slack has trouble at the moment \(502\)"),
        ("cut", Hiccup, "Slack cannot be reached at the moment"),
        ("missing_scope", Refusal, "Ask an operator"),
        ("msg_too_long", Refusal, "Ask an operator"),
        ("never_heard_of", Refusal, "Ask an operator"),
    ],
)
def test_each_refusal_is_told_to_who_can_mend_it(
    talk: Talk, error: str, kind: type[AgentError], sentence: str
) -> None:
    """What is gone ends quietly, what time can fix is tried again elsewhere, the rest is a person's."""
    talk.slack.fails("chat.postMessage", error)

    with pytest.raises(AgentError, match=sentence) as told:
        talk.posts()
    assert type(told.value) is kind
    assert talk.asked("chat.postMessage") == 1
    assert talk.slack.sees_messages() == []


def test_a_scope_that_is_missing_is_named(talk: Talk) -> None:
    """So that an operator knows what to add."""
    talk.slack.sets_scopes("commands")

    with pytest.raises(Refusal, match=r"It needs the scope chat:write\. Ask an operator"):
        talk.posts()


@pytest.mark.parametrize("error", ["token_revoked", "account_inactive", "invalid_auth", "token_expired"])
def test_a_workspace_that_took_its_token_back_is_left(talk: Talk, error: str) -> None:
    """It is written down, and from then on Slack is not even asked."""
    talk.slack.fails("users.info", error)
    with pytest.raises(Gone, match="T_ACME"):
        talk.ours.people.member(ChatUser("T_ACME", "U_WILL"))

    kept = talk.ledger.workspaces.of("T_ACME")
    assert kept is not None
    assert kept.revoked_at == NOON
    with pytest.raises(Gone, match="not installed"):
        talk.posts()
    assert talk.asked("chat.postMessage") == 0


def test_a_real_revocation_and_a_real_archive_are_told_so(talk: Talk) -> None:
    """As Slack says it by itself."""
    talk.slack.archives()
    with pytest.raises(Gone, match="is_archived"):
        talk.posts()
    talk.slack.leaves("U_AGENT", channel="C_SHARED")
    with pytest.raises(Gone, match="not_in_channel"):
        talk.posts(spot=Spot("T_ACME", "C_SHARED"))
    talk.slack.revokes_token()
    with pytest.raises(Gone, match="token_revoked"):
        talk.posts()


POST, UPDATE = posting(SHOP.line), updating(SHOP.line)


@pytest.mark.parametrize(
    ("method", "act", "closed"),
    [
        ("chat.postMessage", lambda talk: talk.posts(), POST),
        ("chat.postEphemeral", lambda talk: talk.ours.messages.whisper(SHOP, "U_WILL", says("x")), POST),
        ("chat.update", lambda talk: talk.ours.messages.update(SHOP, 1, says("x")), UPDATE),
        ("conversations.history", lambda talk: talk.ours.messages.find(SHOP, key="k"), POST),
        (
            "conversations.replies",
            lambda talk: talk.ours.messages.find(SHOP.in_thread("1.2"), key="k"),
            POST,
        ),
        ("conversations.replies", lambda talk: talk.ours.files.find(SHOP.in_thread("1.2"), "x"), POST),
        (
            "files.getUploadURLExternal",
            lambda talk: talk.ours.files.attach(SHOP.in_thread("1.2"), "x", b"x"),
            POST,
        ),
        (
            "conversations.open",
            lambda talk: talk.ours.people.direct(ChatUser("T_ACME", "U_WILL")),
            posting("T_ACME:U_WILL"),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_who_is_asked_for_silence_is_silent(
    talk: Talk, method: str, act: Callable[[Talk], object], closed: str
) -> None:
    """As long as Slack says, and for all desks: whatever was to be said there waits for its pace."""
    talk.slack.fails(method, "ratelimited", retry_after=7)

    with pytest.raises(Crowded) as told:
        act(talk)
    assert told.value.retry_after_s == 7
    assert talk.free_at(closed) == 7
    assert talk.asked(method) == 1


def test_another_channel_is_not_silent_for_that(talk: Talk) -> None:
    """One who is too loud in one channel may go on in all others."""
    talk.slack.fails("chat.postMessage", "ratelimited", retry_after=7)
    with pytest.raises(Crowded):
        talk.posts()

    assert talk.free_at(posting("T_ACME:G_OPS")) == talk.free_at(UPDATE) == 0
    talk.clock.goes_on(timedelta(seconds=8).total_seconds())
    assert talk.posts() > 0


def test_nobody_there_is_for_time_to_mend(talk: Talk) -> None:
    """As when Slack is."""
    with pytest.raises(Hiccup, match="cannot be reached"):
        talk.at("http://127.0.0.1:1/").messages.post(SHOP, says("x"), key="k1")


# --- how Slack is asked ----------------------------------------------------------------------------------


@contextmanager
def answering(
    said: bytes, *, status: int = 200, length: int | None = None, heard: list[Json] | None = None
) -> Iterator[str]:
    """Something at an address that says the same to everybody. `length` is what it claims to say."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            (heard if heard is not None else []).append(
                {"path": self.path, "kind": self.headers["Content-Type"] or "", "body": body.decode()}
            )
            self.send_response(status)
            self.send_header("Content-Length", str(len(said) if length is None else length))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    ("said", "status", "length"),
    [
        (b"<h1>Sign in to the network</h1>", 200, None),
        (b"<h1>Forbidden</h1>", 403, None),
        (b"", 200, None),
        (b"[]", 200, None),
        (b'{"ok": fal', 200, 99),
    ],
    ids=["a page", "a refusal", "nothing", "a list", "half an answer"],
)
def test_what_stands_between_us_and_slack_is_for_time_to_mend(
    talk: Talk, said: bytes, status: int, length: int | None
) -> None:
    """A proxy's page is no answer of Slack's, and is repeated to nobody."""
    with answering(said, status=status, length=length) as url, pytest.raises(Hiccup) as told:
        talk.at(f"{url}/api/").messages.post(SHOP, says("x"), key="k1")
    assert "<h1>" not in str(told.value)


def test_what_is_read_is_asked_for_in_a_form(talk: Talk) -> None:
    """Slack takes JSON only where something is written: whoever asks in it for `U1` asks for nobody."""
    heard: list[Json] = []
    said = {"ok": True, "messages": [], "user": {"name": "x"}, "channel": {"id": "D1", "name": "x"}}
    with answering(json.dumps(said).encode(), heard=heard) as url:
        ours = talk.at(f"{url}/api/")
        ours.messages.find(SHOP, key="k1")
        ours.channels.first_words(SHOP.in_thread("1.2"))
        ours.channels.channel(SHOP)
        ours.people.member(ChatUser("T_ACME", "U_WILL"))

    assert {each["kind"] for each in heard} == {"application/x-www-form-urlencoded"}
    sent = [f"{each['path']} {each['body']}" for each in heard]
    assert ["C_SHOP" in each or "U_WILL" in each for each in sent] == [True] * 4
    assert "include_all_metadata=1" in sent[0]


# --- secrets ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", ["ratelimited", "500", "cut", "is_archived", "token_revoked", "missing_scope", "invalid_blocks"]
)
@pytest.mark.parametrize(
    ("method", "act"),
    [
        ("chat.postMessage", lambda talk: talk.posts()),
        ("users.info", lambda talk: talk.ours.people.member(ChatUser("T_ACME", "U_WILL"))),
        (
            "files.getUploadURLExternal",
            lambda talk: talk.ours.files.attach(SHOP.in_thread("1.2"), "x", b"x"),
        ),
    ],
    ids=["post", "read", "file"],
)
def test_the_token_is_in_no_error_and_no_log(
    talk: Talk, method: str, act: Callable[[Talk], object], error: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even in the chain of what led to it, with everything logged that can be."""
    talk.slack.fails(method, error, times=2)
    caplog.set_level("DEBUG")

    with capture_logs() as logs, pytest.raises(AgentError) as told:
        act(talk)

    everything = f"{traceback.format_exception(told.value)} {told.value!r} {logs} {caplog.text}"
    assert talk.playground.settings.bot_token not in everything
    assert "xoxb-" not in everything


def test_nothing_that_holds_the_token_shows_it(talk: Talk) -> None:
    """Neither a port nor what it is made of."""
    talk.posts()

    assert "xoxb-" not in repr(talk.ours)


def test_a_number_is_a_time_and_a_time_a_number() -> None:
    """To the microsecond."""
    assert number_of("1515449522.000016") == 1_515_449_522_000_016
    assert ts_of(1_515_449_522_000_016) == "1515449522.000016"
