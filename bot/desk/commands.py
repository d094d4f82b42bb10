"""Commands in a comment: each is permitted or refused, then answered or begun, under a key of its own."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass

from bot.desk.again import OnceMore, begin_attempt
from bot.desk.approving import Answer as Parked
from bot.desk.approving import approve, deny
from bot.desk.beginning import Wish, begin
from bot.desk.locking import release_lock, take_lock
from bot.desk.model import Desk
from bot.desk.policing import Undertaking, foreseen
from bot.desk.restraining import DROPPED, of_person, of_repository, too_much
from bot.desk.rights import Request, decide, end_in_budget, refuse_plan, rules_of
from bot.errors import BudgetExhausted, PlanError, UserError
from bot.events import Commented
from bot.ids import RunId
from bot.ledger.surfaces import NewSurface, SurfaceKind
from bot.planning.model import Planned
from bot.policy import Denial, Grant, Judgement
from bot.reading import Ask, asks, new_asks
from bot.reports import planned as told
from bot.reports import refusals, replies
from bot.reports.comment import repeats_us
from bot.restraint import Scope, Welcome
from bot.rules import Rules
from bot.verbs import chosen
from bot.verbs.model import (
    Answer,
    Approve,
    Asked,
    Cancel,
    Deny,
    ReleaseLock,
    Reply,
    Retry,
    Show,
    Start,
    TakeLock,
    Verb,
    shown_here,
)
from bot.verbs.run import target_now

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
    if event.author.app_id is not None and event.author.app_id not in desk.server.policy.bots:
        return "A bot wrote it, and the server's list does not have its App."
    if repeats_us(event.comment.text):
        return "It repeats what I said, and I do not answer to that."
    welcomes = [of_person(desk, chosen(command.ask), event.author, key=command.key) for command in commands]
    if set(welcomes) == {Welcome.DROPPED}:
        return f"All of it was {DROPPED}"
    try:
        rules = rules_of(desk, event.place)
    except UserError as problem:
        return _with_broken_rules(desk, commands[0], str(problem))
    return " ".join(
        _attend(desk, command, rules, welcome=each) for command, each in zip(commands, welcomes, strict=True)
    )


def give_up_comment(desk: Desk, event: Commented) -> None:
    """Time did not fix what kept us from attending to it: say so, as soon as anything can be said."""
    for command in _commands(desk, event)[:1]:
        _reply(desk, command, f"unheard:{command.key}", refusals.github_silent())


def _commands(desk: Desk, event: Commented) -> list[_Command]:
    text, before = event.comment.text, event.previous_text
    found = asks(text, slug=desk.slug) if before is None else new_asks(text, before, slug=desk.slug)
    stamp = int(event.at.timestamp() * 1000)
    base = f"{event.place.repo_id}:{event.comment.kind}:{event.comment.id}:{stamp}"
    if before is not None:  # GitHub counts in seconds, and in one second a comment can be made and edited
        edit = f"{len(before)}:{before}{text}"
        base += f":{hashlib.sha256(edit.encode()).hexdigest()[:12]}"
    return [_Command(event, ask, f"{base}:{position}") for position, ask in enumerate(found)]


def _attend(desk: Desk, command: _Command, rules: Rules, *, welcome: Welcome) -> str:
    event = command.event
    verb = chosen(command.ask)
    if welcome is Welcome.DROPPED:
        return f"{verb.name}: {DROPPED}"
    verdict = decide(desk, Request(verb, event.author, event.place, event.number), rules)
    if isinstance(verdict, Denial):
        _deny(desk, command, verdict)
        return f"{verb.name}: refused."
    if welcome is Welcome.REFUSED:
        return _too_much(desk, command, verb, Scope.PERSON)
    by_all = of_repository(desk, verb, event.place, key=command.key)
    if by_all is Welcome.DROPPED:
        return f"{verb.name}: {DROPPED}"
    if by_all is Welcome.REFUSED:
        return _too_much(desk, command, verb, Scope.REPOSITORY)
    _see(desk, command)
    asked = Asked(
        ask=command.ask,
        person=event.author,
        place=event.place,
        number=event.number,
        on_pull=event.on_pull,
        subject=event.subject,
        edited=event.previous_text is not None,
        grant=verdict,
        rules=rules,
        key=command.key,
    )
    try:
        outcome = _follow(desk, command, asked, verb.answer(asked, desk))
    except UserError as problem:
        _remember(desk, Request(verb, event.author, event.place, event.number), problem)
        outcome = _follow(desk, command, asked, Reply(str(problem)))
        if isinstance(problem, BudgetExhausted):
            outcome = "ended in budget_exhausted."
    return f"{verb.name}: {outcome}"


def _remember(desk: Desk, request: Request, problem: UserError) -> None:
    """In the audit is who asked for what cannot be planned, and what a budget put an end to."""
    match problem:
        case PlanError():
            refuse_plan(desk, request, str(problem))
        case BudgetExhausted(budget=budget):
            end_in_budget(desk, request, budget)


def _follow(desk: Desk, command: _Command, asked: Asked, answer: Answer) -> str:
    match answer:
        case Reply(text=text):
            _reply(desk, command, f"reply:{command.key}", text)
            return "answered."
        case Show(planned=planned):
            now = desk.clock.now()
            kept = desk.ledger.shown.keep(shown_here(asked, planned, now), now)
            _reply(desk, command, f"reply:{command.key}", told.shown(kept, _foreseen(desk, asked, planned)))
            return "shown."
        case Cancel(runs=wanted):
            ended = [desk.cancel(run, asked.person.login) for run in wanted]
            text = "\n\n".join(replies.cancelled(run) for run in ended if run is not None)
            _reply(desk, command, f"reply:{command.key}", text)
            return "asked to end."
        case TakeLock():
            _reply(desk, command, f"reply:{command.key}", take_lock(desk, asked, answer))
            return "answered."
        case ReleaseLock(lock=lock):
            _reply(desk, command, f"reply:{command.key}", release_lock(desk, asked, lock))
            return "released."
        case Approve(run=parked, digest=digest):
            by = Parked(parked, asked.person, asked.grant.role)
            said = approve(desk, by, policy=asked.rules.policy.version, digest=digest)
            _reply(desk, command, f"reply:{command.key}", said, about=parked.id)
            return "answered."
        case Deny(run=parked, why=why):
            said = deny(desk, Parked(parked, asked.person, asked.grant.role), why)
            _reply(desk, command, f"reply:{command.key}", said, about=parked.id)
            return "answered."
        case Start(planned=planned, target=target):
            wish = Wish(
                key=command.key,
                planned=planned,
                target=target,
                requester=asked.person,
                role=asked.grant.role,
                request_url=command.event.comment.url,
                limits=asked.rules.limits,
                image=asked.rules.image or "",
                equipment=asked.rules.equipment,
                supersede=asked.rules.supersede,
                policy=asked.rules.policy,
            )
            run = begin(desk, wish)
            return "begun before." if run is None else f"run {run.id}."
        case Retry(run=past, choice=choice, target=target):
            more = OnceMore(
                key=command.key,
                run=past,
                choice=choice,
                target=target,
                requester=asked.person,
                role=asked.grant.role,
                request_url=command.event.comment.url,
                rules=asked.rules,
            )
            run = begin_attempt(desk, more)
            return "begun before." if run is None else f"run {run.id}, attempt {run.attempt}."


def _foreseen(desk: Desk, asked: Asked, planned: Planned) -> Judgement | None:
    """What the policy would say if it began now; None where no run can begin, as on a closed pull request."""
    try:
        target = target_now(asked.place, asked.number, desk.code, on_pull=asked.on_pull)
    except UserError:
        return None
    wanted = Undertaking("run", asked.person, asked.grant.role, planned.plan, target, planned.provenance)
    return foreseen(desk, wanted, asked.rules.policy)


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


def _too_much(desk: Desk, command: _Command, verb: Verb, scope: Scope) -> str:
    _reply(desk, command, f"reply:{command.key}", too_much(desk, scope))
    return f"{verb.name}: {DROPPED}"


def _reply(desk: Desk, command: _Command, key: str, text: str, *, about: RunId | None = None) -> None:
    desk.reply(command.event.place, command.event.number, key=key, text=text, about=about)


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
