"""What the ledger knows of a chat, on both databases: who is who, channels, and how fast we may speak."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.chat.model import Announce, Binding, ChatUser, Link, Workspace
from bot.chat.sign_in import MOST_TRIES, OPEN_FOR, SignIn, What, digest
from bot.ids import InstallationId, Login, Person, Place, Repo
from bot.ledger import Ledger
from tests.scripted import NOON, PLACE, WILL

SECOND = timedelta(seconds=1)
MEMBER, OTHER = ChatUser("T_ACME", "U_WILL"), ChatUser("T_ACME", "U_EVE")
STATE, CODE = digest("state"), digest("K7TM-2QXA")


def begins(ledger: Ledger, user: ChatUser = MEMBER, *, state: str = STATE, now: datetime = NOON) -> None:
    ledger.links.begin(state, SignIn(What.LINK, user.team, user.id, now + OPEN_FOR))


def is_shown(ledger: Ledger, user: ChatUser = MEMBER, *, state: str = STATE, code: str = CODE) -> None:
    """A sign-in that came back, and whose browser shows a code."""
    begins(ledger, user, state=state)
    assert ledger.links.use(state, NOON) is not None
    ledger.links.tell(state, "You are writer-will.", code=code, person=WILL)


def links(ledger: Ledger, user: ChatUser, person: Person) -> None:
    state, code = digest(f"state of {user.id}"), digest(f"code of {user.id}")
    begins(ledger, user, state=state)
    ledger.links.tell(state, "Look", code=code, person=person)
    assert ledger.links.end(user, code, NOON) is not None


# --- sign-ins --------------------------------------------------------------------------------------------


def test_a_code_links_a_member_with_an_account(ledger: Ledger) -> None:
    """From then on they are who they showed to be."""
    is_shown(ledger)

    assert ledger.links.end(MEMBER, CODE, NOON) == Link(MEMBER, WILL, NOON)
    assert ledger.links.of(MEMBER) == Link(MEMBER, WILL, NOON)
    assert ledger.links.members(WILL.id) == [MEMBER]


def test_a_state_is_used_once(ledger: Ledger) -> None:
    """Whoever comes second finds nothing, and what was found stays found."""
    begins(ledger)

    assert ledger.links.use(STATE, NOON) == SignIn(What.LINK, "T_ACME", "U_WILL", NOON + OPEN_FOR)
    assert ledger.links.use(STATE, NOON) is None
    assert ledger.links.used(STATE, NOON) is not None


def test_of_many_who_use_a_state_one_does(ledger: Ledger) -> None:
    """At the same moment."""
    begins(ledger)
    with ThreadPoolExecutor(8) as pool:
        used = list(pool.map(lambda _: ledger.links.use(STATE, NOON), range(8)))

    assert sum(each is not None for each in used) == 1


def test_a_state_that_nobody_came_back_with_is_not_used(ledger: Ledger) -> None:
    """The desk asks for it by its digest only after a browser did."""
    begins(ledger)

    assert ledger.links.used(STATE, NOON) is None
    assert ledger.links.use(digest("another"), NOON) is None


@pytest.mark.parametrize("late", [OPEN_FOR, OPEN_FOR + SECOND])
def test_a_sign_in_is_open_for_ten_minutes(ledger: Ledger, late: timedelta) -> None:
    """At its state, for the desk, and at its code."""
    is_shown(ledger)
    begins(ledger, OTHER, state=digest("other"))

    assert ledger.links.use(digest("other"), NOON + late) is None
    assert ledger.links.used(STATE, NOON + late) is None
    assert ledger.links.end(MEMBER, CODE, NOON + late) is None
    assert ledger.links.end(MEMBER, CODE, NOON + OPEN_FOR - SECOND) is not None


def test_a_code_is_used_once(ledger: Ledger) -> None:
    """It is gone with its sign-in."""
    is_shown(ledger)
    ledger.links.end(MEMBER, CODE, NOON)
    ledger.links.remove(MEMBER)

    assert ledger.links.end(MEMBER, CODE, NOON) is None
    assert ledger.links.of(MEMBER) is None


def test_of_two_who_type_a_code_at_once_one_is_linked(ledger: Ledger) -> None:
    """The other is told that it is none."""
    is_shown(ledger)
    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(lambda _: ledger.links.end(MEMBER, CODE, NOON), range(8)))

    assert sum(each is not None for each in ended) == 1
    assert ledger.links.all("T_ACME") == [Link(MEMBER, WILL, NOON)]


def test_after_five_wrong_codes_the_right_one_is_wrong_too(ledger: Ledger) -> None:
    """Nobody guesses one within ten minutes."""
    is_shown(ledger)
    guesses = [ledger.links.end(MEMBER, digest(f"guess {n}"), NOON) for n in range(MOST_TRIES)]

    assert guesses == [None] * 5
    assert ledger.links.end(MEMBER, CODE, NOON) is None


def test_after_four_wrong_codes_the_right_one_is_right(ledger: Ledger) -> None:
    """People mistype."""
    is_shown(ledger)
    guesses = [ledger.links.end(MEMBER, digest(f"guess {n}"), NOON) for n in range(MOST_TRIES - 1)]

    assert guesses == [None] * 4
    assert ledger.links.end(MEMBER, CODE, NOON) is not None


def test_many_guesses_at_once_are_counted(ledger: Ledger) -> None:
    """No more than five are looked at, however they come."""
    is_shown(ledger)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: ledger.links.end(MEMBER, digest(f"guess {n}"), NOON), range(8)))

    assert ledger.links.end(MEMBER, CODE, NOON) is None


@pytest.mark.parametrize("thief", [OTHER, ChatUser("T_EVIL", "U_WILL")], ids=["a colleague", "a namesake"])
def test_a_code_is_for_whoever_began(ledger: Ledger, thief: ChatUser) -> None:
    """Typed by somebody else it links nobody, and is still good for the one who began."""
    is_shown(ledger)

    assert ledger.links.end(thief, CODE, NOON) is None
    assert ledger.links.of(thief) is None
    assert ledger.links.end(MEMBER, CODE, NOON) is not None


def test_a_code_of_somebody_else_is_one_of_the_own_five(ledger: Ledger) -> None:
    """Whoever began a sign-in of their own and types another's has guessed once."""
    is_shown(ledger)
    is_shown(ledger, OTHER, state=digest("other"), code=digest("code of the other"))
    tries = [ledger.links.end(OTHER, CODE, NOON) for _ in range(MOST_TRIES)]

    assert tries == [None] * 5
    assert ledger.links.end(OTHER, digest("code of the other"), NOON) is None
    assert ledger.links.of(OTHER) is None


def test_a_sign_in_without_a_code_links_nobody(ledger: Ledger) -> None:
    """Neither before the browser came back, nor when GitHub told nobody, nor by an empty code."""
    begins(ledger)
    assert ledger.links.end(MEMBER, "", NOON) is None
    ledger.links.use(STATE, NOON)
    ledger.links.tell(STATE, "GitHub says no.")

    assert ledger.links.end(MEMBER, "", NOON) is None
    assert ledger.links.end(MEMBER, CODE, NOON) is None


def test_an_installation_links_nobody(ledger: Ledger) -> None:
    """It is no sign-in of a member's."""
    ledger.links.begin(STATE, SignIn(What.INSTALL, "T_ACME", "U_WILL", NOON + OPEN_FOR))
    ledger.links.tell(STATE, "Installed.", code=CODE, person=WILL)

    assert ledger.links.end(MEMBER, CODE, NOON) is None


def test_who_begins_anew_has_only_the_new_one(ledger: Ledger) -> None:
    """The link that was shown before is void, and so is its code. Nobody else's is."""
    is_shown(ledger)
    begins(ledger, OTHER, state=digest("other"))
    begins(ledger, state=digest("second"))

    assert ledger.links.end(MEMBER, CODE, NOON) is None
    assert ledger.links.used(STATE, NOON) is None
    assert ledger.links.use(digest("second"), NOON) is not None
    assert ledger.links.use(digest("other"), NOON) is not None


def test_a_browser_is_told_once(ledger: Ledger) -> None:
    """Whoever loads the page again sees no code."""
    begins(ledger)
    assert ledger.links.told(STATE) == ""
    ledger.links.tell(STATE, "Type K7TM-2QXA.", code=CODE, person=WILL)

    assert ledger.links.told(STATE) == "Type K7TM-2QXA."
    assert ledger.links.told(STATE) == ""
    assert ledger.links.told(digest("unknown")) == ""


def test_sign_ins_that_nobody_ended_are_forgotten(ledger: Ledger) -> None:
    """An hour after they were over; what is open stays."""
    is_shown(ledger)
    ledger.links.forget_old(NOON + OPEN_FOR)
    assert ledger.links.used(STATE, NOON) is not None

    ledger.links.forget_old(NOON + OPEN_FOR + timedelta(hours=1))
    assert ledger.links.used(STATE, NOON) is None


# --- links -----------------------------------------------------------------------------------------------


def test_a_new_link_takes_the_place_of_the_old(ledger: Ledger) -> None:
    """A member is one person; a person may be several members."""
    links(ledger, MEMBER, WILL)
    links(ledger, OTHER, WILL)
    links(ledger, MEMBER, Person(2, Login("maint-mia")))

    link = ledger.links.of(MEMBER)
    assert link is not None
    assert link.person == Person(2, Login("maint-mia"))
    assert ledger.links.members(WILL.id) == [OTHER]


def test_a_link_is_of_one_workspace(ledger: Ledger) -> None:
    """The same id elsewhere is somebody else."""
    links(ledger, MEMBER, WILL)

    assert ledger.links.of(ChatUser("T_EVIL", "U_WILL")) is None
    assert ledger.links.all("T_EVIL") == []


def test_whoever_revokes_their_authorization_is_nobody_anywhere(ledger: Ledger) -> None:
    """In no workspace, and a code that was shown for their account counts no more; others stay."""
    links(ledger, MEMBER, WILL)
    links(ledger, ChatUser("T_EVIL", "U_EVE"), WILL)
    links(ledger, OTHER, Person(2, Login("maint-mia")))
    is_shown(ledger)

    ledger.links.revoke(WILL.id, NOON + timedelta(minutes=2))

    assert ledger.links.members(WILL.id) == []
    assert ledger.links.end(MEMBER, CODE, NOON + timedelta(minutes=2)) is None
    assert ledger.links.of(OTHER) is not None


def test_giving_a_token_back_takes_no_code_away(ledger: Ledger) -> None:
    """As a sign-in returns we give its token back: should GitHub tell of that, too, the code still counts."""
    is_shown(ledger)

    ledger.links.revoke(WILL.id, NOON + timedelta(seconds=10))

    assert ledger.links.end(MEMBER, CODE, NOON + timedelta(seconds=20)) is not None


def test_a_link_that_is_removed_is_gone(ledger: Ledger) -> None:
    """And can be removed once."""
    links(ledger, MEMBER, WILL)

    assert (ledger.links.remove(MEMBER), ledger.links.remove(MEMBER)) == (True, False)
    assert ledger.links.of(MEMBER) is None


# --- channels --------------------------------------------------------------------------------------------

BINDING = Binding("T_ACME", "C_SHOP", PLACE, Announce.FAILURES, "maint-mia")
TILL = Place(InstallationId(11), Repo("acme", "till"), 1002)


def test_a_channel_is_about_one_repository(ledger: Ledger) -> None:
    """The last one that was named."""
    ledger.bindings.bind(BINDING, NOON)
    ledger.bindings.bind(replace(BINDING, place=TILL, announce=Announce.ALL), NOON)

    assert ledger.bindings.of("T_ACME", "C_SHOP") == replace(BINDING, place=TILL, announce=Announce.ALL)
    assert ledger.bindings.about(PLACE.repo_id) == []


def test_a_repository_may_be_what_several_channels_are_about(ledger: Ledger) -> None:
    """In one workspace and in others."""
    elsewhere = replace(BINDING, team="T_EVIL")
    second = replace(BINDING, channel="C_OPS")
    ledger.bindings.bind(BINDING, NOON)
    ledger.bindings.bind(elsewhere, NOON)
    ledger.bindings.bind(second, NOON)
    ledger.bindings.bind(replace(BINDING, channel="C_TILL", place=TILL), NOON)

    assert ledger.bindings.about(PLACE.repo_id) == [second, BINDING, elsewhere]
    assert [each.channel for each in ledger.bindings.in_team("T_ACME")] == ["C_OPS", "C_SHOP", "C_TILL"]


def test_a_channel_of_the_same_name_elsewhere_is_another(ledger: Ledger) -> None:
    """Slack gives its ids once, and we do not rely on it."""
    ledger.bindings.bind(BINDING, NOON)

    assert ledger.bindings.of("T_EVIL", "C_SHOP") is None


def test_a_channel_goes_with_its_repository(ledger: Ledger) -> None:
    """To its new name and owner."""
    ledger.bindings.bind(BINDING, NOON)
    moved = replace(PLACE, repo=Repo("umbrella", "store"), installation=InstallationId(12))
    ledger.bindings.move(moved)

    assert ledger.bindings.of("T_ACME", "C_SHOP") == replace(BINDING, place=moved)


def test_a_binding_that_is_removed_is_gone(ledger: Ledger) -> None:
    """And can be removed once."""
    ledger.bindings.bind(BINDING, NOON)

    assert [ledger.bindings.remove("T_ACME", "C_SHOP") for _ in range(2)] == [True, False]
    assert ledger.bindings.of("T_ACME", "C_SHOP") is None


# --- paces -----------------------------------------------------------------------------------------------


def test_a_pace_is_free_again_after_its_gap(ledger: Ledger) -> None:
    """Not a moment before, and each has a gap of its own."""
    assert ledger.paces.take("post:a", SECOND, NOON)

    assert not ledger.paces.take("post:a", SECOND, NOON + SECOND * 0.9)
    assert ledger.paces.take("post:b", SECOND, NOON)
    assert ledger.paces.take("post:a", SECOND, NOON + SECOND)


def test_a_pace_that_was_not_free_does_not_move(ledger: Ledger) -> None:
    """Whoever asks too early makes nobody wait longer."""
    ledger.paces.take("post:a", SECOND, NOON)
    asked = [ledger.paces.take("post:a", SECOND, NOON + SECOND * (n / 10)) for n in range(1, 10)]

    assert asked == [False] * 9
    assert ledger.paces.look({"post:a"}, NOON) == {"post:a": NOON + SECOND}


def test_of_many_who_take_a_pace_at_once_one_does(ledger: Ledger) -> None:
    """Several desks speak in one channel, and keep its limit together: the first time, and later on."""
    moments = [NOON] * 16, [NOON + timedelta(minutes=1)] * 16
    with ThreadPoolExecutor(8) as pool:
        taken = [
            list(pool.map(lambda now: ledger.paces.take("post:a", SECOND, now), those)) for those in moments
        ]

    assert [sum(each) for each in taken] == [1, 1]


def test_two_who_go_on_as_fast_as_they_may_keep_the_gap(ledger: Ledger) -> None:
    """Both ask at each tenth of a second for ten seconds: ten times it was free."""
    moments = [NOON + SECOND * (n / 10) for n in range(100)]

    def goes_on(_: int) -> int:
        return sum(ledger.paces.take("post:a", SECOND, moment) for moment in moments)

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(goes_on, range(2))) <= 10
    assert ledger.paces.take("post:a", SECOND, NOON + 11 * SECOND)


def test_a_pace_that_slack_closed_is_free_when_slack_says(ledger: Ledger) -> None:
    """Whether it was known before or not; the longer silence counts."""
    ledger.paces.take("post:a", SECOND, NOON)
    ledger.paces.close("post:a", NOON + 7 * SECOND)
    ledger.paces.close("post:b", NOON + 7 * SECOND)
    ledger.paces.close("post:a", NOON + 3 * SECOND)

    until = NOON + 7 * SECOND
    assert ledger.paces.look({"post:a", "post:b", "post:c"}, NOON) == {"post:a": until, "post:b": until}
    assert not ledger.paces.take("post:a", SECOND, NOON + 6 * SECOND)
    assert ledger.paces.take("post:a", SECOND, until)


def test_what_is_free_is_not_in_a_look(ledger: Ledger) -> None:
    """Nobody waits for it."""
    ledger.paces.take("post:a", SECOND, NOON)

    assert ledger.paces.look({"post:a"}, NOON + SECOND) == {}
    assert ledger.paces.look(set(), NOON) == {}


def test_a_pace_that_a_wrong_clock_took_is_free(ledger: Ledger) -> None:
    """A desk that was an hour ahead silences nobody for that hour."""
    ledger.paces.take("post:a", SECOND, NOON + timedelta(hours=1))

    assert ledger.paces.look({"post:a"}, NOON) == {}
    assert ledger.paces.take("post:a", SECOND, NOON)


# --- workspaces ------------------------------------------------------------------------------------------

ACME = Workspace("T_ACME", "Acme", "U_AGENT", "B_AGENT", ("chat:write", "commands"), token=b"sealed")


def test_a_workspace_is_known_from_its_installation_on(ledger: Ledger) -> None:
    """Until then nobody there is."""
    assert ledger.workspaces.of("T_ACME") is None
    ledger.workspaces.install(ACME, NOON)
    ledger.workspaces.install(Workspace("T_EVIL", "Evil", "U2", "B2", ()), NOON)

    assert ledger.workspaces.of("T_ACME") == ACME
    assert [each.team for each in ledger.workspaces.all()] == ["T_ACME", "T_EVIL"]
    assert ledger.workspaces.of("T_EVIL") == Workspace("T_EVIL", "Evil", "U2", "B2", ())


def test_a_revoked_workspace_is_known_and_keeps_no_token(ledger: Ledger) -> None:
    """Since the first moment that we were told."""
    ledger.workspaces.install(ACME, NOON)
    ledger.workspaces.revoke("T_ACME", NOON + SECOND)
    ledger.workspaces.revoke("T_ACME", NOON + 9 * SECOND)
    ledger.workspaces.revoke("T_NOWHERE", NOON)

    assert ledger.workspaces.of("T_ACME") == replace(ACME, token=None, revoked_at=NOON + SECOND)


def test_a_workspace_that_installs_us_again_is_as_new(ledger: Ledger) -> None:
    """With its new token and whatever else is new."""
    ledger.workspaces.install(ACME, NOON)
    ledger.workspaces.revoke("T_ACME", NOON)
    again = replace(ACME, name="Acme Inc.", token=b"anew")
    ledger.workspaces.install(again, NOON + SECOND)

    assert ledger.workspaces.all() == [again]
