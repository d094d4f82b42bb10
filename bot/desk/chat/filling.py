"""The form to run something: what is chosen and typed in it, shown as a plan, and sent."""

from __future__ import annotations

from bot.chat.forms import DENY_FORM, DRY, PLAN, PULL, REPOSITORY, WHY, RunForm
from bot.chat.model import ChatUser, Link
from bot.desk.chat.asking import Wanted, asker_of, follow, guarded
from bot.desk.chat.finding import Site, hide_what_is_private, site_of
from bot.desk.chat.knowing import linked, today
from bot.desk.chat.origin import Origin
from bot.desk.chat.pressing import attend_denial, presser_of
from bot.desk.chat.telling import Asker, answer
from bot.desk.model import Desk
from bot.desk.rights import Request, decide, rules_of
from bot.errors import UserError
from bot.events import ChatFormChanged, ChatFormSent, ChatPressed, ChatSaid, Subject
from bot.ids import Person, Repo
from bot.policy import Came, Denial
from bot.reading import Ask
from bot.reading.refs import Ref
from bot.reports import chat as words
from bot.verbs import VERBS
from bot.verbs.model import Asked
from bot.verbs.run import understood


def attend_change(desk: Desk, event: ChatFormChanged) -> str:
    """Show what the words mean by now. Nothing is begun by that."""
    asker = _asker(event)
    form = _form(event.origin, event.fields)
    preview, problem = "", False
    try:
        link = linked(desk, asker, event.home)
        if form.repository and form.plan.strip():
            site = _site(desk, form, link)
            person = today(desk, link, site.place.installation)
            preview = _preview(desk, person, site, form)
    except UserError as refusal:
        preview, problem = str(refusal), True
    shown = RunForm(form.origin, form.repository, form.pull, form.plan, form.dry, preview, problem)
    desk.talk.forms.change(event.team, event.view, shown, seen=event.seen)
    return "previewed."


def attend_form(desk: Desk, event: ChatFormSent) -> str:
    """The same as if it had been written as a command."""
    if event.form == DENY_FORM:
        return attend_denial(desk, event, event.fields.get(WHY, ""))
    asker = _asker(event)
    form = _form(event.origin, event.fields)

    def attend() -> str:
        link = linked(desk, asker, event.home)
        site = _site(desk, form, link)
        person = today(desk, link, site.place.installation)
        return follow(desk, Wanted(asker, person, _ask(form), site))

    return guarded(desk, asker, attend)


def give_up_chat(desk: Desk, event: ChatSaid | ChatPressed | ChatFormSent) -> None:
    """Time did not fix what kept us from attending to it."""
    match event:
        case ChatSaid():
            asker = asker_of(event)
        case ChatPressed():
            asker = presser_of(event)
        case ChatFormSent():
            asker = _asker(event)
    answer(desk, asker, words.silence())


def _preview(desk: Desk, person: Person, site: Site, form: RunForm) -> str:
    hide_what_is_private(desk, site, person)
    rules = rules_of(desk, site.place)
    grant = decide(desk, Request(VERBS["run"], person, site.place, site.number, Came.SLACK), rules)
    if isinstance(grant, Denial):
        raise UserError(grant.reason)
    asked = Asked(
        ask=_ask(form),
        person=person,
        place=site.place,
        number=site.number,
        on_pull=site.on_pull,
        subject=Subject(),
        edited=False,
        grant=grant,
        rules=rules,
        key="preview",
    )
    planned = understood(asked, desk)
    return words.a_model_plans() if planned is None else words.preview(planned.plan)


def _ask(form: RunForm) -> Ask:
    """One line is the words of the command, more are the text below it."""
    plan = form.plan.strip()
    verb = "plan" if form.dry else "run"
    return Ask(verb, text=plan) if "\n" in plan else Ask(verb, plan)


def _site(desk: Desk, form: RunForm, link: Link) -> Site:
    if form.repository.count("/") != 1:
        raise UserError(words.name_a_repository())
    number = int(form.pull) if form.pull.isdecimal() and len(form.pull) < 10 else 0
    return site_of(desk, Ref(Repo(*form.repository.split("/")), number), link=link)


def _form(origin: str, fields: dict[str, str]) -> RunForm:
    return RunForm(
        origin=origin,
        repository=fields.get(REPOSITORY, ""),
        pull=fields.get(PULL, ""),
        plan=fields.get(PLAN, ""),
        dry=bool(fields.get(DRY)),
    )


def _asker(event: ChatFormChanged | ChatFormSent) -> Asker:
    return Origin.read(event.origin).asker(ChatUser(event.team, event.user), event.id)
