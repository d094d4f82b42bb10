"""What somebody sees of us when they open us: their runs, what waits for them, channels, and who they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.chat.forms import Home
from bot.chat.model import Binding, ChatUser, Link, Spot
from bot.desk.approving import teams_now
from bot.desk.chat.finding import binding_of, written_bindings
from bot.desk.chat.knowing import Unwelcome, login_lately, member, role_lately
from bot.desk.chat.telling import Asker
from bot.desk.model import Desk
from bot.errors import AgentError
from bot.events import ChatHomeOpened
from bot.gates import Approval, bar
from bot.ports import Role
from bot.reports import chat_home as words
from bot.runs import Run, RunState

MINE = 10
WAITING = 10
CHANNELS = 20


def attend_home(desk: Desk, event: ChatHomeOpened) -> str:
    """Made anew each time that they look."""
    user = ChatUser(event.team, event.user)
    spot = Spot(event.team, "")
    asker = Asker(user, spot, spot, event.id)
    try:
        member(desk, asker, event.home)
    except Unwelcome as why:
        desk.talk.forms.home(user, words.unwelcome(str(why)))
        return "refused."
    desk.talk.forms.home(user, _home(desk, user))
    return "shown."


def _home(desk: Desk, user: ChatUser) -> Home:
    link = desk.ledger.links.of(user)
    if link is None:
        return words.of_nobody()
    mine = desk.ledger.runs.of_person(link.person.id, MINE)
    return words.of(
        link,
        [(run, desk.page(run)) for run in mine],
        [(run, desk.check_page(run) or desk.page(run)) for run in _waiting(desk, link)],
        _channels(desk, link),
    )


def _waiting(desk: Desk, link: Link) -> Sequence[Run]:
    """Parked runs whose next approval theirs would be."""
    parked = [run for run in desk.ledger.runs.open() if run.state is RunState.PARKED]
    found: list[Run] = []
    for run in parked[:50]:
        if run.gate is None or len(found) == WAITING:
            continue
        place = run.target.place
        role = role_lately(desk, place, link.person.id)
        if not role.at_least(Role.WRITE):
            continue
        try:
            login = login_lately(desk, place.installation, link.person.id) or link.person.login
            person = replace(link.person, login=login)
            teams = teams_now(desk, run, person, run.gate.needs)
        except AgentError:
            continue
        if bar(run.gate, Approval(person, role, desk.clock.now(), teams), run.requester) is None:
            found.append(run)
    return found


def _channels(desk: Desk, link: Link) -> Sequence[tuple[str, str]]:
    """(channel, repository) of those whose repository they may read. The server's file goes before what
    people have said."""
    team = link.user.team
    bound = {each.channel: each for each in desk.ledger.bindings.in_team(team)}
    written = [spot for spot, _ in written_bindings(desk) if spot.team == team]
    there = {spot.channel: _bound(desk, spot) for spot in written[:CHANNELS]}
    shown: list[tuple[str, str]] = []
    for binding in list(filter(None, (bound | there).values()))[:CHANNELS]:
        if role_lately(desk, binding.place, link.person.id).at_least(Role.READ):
            shown.append((binding.channel, str(binding.place.repo)))
    return shown


def _bound(desk: Desk, spot: Spot) -> Binding | None:
    """As it was within the last minute; None when GitHub does not tell."""
    try:
        return desk.remembered.recall(("bound", spot), lambda: binding_of(desk, spot))
    except AgentError:
        return None
