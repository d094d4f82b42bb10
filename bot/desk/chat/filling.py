"""The form to run something: what is chosen and typed in it, and that it is sent."""

from __future__ import annotations

from bot.chat.forms import DENY_FORM, DRY, PLAN, PULL, REPOSITORY, WHY, RunForm
from bot.chat.model import ChatUser, Link
from bot.desk.chat.asking import Wanted, asker_of, follow, guarded
from bot.desk.chat.finding import Site, site_of
from bot.desk.chat.knowing import linked, today
from bot.desk.chat.origin import Origin
from bot.desk.chat.pressing import attend_denial, presser_of
from bot.desk.chat.telling import Asker, answer
from bot.desk.model import Desk
from bot.errors import UserError
from bot.events import ChatFormSent, ChatPressed, ChatSaid
from bot.ids import Repo
from bot.reading import Ask
from bot.reading.refs import Ref
from bot.reports import chat as words


def attend_form(desk: Desk, event: ChatFormSent) -> str:
    """The same as if it had been written as a command."""
    if event.form == DENY_FORM:
        return attend_denial(desk, event, event.fields.get(WHY, ""))
    asker = _filler(event)
    form = form_of(event.origin, event.fields)

    def attend() -> str:
        link = linked(desk, asker, event.home)
        site = site_in(desk, form, link=link)
        person = today(desk, link, site.place.installation)
        return follow(desk, Wanted(asker, person, ask_of(form), site))

    return guarded(desk, asker, attend)


def give_up_chat(desk: Desk, event: ChatSaid | ChatPressed | ChatFormSent) -> None:
    """Time did not fix what kept us from attending to it."""
    match event:
        case ChatSaid():
            asker = asker_of(event)
        case ChatPressed():
            asker = presser_of(event)
        case ChatFormSent():
            asker = _filler(event)
    answer(desk, asker, words.silence())


def ask_of(form: RunForm) -> Ask:
    """One line is the words of the command, more are the text below it."""
    plan = form.plan.strip()
    verb = "plan" if form.dry else "run"
    return Ask(verb, text=plan) if "\n" in plan else Ask(verb, plan)


def site_in(desk: Desk, form: RunForm, *, link: Link) -> Site:
    if form.repository.count("/") != 1:
        raise UserError(words.name_a_repository())
    number = int(form.pull) if form.pull.isdecimal() and len(form.pull) < 10 else 0
    return site_of(desk, Ref(Repo(*form.repository.split("/")), number), link=link)


def form_of(origin: str, fields: dict[str, str]) -> RunForm:
    return RunForm(
        origin=origin,
        repository=fields.get(REPOSITORY, ""),
        pull=fields.get(PULL, ""),
        plan=fields.get(PLAN, ""),
        dry=bool(fields.get(DRY)),
    )


def _filler(event: ChatFormSent) -> Asker:
    return Origin.read(event.origin).asker(ChatUser(event.team, event.user), event.id)
