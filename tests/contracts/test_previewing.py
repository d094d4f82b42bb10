"""Previews of a form: of its newest state, later when it cannot be now, and of few questions to others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.chat.forms import RunForm
from bot.chat.model import ChatUser, Member, Workspace
from bot.chat.open_form import OpenForm
from bot.chat.ports import Chat, Gone
from bot.chat.sign_in import SignIn, What
from bot.desk.chat.origin import Origin
from bot.desk.chat.previewing import WORTH, preview_newest
from bot.desk.model import Desk
from bot.errors import Crowded, Underway
from bot.ids import InstallationId, Login, Place, Repo
from bot.ledger import Ledger
from bot.ports import Role, Whereabouts
from tests.scripted import NOON, PLACE, WILL, Clock, Nobody, a_desk

WRITTEN = Origin("C_SHOP", "").written()
FORM = OpenForm("T_ACME", "T_ACME", "U_WILL", "V1", WRITTEN, {}, NOON)


@dataclass
class Drawer:
    """Holds the newest state of one form. Somebody else may be at it."""

    state: bytes | None
    is_held: bool = False

    def put(self, name: str, state: bytes) -> None:
        raise AssertionError(f"Nobody types into {name} here.")

    def put_back(self, name: str, state: bytes) -> None:
        assert name == FORM.name
        self.state = self.state or state

    @contextmanager
    def newest(self, name: str) -> Iterator[bytes | None]:
        if self.is_held:
            raise Underway(1.0)
        found, self.state = self.state, None
        yield found


@dataclass
class World:
    """A Slack that shows forms, and a GitHub in which everybody may write. Both count their questions."""

    shown: list[RunForm] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    is_crowded: bool = False
    is_gone: bool = False

    def change(self, team: str, view: str, form: RunForm) -> None:
        assert (team, view) == ("T_ACME", "V1")
        if self.is_gone:
            raise Gone("I am not installed in the workspace T_ACME.")
        self.shown.append(form)

    def member(self, user: ChatUser) -> Member:
        self.asked.append("member")
        if self.is_crowded:
            raise Crowded(30)
        return Member(user, "Will", full=True, admin=False)

    def named(self, repo: Repo) -> Whereabouts | None:
        self.asked.append("named")
        return Whereabouts(PLACE, archived=False) if repo == PLACE.repo else None

    def login(self, installation: InstallationId, account: int) -> Login:
        self.asked.append("login")
        return WILL.login

    def role(self, place: Place, login: Login) -> Role:
        self.asked.append("role")
        return Role.WRITE

    def read(self, place: Place, path: str) -> None:
        self.asked.append("read")

    def read_organisation(self, place: Place, path: str) -> None:
        self.asked.append("read_organisation")


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    opened = Ledger(ledger_url)
    opened.workspaces.install(Workspace("T_ACME", "Acme", "U_AGENT", "B_AGENT", ()), NOON)
    opened.links.begin("s", SignIn(What.LINK, "T_ACME", "U_WILL", NOON + timedelta(minutes=10)))
    opened.links.use("s", NOON)
    opened.links.tell("s", "a code", code="c", person=WILL)
    opened.links.end(ChatUser("T_ACME", "U_WILL"), "c", NOON)
    yield opened
    opened.close()


def desk_in(ledger: Ledger, world: World) -> Desk:
    nobody: Any = Nobody()
    there: Any = world
    talk = Chat(messages=nobody, files=nobody, people=there, channels=nobody, forms=there)
    desk = a_desk(ledger, permissions=world, code=world)
    return replace(desk, chat=talk, accounts=there, listing=there)


def typed(plan: str, repository: str = "acme/shop") -> bytes:
    return replace(FORM, fields={"repository": repository, "plan": plan}).written()


def test_everybody_is_asked_once_a_minute(ledger: Ledger) -> None:
    """However much is typed; each state is shown as it is. Nothing of it is in the audit."""
    world = World()
    desk = desk_in(ledger, world)

    for plan in ("`a`", "`ab`", "`abc`"):
        assert preview_newest(desk, Drawer(typed(plan)), FORM.name)

    assert ["Run abc" in each.preview.replace("`", "") for each in world.shown] == [False, False, True]
    assert sorted(world.asked) == ["login", "member", "named", "read", "read_organisation", "role"]
    assert ledger.audit.lines() == ()


def test_what_is_in_the_way_is_remembered_as_well(ledger: Ledger) -> None:
    """A repository that nobody can reach is looked for once."""
    world = World()
    desk = desk_in(ledger, world)

    for plan in ("`a`", "`ab`"):
        preview_newest(desk, Drawer(typed(plan, "acme/gone")), FORM.name)

    assert [(each.problem, "cannot reach" in each.preview) for each in world.shown] == [(True, True)] * 2
    assert world.asked == ["member", "named"]


def test_nobody_is_asked_about_a_form_that_says_nothing_yet(ledger: Ledger) -> None:
    """Its list of pull requests follows the repository all the same."""
    world = World()

    preview_newest(desk_in(ledger, world), Drawer(typed("")), FORM.name)

    assert (world.shown, world.asked) == ([RunForm(WRITTEN, "acme/shop")], [])


def test_what_cannot_be_previewed_now_is_looked_at_again(ledger: Ledger) -> None:
    """As long as somebody may still wait for it."""
    world, drawer = World(is_crowded=True), Drawer(typed("`a`"))
    desk = desk_in(ledger, world)

    assert preview_newest(desk, drawer, FORM.name)
    assert drawer.state == typed("`a`")

    world.is_crowded = False
    assert preview_newest(desk, drawer, FORM.name)
    assert [drawer.state] == [None]
    assert len(world.shown) == 1


def test_a_preview_that_is_too_late_is_dropped(ledger: Ledger) -> None:
    """Whoever typed it has sent or closed the form."""
    drawer = Drawer(typed("`a`"))
    desk = replace(desk_in(ledger, World(is_crowded=True)), clock=Clock(NOON + WORTH))

    preview_newest(desk, drawer, FORM.name)

    assert drawer.state is None


def test_what_slack_does_not_show_any_more_is_dropped(ledger: Ledger) -> None:
    """The workspace left us meanwhile: nobody looks any more, and it is no bug of ours."""
    drawer = Drawer(typed("`a`"))

    assert preview_newest(desk_in(ledger, World(is_gone=True)), drawer, FORM.name)
    assert drawer.state is None


def test_what_somebody_else_is_at_is_left_to_them(ledger: Ledger) -> None:
    """It counts as something to wait after, or two desks would pass it to each other without a pause."""
    world = World()
    desk = desk_in(ledger, world)

    assert preview_newest(desk, Drawer(typed("`a`"), is_held=True), FORM.name)
    assert not preview_newest(desk, Drawer(None), FORM.name)
    assert world.shown == []
