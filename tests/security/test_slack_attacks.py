"""What somebody in Slack, or who only says so, may try: the corpus's cases in the area `slack`, for real."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from redis import Redis

from bot.ledger.audit import AuditLine
from bot.runs import Run, RunState
from bot.settings import PREFIX
from playground.slack.signing import Flaws
from tests.chat import ChatWorld, said

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

Json = dict[str, Any]
SECRETS = (
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_CLIENT_SECRET",
    "SLACK_TOKEN_KEY",
    "GITHUB_CLIENT_SECRET",
    "GITHUB_WEBHOOK_SECRET",
)


@contextmanager
def nothing_happens(chat: ChatWorld) -> Iterator[None]:
    """Nothing is written down, nobody is told anything, no run begins, and GitHub is not changed."""
    before = _traces(chat)
    yield
    time.sleep(1.0)  # whatever was to come of it would have come
    assert _traces(chat) == before
    assert chat.world.runs() == []


def _traces(chat: ChatWorld) -> Json:
    github = chat.world.stage.driver.sees_requests()
    return {
        "deliveries": len(chat.world.ledger.deliveries.outcomes()),
        "surfaces": len(chat.world.ledger.surfaces.all()),
        "writes": sum(each["method"] not in ("GET", "HEAD") for each in github),
        "said": ours(chat),
    }


def ours(chat: ChatWorld) -> list[Json]:
    """All that we have said in the channel, to all or to one."""
    return [each for each in chat.slack.sees_messages(chat.channel, ephemeral=True) if each["ours"]]


def refusals(chat: ChatWorld, actor: str) -> list[AuditLine]:
    lines = [line for line in chat.world.ledger.audit.lines() if line.actor == actor]
    return [line for line in lines if line.verdict == "refused" and chat.channel in line.place]


def secret(chat: ChatWorld, name: str) -> str:
    return chat.world.stage.environment[f"{PREFIX}{name}"]


def one(chat: ChatWorld) -> str:
    """A command that U_WILL may give."""
    return f"run {chat.world.repo}#1 `true`"


def sends_by_hand(chat: ChatWorld, payload: Json) -> httpx.Response:
    """An interaction, signed as Slack signs it."""
    body = urlencode({"payload": json.dumps(payload)}).encode()
    headers = Flaws().headers(secret(chat, "SLACK_SIGNING_SECRET"), body)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    address = f"{chat.world.stage.web_url}/webhooks/slack"
    return httpx.post(address, content=body, headers=headers, timeout=30, trust_env=False)


# --- who is not Slack ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forged",
    [
        {"omit_headers": ["X-Slack-Signature", "X-Slack-Request-Timestamp"]},
        {"signature": "v0=" + "0" * 64},
        {"signature": "v1={valid}"},
        {"omit_headers": ["X-Slack-Request-Timestamp"]},
        {"secret": "guessed"},
        {"age": 301},
    ],
    ids=["unsigned", "zeros", "v1", "no timestamp", "another secret", "old"],
)
def test_what_slack_did_not_sign_is_refused(chat: ChatWorld, forged: Json) -> None:
    """K001: neither as a command of somebody who may, nor as an event, nor as a press."""
    chat.links("U_WILL")
    ts = chat.whispered("U_WILL", "on GitHub. What you may do there")["ts"]

    with nothing_happens(chat):
        statuses = [chat.commands(one(chat), **forged)["status"]]
        statuses.append(chat.mentions(one(chat), **forged)["status"])
        statuses.append(chat.slack.shortcuts(ts, channel=chat.channel, **forged)["status"])

    assert statuses == [401] * 3


def test_a_replay_begins_nothing_again(chat: ChatWorld) -> None:
    """K003: byte for byte, at once and after the run has ended, and Slack's own second sending as well."""
    chat.links("U_WILL")
    chat.commands(one(chat), trigger_id=f"t1-{chat.channel}")
    first = chat.slack.sees_deliveries()[-1]["id"]
    at_once = chat.slack.replays(first)
    run = chat.ended(chat.world.run_begins())

    later = chat.slack.replays(first)
    again = chat.commands(one(chat), trigger_id=f"t1-{chat.channel}")
    chat.world.is_quiet()
    time.sleep(1.0)

    assert [each["status"] for each in (at_once, later, again)] == [200] * 3
    assert [each.id for each in chat.world.runs()] == [run.id]
    assert len(chat.posts()) == 1


def test_retries_and_a_replay_of_a_mention_begin_one_run(chat: ChatWorld) -> None:
    """K003: an event that Slack delivers three times is one."""
    chat.links("U_WILL")
    chat.mentions(one(chat), times=3)
    chat.ended(chat.world.run_begins())
    chat.slack.replays()
    chat.world.is_quiet()
    time.sleep(1.0)

    assert len(chat.world.runs()) == 1
    assert len(chat.posts()) + len(threads(chat)) == 2  # its message, and its end


def threads(chat: ChatWorld) -> list[Json]:
    """What we said below others' messages."""
    return [
        each for each in chat.slack.sees_messages(chat.channel) if each["ours"] and each not in chat.posts()
    ]


# --- who may not -----------------------------------------------------------------------------------------


def test_who_is_nobody_on_github_is_offered_a_link(chat: ChatWorld) -> None:
    """K005: to them alone; nothing is done, and the audit knows who tried."""
    chat.commands(one(chat), by="U_NOLINK")
    offer = chat.whispered("U_NOLINK", "I do not know who you are on GitHub")

    assert "Continue on GitHub" in said(offer)
    assert chat.world.runs() == []
    assert chat.slack.sees_messages(chat.channel) == []
    (line,) = refusals(chat, "slack T_ACME/U_NOLINK")
    assert line.what == "command by slack"


def test_a_guest_is_refused(chat: ChatWorld) -> None:
    """K007: they are told, alone."""
    chat.commands(one(chat), by="U_GUEST")
    chat.whispered("U_GUEST", "Guests cannot ask me")

    assert chat.world.runs() == []
    assert len(refusals(chat, "slack T_ACME/U_GUEST")) == 1


def test_a_member_who_becomes_a_guest_is_refused(chat: ChatWorld) -> None:
    """K007: what the workspace says now counts, and not what it said when they linked themselves."""
    user = f"U_{chat.channel[2:]}"
    chat.slack.adds_user(user)
    chat.slack.joins(user, channel=chat.channel)
    chat.commands("link", by=user)
    chat.browses(user, chat.whispered(user, "Continue on GitHub"), as_login="writer-will")
    chat.slack.adds_user(user, is_restricted=True)

    chat.commands(one(chat), by=user)

    chat.whispered(user, "Guests cannot ask me")
    assert chat.world.runs() == []


@pytest.mark.parametrize(
    ("by", "team"), [("U_EXT", "T_EVIL"), ("U_WILL", "T_EVIL")], ids=["a stranger", "another workspace"]
)
def test_a_command_from_another_workspace_is_refused(chat: ChatWorld, by: str, team: str) -> None:
    """K007: a linked member's id there is not the member here, and nobody is told anything."""
    chat.links("U_WILL")
    before = len(ours(chat))

    answer = chat.commands(one(chat), by=by, team=team)

    assert answer["status"] == 200
    chat.until(lambda: refusals(chat, f"slack {team}/{by}"))
    assert chat.world.runs() == []
    assert [each for each in ours(chat)[before:] if not said(each).startswith("Noted")] == []


def test_a_stranger_in_a_shared_channel_is_refused(chat: ChatWorld) -> None:
    """K007: they write where we hear them, and are at home elsewhere."""
    chat.slack.joins("U_EXT", channel=chat.channel)
    chat.mentions(one(chat), by="U_EXT")
    chat.whispered("U_EXT", "You are a member of another workspace")

    assert chat.world.runs() == []
    assert len(refusals(chat, "slack T_ACME/U_EXT")) == 1


def test_a_stranger_presses_in_vain(chat: ChatWorld) -> None:
    """K007: a button that everybody sees is not for everybody."""
    chat.links("U_WILL")
    chat.slack.joins("U_EXT", channel=chat.channel)
    chat.commands(f"run {chat.world.repo}#1 `sleep 600`")
    run = chat.world.step_runs()
    strangers = ("U_EXT", "U_GUEST", "U_NOLINK")
    pressed = [chat.presses("cancel", chat.post("running"), by=user)["status"] for user in strangers]
    chat.until(lambda: all(refusals(chat, f"slack T_ACME/{user}") for user in strangers))

    assert pressed == [200] * 3
    assert now(chat, run).state is RunState.RUNNING
    chat.presses("cancel", chat.post("running"), by="U_WILL")
    assert chat.ended(run).cancelled_by == "writer-will"


def now(chat: ChatWorld, run: Run) -> Run:
    found = chat.world.ledger.runs.get(run.id)
    assert found is not None
    return found


# --- where we answer -------------------------------------------------------------------------------------


@contextmanager
def a_sink(heard: list[str]) -> Iterator[str]:
    """Somewhere on this machine where nobody has anything to say."""

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            heard.append(self.rfile.readline().decode(errors="replace"))
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_no_address_that_a_request_brings_is_ever_used(chat: ChatWorld) -> None:
    """K009: neither a stranger's nor Slack's: what we say goes through the Web API, or is the receipt."""
    heard: list[str] = []
    chat.links("U_WILL")
    with a_sink(heard) as sink:
        chat.commands(one(chat), response_url=f"{sink}/hook")
        chat.ended(chat.world.run_begins())
        chat.commands("nonsense that nobody understands", response_url=f"{sink}/hook")
        chat.commands(one(chat), by="U_NOLINK", response_url=f"{sink}/hook")
        chat.whispered("U_NOLINK", "I do not know who you are on GitHub")
        pressed = sends_by_hand(chat, a_press(chat, sink))
        chat.whispered("U_WILL", "I do not have what you wrote any more")
        chat.world.is_quiet()

    assert (pressed.status_code, heard) == (200, [])
    posted = [each["answer"] for each in chat.slack.sees_requests() if each["method"].startswith("chat.post")]
    known = {answer.get("ts") or answer.get("message_ts") for answer in posted}
    assert [m for m in ours(chat) if m["ts"] not in known and not said(m).startswith("Noted")] == []


def a_press(chat: ChatWorld, sink: str) -> Json:
    """A choice from a list of ours that is not there, with addresses of the sender's in all places."""
    ts = chat.post()["ts"]
    return {
        "type": "block_actions",
        "team": {"id": "T_ACME", "domain": sink},
        "user": {"id": "U_WILL", "team_id": "T_ACME"},
        "channel": {"id": chat.channel},
        "message": {"ts": ts, "permalink": sink},
        "container": {"type": "message", "channel_id": chat.channel, "message_url": sink},
        "response_url": f"{sink}/hook",
        "response_urls": [{"response_url": f"{sink}/hook", "channel_id": chat.channel}],
        "trigger_id": "1.2.3",
        "actions": [
            {"action_id": "pick", "block_id": "b1", "value": "acme/shop", "action_ts": f"{time.time():.6f}"}
        ],
    }


# --- who is no person ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said_by",
    [
        {"by": "U_AGENT", "bot_id": "B_AGENT"},
        {"by": "U_EVE", "bot_id": "B_OTHER"},
        {"by": "U_WILL", "subtype": "message_changed"},
        {"by": "U_WILL", "subtype": "bot_message"},
        {"by": "U_AGENT"},
    ],
    ids=["we", "another bot", "an edit", "an old bot", "we as a user"],
)
def test_what_no_person_wrote_just_now_is_ignored(chat: ChatWorld, said_by: Json) -> None:
    """K011: our own messages, those of other bots, and messages that changed give no command."""
    chat.links("U_WILL")

    with nothing_happens(chat):
        chat.mentions(one(chat), **said_by)
        chat.slack.until_idle()

    assert chat.slack.sees_deliveries()[-1]["status"] == 200


# --- what is in the words --------------------------------------------------------------------------------


def calls(chat: ChatWorld) -> set[str]:
    """Who was called by anything that we said, in the channel or to one alone."""
    return {call for each in ours(chat) for call in each["mentions"]}


def test_two_commands_in_one_are_none(chat: ChatWorld) -> None:
    """K013: a second line is no second command that nobody sees."""
    chat.links("U_WILL", "U_MIA")
    chat.binds()
    chat.commands("run `true`\n/agent run `false`")
    chat.whispered("U_WILL", "One command at a time")

    assert chat.world.runs() == []


def test_backticks_run_in_a_box_and_nowhere_else(chat: ChatWorld, tmp_path: Path) -> None:
    """K013: what is written as code is run where code is run."""
    chat.links("U_WILL")
    chat.commands(f"run {chat.world.repo}#1 `mkdir -p {tmp_path} && touch {tmp_path}/k13`")

    assert chat.ended(chat.world.run_begins()).state is RunState.SUCCEEDED
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        "run tests ```\n<!channel>",
        "<!channel> <!here> <!everyone> <@U_MIA> @channel",
        "run `echo '<!channel> <@U_MIA>' && false`",
        "explain <!channel|x> &lt;!channel&gt; <!subteam^S1>",
        "run\n```sh\necho '<!channel>'; exit 1\n```",
    ],
)
def test_no_words_call_anybody(chat: ChatWorld, words: str) -> None:
    """K013: in the receipt, in a refusal, in a run's message and in its end they are words."""
    chat.links("U_WILL", "U_MIA")
    chat.binds()
    chat.commands(words)
    chat.mentions(words)
    chat.world.is_heard()
    chat.until(lambda: all(run.state.final and chat.ended(run) for run in chat.world.runs()))

    assert calls(chat) <= {"user U_WILL"}  # who asked is called when a run of theirs ends
    receipts = [each for each in ours(chat) if said(each).startswith("Noted")]
    assert [each for each in receipts if "<!" in each["text"]] == []


# --- who may ---------------------------------------------------------------------------------------------


def test_a_linked_writer_is_answered_at_once_and_told_the_end(chat: ChatWorld) -> None:
    """K015: a receipt within three seconds, one thread, and its end with a link."""
    chat.links("U_WILL", "U_MIA")
    chat.binds()

    answer = chat.commands("run `python3 -m unittest tests.test_totals`")

    assert (answer["status"], answer["seconds"] < 3) == (200, True)
    assert "Noted: run" in answer["body"]
    run = chat.ended(chat.world.run_begins())
    (post,) = chat.posts()
    (end,) = chat.thread(post)
    assert ("Done in" in said(end), end["mentions"]) == (True, ["user U_WILL"])
    assert f"{chat.world.stage.web_url}/runs/{run.id}?key={run.page_key}" in json.dumps(end["blocks"])
    assert len(chat.world.runs()) == 1


# --- secrets ---------------------------------------------------------------------------------------------


def test_no_secret_is_where_it_does_not_belong(chat: ChatWorld) -> None:
    """Neither in a log, nor in the ledger, nor in Redis, nor in a container, nor in what is said."""
    chat.links("U_WILL", "U_MIA")
    chat.slack.fails("chat.postMessage", "500", times=2)
    chat.slack.fails("users.info", "cut")
    chat.commands(f"run {chat.world.repo}#1 `env; cat /proc/*/environ | tr '\\0' '\\n'; sleep 600`")
    run = chat.world.step_runs()
    chat.world.hears(run, "PATH=")
    chat.commands("nonsense")
    known = {name: secret(chat, name) for name in SECRETS}
    places = {
        **{file.name: file.read_text(errors="replace") for file in chat.world.stage.folder.glob("*.log")},
        "ledger": chat.world.kept(),
        "redis": everything_in_redis(chat),
        "containers": json.dumps(chat.world.boxes(run)),
        "output": "".join(entry.text for entry in chat.world.ledger.journals.read(run.id)),
        "Slack": json.dumps([chat.slack.sees_requests(), chat.slack.sees_messages(chat.channel)]),
        "GitHub": json.dumps(
            [each["body"] for each in chat.world.stage.driver.sees_comments(1, repo=chat.world.repo)]
        ),
    }
    chat.presses("cancel", chat.post("running"), by="U_WILL")
    chat.ended(run)

    assert [place for place, text in places.items() if not text] == []
    assert [(name, where) for name, it in known.items() for where, text in places.items() if it in text] == []
    assert [where for where, text in places.items() if "xoxb-" in text] == []


def everything_in_redis(chat: ChatWorld) -> str:
    """All keys and what they hold, as bytes look like."""
    with Redis.from_url(chat.world.stage.redis.url) as redis:
        return "\n".join(f"{key!r} {redis.dump(key)!r}" for key in redis.scan_iter("*"))


def test_each_process_knows_only_its_own_secrets(chat: ChatWorld) -> None:
    """web, which hears the world, can say nothing in Slack; hands, which run commands, know nothing of it."""
    wanted = {
        "web": {"SLACK_SIGNING_SECRET", "GITHUB_WEBHOOK_SECRET"},
        "desk": {"SLACK_BOT_TOKEN", "SLACK_CLIENT_SECRET", "SLACK_TOKEN_KEY", "GITHUB_CLIENT_SECRET"},
        "hands": set(),
    }
    assert {process: known_to(chat, process) for process in wanted} == wanted


def known_to(chat: ChatWorld, process: str) -> set[str]:
    """The secrets in the environment of a process, by their names."""
    environment = Path(f"/proc/{chat.world.stage.processes.pid(process)}/environ").read_text()
    return {name for name in SECRETS if secret(chat, name) in environment}
