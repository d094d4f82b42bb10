"""What somebody in Slack is told of commands: what there is, what a typo meant, and how to write it there."""

from __future__ import annotations

import pytest

from tests.chat import ChatWorld, said

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def test_help_in_a_bound_channel_tells_also_of_what_there_is_only_in_slack(chat: ChatWorld) -> None:
    """The verbs of the repository, then the form and linking; a line each."""
    chat.links("U_MIA", "U_WILL")
    chat.binds()

    chat.commands("help")

    told = said(chat.whispered("U_WILL", "This is what I can do for you here"))
    assert "/agent unlock <name>: Gives a lock back." in told
    assert "/agent link channel owner/repo" in told
    assert "opens a form" in told


def test_help_is_true_in_a_thread_as_well(chat: ChatWorld) -> None:
    """Slack takes no slash command there: what can be typed is shown, and what cannot is only named."""
    chat.links("U_MIA")
    chat.binds()

    asked = chat.mentions("help", by="U_MIA")

    (told,) = chat.until(lambda: [said(each) for each in chat.thread(asked)])
    assert "The slash command alone opens a form" in told
    assert "@agent cancel" in told
    assert "/agent" not in told


def test_help_explains_a_verb_wherever_one_is(chat: ChatWorld) -> None:
    """Also where nobody can tell which repository is meant, and also what there is only in Slack."""
    chat.links("U_WILL")

    chat.commands("help cancel")
    chat.commands("help unlink")

    chat.whispered("U_WILL", "Who may use it: everybody with the role")
    chat.whispered("U_WILL", "makes me forget it")


@pytest.mark.parametrize(
    ("typo", "answer"),
    [
        ("unlnk", "I know no unlnk that you may use here. Did you mean /agent unlink? /agent help lists all"),
        (
            "sttaus",
            "I know no sttaus that you may use here. Did you mean /agent status? /agent help lists all",
        ),
        ("hello", "I know no hello that you may use here. Did you mean /agent help? /agent help lists all"),
    ],
)
def test_a_word_that_is_no_command_is_answered_in_a_sentence(chat: ChatWorld, typo: str, answer: str) -> None:
    """Nobody is asked which repository it is about."""
    chat.links("U_WILL")

    chat.commands(typo)

    assert len(said(chat.whispered("U_WILL", answer)).splitlines()) == 1


def test_in_a_thread_one_is_told_to_write_what_slack_takes_there(chat: ChatWorld) -> None:
    """Slack refuses `/agent` in threads."""
    chat.links("U_WILL")
    first = chat.slack.says(f"About {chat.world.repo}#1", channel=chat.channel)

    chat.mentions("status", thread=first["ts"])

    told = chat.until(lambda: [e for e in chat.thread(first) if "no run" in said(e)])
    assert "@agent run pytest -q  would begin one." in said(told[0])
