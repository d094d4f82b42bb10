"""The Web API of the playground's Slack, as slack_sdk's own client meets it."""

from __future__ import annotations

import httpx
import pytest
from slack_sdk import WebClient

from playground.slack import SlackDriver, SlackPlayground
from tests.contracts.playground.slack.our_app import refused, web_client
from tests.contracts.playground.slack.samples import ASKING, HOME, MODAL

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


def test_an_ephemeral_message_is_seen_in_a_thread_with_replies(
    client: WebClient, driver: SlackDriver
) -> None:
    """Slack takes it where there are none, and shows it to nobody."""
    root = driver.says("hello")["ts"]
    client.chat_postEphemeral(channel="C_SHOP", user="U_WILL", text="unseen", thread_ts=root)
    assert driver.sees_ephemerals("U_WILL") == []
    assert "nobody sees" in driver.sees_broken()[0]["complaint"]
    driver.says("a reply", thread=root)
    client.chat_postEphemeral(channel="C_SHOP", user="U_WILL", text="psst", thread_ts=root)
    assert [message["text"] for message in driver.sees_ephemerals("U_WILL")] == ["psst"]


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


@pytest.fixture
def trigger(driver: SlackDriver) -> str:
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
