"""A run that needs an approval, where people already are: in Slack, on GitHub, or on both at once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.runs import Run, RunState
from tests.chat import ChatWorld, button, said

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

OWNERS = """\
```yaml
- {action_type: write_file, parameters: {path: CODEOWNERS, content: '* @acme'}}
```"""


def parked(chat: ChatWorld, *, by: str = "U_WILL") -> Run:
    """A run that was asked for in Slack and waits there for an approval."""
    chat.mentions(f"run {chat.world.repo}#1\n{OWNERS}", by=by)
    run = chat.world.run_begins()
    chat.until(lambda: [each for each in waiting(chat) if run.id in said(each)])
    return run


def waiting(chat: ChatWorld) -> list[dict[str, object]]:
    found = chat.slack.sees_messages(chat.channel)
    return [each for each in found if each["ours"] and "Waiting for approval" in said(each)]


def now(chat: ChatWorld, run: Run) -> Run:
    found = chat.world.ledger.runs.get(run.id)
    assert found is not None
    return found


def test_it_is_approved_by_a_press_and_the_buttons_give_way(chat: ChatWorld) -> None:
    """Another member with the right presses once, and everybody sees by whom, in Slack and on GitHub."""
    chat.links("U_WILL", "U_MIA")
    run = parked(chat)
    (post,) = waiting(chat)
    assert chat.buttons(post)[:3] == ["Approve", "Deny", "Cancel"]
    assert '"path": "CODEOWNERS"' in said(post)

    chat.presses("approve", post, by="U_MIA")

    assert chat.ended(run).state is RunState.SUCCEEDED
    (post,) = [
        each for each in chat.slack.sees_messages(chat.channel) if run.id in said(each) and each["edits"]
    ]
    assert chat.buttons(post) == ["Open PR", "Log", "Check run"]
    assert "Approved by maint-mia." in said(post)
    assert "Approved by maint-mia." in chat.world.check(run)["output"]["summary"]
    (line,) = [
        each for each in chat.world.ledger.audit.lines() if each.run == run.id and each.verdict == "approved"
    ]
    assert (line.actor, line.details["requester"]) == ("maint-mia", "writer-will")


def test_who_asked_on_github_is_approved_in_slack(chat: ChatWorld) -> None:
    """A bound channel that announces all shows the run, and a press there opens the gate on GitHub."""
    chat.links("U_MIA")
    chat.binds(announce="all")
    chat.world.comments(f"/agent run\n{OWNERS}")
    run = chat.world.run_begins()
    post = chat.post("Waiting for approval")

    chat.presses("approve", post, by="U_MIA")

    assert chat.ended(run).state is RunState.SUCCEEDED
    assert "Approved by maint-mia." in said(chat.post("Done in"))
    assert chat.world.check(run)["conclusion"] == "success"


def test_who_asked_in_slack_is_approved_on_github(chat: ChatWorld) -> None:
    """The thread says by whom, and nothing can be pressed there any more."""
    chat.links("U_WILL")
    run = parked(chat)

    chat.world.comments(f"/agent approve {run.id}", by="maint-mia")

    assert chat.ended(run).state is RunState.SUCCEEDED
    (post,) = [
        each for each in chat.slack.sees_messages(chat.channel) if "Done in" in said(each) and each["edits"]
    ]
    assert "Approved by maint-mia." in said(post)
    assert "Approve" not in chat.buttons(post)


def test_a_yes_and_a_no_at_the_same_moment_count_once(chat: ChatWorld) -> None:
    """Whoever was first decided, and every place says the same."""
    chat.links("U_WILL", "U_MIA")
    run = parked(chat)
    (post,) = waiting(chat)

    with ThreadPoolExecutor() as pool:
        yes = pool.submit(chat.presses, "approve", post, by="U_MIA")
        no = pool.submit(chat.world.comments, f"/agent deny {run.id} too late", by="owner-olga")
    assert yes.result()["status"] == 200
    assert no.result()

    ended = chat.ended(run)
    assert ended.state in (RunState.SUCCEEDED, RunState.DENIED)
    told = (
        "Approved by maint-mia." if ended.state is RunState.SUCCEEDED else "Denied by owner-olga: too late."
    )
    (post,) = [each for each in chat.slack.sees_messages(chat.channel) if each["edits"]]
    assert told in said(post)
    assert (
        chat.world.check(run)["conclusion"]
        == {
            RunState.SUCCEEDED: "success",
            RunState.DENIED: "action_required",
        }[ended.state]
    )
    verdicts = [each.verdict for each in chat.world.ledger.audit.lines() if each.run == run.id]
    assert len([each for each in verdicts if each in ("approved", "denied")]) == 1


def test_a_denial_asks_for_a_reason(chat: ChatWorld) -> None:
    """A form opens, what is written into it is shown, and who asked is told."""
    chat.links("U_WILL", "U_MIA")
    run = parked(chat)
    (post,) = waiting(chat)

    chat.presses("deny", post, by="U_MIA")
    form = chat.until(lambda: chat.slack.sees_views("U_MIA"))[0]
    chat.slack.submits(form["id"], {"why": "not before Monday"}, by="U_MIA")

    ended = chat.ended(run)
    assert (ended.state, ended.reason) == (RunState.DENIED, "Denied by maint-mia: not before Monday.")
    (post,) = [each for each in chat.slack.sees_messages(chat.channel) if each["edits"]]
    assert "not before Monday" in said(post)
    assert "Approve" not in chat.buttons(post)


def test_a_denial_that_cannot_ask_for_a_reason_says_how_to_write_it_out(chat: ChatWorld) -> None:
    """Slack lets nobody open a form after three seconds; what is said instead works as it stands."""
    chat.links("U_WILL", "U_MIA")
    run = parked(chat)
    (post,) = waiting(chat)
    chat.slack.fails("views.open", "expired_trigger_id")

    chat.presses("deny", post, by="U_MIA")
    told = re.search(r"agent (deny [^`]*)", said(chat.whispered("U_MIA", "Slack let me open no form")))
    assert told
    chat.commands(told[1].removesuffix("."), by="U_MIA")

    assert chat.ended(run).reason == "Denied by maint-mia: not today."


def test_who_may_not_deny_is_not_asked_why(chat: ChatWorld) -> None:
    """A reader is refused before they write a reason, and the run waits on."""
    chat.links("U_WILL", "U_RITA")
    run = parked(chat)
    (post,) = waiting(chat)

    chat.presses("deny", post, by="U_RITA")

    chat.whispered("U_RITA", "deny needs the role write")
    assert [each for each in chat.slack.sees_views("U_RITA") if run.id in each["private_metadata"]] == []
    found = chat.world.ledger.runs.get(run.id)
    assert found
    assert found.state is RunState.PARKED
    chat.world.ledger.runs.ask_cancel(run.id, "writer-will", run.queued_at)


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ("U_WILL", "You asked for run"),
        ("U_WENDY", "needs the approval of somebody with a higher role"),
        ("U_RITA", "role"),
        ("U_NOLINK", "I do not know who you are on GitHub"),
    ],
)
def test_who_may_not_approves_nothing_by_a_press(chat: ChatWorld, user: str, told: str) -> None:
    """Not who asked, nor a lower role, nor somebody whom nobody knows; each is told so alone."""
    chat.links(*({"U_WILL", user} - {"U_NOLINK"}))
    run = parked(chat)
    (post,) = waiting(chat)

    chat.presses("approve", post, by=user)

    chat.whispered(user, told)
    assert now(chat, run).state is RunState.PARKED
    chat.mentions(f"cancel {run.id}", thread=post["thread_ts"] or post["ts"])
    assert chat.ended(run).state is RunState.CANCELLED


def test_what_is_too_long_to_be_shown_cannot_be_approved_by_a_press(chat: ChatWorld) -> None:
    """Nobody approves in Slack what Slack could not show them whole."""
    chat.links("U_WILL")
    long = "x" * 7_000
    plan = f"```yaml\n- {{action_type: write_file, parameters: {{path: CODEOWNERS, content: '{long}'}}}}\n```"
    chat.mentions(f"run {chat.world.repo}#1\n{plan}")
    run = chat.world.run_begins()

    (post,) = chat.until(lambda: waiting(chat))

    assert "too long to be shown here whole" in said(post)
    assert "Approve" not in chat.buttons(post)
    chat.mentions("cancel", thread=post["thread_ts"] or post["ts"])
    assert chat.ended(run).state is RunState.CANCELLED


def test_who_waits_for_long_is_told_directly(chat: ChatWorld) -> None:
    """Once, where only they read it."""
    chat.links("U_WILL")
    run = parked(chat)

    told = chat.until(lambda: [each for each in chat.directly("U_WILL") if run.id in said(each)])

    assert f"in {chat.world.repo}#1 still waits for an approval" in said(told[0])
    assert "needs the approval of 1 person with the role" in said(told[0])
    assert "Look at it" in chat.buttons(told[0])
    chat.world.comments("/agent cancel")
    chat.ended(run)
    assert len([each for each in chat.directly("U_WILL") if run.id in said(each)]) == 1


def test_a_press_answers_only_for_the_attempt_that_was_shown(chat: ChatWorld) -> None:
    """Whoever still has the old message before them approves nothing that was pushed since."""
    chat.links("U_WILL", "U_MIA")
    run = parked(chat)
    (old,) = waiting(chat)
    chat.presses("deny", old, by="U_MIA")
    form = chat.until(lambda: chat.slack.sees_views("U_MIA"))[0]
    chat.world.pushes({"more.txt": "more"})
    chat.until(lambda: now(chat, run).state.final)
    chat.commands(f"retry {chat.world.repo}#1 {run.id} --head")
    chat.until(lambda: now(chat, run).attempt == 2 and waiting(chat))

    chat.presses("approve", old, by="U_MIA", value=button(old, "approve")["value"])

    chat.until(lambda: whispers(chat, "has changed since this was shown") == 1)
    chat.slack.submits(form["id"], {"why": "not that"}, by="U_MIA")
    chat.until(lambda: whispers(chat, "has changed since this was shown") == 2)
    assert now(chat, run).state is RunState.PARKED


def whispers(chat: ChatWorld, text: str) -> int:
    """How often Mia was told this alone."""
    found = chat.slack.sees_ephemerals("U_MIA")
    return len([each for each in found if each["channel"] == chat.channel and text in said(each)])
