"""What Slack does not let us show any more ends quietly, and the doctor tells of it."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from html import unescape

import httpx
import pytest

from bot.runs import RunState
from tests.chat import ChatWorld

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def doctor(chat: ChatWorld) -> str:
    told = subprocess.run(
        [sys.executable, "-m", "bot", "doctor"],
        env=chat.world.stage.environment,
        check=False,
        capture_output=True,
        text=True,
    )
    return told.stdout


def ends_early(chat: ChatWorld, run: str, why: str) -> None:
    """One of the run's messages has ended, with this reason, and everything else is shown."""
    chat.until(
        lambda: [each for each in chat.world.ledger.surfaces.all() if run in each[0] and why in each[2]]
    )
    chat.until(lambda: all(done for key, done, _ in chat.world.ledger.surfaces.all() if run in key))


def test_a_message_that_was_deleted_is_not_posted_again(chat: ChatWorld) -> None:
    """Somebody meant it; the run goes on, and GitHub shows it."""
    chat.links("U_WILL")
    chat.commands(f"run {chat.world.repo}#1 `sleep 3`")
    run = chat.world.run_begins()
    post = chat.post("running")

    chat.slack.deletes_message(post["ts"], channel=chat.channel)

    assert chat.world.run_ends().state is RunState.SUCCEEDED
    ends_early(chat, run.id, "message_not_found")
    assert len(chat.posts()) == 0
    assert "messages ended early" in doctor(chat)


def test_an_archived_channel_ends_it(chat: ChatWorld) -> None:
    """Nothing is said there any more."""
    chat.links("U_WILL")
    chat.commands(f"run {chat.world.repo}#1 `sleep 3`")
    run = chat.world.run_begins()
    chat.post("running")

    chat.slack.archives(chat.channel)

    assert chat.world.run_ends().state is RunState.SUCCEEDED
    ends_early(chat, run.id, "is_archived")


def test_another_workspace_installs_us_and_throws_us_out_again(chat: ChatWorld) -> None:
    """Over the web; its members are people like any others; afterwards nothing is said there, and the doctor
    says what to do."""
    slack, team = chat.slack, f"T_{chat.channel[2:]}"
    channel, user = f"C_IN{chat.channel[2:]}", f"U_IN{chat.channel[2:]}"
    slack.adds_team(team, name="Later")
    slack.adds_user(user, team=team)
    slack.adds_channel(channel, team=team, name="later", members=[user])
    later = replace(chat, channel=channel)
    slack.commands("help", by=user, channel=channel, team=team)
    chat.until(lambda: [e for e in chat.world.ledger.audit.lines() if e.actor == f"slack {team}/{user}"])

    assert "I am installed in Later" in installs(chat, user)
    bot = chat.world.ledger.workspaces.of(team)
    assert bot is not None
    slack.joins(bot.bot_user, channel=channel)
    slack.commands("link", by=user, channel=channel, team=team)
    assert later.whispered(user, "Continue on GitHub")
    slack.uninstalls(team)

    chat.until(lambda: (it := chat.world.ledger.workspaces.of(team)) and it.revoked_at)
    slack.commands("link", by=user, channel=channel, team=team)
    refused = "This workspace has not installed me"
    chat.until(lambda: [e for e in chat.world.ledger.audit.lines() if e.reason.startswith(refused)][1:])
    assert "Slack workspace “Later”: It took its token back" in doctor(chat)


def installs(chat: ChatWorld, user: str) -> str:
    """What the browser of this member shows at the end of our installation."""
    with httpx.Client(timeout=30, trust_env=False) as browser:
        browser.cookies.set("slack_who", user)
        page = browser.get(f"{chat.world.stage.web_url}/slack/install", follow_redirects=True)
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text)) | {"answer": "allow"}
        told = {name: unescape(value) for name, value in fields.items()}
        allow = f"{chat.world.stage.playground_url}/slack/oauth/allow"
        return browser.post(allow, data=told, follow_redirects=True).text
