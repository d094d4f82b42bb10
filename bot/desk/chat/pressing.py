"""A press in a chat: the same command as in words, by whoever pressed, about the run that was shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.chat.forms import DenyForm
from bot.chat.model import ChatUser, Spot, key_of
from bot.desk.chat.asking import PICK, Wanted, follow, guarded, said_about
from bot.desk.chat.finding import site_of_run
from bot.desk.chat.knowing import linked, today
from bot.desk.chat.origin import Origin
from bot.desk.chat.telling import Asker, answered_alone
from bot.desk.model import Desk
from bot.desk.rights import role_of
from bot.errors import UserError
from bot.events import ChatFormSent, ChatPressed
from bot.ids import Repo, RunId
from bot.reading import Ask
from bot.reading.refs import Ref
from bot.reports import chat as words
from bot.reports import replies
from bot.reports.chat_run import shown
from bot.runs import Run
from bot.verbs import VERBS


def attend_press(desk: Desk, event: ChatPressed) -> str:
    """What came of it, in one sentence."""
    asker = presser_of(event)
    return guarded(desk, asker, lambda: _attend(desk, event, asker))


def presser_of(event: ChatPressed) -> Asker:
    spot = Spot(event.team, event.channel, event.thread or event.ts)
    return Asker(ChatUser(event.team, event.user), spot, answered_alone(spot, event.ts), event.id)


def _attend(desk: Desk, event: ChatPressed, asker: Asker) -> str:
    if event.action == PICK:
        return _picked(desk, event, asker)
    if event.action not in _WORDS:
        return "No button of ours."
    link = linked(desk, asker, event.home)
    name = event.value.partition(" ")[0]
    run = desk.run(RunId(name))
    if run is None:
        raise UserError(replies.no_such_run(name))
    if event.action in _AT_THE_GATE and event.value != shown(run):
        raise UserError(words.has_changed(run.id))
    site = site_of_run(desk, run)
    person = today(desk, link, site.place.installation)
    if event.action == "deny" and role_of(desk, site.place, person).at_least(VERBS["deny"].needs):
        # Who may not is refused before they write a reason.
        form = DenyForm(Origin.of(asker, shown(run)).written(), run.id, str(site.place.repo))
        desk.talk.forms.open(event.team, event.trigger, form)
        return "asked why."
    return follow(desk, Wanted(asker, person, _WORDS[event.action](run), site))


def _picked(desk: Desk, event: ChatPressed, asker: Asker) -> str:
    asked = desk.ledger.surfaces.content_of(event.key)
    if asked is None or event.value.count("/") != 1:
        raise UserError(words.ask_again())
    thread = str(asked.get("asked_in", asked["thread"]))
    spot = Spot(event.team, str(asked["channel"]), thread)
    here = replace(asker, spot=spot, key=key_of(event.key, event.value))  # chosen twice is one
    return said_about(desk, here, event.home, str(asked["asked"]), ref=Ref(Repo(*event.value.split("/"))))


def attend_denial(desk: Desk, event: ChatFormSent, why: str) -> str:
    """The form that asked for a reason."""
    origin = Origin.read(event.origin)
    asker = origin.asker(ChatUser(event.team, event.user), event.id)

    def attend() -> str:
        link = linked(desk, asker, event.home)
        name = origin.run.partition(" ")[0]
        run = desk.run(RunId(name))
        if run is None:
            raise UserError(replies.no_such_run(name))
        if origin.run != shown(run):
            raise UserError(words.has_changed(run.id))
        site = site_of_run(desk, run)
        person = today(desk, link, site.place.installation)
        return follow(desk, Wanted(asker, person, Ask("deny", f"{run.id} {why}".strip()), site))

    return guarded(desk, asker, attend)


_AT_THE_GATE = frozenset({"approve", "deny"})
_WORDS: dict[str, Callable[[Run], Ask]] = {
    "approve": lambda run: Ask("approve", f"{run.id} {run.plan.digest}"),
    "deny": lambda run: Ask("deny", run.id),
    "cancel": lambda run: Ask("cancel", run.id),
    "retry": lambda run: Ask("retry", f"{run.id} --failed"),
}
