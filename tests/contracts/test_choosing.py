"""What a list offers: the best match first, of what somebody may use, however much there is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.chat.model import ChatUser
from bot.chat.sign_in import SignIn, What
from bot.desk.chat.choosing import pulls_for, repositories_for
from bot.desk.model import Desk
from bot.errors import Hiccup
from bot.ids import InstallationId, Login, Place, Repo
from bot.ledger import Ledger
from bot.ports import PullTitle, Role, Whereabouts
from tests.scripted import NOON, WILL, a_desk

USER = ChatUser("T_ACME", "U_WILL")
OTHERS = [f"shop-{number:03}" for number in range(60)]


@dataclass
class GitHub:
    """An installation with these repositories, whose people read them all and write in a few."""

    names: list[str]
    writes: frozenset[str]
    slowness_s: float = 0.0
    asked: list[str] = field(default_factory=list)

    def repositories(self) -> Sequence[Whereabouts]:
        return [Whereabouts(place(name, number), archived=False) for number, name in enumerate(self.names)]

    def named(self, repo: Repo) -> Whereabouts | None:
        return Whereabouts(place(repo.name, 999), archived=False) if repo.name == "new" else None

    def pulls(self, place: Place) -> Sequence[PullTitle]:
        return [PullTitle(1, f"Discounts of {place.repo.name}")]

    def login(self, installation: InstallationId, account: int) -> Login | None:
        return WILL.login if (installation, account) == (11, WILL.id) else None

    def role(self, place: Place, login: Login) -> Role:
        self.asked.append(place.repo.name)
        time.sleep(self.slowness_s)
        if place.repo.name == "broken":
            raise Hiccup("GitHub has trouble.")
        return Role.WRITE if place.repo.name in self.writes and login == WILL.login else Role.READ


def place(name: str, number: int) -> Place:
    return Place(InstallationId(11), Repo("acme", name), number)


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    opened = Ledger(ledger_url)
    opened.links.begin("s", SignIn(What.LINK, USER.team, USER.id, NOON + timedelta(minutes=10)))
    opened.links.use("s", NOON)
    opened.links.tell("s", "a code", code="c", person=WILL)
    opened.links.end(USER, "c", NOON)
    yield opened
    opened.close()


def desk_on(ledger: Ledger, github: GitHub) -> Desk:
    return replace(a_desk(ledger, permissions=github), accounts=github, listing=github)


def test_the_one_that_is_called_so_comes_first(ledger: Ledger) -> None:
    """Then those that begin so, then those that have it in their name."""
    names = ["my-shop", *OTHERS, "shop"]
    desk = desk_on(ledger, GitHub(names, frozenset({"shop", "my-shop", "shop-059"})))

    assert repositories_for(desk, USER, "shop", needs=Role.WRITE) == [
        "acme/shop",
        "acme/shop-059",
        "acme/my-shop",
    ]
    assert repositories_for(desk, USER, "acme/SHOP", needs=Role.WRITE)[0] == "acme/shop"


def test_what_they_may_use_is_found_behind_much_that_they_may_not(ledger: Ledger) -> None:
    """Without a word of it, too."""
    desk = desk_on(ledger, GitHub([*OTHERS, "zoo"], frozenset({"zoo"})))

    assert repositories_for(desk, USER, "", needs=Role.WRITE) == ["acme/zoo"]


def test_twenty_are_enough(ledger: Ledger) -> None:
    """Nobody is asked about all the others."""
    github = GitHub(OTHERS, frozenset(OTHERS))

    assert len(repositories_for(desk_on(ledger, github), USER, "", needs=Role.WRITE)) == 20
    assert len(github.asked) < 30


def test_a_slow_github_keeps_nobody_waiting(ledger: Ledger) -> None:
    """What was learnt in time is offered, and the next question comes further."""
    github = GitHub([*OTHERS, "zoo"], frozenset({"shop-000", "zoo"}), slowness_s=0.3)
    desk = desk_on(ledger, github)
    began = time.monotonic()

    assert repositories_for(desk, USER, "", needs=Role.WRITE) == ["acme/shop-000"]
    assert time.monotonic() - began < 2.2
    repositories_for(desk, USER, "", needs=Role.WRITE)
    assert repositories_for(desk, USER, "", needs=Role.WRITE) == ["acme/shop-000", "acme/zoo"]


def test_one_that_github_says_nothing_about_is_left_out(ledger: Ledger) -> None:
    """The others are offered, and it is asked about again the next time."""
    github = GitHub(["broken", "shop"], frozenset({"broken", "shop"}))
    desk = desk_on(ledger, github)

    assert repositories_for(desk, USER, "", needs=Role.WRITE) == ["acme/shop"]
    repositories_for(desk, USER, "", needs=Role.WRITE)
    assert sorted(github.asked) == ["broken", "broken", "shop"]


def test_who_may_only_read_can_choose_what_readers_may_use(ledger: Ledger) -> None:
    """It depends on what it is chosen for."""
    desk = desk_on(ledger, GitHub(["shop", "till"], frozenset()))

    assert repositories_for(desk, USER, "", needs=Role.READ) == ["acme/shop", "acme/till"]
    assert repositories_for(desk, USER, "", needs=Role.WRITE) == []


def test_pull_requests_are_of_this_very_repository(ledger: Ledger) -> None:
    """Also when many others are called almost so, and when no list has it yet."""
    desk = desk_on(ledger, GitHub([*OTHERS, "shop"], frozenset({"shop", "new"})))

    assert pulls_for(desk, USER, "acme/shop", "#1", needs=Role.WRITE) == [PullTitle(1, "Discounts of shop")]
    assert pulls_for(desk, USER, "acme/new", "disc", needs=Role.WRITE) == [PullTitle(1, "Discounts of new")]
    assert pulls_for(desk, USER, "acme/shop-000", "", needs=Role.WRITE) == []


def test_who_is_nobody_on_github_chooses_nothing(ledger: Ledger) -> None:
    """Nothing is asked for them."""
    github = GitHub(["shop"], frozenset({"shop"}))
    nobody = ChatUser("T_ACME", "U_NOLINK")

    assert repositories_for(desk_on(ledger, github), nobody, "", needs=Role.READ) == []
    assert pulls_for(desk_on(ledger, github), nobody, "acme/shop", "", needs=Role.READ) == []
    assert github.asked == []
