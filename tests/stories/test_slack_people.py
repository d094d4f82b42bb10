"""Who somebody in Slack is: nobody, until they have shown it on GitHub; then what they are there, live."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.chat import LOGINS, ChatWorld, button, said

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def refusals(chat: ChatWorld) -> list[str]:
    return [each.reason for each in chat.world.ledger.audit.lines() if each.verdict == "refused"]


def test_an_unlinked_member_is_offered_a_link_and_nothing_is_done(chat: ChatWorld) -> None:
    """They alone see it, and the audit knows who tried."""
    chat.commands(f"run {chat.world.repo}#1 `true`", by="U_NOLINK")

    offer = chat.whispered("U_NOLINK", "I do not know who you are on GitHub")

    assert "/login/oauth/authorize" in button(offer, "open")["url"]
    assert chat.posts() == []
    assert chat.world.runs() == []
    assert "slack T_ACME/U_NOLINK" in [line.actor for line in chat.world.ledger.audit.lines()]


def test_who_calls_us_at_the_top_of_a_channel_is_answered_where_it_is_seen(chat: ChatWorld) -> None:
    """In a thread that nobody has answered in, Slack would show them nothing."""
    chat.mentions(f"status {chat.world.repo}", by="U_NOLINK")

    offer = chat.whispered("U_NOLINK", "I do not know who you are on GitHub")

    assert offer["thread_ts"] is None


def test_who_calls_us_in_a_thread_is_answered_there(chat: ChatWorld) -> None:
    """The others of the channel talk on above it."""
    first = chat.slack.says("Who looks after the shop?", channel=chat.channel)
    chat.mentions(f"status {chat.world.repo}", by="U_NOLINK", thread=first["ts"])

    offer = chat.whispered("U_NOLINK", "I do not know who you are on GitHub")

    assert offer["thread_ts"] == first["ts"]


def test_a_guest_is_refused(chat: ChatWorld) -> None:
    """Guests cannot even link themselves."""
    chat.commands("link", by="U_GUEST")

    chat.whispered("U_GUEST", "Guests cannot ask me")
    assert (
        "Guests cannot ask me for anything here. Ask a full member of this workspace to do it."
        in refusals(chat)
    )


def test_somebody_of_another_workspace_is_refused(chat: ChatWorld) -> None:
    """Also in a channel that both share."""
    chat.slack.joins("U_EXT", channel=chat.channel)

    chat.mentions(f"run {chat.world.repo}#1 `true`", by="U_EXT")

    chat.whispered("U_EXT", "You are a member of another workspace")
    assert chat.world.runs() == []


def test_rights_are_those_on_github_and_live(chat: ChatWorld) -> None:
    """A reader is told what it needs; a role that is taken away counts at once."""
    chat.links("U_RITA", "U_WENDY")

    chat.commands(f"run {chat.world.repo}#1 `true`", by="U_RITA")
    chat.whispered("U_RITA", "run needs the role write")
    chat.world.gives("writer-wendy", "read")
    chat.commands(f"run {chat.world.repo}#1 `true`", by="U_WENDY")
    chat.whispered("U_WENDY", "run needs the role write")

    assert chat.world.runs() == []


def test_help_shows_what_this_person_may_use(chat: ChatWorld) -> None:
    """A reader sees no `run`, and a writer does."""
    chat.links("U_RITA", "U_WILL")

    chat.commands(f"help {chat.world.repo}", by="U_RITA")
    chat.commands(f"help {chat.world.repo}", by="U_WILL")

    assert "/agent run <plan>:" not in said(chat.whispered("U_RITA", "/agent status"))
    assert "/agent run <plan>:" in said(chat.whispered("U_WILL", "/agent status"))


def test_a_code_links_only_who_began(chat: ChatWorld) -> None:
    """Whoever is lured to a stranger's link gives the stranger nothing: the code is shown to them alone."""
    chat.commands("link", by="U_EVE")
    offer = chat.whispered("U_EVE", "Continue on GitHub")
    page = chat.browses("U_EVE", offer, as_login="owner-olga")  # she was lured, and her browser goes along
    code = re.search(r"/agent link (\S{9})", page)
    assert code

    chat.commands(f"link {code[1]}", by="U_OLGA")  # she types what she is shown
    chat.whispered("U_OLGA", "That is not the code")
    chat.commands("link ABCD-EFGH", by="U_EVE")
    chat.whispered("U_EVE", "That is not the code")

    chat.commands("unlink", by="U_EVE")
    chat.whispered("U_EVE", "there is nothing to forget")


def test_the_way_to_sign_in_is_not_kept(chat: ChatWorld) -> None:
    """Of the state in the link there is only a digest, once the member has it."""
    chat.commands("link", by="U_TOM")
    offer = chat.whispered("U_TOM", "Continue on GitHub")
    (state,) = parse_qs(urlsplit(button(offer, "open")["url"]).query)["state"]

    chat.until(lambda: state not in chat.world.kept())


def test_a_link_in_the_browser_works_once(chat: ChatWorld) -> None:
    """The second time it is over."""
    chat.commands("link", by="U_TOM")
    offer = chat.whispered("U_TOM", "Continue on GitHub")
    assert "triage-tom" in chat.browses("U_TOM", offer)

    assert "was used already" in chat.browses("U_TOM", offer)


def newcomer(chat: ChatWorld) -> str:
    """A member of a test's own, whose account may write; what they are told directly is all about it."""
    login, user = f"worker-{chat.channel.lower().replace('_', '-')}", f"U_{chat.channel[2:]}"
    chat.world.stage.driver.adds_account(login)
    chat.world.gives(login, "write")
    chat.slack.adds_user(user)
    chat.slack.joins(user, channel=chat.channel)
    LOGINS[user] = login
    chat.links(user)
    return user


def test_an_account_that_is_renamed_stays_the_same(chat: ChatWorld) -> None:
    """Its old name may be somebody else's by now, so the id counts."""
    driver = chat.world.stage.driver
    user = newcomer(chat)
    login = LOGINS[user]

    driver.renames_account(login, f"{login}-now")
    driver.adds_account(login)  # a stranger takes the name
    chat.world.gives(login, "none")
    chat.commands(f"run {chat.world.repo}#1 `true`", by=user)

    assert chat.world.run_begins().requester.login == f"{login}-now"


def test_unlinking_forgets_at_once(chat: ChatWorld) -> None:
    """And linking anew is possible."""
    chat.links("U_TOM")

    chat.commands("unlink", by="U_TOM")
    chat.whispered("U_TOM", "I have forgotten who you are")
    chat.commands(f"status {chat.world.repo}#1", by="U_TOM")

    chat.whispered("U_TOM", "I do not know who you are on GitHub")


def test_who_revokes_the_authorization_on_github_is_unlinked(chat: ChatWorld) -> None:
    """Whoever has the account in Slack, maybe a stranger, is told once, and is nobody from then on."""
    user = newcomer(chat)
    login = LOGINS[user]

    chat.world.stage.driver.revokes_authorization(by=login)

    (told,) = chat.until(lambda: chat.directly(user))
    assert said(told).startswith(
        f"My authorization for {login} was revoked on GitHub, so I have unlinked you."
    )
    line = [line for line in chat.world.ledger.audit.lines() if line.verdict == "unlinked"][-1]
    assert (line.actor, line.details["member"]) == (login, f"slack T_ACME/{user}")
    chat.commands(f"run {chat.world.repo}#1 `true`", by=user)
    chat.whispered(user, "I do not know who you are on GitHub")


def test_revoking_counts_each_time(chat: ChatWorld) -> None:
    """GitHub tells of it in the same bytes."""
    user, other = newcomer(chat), f"U_OTHER_{chat.channel[2:]}"
    driver = chat.world.stage.driver
    driver.revokes_authorization(by=LOGINS[user])
    chat.until(lambda: chat.directly(user))
    chat.slack.adds_user(other)
    chat.slack.joins(other, channel=chat.channel)
    LOGINS[other] = LOGINS[user]
    chat.links(other)

    driver.revokes_authorization(by=LOGINS[user])

    chat.until(lambda: chat.directly(other))
    assert len(chat.directly(user)) == 1


def test_administrators_unlink_a_member(chat: ChatWorld) -> None:
    """The member hears of it directly, and the audit knows which administrator it was."""
    user = newcomer(chat)
    login = LOGINS[user]

    chat.mentions(f"unlink <@{user}>", by="U_OLGA")

    chat.whispered("U_OLGA", f"I have forgotten that this member is {login} on GitHub.")
    (told,) = chat.until(lambda: chat.directly(user))
    assert f"An administrator of this workspace has unlinked you from {login} on GitHub." in said(told)
    line = [line for line in chat.world.ledger.audit.lines() if line.verdict == "unlinked"][-1]
    assert line.actor in {"owner-olga", "slack T_ACME/U_OLGA"}
    assert line.details["member"] == f"slack T_ACME/{user}"
    chat.commands("unlink", by=user)
    chat.whispered(user, "there is nothing to forget")


def test_nobody_else_unlinks_a_member(chat: ChatWorld) -> None:
    """They are told who may, and what to do about their own account."""
    user = newcomer(chat)

    chat.mentions(f"unlink <@{user}>", by="U_TOM")

    chat.whispered("U_TOM", "Only an administrator of this workspace can unlink somebody else.")
    chat.commands(f"unlink {user}", by=user)  # but oneself
    chat.whispered(user, "I have forgotten who you are")


def test_a_name_that_slack_tells_us_as_typed_unlinks_nobody(chat: ChatWorld) -> None:
    """After `/agent` a mention comes as its letters, which anybody can choose as a name; an id counts."""
    user = newcomer(chat)

    chat.commands(f"unlink @{LOGINS[user]}", by="U_OLGA")
    chat.whispered("U_OLGA", "I know no linked member of that name. Write it as @agent unlink @member")
    chat.commands(f"unlink {user}", by="U_OLGA")

    chat.whispered("U_OLGA", "I have forgotten that this member is")


def test_administrators_see_who_is_linked(chat: ChatWorld) -> None:
    """Nobody else does."""
    chat.links("U_WILL")

    chat.commands("links", by="U_WILL")
    chat.commands("links", by="U_OLGA")

    chat.whispered("U_WILL", "Only an administrator of this workspace")
    assert "<@U_WILL> is writer-will since" in said(chat.whispered("U_OLGA", "Who is who on GitHub"))
