"""Commands in a comment: each is permitted or refused, then answered or begun, under a key of its own."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from bot.desk.beginning import Wish, begin
from bot.desk.model import Desk
from bot.desk.rights import Request, decide, rules_of
from bot.errors import UserError
from bot.events import Commented
from bot.ledger.surfaces import NewSurface, SurfaceKind
from bot.policy import Denial, Grant
from bot.reading import Ask, asks, new_asks
from bot.reports import refusals, replies
from bot.rules import Rules
from bot.verbs import chosen
from bot.verbs.model import Answer, Asked, Cancel, Reply, Start

EYES = "eyes"


@dataclass(frozen=True)
class _Command:
    """One ask of one comment. `key` is the same for every delivery of the same happening."""

    event: Commented
    ask: Ask
    key: str


def attend_comment(desk: Desk, event: Commented) -> str:
    """Every new command of the comment, in order."""
    commands = _commands(desk, event)
    if not commands:
        return "No command in it."
    try:
        rules = rules_of(desk, event.place)
    except UserError as problem:
        return _with_broken_rules(desk, commands[0], str(problem))
    return " ".join(_attend(desk, command, rules) for command in commands)


def give_up_comment(desk: Desk, event: Commented) -> None:
    """Time did not fix what kept us from attending to it: say so, as soon as anything can be said."""
    for command in _commands(desk, event)[:1]:
        _reply(desk, command, f"unheard:{command.key}", refusals.github_silent())


def _commands(desk: Desk, event: Commented) -> list[_Command]:
    text = event.comment.text
    found = (
        asks(text, slug=desk.slug)
        if event.previous_text is None
        else new_asks(text, event.previous_text, slug=desk.slug)
    )
    stamp = int(event.at.timestamp() * 1000)
    base = f"{event.place.repo_id}:{event.comment.kind}:{event.comment.id}:{stamp}"
    return [_Command(event, ask, f"{base}:{position}") for position, ask in enumerate(found)]


def _attend(desk: Desk, command: _Command, rules: Rules) -> str:
    event = command.event
    verb = chosen(command.ask)
    verdict = decide(desk, Request(verb, event.author, event.place, event.number), rules)
    if isinstance(verdict, Denial):
        _deny(desk, command, verdict)
        return f"{verb.name}: refused."
    _see(desk, command)
    asked = Asked(
        ask=command.ask,
        person=event.author,
        place=event.place,
        number=event.number,
        on_pull=event.on_pull,
        grant=verdict,
        rules=rules,
    )
    try:
        answer: Answer = verb.answer(asked, desk)
    except UserError as problem:
        answer = Reply(str(problem))
    return f"{verb.name}: {_follow(desk, command, asked, answer)}"


def _follow(desk: Desk, command: _Command, asked: Asked, answer: Answer) -> str:
    match answer:
        case Reply(text=text):
            _reply(desk, command, f"reply:{command.key}", text)
            return "answered."
        case Cancel(runs=wanted):
            ended = [desk.cancel(run, asked.person.login) for run in wanted]
            text = "\n\n".join(replies.cancelled(run) for run in ended if run is not None)
            _reply(desk, command, f"reply:{command.key}", text)
            return "asked to end."
        case Start(plan=plan, target=target):
            wish = Wish(
                key=command.key,
                plan=plan,
                target=target,
                requester=asked.person,
                request_url=command.event.comment.url,
                limits=asked.rules.limits,
                image=asked.rules.image or "",
            )
            run = begin(desk, wish)
            return "begun before." if run is None else f"run {run.id}."


def _see(desk: Desk, command: _Command) -> None:
    """The receipt: one reaction for a comment, however many commands it holds."""
    comment = command.event.comment
    desk.ledger.surfaces.add(
        NewSurface(
            key=f"eyes:{command.event.place.repo_id}:{comment.kind}:{comment.id}",
            kind=SurfaceKind.REACTION,
            place=command.event.place,
            number=command.event.number,
            content={"comment": asdict(comment) | {"text": ""}, "reaction": EYES},
        ),
        desk.clock.now(),
    )


def _deny(desk: Desk, command: _Command, denial: Denial) -> None:
    """Said once a day to one person in one place, whatever they write."""
    event = command.event
    day = desk.clock.now().date().isoformat()
    key = f"denial:{event.place.repo_id}:{event.number}:{event.author.id}:{day}"
    _reply(desk, command, key, denial.reason)


def _reply(desk: Desk, command: _Command, key: str, text: str) -> None:
    desk.reply(command.event.place, command.event.number, key=key, text=text)


def _with_broken_rules(desk: Desk, command: _Command, problem: str) -> str:
    """Nothing can be permitted under rules that cannot be read; whoever may read here is told why."""
    event = command.event
    verdict = decide(desk, Request(chosen(Ask("help")), event.author, event.place, event.number), Rules())
    if isinstance(verdict, Grant):
        _see(desk, command)
        _reply(desk, command, f"reply:{command.key}", problem)
    else:
        _deny(desk, command, verdict)
    return "The configuration cannot be used."
