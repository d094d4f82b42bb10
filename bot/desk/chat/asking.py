"""A command that was written in a chat: `/agent …`, `@agent …`, or a form that was sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.chat.forms import RunForm
from bot.chat.message import Choice, says
from bot.chat.model import ChatUser, Link, Spot
from bot.desk.chat.choosing import repositories_for
from bot.desk.chat.finding import (
    ABOUT_A_RUN,
    Found,
    Site,
    find,
    hide_what_is_private,
    may_be_read_in,
    run_named,
    site_of,
)
from bot.desk.chat.knowing import Unlinked, Unwelcome, linked, today
from bot.desk.chat.linking import HOUSEKEEPING, offer_link
from bot.desk.chat.origin import Origin
from bot.desk.chat.telling import Asker, ChatVoice, answer, answered_alone, name_of, tell
from bot.desk.heeding import Command, heed
from bot.desk.model import Desk
from bot.desk.restraining import DROPPED, of_member, of_person, too_much
from bot.desk.rights import rules_of
from bot.errors import UserError
from bot.events import ChatSaid, Subject
from bot.ids import Person, PlanId
from bot.plainly import nearest
from bot.policy import Came
from bot.reading import Ask, asks
from bot.reading.refs import Ref
from bot.reports import chat as words
from bot.reports import replies
from bot.restraint import Scope, Welcome
from bot.runs import Run
from bot.verbs import VERBS, chosen
from bot.verbs.model import Verb

_SLASH = re.compile(r"\A\s*/agent\b[ \t]*", re.IGNORECASE)
_PLAN_ID = re.compile(r"plan-[0-9a-hjkmnp-tv-z]{10}\Z", re.ASCII)
PICK = "pick"  # the list of repositories to choose from


def asker_of(event: ChatSaid) -> Asker:
    spot = Spot(event.team, event.channel, event.thread)
    alone = answered_alone(spot, event.ts)
    aloud = event.came == "mention" and not spot.direct
    return Asker(ChatUser(event.team, event.user), spot, alone, event.id, aloud)


def attend_said(desk: Desk, event: ChatSaid) -> str:
    """What came of it, in one sentence. Whoever may not is told so alone."""
    asker = asker_of(event)
    return guarded(desk, asker, lambda: _attend(desk, event, asker))


def guarded(desk: Desk, asker: Asker, attend: Callable[[], str]) -> str:
    """Whoever may not is told so, alone, and not without end."""
    try:
        return attend()
    except Unwelcome as why:
        if of_member(desk, asker.user, key=asker.key) is not Welcome.FOLLOWED:
            return f"refused, and {DROPPED}"
        if isinstance(why, Unlinked):
            offer_link(desk, asker, str(why))
        elif desk.ledger.workspaces.of(asker.user.team) is not None:
            answer(desk, asker, str(why))
        return "refused."
    except UserError as problem:
        answer(desk, asker, str(problem))
        return "answered."


def _attend(desk: Desk, event: ChatSaid, asker: Asker) -> str:
    text = _SLASH.sub("", event.text).strip()
    verb, rest = [*text.split(maxsplit=1), "", ""][:2]
    if event.came == "mention" and not text:
        text = "help"  # a form opens only for who has pressed or typed a command
    if event.came == "mention" and asker.spot.direct and not _is_command(verb):
        text = "help"  # whoever writes to us directly is answered, whatever it is
    if event.came == "shortcut" or not text:
        return _open_form(desk, event, asker, linked(desk, asker, event.home), text)
    if verb.lower() in HOUSEKEEPING:
        welcome = of_member(desk, asker.user, key=asker.key)
        if welcome is Welcome.REFUSED:
            answer(desk, asker, too_much(desk, Scope.PERSON))
        if welcome is not Welcome.FOLLOWED:
            return f"{verb.lower()}: {DROPPED}"
        return HOUSEKEEPING[verb.lower()](desk, asker, event.home, rest.split())
    return said_about(desk, asker, event.home, text)


def _is_command(verb: str) -> bool:
    return verb.lower() in VERBS or verb.lower() in HOUSEKEEPING


def said_about(desk: Desk, asker: Asker, home: str, text: str, *, ref: Ref | None = None) -> str:
    """One command in words, about what it names itself or about what is given."""
    link = linked(desk, asker, home)
    ask = _one(text, desk.slug)
    if ask.verb not in VERBS:
        raise UserError(replies.not_a_verb(ask.verb, nearest(ask.verb, (*VERBS, *HOUSEKEEPING))))
    if of_person(desk, VERBS[ask.verb], link.person, key=_key(asker)) is Welcome.DROPPED:
        return "dropped."
    topic = ask.words.lower() if ask.verb == "help" else ""
    if topic in HOUSEKEEPING:
        answer(desk, asker, words.help_of_slack())
        return "helped."
    if ref is None:
        found = find(desk, asker, ask.words, link=link, verb=ask.verb)
    else:
        found = Found(site_of(desk, ref, link=link), ask.words)
    if found.site is None and ask.verb == "help":
        verb = VERBS.get(topic)
        answer(
            desk, asker, words.general_help() if verb is None else replies.help_with(verb, needs=verb.needs)
        )
        return "helped."
    if found.site is None and run_named(ask.verb, ask.words):
        raise UserError(words.no_such_run(run_named(ask.verb, ask.words)))
    if found.site is None:
        return _ask_where(desk, asker, text, chosen(ask))
    site = _of_plan(desk, found.site, ask.verb, found.words)
    person = today(desk, link, site.place.installation)
    meant = Ask(ask.verb, _about(ask.verb, found.words, found.run), ask.text, ask.problem)
    return follow(desk, Wanted(asker, person, meant, site))


@dataclass(frozen=True)
class Wanted:
    """What somebody whom we know wants."""

    asker: Asker
    person: Person
    ask: Ask
    site: Site


def follow(desk: Desk, wanted: Wanted) -> str:
    """The same as for a comment, from here on."""
    site, asker = wanted.site, wanted.asker
    hide_what_is_private(desk, site, wanted.person)
    readable = may_be_read_in(desk, site, asker.spot)
    voice = ChatVoice(
        desk,
        asker,
        site.place,
        site.number,
        aloud=readable and asker.aloud,
        shown=asker.spot if readable else asker.direct,
        more=words.help_of_slack() if wanted.ask == Ask("help") else "",
    )
    command = Command(
        ask=wanted.ask,
        key=_key(asker),
        person=wanted.person,
        place=site.place,
        number=site.number,
        on_pull=site.on_pull,
        subject=Subject(),  # nobody froze it, and what it says now may be a stranger's
        edited=False,
        url=_address(desk, site),
        came=Came.SLACK,
        voice=voice,
    )
    welcome = of_person(desk, command.verb, wanted.person, key=command.key)
    if welcome is Welcome.DROPPED:
        return "dropped."
    return heed(desk, command, rules_of(desk, site.place), welcome=welcome)


def _key(asker: Asker) -> str:
    """What a command is called among those of comments."""
    return f"chat:{asker.key}"


def _one(text: str, slug: str) -> Ask:
    """UserError for more than one: whoever reads a channel sees one answer to one command."""
    found = asks(f"/agent {text}", slug=slug)
    if len(found) != 1:
        raise UserError(words.one_command() if found else words.not_understood())
    return found[0]


def _about(verb: str, rest: str, run: Run | None) -> str:
    """In the thread of a run, that run is meant unless another one is named."""
    if run is None or verb not in ABOUT_A_RUN or run_named(verb, rest):
        return rest
    return f"{run.id} {rest}".strip()


def _of_plan(desk: Desk, site: Site, verb: str, rest: str) -> Site:
    """A plan that was shown is run where it was shown for."""
    name = rest.strip().strip("`")
    shown = desk.shown_plan(PlanId(name)) if verb == "run" and _PLAN_ID.match(name) else None
    if shown is None or shown.repo_id != site.place.repo_id or site.number:
        return site
    return replace(site, number=shown.number, on_pull=desk.is_pull(site.place, shown.number))


def _ask_where(desk: Desk, asker: Asker, text: str, verb: Verb) -> str:
    """Nobody can tell which repository is meant: let them choose one of theirs."""
    names = repositories_for(desk, asker.user, "", needs=verb.needs)
    if not names:
        raise UserError(words.name_a_repository())
    choice = Choice(words.which_repository(), PICK, name_of(asker, "where"), tuple(names))
    tell(desk, asker, says(words.where(text), choice), key="where", asked=text)
    return "asked where."


def _open_form(desk: Desk, event: ChatSaid, asker: Asker, link: Link, text: str) -> str:
    try:
        found = find(desk, asker, text, link=link)
    except UserError:
        found = Found(None, text)
    site = found.site
    form = RunForm(
        origin=Origin.of(asker).written(),
        repository=str(site.place.repo) if site else "",
        pull=str(site.number) if site and site.number else "",
        plan=text,
    )
    desk.talk.forms.open(event.team, event.trigger, form)
    return "asked by a form."


def _address(desk: Desk, site: Site) -> str:
    base = f"{desk.git_url.rstrip('/')}/{site.place.repo}"
    if not site.number:
        return base
    return f"{base}/{'pull' if site.on_pull else 'issues'}/{site.number}"
