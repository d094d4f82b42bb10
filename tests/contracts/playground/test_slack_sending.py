"""What the playground's Slack sends: as Slack writes it, as often, and wrong where it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_bolt import Ack, App, BoltRequest, Say
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from playground.remote import Refusal
from playground.slack import SlackDriver, SlackPlayground, serve_slack
from tests.contracts.playground.test_slack_api import ASKING, HOME, MODAL, refused, web_client

Json = dict[str, Any]


@dataclass
class Heard:
    """One request that reached our App."""

    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Json:
        """JSON as it is, a form as its fields, an interaction as its payload."""
        if self.headers["Content-Type"] == "application/json":
            return dict(json.loads(self.body))
        fields = {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
        return dict(json.loads(fields["payload"])) if "payload" in fields else fields


@dataclass
class OurApp:
    """An endpoint that remembers what it heard, and answers what it is told to, and when."""

    heard: list[Heard] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)  # seconds
    handle: Callable[[bytes, dict[str, str]], tuple[int, bytes]] | None = None

    def answer(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        time.sleep(self.delays.pop(0) if self.delays else 0)
        self.heard.append(Heard(headers, body))
        if self.handle is not None:
            return self.handle(body, headers)
        status, said = self.answers.pop(0) if self.answers else (200, "")
        return status, json.dumps(said).encode() if said else b""


def listening(app: OurApp) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, said = app.answer(body, dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture(scope="module")
def served() -> Iterator[SlackPlayground]:
    with serve_slack() as slack:
        yield slack


@pytest.fixture
def slack(served: SlackPlayground) -> Iterator[SlackPlayground]:
    served.driver.sends_to(None)
    served.driver.reset()
    yield served
    served.driver.sends_to(None)


@pytest.fixture
def driver(slack: SlackPlayground) -> SlackDriver:
    return slack.driver


@pytest.fixture
def client(slack: SlackPlayground) -> WebClient:
    return web_client(slack)


@pytest.fixture
def ours(driver: SlackDriver) -> Iterator[OurApp]:
    """Our App, where this Slack sends to."""
    app = OurApp()
    with listening(app) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        driver.sends_to(f"http://127.0.0.1:{server.server_address[1]}")
        yield app
        driver.sends_to(None)
        server.shutdown()


@pytest.fixture
def clean(driver: SlackDriver) -> Iterator[None]:
    """Nothing in this test may be something that Slack does not take."""
    yield
    assert driver.sees_broken() == []


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
def test_a_command_can_be_answered_later_five_times(
    driver: SlackDriver, ours: OurApp, client: WebClient
) -> None:
    """At its response_url."""
    driver.commands("run tests")
    url = ours.heard[0].said["response_url"]
    answers = [_post_to(url, {"text": str(number)}) for number in range(6)]
    assert answers == [200] * 5 + [404]
    assert [message["text"] for message in driver.sees_ephemerals()] == list("01234")


def _post_to(url: str, said: Json) -> int:
    from slack_sdk.webhook import WebhookClient

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
def test_a_removed_app_hears_that_last(driver: SlackDriver, ours: OurApp, client: WebClient) -> None:
    """tokens_revoked and app_uninstalled, when the token is dead already."""
    driver.uninstalls()
    driver.until_idle()
    told = {heard.said["event"]["type"] for heard in ours.heard}
    assert told == {"tokens_revoked", "app_uninstalled"}
    assert driver.mentions("run tests")["event_id"] is None


# -- what people press and fill in -------------------------------------------------------------------


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


PLAIN = {"type": "plain_text", "text": "…"}
REPO = {"type": "external_select", "action_id": "repo", "min_query_length": 0}
VERB = {"type": "plain_text_input", "action_id": "verb", "max_length": 9}
FORM = {
    **MODAL,
    "notify_on_close": True,
    "blocks": [
        {"type": "input", "block_id": "where", "label": PLAIN, "element": REPO, "dispatch_action": True},
        {"type": "input", "block_id": "what", "label": PLAIN, "element": VERB},
    ],
}
SHOP = {"text": {"type": "plain_text", "text": "acme/shop"}, "value": "1001"}


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


# -- bolt --------------------------------------------------------------------------------------------


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


# -- Socket Mode -------------------------------------------------------------------------------------


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
