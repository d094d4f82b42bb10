"""`/agent link`, `unlink`, `links`: who a member is on GitHub, and what a channel is about.

/agent link                              begins: a link for them alone
/agent link CODE                         ends: the code that GitHub's page led to
/agent link channel owner/repo [all|failures|none]
/agent unlink [channel]
/agent unlink @member                    for administrators of the workspace
/agent links [page]                      for administrators of the workspace
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.chat.message import Buttons, Open, says
from bot.chat.model import Announce, Binding, Channel, ChatUser, Link, Spot
from bot.chat.ports import Gone
from bot.chat.sign_in import OPEN_FOR, SignIn, What, as_code, digest, new_code, new_state
from bot.desk.chat.finding import site_of, written_bindings
from bot.desk.chat.knowing import actor, linked, member, today
from bot.desk.chat.telling import Asker, answer, name_of, tell, tell_directly, to_be_typed
from bot.desk.model import Desk
from bot.desk.rights import role_of
from bot.errors import UserError
from bot.events import AuthorizationRevoked, SignInReturned
from bot.ids import Login, Person, Place, Repo
from bot.ledger.audit import AuditLine
from bot.ports import Role
from bot.reading.refs import Ref
from bot.reports import chat as words

Keep = Callable[[Desk, Asker, str, Sequence[str]], str]
BINDS = Role.MAINTAIN  # who may say what a channel is about: it may show what is private


def offer_link(desk: Desk, asker: Asker, why: str) -> None:
    """A way to GitHub and back, for them alone, for ten minutes, once."""
    state = new_state()
    user = asker.user
    desk.ledger.links.begin(digest(state), SignIn(What.LINK, user.team, user.id, desk.clock.now() + OPEN_FOR))
    button = Open(words.link_button(), desk.sign_ins.address(state))
    told = to_be_typed(asker.alone, f"{why}\n\n{words.how_to_link()}")
    tell(desk, asker, says(told, Buttons((button,))), key="link")


def come_back(desk: Desk, event: SignInReturned) -> str:
    """GitHub told who they are: the browser is shown a code that only they can type in the chat. Or Slack
    told that we were installed."""
    sign_in = desk.ledger.links.used(event.state, desk.clock.now())
    if sign_in is None:
        return "It is over."
    if sign_in.what is What.INSTALL:
        return _installed(desk, event)
    try:
        person = desk.sign_ins.person(event.code)
    except UserError as refusal:
        desk.ledger.links.tell(event.state, str(refusal))
        return "GitHub told nobody."
    code = new_code()
    told = words.code_shown(person.login, code)
    desk.ledger.links.tell(event.state, told, code=digest(code), person=person)
    return "A code is shown."


def _installed(desk: Desk, event: SignInReturned) -> str:
    try:
        told = words.installed(desk.installer.install(event.code))
    except UserError as refusal:
        told = str(refusal)
    desk.ledger.links.tell(event.state, told)
    return "The browser is told."


def _link(desk: Desk, asker: Asker, home: str, rest: Sequence[str]) -> str:
    if rest and rest[0].lower() == "channel":
        return _bind(desk, asker, home, rest[1:])
    member(desk, asker, home)
    if not rest:
        offer_link(desk, asker, words.link_begins())
        return "link offered."
    code = as_code("".join(rest))
    link = desk.ledger.links.end(asker.user, digest(code), desk.clock.now()) if code else None
    if link is None:
        raise UserError(words.wrong_code())
    _write_down(desk, link.person, asker.user, "linked", words.linked(link.person.login))
    answer(desk, asker, words.linked(link.person.login))
    return "linked."


def _unlink(desk: Desk, asker: Asker, home: str, rest: Sequence[str]) -> str:
    if rest and rest[0].lower() == "channel":
        return _unbind(desk, asker, home)
    member(desk, asker, home)
    whom = ChatUser(asker.user.team, rest[0].removeprefix("@")) if rest else asker.user
    if whom != asker.user:
        return _unlink_other(desk, asker, whom)
    link = desk.ledger.links.of(asker.user)
    if link is None or not desk.ledger.links.remove(asker.user):
        raise UserError(words.not_linked())
    _write_down(desk, link.person, asker.user, "unlinked", words.unlinked_now())
    answer(desk, asker, words.unlinked_now())
    return "unlinked."


def _unlink_other(desk: Desk, asker: Asker, whom: ChatUser) -> str:
    if not desk.talk.people.member(asker.user).admin:
        raise UserError(words.admins_unlink())
    link = desk.ledger.links.of(whom)
    if link is None:
        raise UserError(words.how_to_unlink())
    own = desk.ledger.links.of(asker.user)
    admin = own.person if own else Person(0, Login(actor(asker.user)))
    said = words.unlinked_other(link.person.login)
    tell_directly(
        desk, whom, says(words.unlinked_by_admin(link.person.login)), key=name_of(asker, "unlinked")
    )
    _write_down(desk, admin, whom, "unlinked", said)
    desk.ledger.links.remove(whom)
    answer(desk, asker, said)
    return "unlinked."


def attend_revoked(desk: Desk, event: AuthorizationRevoked) -> str:
    """Who took it back on GitHub that we may know them is nobody in any chat any more. Whoever was them there
    hears of it, which may be a stranger."""
    person = event.person
    told = words.unlinked_on_github(person.login)
    members = desk.ledger.links.members(person.id)
    for user in members:
        _write_down(desk, person, user, "unlinked", told)
        if desk.chat is not None:
            key = f"revoked:{event.at.isoformat()}:{user.team}:{user.id}"
            tell_directly(desk, user, says(told), key=key)
    desk.ledger.links.revoke(person.id, desk.clock.now())
    return f"Members unlinked: {len(members)}."


def _links(desk: Desk, asker: Asker, home: str, rest: Sequence[str]) -> str:
    member(desk, asker, home)
    if not desk.talk.people.member(asker.user).admin:
        raise UserError(words.admins_only())
    page = int(rest[0][:6]) if rest and rest[0].isdecimal() else 1
    tell(desk, asker, words.all_links(desk.ledger.links.all(asker.user.team), page), key="answer")
    return "listed."


HOUSEKEEPING: dict[str, Keep] = {"link": _link, "unlink": _unlink, "links": _links}


# --- channels ------------------------------------------------------------------------------------------


def _bind(desk: Desk, asker: Asker, home: str, rest: Sequence[str]) -> str:
    link = linked(desk, asker, home)
    if asker.spot.direct:
        raise UserError(words.no_channel())
    _must_not_be_written(desk, asker)
    announce = _announce(rest[1:])
    if not rest or rest[0].count("/") != 1 or announce is None:
        raise UserError(words.how_to_bind())
    site = site_of(desk, Ref(Repo(*rest[0].split("/"))), link=link)
    person = today(desk, link, site.place.installation)
    _must_maintain(desk, person, site.place)
    before = desk.ledger.bindings.of(asker.spot.team, asker.spot.channel)
    if before is not None and before.place.repo_id != site.place.repo_id:
        _must_be_theirs(desk, asker, link, before)
    if _joined(desk, asker.spot).shared and site.private:
        raise UserError(words.channel_is_shared())
    binding = Binding(asker.spot.team, asker.spot.channel, site.place, announce, person.login)
    desk.ledger.bindings.bind(binding, desk.clock.now())
    said = words.bound(str(site.place.repo), announce)
    _write_down(desk, person, asker.user, "bound", said, place=str(site.place.repo))
    answer(desk, asker, said)
    _say_aloud(desk, asker, words.bound_by(person.login, str(site.place.repo), announce))
    return "bound."


def _unbind(desk: Desk, asker: Asker, home: str) -> str:
    link = linked(desk, asker, home)
    _must_not_be_written(desk, asker)
    binding = desk.ledger.bindings.of(asker.spot.team, asker.spot.channel)
    if binding is None:
        raise UserError(words.not_bound())
    _must_be_theirs(desk, asker, link, binding)
    desk.ledger.bindings.remove(binding.team, binding.channel)
    _write_down(desk, link.person, asker.user, "unbound", words.unbound(), place=str(binding.place.repo))
    answer(desk, asker, words.unbound())
    _say_aloud(desk, asker, words.unbound_by(link.person.login))
    return "unbound."


def _must_not_be_written(desk: Desk, asker: Asker) -> None:
    """The server's file goes before what people say."""
    if any(spot == asker.spot.in_thread("") for spot, _ in written_bindings(desk)):
        raise UserError(words.bound_in_file())


def _announce(rest: Sequence[str]) -> Announce | None:
    """None for a word that is none of the three."""
    word = rest[0].lower() if rest else Announce.NONE.value
    return next((each for each in Announce if each == word), None) if len(rest) <= 1 else None


def _must_maintain(desk: Desk, person: Person, place: Place) -> None:
    if not role_of(desk, place, person).at_least(BINDS):
        raise UserError(words.binds_who(str(place.repo), BINDS))


def _must_be_theirs(desk: Desk, asker: Asker, link: Link, binding: Binding) -> None:
    """Nobody takes a channel away from a repository that others maintain. Of one that we cannot reach any
    more nobody can tell who does, so an administrator of the workspace has to."""
    there = desk.code.whereabouts(binding.place)
    if there is not None:
        _must_maintain(desk, today(desk, link, there.place.installation), there.place)
    elif not desk.talk.people.member(asker.user).admin:
        raise UserError(words.admins_unbind(str(binding.place.repo)))


def _joined(desk: Desk, spot: Spot) -> Channel:
    """The channel, if we are in it: in another one we could announce nothing."""
    try:
        channel = desk.talk.channels.channel(spot)
    except Gone:
        raise UserError(words.invite_me("")) from None
    if not channel.joined:
        raise UserError(words.invite_me(channel.name))
    return channel


def _say_aloud(desk: Desk, asker: Asker, text: str) -> None:
    """Whoever reads there hears who changed what they will read."""
    here = replace(asker, spot=asker.spot.in_thread(""))
    tell(desk, here, says(text), key="aloud", aloud=True)


def _write_down(
    desk: Desk, person: Person, user: ChatUser, verdict: str, reason: str, *, place: str = ""
) -> None:
    desk.ledger.audit.write(
        AuditLine(
            at=desk.clock.now(),
            actor=person.login,
            actor_id=person.id,
            place=place or f"slack {user.team}",
            number=0,
            what="link by slack",
            verdict=verdict,
            reason=reason,
            details={"member": actor(user)},
        )
    )
