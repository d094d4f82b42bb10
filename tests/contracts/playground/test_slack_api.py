"""The Web API of the playground's Slack, as slack_sdk's own client meets it."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.slack_response import SlackResponse

from playground.slack import SlackDriver, SlackPlayground, serve_slack

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Shall I?"}}
APPROVE = {"type": "button", "action_id": "approve", "text": {"type": "plain_text", "text": "Approve"}}
ASKING: list[dict[str, Any]] = [SECTION, {"type": "actions", "elements": [APPROVE]}]


@pytest.fixture(scope="module")
def served() -> Iterator[SlackPlayground]:
    with serve_slack() as slack:
        yield slack


@pytest.fixture
def slack(served: SlackPlayground) -> SlackPlayground:
    served.driver.reset()
    return served


@pytest.fixture
def driver(slack: SlackPlayground) -> SlackDriver:
    return slack.driver


@pytest.fixture
def client(slack: SlackPlayground) -> WebClient:
    return web_client(slack)


@pytest.fixture
def clean(driver: SlackDriver) -> Iterator[None]:
    """Nothing in this test may be something that Slack does not take."""
    yield
    assert driver.sees_broken() == []


def web_client(slack: SlackPlayground, token: str | None = None) -> WebClient:
    # Without its own retries: after a lost answer it would post again.
    given = slack.settings.bot_token if token is None else token
    return WebClient(token=given, base_url=slack.api_url, retry_handlers=[])


def refused(call: Callable[..., SlackResponse], **arguments: Any) -> SlackResponse:
    """The answer of a call that Slack does not do."""
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    answer: SlackResponse = caught.value.response
    return answer


# -- who one is --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("clean")
def test_a_token_says_whose_it_is(client: WebClient) -> None:
    """auth.test names team, bot user and bot."""
    said = client.auth_test()
    assert (said["team_id"], said["user_id"], said["bot_id"]) == ("T_ACME", "U_AGENT", "B_AGENT")


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxb-wrong", "invalid_auth")])
def test_who_has_no_token_is_nobody(slack: SlackPlayground, token: str, error: str) -> None:
    """Slack tells a missing one from a wrong one."""
    assert refused(web_client(slack, token).auth_test)["error"] == error


@pytest.mark.usefixtures("clean")
def test_a_revoked_token_is_told_from_a_removed_app(client: WebClient, driver: SlackDriver) -> None:
    """token_revoked, and account_inactive."""
    driver.revokes_token()
    assert refused(client.auth_test)["error"] == "token_revoked"
    driver.uninstalls()
    assert refused(client.auth_test)["error"] == "account_inactive"


@pytest.mark.usefixtures("clean")
def test_a_missing_scope_is_named(client: WebClient, driver: SlackDriver) -> None:
    """With what would be needed and what there is."""
    driver.sets_scopes("commands", "users:read")
    said = refused(client.chat_postMessage, channel="C_SHOP", text="hello")
    assert (said["error"], said["needed"]) == ("missing_scope", "chat:write")
    assert said["provided"] == "commands,users:read"


def test_a_method_that_nobody_taught_is_loud(client: WebClient, driver: SlackDriver) -> None:
    """unknown_method for the caller, and a broken contract for the test."""
    assert refused(client.api_call, api_method="chat.meMessage")["error"] == "unknown_method"
    assert [broken["operation"] for broken in driver.sees_broken()] == ["chat.meMessage"]


def test_an_argument_that_slack_would_ignore_is_loud(client: WebClient, driver: SlackDriver) -> None:
    """It is a typo, sooner or later."""
    client.api_call("chat.postMessage", json={"channel": "C_SHOP", "text": "hello", "thread": "1.2"})
    assert [broken["complaint"] for broken in driver.sees_broken()] == ["thread is no argument of it"]


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("users.info", {"user": "U_WILL"}, "user_not_found"),
        ("conversations.replies", {"channel": "C_SHOP", "ts": "1.2"}, "invalid_arguments"),
    ],
)
def test_methods_that_read_take_no_json(
    client: WebClient, driver: SlackDriver, method: str, arguments: dict[str, str], error: str
) -> None:
    """Slack answers as if nothing had been sent, which is hard to understand; here it is loud as well."""
    assert refused(client.api_call, api_method=method, json=arguments)["error"] == error
    assert "was sent JSON" in driver.sees_broken()[0]["complaint"]


def test_a_token_in_the_form_is_as_good(slack: SlackPlayground) -> None:
    """For whoever sends no header."""
    form = {"token": slack.settings.bot_token, "user": "U_WILL"}
    said = httpx.post(f"{slack.api_url}users.info", data=form, trust_env=False).json()
    assert said["user"]["name"] == "will"


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(
    ("user", "mark"), [("U_GUEST", "is_restricted"), ("U_EXT", "is_stranger"), ("U_AGENT", "is_bot")]
)
def test_people_who_are_no_full_members_are_marked(client: WebClient, user: str, mark: str) -> None:
    """Guests, strangers of another team, and bots."""
    assert client.users_info(user=user)["user"][mark] is True


@pytest.mark.usefixtures("clean")
def test_a_stranger_has_the_team_they_come_from(client: WebClient) -> None:
    """And whoever was never met is not known."""
    assert client.users_info(user="U_EXT")["user"]["team_id"] == "T_EVIL"
    assert refused(client.users_info, user="U_EVIL")["error"] == "user_not_found"


@pytest.mark.usefixtures("clean")
def test_a_bot_leads_to_its_app(client: WebClient) -> None:
    """bots.info by B_AGENT."""
    assert client.bots_info(bot="B_AGENT")["bot"]["app_id"] == "A_AGENT"


# -- messages ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("clean")
def test_a_message_is_changed_where_it_stands(client: WebClient, driver: SlackDriver) -> None:
    """And everything that it was is remembered, with its time."""
    ts = client.chat_postMessage(channel="C_SHOP", text="It runs")["ts"]
    client.chat_update(channel="C_SHOP", ts=ts, text="It passed")
    (message,) = driver.sees_messages()
    assert (message["text"], message["edits"]) == ("It passed", 1)
    assert [edition["text"] for edition in message["history"]] == ["It runs", "It passed"]


@pytest.mark.usefixtures("clean")
def test_an_update_keeps_what_it_does_not_name(client: WebClient, driver: SlackDriver) -> None:
    """Blocks stay without blocks, and go with an empty list."""
    ts = client.chat_postMessage(channel="C_SHOP", text="Shall I?", blocks=ASKING)["ts"]
    client.chat_update(channel="C_SHOP", ts=ts, text="I may")
    assert len(driver.sees_messages()[0]["blocks"]) == 2
    client.chat_update(channel="C_SHOP", ts=ts, text="I may", blocks=[])
    assert driver.sees_messages()[0]["blocks"] == []


@pytest.mark.usefixtures("clean")
def test_metadata_comes_back_only_when_asked_for(client: WebClient) -> None:
    """include_all_metadata, in history and in replies."""
    metadata = {"event_type": "run", "event_payload": {"id": "abc"}}
    ts = client.chat_postMessage(channel="C_SHOP", text="It runs", metadata=metadata)["ts"]
    with_it = client.conversations_history(channel="C_SHOP", include_all_metadata=True)["messages"]
    without = client.conversations_replies(channel="C_SHOP", ts=ts)["messages"]
    assert with_it[0]["metadata"] == metadata
    assert "metadata" not in without[0]


@pytest.mark.usefixtures("clean")
def test_a_thread_is_read_from_its_root_page_by_page(client: WebClient) -> None:
    """Two replies to a page, with a cursor that leads on."""
    root = client.chat_postMessage(channel="C_SHOP", text="root")["ts"]
    for number in range(3):
        client.chat_postMessage(channel="C_SHOP", text=f"reply {number}", thread_ts=root)
    pages = client.conversations_replies(channel="C_SHOP", ts=root, limit=2)
    told = [[message["text"] for message in page["messages"]] for page in pages]
    assert told == [["root", "reply 0"], ["reply 1", "reply 2"]]
    (shown,) = client.conversations_history(channel="C_SHOP")["messages"]
    assert shown["reply_count"] == 3


@pytest.mark.usefixtures("clean")
def test_a_deleted_root_leaves_a_stone_while_there_are_replies(
    client: WebClient, driver: SlackDriver
) -> None:
    """And nothing when there are none."""
    root = client.chat_postMessage(channel="C_SHOP", text="root")["ts"]
    reply = client.chat_postMessage(channel="C_SHOP", text="a reply", thread_ts=root)["ts"]
    driver.deletes_message(root)
    told = client.conversations_replies(channel="C_SHOP", ts=reply)["messages"]
    assert [message.get("subtype", message["text"]) for message in told] == ["tombstone", "a reply"]
    driver.deletes_message(reply)
    assert refused(client.conversations_replies, channel="C_SHOP", ts=root)["error"] == "thread_not_found"


@pytest.mark.usefixtures("clean")
def test_history_begins_where_it_is_told_to(client: WebClient) -> None:
    """Newest first, and later than `oldest`."""
    first, second, third = (client.chat_postMessage(channel="C_SHOP", text=word)["ts"] for word in "abc")
    assert first < second < third
    told = client.conversations_history(channel="C_SHOP", oldest=first)["messages"]
    assert [message["text"] for message in told] == ["c", "b"]


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(
    ("channel", "error"),
    [("C_GENERAL", "not_in_channel"), ("G_SECRET", "channel_not_found"), ("C_NONE", "channel_not_found")],
)
def test_one_posts_only_where_one_is(
    client: WebClient, driver: SlackDriver, channel: str, error: str
) -> None:
    """A private channel that the bot is not in is not there at all."""
    driver.adds_channel("G_SECRET", private=True, members=["U_OLGA"])
    assert refused(client.chat_postMessage, channel=channel, text="hello")["error"] == error


@pytest.mark.usefixtures("clean")
def test_nothing_is_posted_in_an_archive(client: WebClient, driver: SlackDriver) -> None:
    """is_archived."""
    driver.archives("C_SHOP")
    assert refused(client.chat_postMessage, channel="C_SHOP", text="hello")["error"] == "is_archived"


def test_a_message_is_neither_empty_nor_endless(client: WebClient, driver: SlackDriver) -> None:
    """no_text and msg_too_long, and both are ours to answer for."""
    silent = {"channel": "C_SHOP"}
    assert refused(client.api_call, api_method="chat.postMessage", json=silent)["error"] == "no_text"
    assert refused(client.chat_postMessage, channel="C_SHOP", text="x" * 40_001)["error"] == "msg_too_long"
    assert len(driver.sees_broken()) == 2


@pytest.mark.usefixtures("clean")
def test_only_ones_own_messages_are_changed(client: WebClient, driver: SlackDriver) -> None:
    """Not those of people, and not those that are gone."""
    theirs = driver.says("hello")["ts"]
    said = refused(client.chat_update, channel="C_SHOP", ts=theirs, text="goodbye")
    assert said["error"] == "cant_update_message"
    ours = client.chat_postMessage(channel="C_SHOP", text="hello")["ts"]
    driver.deletes_message(ours)
    said = refused(client.chat_update, channel="C_SHOP", ts=ours, text="goodbye")
    assert said["error"] == "message_not_found"


@pytest.mark.usefixtures("clean")
def test_an_ephemeral_message_is_for_one_person(client: WebClient, driver: SlackDriver) -> None:
    """Who is in the channel; nobody else sees it, and nobody finds it in history."""
    client.chat_postEphemeral(channel="C_SHOP", user="U_WILL", text="psst")
    assert [message["text"] for message in driver.sees_ephemerals("U_WILL")] == ["psst"]
    assert driver.sees_messages() == driver.sees_ephemerals("U_MIA") == []
    said = refused(client.chat_postEphemeral, channel="C_SHOP", user="U_EXT", text="psst")
    assert said["error"] == "user_not_in_channel"


@pytest.mark.usefixtures("clean")
def test_a_person_is_written_to_in_their_direct_messages(client: WebClient, driver: SlackDriver) -> None:
    """conversations.open, or simply the person's id."""
    channel = client.conversations_open(users="U_MIA")["channel"]["id"]
    client.chat_postMessage(channel="U_MIA", text="hello")
    assert [message["text"] for message in driver.sees_messages(channel)] == ["hello"]


@pytest.mark.usefixtures("clean")
def test_a_channel_says_what_it_is(client: WebClient) -> None:
    """Private, and shared with another team."""
    assert client.conversations_info(channel="G_OPS")["channel"]["is_private"] is True
    assert client.conversations_info(channel="C_SHARED")["channel"]["is_ext_shared"] is True
    assert client.conversations_info(channel="C_GENERAL")["channel"]["is_member"] is False


def test_mentions_are_counted_wherever_they_hide(client: WebClient, driver: SlackDriver) -> None:
    """In texts, in mrkdwn and in rich text; not in plain text, and not escaped."""
    parts = [{"type": "broadcast", "range": "here"}, {"type": "user", "user_id": "U_MIA"}]
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "ask <@U_OLGA>"}}
    header = {"type": "header", "text": {"type": "plain_text", "text": "<!everyone>"}}
    client.chat_postMessage(channel="C_SHOP", text="<!channel> &lt;!here&gt;", blocks=[rich, section, header])
    (message,) = driver.sees_messages()
    assert message["mentions"] == ["<!channel>", "broadcast here", "user U_MIA", "<@U_OLGA>"]


# -- views and files ---------------------------------------------------------------------------------

NAME = {"type": "plain_text_input", "action_id": "name"}
ASK_NAME = {
    "type": "input",
    "block_id": "who",
    "label": {"type": "plain_text", "text": "Who"},
    "element": NAME,
}
MODAL = {
    "type": "modal",
    "callback_id": "ask",
    "title": {"type": "plain_text", "text": "Ask"},
    "submit": {"type": "plain_text", "text": "Go"},
    "blocks": [ASK_NAME],
}
HOME: dict[str, Any] = {"type": "home", "blocks": [SECTION]}


@pytest.fixture
def trigger(slack: SlackPlayground, driver: SlackDriver) -> str:
    """Of a command that nobody answered."""
    driver.sends_to("http://127.0.0.1:9")
    return str(driver.commands("help")["trigger_id"])


@pytest.mark.usefixtures("clean")
def test_a_trigger_opens_one_modal(client: WebClient, driver: SlackDriver, trigger: str) -> None:
    """For whoever caused it."""
    view = client.views_open(trigger_id=trigger, view=MODAL)["view"]
    assert [shown["id"] for shown in driver.sees_views("U_WILL")] == [view["id"]]
    assert view["state"]["values"] == {"who": {"name": {"type": "plain_text_input", "value": None}}}
    assert refused(client.views_open, trigger_id=trigger, view=MODAL)["error"] == "exchanged_trigger_id"


@pytest.mark.usefixtures("clean")
def test_a_trigger_is_good_for_three_seconds(client: WebClient, driver: SlackDriver, trigger: str) -> None:
    """And one that never was is invalid."""
    driver.hurries(trigger_seconds=0.0)
    assert refused(client.views_open, trigger_id=trigger, view=MODAL)["error"] == "expired_trigger_id"
    assert refused(client.views_open, trigger_id="1.2.3", view=MODAL)["error"] == "invalid_trigger_id"


@pytest.mark.usefixtures("clean")
def test_an_update_of_an_old_view_is_a_conflict(client: WebClient, driver: SlackDriver, trigger: str) -> None:
    """By its hash; what people typed stays where block and action are the same."""
    view = client.views_open(trigger_id=trigger, view=MODAL)["view"]
    driver.types(view["id"], "who", "name", "will")
    changed = client.views_update(view_id=view["id"], hash=view["hash"], view=MODAL)["view"]
    assert changed["state"]["values"]["who"]["name"]["value"] == "will"
    said = refused(client.views_update, view_id=view["id"], hash=view["hash"], view=MODAL)
    assert said["error"] == "hash_conflict"


@pytest.mark.usefixtures("clean")
def test_a_home_tab_is_published_for_each_person(client: WebClient, driver: SlackDriver) -> None:
    """Mia sees it, Will does not."""
    client.views_publish(user_id="U_MIA", view=HOME)
    home = driver.sees_home("U_MIA")
    assert home is not None
    assert home["words"] == "Shall I?"
    assert driver.sees_home("U_WILL") is None


@pytest.mark.usefixtures("clean")
def test_a_file_is_announced_sent_and_shown(client: WebClient, driver: SlackDriver) -> None:
    """As slack_sdk does it in three steps, in a thread."""
    root = client.chat_postMessage(channel="C_SHOP", text="It failed")["ts"]
    client.files_upload_v2(filename="log.txt", content="boom", channel="C_SHOP", thread_ts=root)
    (file,) = driver.sees_files()
    assert (file["name"], file["text"], file["thread_ts"]) == ("log.txt", "boom", root)
    assert [m["files"][0]["name"] for m in driver.sees_messages(thread=root)[1:]] == ["log.txt"]


def test_a_file_that_never_came_is_not_there(client: WebClient) -> None:
    """file_not_found."""
    file_id = client.files_getUploadURLExternal(filename="log.txt", length=4)["file_id"]
    said = refused(client.files_completeUploadExternal, files=[{"id": file_id, "title": "log"}])
    assert said["error"] == "file_not_found"


# -- limits and faults -------------------------------------------------------------------------------


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


# -- OAuth -------------------------------------------------------------------------------------------

BACK = "http://127.0.0.1:8000/slack/oauth/callback"


def allowed(slack: SlackPlayground, person: str, **asked: str) -> httpx.Response:
    """Somebody's way over the page with Allow."""
    fields = {"client_id": slack.settings.client_id, "redirect_uri": BACK, "state": "s1", **asked}
    url = f"{slack.url}/slack/oauth/v2/authorize"
    page = httpx.get(url, params=fields, headers={"cookie": f"slack_who={person}"}, trust_env=False)
    assert page.status_code == 200
    assert "form-action 'self' http://127.0.0.1:8000;" in page.headers["content-security-policy"]
    form = {**fields, "given": "1", "answer": "allow"}
    cookie = {"cookie": f"slack_who={person}"}
    return httpx.post(f"{slack.url}/slack/oauth/allow", data=form, headers=cookie, trust_env=False)


@pytest.mark.usefixtures("clean")
def test_allow_brings_a_code_that_is_good_once(slack: SlackPlayground) -> None:
    """Exchanged for the token of that person's team; the code works no second time."""
    went = allowed(slack, "U_EVIL", scope="chat:write,commands")
    location = httpx.URL(went.headers["location"])
    assert (went.status_code, location.params["state"]) == (303, "s1")
    client = WebClient(base_url=slack.api_url)
    given = {
        "client_id": slack.settings.client_id,
        "client_secret": slack.settings.client_secret,
        "code": location.params["code"],
        "redirect_uri": BACK,
    }
    said = client.oauth_v2_access(**given)
    assert (said["team"]["id"], said["authed_user"]["id"]) == ("T_EVIL", "U_EVIL")
    assert web_client(slack, said["access_token"]).auth_test()["team_id"] == "T_EVIL"
    assert refused(client.oauth_v2_access, **given)["error"] == "code_already_used"
    assert said["access_token"] not in str(slack.driver.sees_requests())


@pytest.mark.usefixtures("clean")
def test_a_wrong_secret_buys_nothing(slack: SlackPlayground) -> None:
    """In HTTP's Basic as well as in fields."""
    code = httpx.URL(allowed(slack, "U_WILL", scope="commands").headers["location"]).params["code"]
    basic = base64.b64encode(f"{slack.settings.client_id}:wrong".encode()).decode()
    headers = {"authorization": f"Basic {basic}"}
    form = {"code": code, "redirect_uri": BACK}
    url = f"{slack.api_url}oauth.v2.access"
    assert httpx.post(url, data=form, headers=headers, trust_env=False).json()["error"] == "bad_client_secret"


@pytest.mark.parametrize("uri", ["https://evil.test/", "http://127.0.0.1.evil.test/", "javascript:alert(1)"])
def test_nobody_is_sent_to_a_strange_place(slack: SlackPlayground, uri: str) -> None:
    """A redirect_uri that nobody configured has no Allow."""
    fields = {"client_id": slack.settings.client_id, "redirect_uri": uri, "answer": "allow"}
    shown = httpx.get(f"{slack.url}/slack/oauth/v2/authorize", params=fields, trust_env=False)
    went = httpx.post(f"{slack.url}/slack/oauth/allow", data=fields, trust_env=False)
    assert (shown.status_code, went.status_code) == (400, 400)
