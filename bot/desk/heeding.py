"""One command, however it came: permitted or refused, then answered or begun, under a key of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.desk.again import OnceMore, begin_attempt
from bot.desk.approving import Answer as Parked
from bot.desk.approving import approve, deny
from bot.desk.beginning import Wish, begin
from bot.desk.locking import release_lock, take_lock
from bot.desk.model import Desk
from bot.desk.policing import Undertaking, foreseen
from bot.desk.restraining import DROPPED, of_repository, too_much
from bot.desk.rights import Request, decide, end_in_budget, refuse_plan
from bot.errors import BudgetExhausted, PlanError, UserError
from bot.events import Subject
from bot.ids import Person, Place, RunId
from bot.ledger.surfaces import NewSurface
from bot.planning.model import Planned, Told
from bot.plans.model import Draft, Plan
from bot.policy import Came, Denial, Judgement
from bot.reading import Ask
from bot.reports import planned as told
from bot.reports import replies
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
    Thinker,
    Verb,
    shown_here,
)
from bot.verbs.run import target_now


class Voice(Protocol):
    """How whoever wrote a command hears of it."""

    def see(self) -> None:
        """The receipt: they may, and it is being followed."""
        ...

    def thinks(self) -> None:
        """A model is asked now, and they have to wait."""
        ...

    def say(self, key: str, text: str, *, about: RunId | None = None) -> None:
        """Markdown, once under this key."""
        ...

    def shows(self, run: RunId) -> Sequence[NewSurface]:
        """Where a run that it begins, or begins once more, is shown beside GitHub and where it is already."""
        ...


@dataclass(frozen=True)
class Command:
    """What somebody wants, where. `key` is the same for every delivery of the same happening."""

    ask: Ask
    key: str
    person: Person
    place: Place
    number: int  # of the issue or pull request; 0 for none
    on_pull: bool
    subject: Subject
    edited: bool
    url: str  # of where it was asked, on GitHub
    came: Came
    voice: Voice

    @property
    def verb(self) -> Verb:
        return chosen(self.ask)

    def request(self, verb: Verb | None = None) -> Request:
        return Request(verb or self.verb, self.person, self.place, self.number, self.came)


def heed(desk: Desk, command: Command, rules: Rules, *, welcome: Welcome) -> str:
    """What came of it, in one sentence."""
    verb = command.verb
    if welcome is Welcome.DROPPED:
        return f"{verb.name}: {DROPPED}"
    verdict = decide(desk, command.request(), rules)
    if isinstance(verdict, Denial):
        refuse(desk, command, verdict)
        return f"{verb.name}: refused."
    if welcome is Welcome.REFUSED:
        return _too_much(desk, command, Scope.PERSON)
    by_all = of_repository(desk, verb, command.place, key=command.key)
    if by_all is Welcome.DROPPED:
        return f"{verb.name}: {DROPPED}"
    if by_all is Welcome.REFUSED:
        return _too_much(desk, command, Scope.REPOSITORY)
    command.voice.see()
    asked = Asked(
        ask=command.ask,
        person=command.person,
        place=command.place,
        number=command.number,
        on_pull=command.on_pull,
        subject=command.subject,
        edited=command.edited,
        grant=verdict,
        rules=rules,
        key=command.key,
    )
    try:
        outcome = _follow(desk, command, asked, verb.answer(asked, _announcing(desk, command.voice)))
    except UserError as problem:
        _remember(desk, command.request(), problem)
        outcome = _follow(desk, command, asked, Reply(str(problem)))
        if isinstance(problem, BudgetExhausted):
            outcome = "ended in budget_exhausted."
    return f"{verb.name}: {outcome}"


@dataclass(frozen=True)
class _Announced:
    """A model, and whoever waits for it is told first."""

    thinker: Thinker
    voice: Voice

    def propose(self, asked: Asked, check: Callable[[Draft], Plan]) -> Planned:
        self.voice.thinks()
        return self.thinker.propose(asked, check)

    def answer(self, asked: Asked) -> Told:
        self.voice.thinks()
        return self.thinker.answer(asked)


def _announcing(desk: Desk, voice: Voice) -> Desk:
    return desk if desk.thinker is None else replace(desk, thinker=_Announced(desk.thinker, voice))


def refuse(desk: Desk, command: Command, denial: Denial) -> None:
    """Said once a day to one person in one place, whatever they write."""
    day = desk.clock.now().date().isoformat()
    key = f"denial:{command.place.repo_id}:{command.number}:{command.person.id}:{day}"
    command.voice.say(key, denial.reason)


def _remember(desk: Desk, request: Request, problem: UserError) -> None:
    """In the audit is who asked for what cannot be planned, and what a budget put an end to."""
    match problem:
        case PlanError():
            refuse_plan(desk, request, str(problem))
        case BudgetExhausted(budget=budget):
            end_in_budget(desk, request, budget)


def _follow(desk: Desk, command: Command, asked: Asked, answer: Answer) -> str:
    key, say = f"reply:{command.key}", command.voice.say
    match answer:
        case Reply(text=text):
            say(key, text)
            return "answered."
        case Show(planned=planned):
            now = desk.clock.now()
            kept = desk.ledger.shown.keep(shown_here(asked, planned, now), now)
            say(key, told.shown(kept, _foreseen(desk, command, asked, planned)))
            return "shown."
        case Cancel(runs=wanted):
            ended = [desk.cancel(run, asked.person.login) for run in wanted]
            say(key, "\n\n".join(replies.cancelled(run) for run in ended if run is not None))
            return "asked to end."
        case TakeLock():
            say(key, take_lock(desk, asked, answer))
            return "answered."
        case ReleaseLock(lock=lock):
            say(key, release_lock(desk, asked, lock))
            return "released."
        case Approve(run=parked, digest=digest):
            by = Parked(parked, asked.person, asked.grant.role)
            said = approve(desk, by, policy=asked.rules.policy.version, digest=digest)
            say(key, said, about=parked.id)
            return "answered."
        case Deny(run=parked, why=why):
            said = deny(desk, Parked(parked, asked.person, asked.grant.role), why)
            say(key, said, about=parked.id)
            return "answered."
        case Start(planned=planned, target=target):
            wish = Wish(
                key=command.key,
                planned=planned,
                target=target,
                requester=asked.person,
                role=asked.grant.role,
                request_url=command.url,
                came=command.came,
                limits=asked.rules.limits,
                image=asked.rules.image or "",
                equipment=asked.rules.equipment,
                supersede=asked.rules.supersede,
                policy=asked.rules.policy,
            )
            run = begin(desk, wish, shown_on=command.voice.shows)
            return "begun before." if run is None else f"run {run.id}."
        case Retry(run=past, choice=choice, target=target):
            more = OnceMore(
                key=command.key,
                run=past,
                choice=choice,
                target=target,
                requester=asked.person,
                role=asked.grant.role,
                request_url=command.url,
                came=command.came,
                rules=asked.rules,
                shown_on=command.voice.shows(past.id),
            )
            run = begin_attempt(desk, more)
            return "begun before." if run is None else f"run {run.id}, attempt {run.attempt}."


def _foreseen(desk: Desk, command: Command, asked: Asked, planned: Planned) -> Judgement | None:
    """What the policy would say if it began now; None where no run can begin, as on a closed pull request."""
    try:
        target = target_now(asked.place, asked.number, desk.code, on_pull=asked.on_pull)
    except UserError:
        return None
    wanted = Undertaking(
        "run", asked.person, asked.grant.role, planned.plan, target, planned.provenance, command.came
    )
    return foreseen(desk, wanted, asked.rules.policy)


def _too_much(desk: Desk, command: Command, scope: Scope) -> str:
    command.voice.say(f"reply:{command.key}", too_much(desk, scope))
    return f"{command.verb.name}: {DROPPED}"
