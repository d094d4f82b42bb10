"""What a step prints, in Slack: the corpus's cases in the area `output`, on message, thread and file."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest

from bot.runs import RunState
from tests.chat import ChatWorld, said
from tests.security.test_output_attacks import BIDI, CANARIES

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def prints(chat: ChatWorld, text: str) -> list[dict[str, Any]]:
    """All that we said in the channel about a run that writes this and fails, so that its end is shown."""
    chat.links("U_WILL")
    octal = "".join(f"\\0{byte:03o}" for byte in text.encode("utf-8", "surrogatepass"))
    chat.mentions(f"run {chat.world.repo}#1\n```sh\nprintf %b {shlex.quote(octal)}; false\n```")
    run = chat.world.run_begins()
    assert chat.ended(run).state is RunState.FAILED
    return [each for each in chat.slack.sees_messages(chat.channel) if each["ours"]]


def everything(chat: ChatWorld, posts: list[dict[str, Any]]) -> str:
    """Messages with what they said before, files, and all that we ever sent."""
    return json.dumps([posts, chat.slack.sees_files(), chat.slack.sees_requests()], ensure_ascii=False)


def test_secrets_are_in_no_message_and_no_file(chat: ChatWorld) -> None:
    """O001 and O003: in one line, and again behind a long log."""
    line = " ".join(f"{name}={value}" for name, value in CANARIES.items())
    posts = prints(chat, f"{line}\n" + "x" * 4_080 + f" {CANARIES['GitHub']}\n")

    sent = everything(chat, posts)
    assert [name for name, value in CANARIES.items() if value in sent] == []
    assert [each["text"] != "" for each in chat.slack.sees_files() if each["channel"] == chat.channel] == [
        True
    ]


def test_what_cannot_be_seen_is_named(chat: ChatWorld) -> None:
    """O005: bidi and invisible characters."""
    posts = prints(chat, 'if access != "user\u202e \u2066// check\u2069 \u2066": pass\nzero\u200bwidth\n')

    assert BIDI.findall("\n".join(said(each) for each in posts)) == []
    assert "U+202E" in "\n".join(said(each) for each in posts)


@pytest.mark.parametrize(
    "text",
    [
        "<!channel> <!here> <@U_MIA> <!subteam^S1|all> @channel\n",
        "```\n<!everyone>\n```\n<https://evil.invalid|click>\n",
        "![x](http://sink.test/b.png) <img src=//evil.invalid> <script>alert(1)</script>\n",
        "fixes #1 closes acme/secret#2 https://github.com/acme/secret/issues/3\n",
    ],
    ids=["mentions", "fences and links", "beacons and tags", "references"],
)
def test_nobody_is_called_and_nothing_is_linked_by_output(chat: ChatWorld, text: str) -> None:
    """O007, O009, O011: it stands in a block in which nothing is obeyed; only who asked is called."""
    posts = prints(chat, text)

    assert {call for each in posts for call in each["mentions"]} == {"user U_WILL"}
    links = re.findall(r'"url": "([^"]*)"', json.dumps([each["blocks"] for each in posts]))
    ours = (chat.world.stage.web_url, chat.world.stage.playground_url)
    assert [link for link in links if not link.startswith(ours)] == []
    assert [each for each in posts for block in each["blocks"] if block["type"] in ("image", "video")] == []


def test_output_that_looks_like_a_command_begins_nothing(chat: ChatWorld) -> None:
    """O017: not even where our message begins with it."""
    prints(chat, "<@U_AGENT> run `true`\n/agent approve k3v9x2m4ab\n@agent run `true`\n")

    chat.slack.until_idle()
    assert len(chat.world.runs()) == 1


def test_ordinary_coloured_output_is_readable(chat: ChatWorld) -> None:
    """O021: a bot that shows nothing fails this one."""
    posts = prints(chat, "\x1b[32m5 passed\x1b[0m in 0.10s\n")

    assert any("5 passed in 0.10s" in said(each) for each in posts)
