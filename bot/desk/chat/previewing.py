"""What a form means by now, shown in it while somebody fills it in. Nothing is begun or allowed by that.

People type faster than Slack lets us change a form and than GitHub may be asked: only the newest state of a
form is looked at, and what others say of it is remembered for a minute. Who sends it is asked about live.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from bot.chat.forms import RunForm
from bot.chat.model import ChatUser
from bot.chat.open_form import OpenForm
from bot.desk.chat.filling import ask_of, form_of, site_in
from bot.desk.chat.finding import Site
from bot.desk.chat.knowing import linked, today
from bot.desk.chat.origin import Origin
from bot.desk.model import Desk
from bot.desk.rights import role_of, rules_of
from bot.errors import Hiccup, Underway, UserError
from bot.events import Subject
from bot.ids import Person
from bot.policy import Denial, permit
from bot.ports import OpenForms, Role
from bot.reports import chat as words
from bot.rules import Rules
from bot.verbs import chosen
from bot.verbs.model import Asked
from bot.verbs.run import understood

log = structlog.get_logger(__name__)

GAP_S = 0.7  # Slack takes about a hundred changes of forms a minute in a workspace
WORTH = timedelta(seconds=60)  # who has waited for a preview for longer does not look at it any more


@dataclass(frozen=True)
class _Known:
    """What others say of whoever fills in a form, and of what it is about."""

    person: Person
    site: Site
    role: Role
    rules: Rules


def preview_newest(desk: Desk, forms: OpenForms, name: str) -> bool:
    """Whether there was something new to show. What cannot be shown now is looked at once more."""
    try:
        with forms.newest(name) as state:
            if state is None:
                return False
            _show(desk, forms, state)
    except Underway:
        log.info("preview.underway", form=name)
    return True


def _show(desk: Desk, forms: OpenForms, state: bytes) -> None:
    form = OpenForm.read(state)
    try:
        preview(desk, form)
    except UserError as refusal:  # Slack does not show it: nobody waits for a word about that
        log.info("preview.refused", form=form.name, why=str(refusal))
    except Hiccup as hiccup:
        log.info("preview.later", form=form.name, why=str(hiccup))
        if desk.clock.now() - form.at < WORTH:
            forms.put_back(form.name, state)


def preview(desk: Desk, form: OpenForm) -> None:
    """Show what the words mean by now, or what is in their way."""
    typed = form_of(form.origin, form.fields)
    try:
        shown = replace(typed, preview=_preview(desk, form, typed))
    except UserError as refusal:
        shown = replace(typed, preview=str(refusal), problem=True)
    desk.talk.forms.change(form.team, form.view, shown)


def _preview(desk: Desk, form: OpenForm, typed: RunForm) -> str:
    if not typed.repository or not typed.plan.strip():
        return ""
    key = ("form", form.team, form.home, form.user, typed.repository, typed.pull)
    known = desk.remembered.recall(key, lambda: _known(desk, form, typed))
    if isinstance(known, UserError):
        raise known.with_traceback(None)
    ask = ask_of(typed)
    grant = permit(chosen(ask), known.person, known.role, known.rules)
    if isinstance(grant, Denial):
        raise UserError(grant.reason)
    asked = Asked(
        ask=ask,
        person=known.person,
        place=known.site.place,
        number=known.site.number,
        on_pull=known.site.on_pull,
        subject=Subject(),
        edited=False,
        grant=grant,
        rules=known.rules,
        key="preview",
    )
    planned = understood(asked, desk)
    return words.a_model_plans() if planned is None else words.preview(planned.plan)


def _known(desk: Desk, form: OpenForm, typed: RunForm) -> _Known | UserError:
    """What is in the way is remembered as well."""
    try:
        return _look(desk, form, typed)
    except UserError as refusal:
        return refusal


def _look(desk: Desk, form: OpenForm, typed: RunForm) -> _Known:
    asker = Origin.read(form.origin).asker(ChatUser(form.team, form.user), form.name)
    link = linked(desk, asker, form.home)
    site = site_in(desk, typed, link=link)
    person = today(desk, link, site.place.installation)
    return _Known(person, site, role_of(desk, site.place, person), rules_of(desk, site.place))
