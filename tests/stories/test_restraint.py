"""Nobody can make us talk or work without end: not a busy person, not a stranger, not two bots."""

from __future__ import annotations

import pytest

from bot.restraint import Scope, Welcome
from bot.runs import RunState
from tests.world import Json, World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

SERVER = "rates: {person_commands: 6, repository_commands: 10, replies_an_hour: 9}\n"
TOPICS = ("run", "plan", "ask", "retry", "explain", "lock", "unlock", "locks")
ROUNDS = 30
QUESTIONS = 3  # to the model for one command: the first, and two corrections
BOT = {"id": 660066, "login": "echo-app[bot]", "type": "Bot"}
MACHINE = {"id": 660067, "login": "echo-machine", "type": "User"}  # a program with a person's account


@pytest.fixture
def shop(model_world: World) -> World:
    model_world.stage.model.obeys()
    return model_world


def asks_for_help(shop: World, *topics: str, by: str, on: int = 1) -> None:
    for topic in topics:
        shop.comments(f"/agent help {topic}", by=by, on=on)


def echo(told: Json, text: str, *, by: Json, number: int) -> Json:
    """What GitHub would deliver if a program answered in the same conversation."""
    comment = told["comment"] | {"id": told["comment"]["id"] + 1_000_000 + number, "body": text, "user": by}
    return told | {"comment": comment, "sender": by}


def test_who_asks_for_too_much_is_told_once(shop: World) -> None:
    """What is over is not done, one sentence says so, and how things stand can still be asked."""
    asks_for_help(shop, *TOPICS, by="writer-wendy")
    shop.comments("/agent status", by="writer-wendy")

    shop.is_quiet()

    *helped, refused, status = shop.said()
    assert len(helped) == 6
    assert refused.startswith("You have asked me for 6 things within 10 minutes, so I did not do this one.")
    assert "There has been no run on this pull request yet." in status


def test_a_busy_repository_waits_for_its_next_window(shop: World) -> None:
    """What all people of a repository ask together has a limit too, and one of them is told."""
    issue = shop.opens_issue()
    asks_for_help(shop, *TOPICS[:6], by="reader-rita")
    shop.is_quiet()
    asks_for_help(shop, *TOPICS[:6], by="triage-tom", on=issue)

    shop.is_quiet()

    *helped, refused = shop.said(on=issue)
    assert len(helped) == 4
    assert refused.startswith("I was asked for 10 things in this repository within 10 minutes")


def test_a_stranger_who_goes_on_is_not_even_looked_up(shop: World) -> None:
    """Attack case A001: one denial is all that is said, and over the limit GitHub is not even asked."""
    _written = [shop.comments(f"/agent run `echo {n}`", by="outsider-oz") for n in range(10)]

    shop.is_quiet()

    (said,) = shop.said()
    assert "you have none here" in said
    asked = [line for line in shop.ledger.audit.lines() if line.place == shop.repo]
    assert [line.verdict for line in asked] == ["refused"] * 7
    assert shop.runs() == []


def test_the_same_words_are_said_once(shop: World) -> None:
    """Three questions with one answer have one answer in the conversation."""
    asked = [shop.comments("/agent status", by="maint-mia") for _ in range(3)]

    shop.is_quiet()

    assert len(shop.said()) == 1
    assert [shop.reactions(each) for each in asked] == [["eyes"]] * 3


def test_a_conversation_that_was_told_a_lot_becomes_quiet(shop: World) -> None:
    """The last reply of the hour says so; what is asked for is still done."""
    issue = shop.opens_issue()
    asks_for_help(shop, *TOPICS[:6], by="owner-olga", on=issue)
    asks_for_help(shop, *TOPICS[6:], by="maint-mia", on=issue)
    shop.comments("/agent status", by="maint-mia", on=issue)
    shop.comments("/agent cancel", by="maint-mia", on=issue)
    shop.comments("/agent run `true`", by="maint-mia", on=issue)

    run = shop.run_ends()

    shop.is_quiet()
    said = [each for each in shop.said(on=issue) if run.id not in each]
    assert len(said) == 9
    assert said[-1].startswith("I have said a lot here lately, so I am quiet for now.")
    assert run.state is RunState.SUCCEEDED


@pytest.mark.parametrize("program", [BOT, MACHINE], ids=["bot", "machine"])
def test_who_quotes_us_with_a_command_is_not_answered(shop: World, program: Json) -> None:
    """Attack case A007: a program that sends back each of our comments with a command starts nothing."""
    comment = shop.comments("/agent run `true`", by="maint-mia")
    shop.run_ends()
    told = shop.delivery(comment)["request"]["payload"]
    (ours,) = shop.said()

    for number in range(ROUNDS):
        answer = shop.sends(echo(told, f"{ours}\n\n/agent run `true`", by=program, number=number))
        assert answer.status_code == 202

    shop.is_quiet()
    assert len(shop.runs()) == 1
    assert shop.said() == [ours]


def test_a_hundred_questions_cost_a_few(shop: World) -> None:
    """Attack case L013: a flood of prose reaches the model as often as its writer may ask, and no more."""
    prose = "/agent plan explain " + "lorem " * 1_000
    _written = [shop.comments(f"{prose}{number}") for number in range(100)]

    shop.is_quiet()

    assert 0 < len(shop.stage.model.sees_prompts()) <= 6 * QUESTIONS
    told = shop.delivery(_written[0])["request"]["payload"]
    outcomes = shop.ledger.asked.outcomes(Scope.PERSON, told["sender"]["id"])
    assert outcomes.count(Welcome.FOLLOWED) == 6
    assert outcomes.count(Welcome.DROPPED) == 93
