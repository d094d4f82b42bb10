"""What somebody's home tells them, and what GitHub is asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.chat.forms import Home
from bot.chat.model import ChatUser, Member, Workspace
from bot.chat.ports import Chat
from bot.chat.sign_in import SignIn, What
from bot.desk.chat.home import attend_home
from bot.events import ChatHomeOpened
from bot.gates import OPEN_FOR, Bound, NewGate
from bot.ids import InstallationId, Login, Person, Place, RunId, Sha
from bot.ledger import Ledger
from bot.policy import Need
from bot.ports import Role
from tests.scripted import HEAD, NOON, Nobody, a_desk, begun, commands

MIA = Person(2, Login("maint-mia"))
USER = ChatUser("T_ACME", "U_MIA")


@dataclass
class GitHub:
    """Where Mia has this role, and is in these teams."""

    gives: Role = Role.MAINTAIN
    teams: tuple[str, ...] = ()
    asked: int = 0

    def login(self, installation: InstallationId, account: int) -> Login:
        self.asked += 1
        assert (installation, account) == (11, MIA.id)
        return MIA.login

    def role(self, place: Place, login: Login) -> Role:
        self.asked += 1
        assert (place.repo_id, login) == (1001, MIA.login)
        return self.gives

    def member(self, place: Place, team: str, login: Login) -> bool:
        assert (place.repo_id, login) == (1001, MIA.login)
        return team in self.teams


@dataclass
class Workspaces:
    """Slack, in which everybody is a full member and sees their home."""

    shown: list[Home] = field(default_factory=list)

    def member(self, user: ChatUser) -> Member:
        return Member(user, "mia", full=True)

    def home(self, user: ChatUser, home: Home) -> None:
        assert user == USER
        self.shown.append(home)


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    opened = Ledger(ledger_url)
    opened.workspaces.install(Workspace("T_ACME", "Acme", "U_AGENT", "B_AGENT", ()), NOON)
    opened.links.begin("s", SignIn(What.LINK, USER.team, USER.id, NOON + timedelta(minutes=10)))
    opened.links.use("s", NOON)
    opened.links.tell("s", "a code", code="c", person=MIA)
    opened.links.end(USER, "c", NOON)
    yield opened
    opened.close()


def parked(ledger: Ledger, name: str, *, team: str = "") -> RunId:
    """A run that waits for somebody who maintains, or who is in this team."""
    plan = commands(name)
    role = Role.WRITE if team else Role.MAINTAIN
    need = Need((0,), role, 1, by_another=True, sentence="Somebody looks at it.", rule="looked at", team=team)
    gate = NewGate((need,), Bound(plan.digest, HEAD, Sha("b" * 40), "p1"), NOON + OPEN_FOR)
    return begun(ledger, plan, gate=gate)


def home_of_mia(ledger: Ledger, github: GitHub, *, looks: int = 1) -> str:
    slack, nobody = Workspaces(), Nobody()
    talk: Any = Chat(nobody, nobody, slack, nobody, slack)  # type: ignore[arg-type]
    desk = replace(a_desk(ledger, permissions=github), chat=talk, accounts=github, listing=Nobody())
    for look in range(looks):
        attend_home(desk, ChatHomeOpened(f"e{look}", USER.team, USER.team, USER.id))
    return str(slack.shown[-1])


def test_what_waits_for_a_team_waits_for_who_is_in_it(ledger: Ledger) -> None:
    """And for nobody else, whatever their role is."""
    run = parked(ledger, "one", team="acme/ops")

    assert run in home_of_mia(ledger, GitHub(teams=("acme/ops",)))
    assert run not in home_of_mia(ledger, GitHub(Role.ADMIN))


def test_who_may_not_approve_is_shown_nothing_that_waits(ledger: Ledger) -> None:
    """Their home does not tell what others have before them."""
    run = parked(ledger, "one")

    assert run not in home_of_mia(ledger, GitHub(Role.READ))


@pytest.mark.parametrize("role", [Role.READ, Role.MAINTAIN])
def test_looking_again_and_again_costs_nothing(ledger: Ledger, role: Role) -> None:
    """GitHub is asked once about each repository, however many runs wait and however often one looks."""
    runs = [parked(ledger, f"number {number}") for number in range(30)]
    github = GitHub(role)

    home_of_mia(ledger, github, looks=10)

    assert (len(runs), github.asked) == (30, 2)
