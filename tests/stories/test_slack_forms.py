"""The form that opens when somebody writes `/agent` alone, or runs a message with us, and the home tab."""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import Any

import pytest

from bot.runs import RunState
from tests.chat import ChatWorld, said
from tests.stories.conftest import BY_FILE

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def form(chat: ChatWorld, user: str = "U_WILL", *, having: str = "") -> dict[str, Any]:
    """The form that this member has before them since they were in this channel, when it says this."""

    def open_now() -> list[dict[str, Any]]:
        views = [each for each in chat.slack.sees_views(user) if chat.channel in each["private_metadata"]]
        return [each for each in views[-1:] if having in said(each)]

    return dict(chat.until(open_now)[0])


def test_without_words_a_form_asks_for_all_of_it(chat: ChatWorld) -> None:
    """Its lists hold what this person may use, its preview says what the words mean, and it begins a run."""
    chat.links("U_MIA", "U_WILL")
    chat.binds()
    repo = chat.world.repo

    chat.commands("")
    view = form(chat)
    repositories = [
        each["value"] for each in chat.slack.suggests("repository", repo, by="U_WILL", view=view["id"])
    ]
    pulls = [
        each["text"]["text"] for each in chat.slack.suggests("pull", "disc", by="U_WILL", view=view["id"])
    ]
    assert (repo in repositories, pulls) == (True, ["#1 Discounts"])
    chat.slack.types(view["id"], "plan", "plan", "- `echo one`\n- `echo two`", by="U_WILL")
    assert "Run echo two" in said(form(chat, having="3 steps"))
    chat.slack.submits(view["id"], {"pull": "1"}, by="U_WILL")

    run = chat.world.run_begins()
    assert (run.target.number, len(run.steps)) == (1, 3)
    assert chat.ended(run).state is RunState.SUCCEEDED
    assert "Done in" in said(chat.post("Done in"))


def test_a_dry_run_shows_the_plan_and_does_nothing(chat: ChatWorld) -> None:
    """It can be run by its id afterwards, and means the same pull request then."""
    chat.links("U_MIA", "U_WILL")
    chat.binds()

    chat.commands("")
    view = form(chat)
    chat.slack.suggests("pull", "1", by="U_WILL", view=view["id"])
    chat.slack.submits(view["id"], {"plan": "`echo one`", "pull": "1", "dry": ["on"]}, by="U_WILL")
    shown = re.search(r"plan-\w{10}", said(chat.whispered("U_WILL", "Nothing was run")))
    assert chat.world.runs() == []
    assert shown
    chat.commands(f"run {shown[0]}")

    assert chat.world.run_begins().target.number == 1


def test_a_plan_that_cannot_run_says_so_while_it_is_typed(chat: ChatWorld) -> None:
    """In the form, before it is sent."""
    chat.links("U_MIA", "U_WILL")
    chat.binds()

    chat.commands("")
    view = form(chat)
    chat.slack.types(
        view["id"], "plan", "plan", "```yaml\n- {action_type: fly, parameters: {}}\n```", by="U_WILL"
    )

    assert "fly" in said(form(chat, having="cannot run yet"))


def test_who_types_fast_floods_nobody(chat: ChatWorld) -> None:
    """The last preview is that of the last text, and a colleague is answered meanwhile."""
    chat.links("U_MIA", "U_WILL")
    chat.binds()
    chat.commands("")
    view = form(chat)
    before = len(chat.world.stage.driver.sees_requests()), len(chat.slack.sees_requests())
    chat.slack.limits(on=True, speed=10)

    types_out(chat, view["id"], "- `echo one`\n" * 13 + "- `echo the last`")
    chat.commands("status", by="U_MIA")
    began = time.monotonic()
    chat.whispered("U_MIA", "no run")
    answered_s = time.monotonic() - began
    form(chat, having="15 steps")

    chat.slack.limits(on=False)
    asked = chat.world.stage.driver.sees_requests()[before[0] :]
    told = Counter(each["method"] for each in chat.slack.sees_requests()[before[1] :])
    assert len([each for each in asked if chat.world.repo in each["path"]]) <= 20
    assert told["users.info"] <= 4  # two people, each asked about once a minute or once a command
    assert told["views.update"] <= 60
    assert answered_s < 5


def types_out(chat: ChatWorld, view: str, text: str) -> None:
    """Letter by letter, almost ten a second."""
    for end in range(1, len(text) + 1):
        chat.slack.types(view, "plan", "plan", text[:end], by="U_WILL")
        time.sleep(0.1)


def test_a_message_is_run_with_the_agent(chat: ChatWorld) -> None:
    """Its text is in the form, and so is what it links to."""
    chat.links("U_WILL")
    message = chat.slack.says(f"`echo hello` for {chat.world.repo}#1", channel=chat.channel, by="U_WENDY")

    chat.slack.shortcuts(message["ts"], channel=chat.channel, by="U_WILL")

    view = form(chat)
    assert chat.world.repo in str(view["blocks"])
    chat.slack.submits(view["id"], {"plan": "`echo hello`"}, by="U_WILL")
    assert chat.world.run_begins().target.number == 1


def test_what_cannot_be_run_with_the_agent_is_told_in_the_channel(chat: ChatWorld) -> None:
    """Nobody has answered below that message, so nobody would see it there."""
    chat.links("U_RITA")
    message = chat.slack.says(f"`echo hello` for {chat.world.repo}#1", channel=chat.channel, by="U_WENDY")
    chat.slack.shortcuts(message["ts"], channel=chat.channel, by="U_RITA")

    chat.slack.submits(form(chat, "U_RITA")["id"], {"plan": "`echo hello`"}, by="U_RITA")

    assert chat.whispered("U_RITA", "needs the role")["thread_ts"] is None


def test_the_form_is_for_people_whom_we_know(chat: ChatWorld) -> None:
    """An unlinked member is offered a link instead."""
    chat.commands("", by="U_NOLINK")

    chat.whispered("U_NOLINK", "I do not know who you are on GitHub")
    assert chat.slack.sees_views("U_NOLINK") == []


def test_a_list_has_nothing_for_who_may_use_nothing(chat: ChatWorld) -> None:
    """A reader finds no repository to choose."""
    chat.links("U_RITA")

    chat.commands("", by="U_RITA")
    view = form(chat, "U_RITA")

    assert chat.slack.suggests("repository", "shop", by="U_RITA", view=view["id"]) == []


def test_a_reader_finds_what_a_plan_may_be_shown_of(chat: ChatWorld) -> None:
    """With the dry run ticked; the form shows the plan then, and says without it who may run."""
    chat.links("U_RITA")
    chat.commands("", by="U_RITA")
    view = form(chat, "U_RITA")
    repo = chat.world.repo

    chat.slack.types(view["id"], "dry", "dry", ["on"], by="U_RITA")
    offered = chat.slack.suggests("repository", repo, by="U_RITA", view=view["id"])
    assert [each["value"] for each in offered][:1] == [repo]
    chat.slack.types(view["id"], "repository", "repository", repo, by="U_RITA")
    chat.slack.types(view["id"], "plan", "plan", "`echo one`", by="U_RITA")
    assert "Run echo one" in said(form(chat, "U_RITA", having="steps"))
    chat.slack.types(view["id"], "dry", "dry", [], by="U_RITA")

    assert "run needs the role write" in said(form(chat, "U_RITA", having="cannot run yet"))


def test_a_reader_is_asked_where_they_want_to_look(chat: ChatWorld) -> None:
    """Who may ask how things stand in a repository can choose it."""
    chat.links("U_RITA")

    chat.commands("status", by="U_RITA")

    assert chat.world.repo.partition("-")[0] in str(chat.whispered("U_RITA", "Which repository")["blocks"])


def test_a_form_that_comes_too_late_says_how_to_write_it_out(chat: ChatWorld) -> None:
    """Slack lets nobody open a form after three seconds."""
    chat.links("U_WILL")
    chat.slack.fails("views.open", "expired_trigger_id")

    chat.commands("")

    chat.whispered("U_WILL", "Slack let me open no form")


def test_home_shows_my_runs_and_what_waits_for_me(chat: ChatWorld) -> None:
    """Who may approve sees the run under "Waiting for you", who asked under "My runs"."""
    chat.links("U_WILL", "U_MIA")
    chat.binds()
    owners = "{action_type: write_file, parameters: {path: CODEOWNERS, content: x}}"
    chat.mentions(f"run\n```yaml\n- {owners}\n```")
    run = chat.world.run_begins()

    chat.slack.opens_home("U_WILL")
    chat.slack.opens_home("U_MIA")

    mine = chat.until(lambda: shown_home(chat, "U_WILL", run.id))
    theirs = chat.until(lambda: shown_home(chat, "U_MIA", run.id))
    assert mine.index("My runs") < mine.index(run.id)
    assert theirs.index(run.id) < theirs.index("My runs")
    assert f"<#{chat.channel}> is about {chat.world.repo}" in mine  # Slack hides the names of private ones
    assert "writer-will" in mine
    chat.world.ledger.runs.ask_cancel(run.id, "writer-will", run.queued_at)


def test_home_shows_channels_of_the_servers_file(chat: ChatWorld) -> None:
    """As what people have bound."""
    chat.links("U_WENDY")

    chat.slack.opens_home("U_WENDY")

    assert f"<#{BY_FILE}> is about acme/shop" in chat.until(lambda: shown_home(chat, "U_WENDY", "Channels"))


def test_home_says_how_to_link(chat: ChatWorld) -> None:
    """Of somebody whom nobody knows there is nothing to show."""
    chat.slack.opens_home("U_NOLINK")

    assert "Write /agent link" in chat.until(lambda: shown_home(chat, "U_NOLINK", "not linked")).replace(
        "`", ""
    )


def shown_home(chat: ChatWorld, user: str, text: str) -> str:
    home = chat.slack.sees_home(user)
    return said(home) if home is not None and text in said(home) else ""
