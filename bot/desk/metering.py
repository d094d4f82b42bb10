"""A model whose every call is reserved before it is made and settled afterwards, for one command."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.errors import BudgetExhausted, Hiccup, Underway, UserError
from bot.ids import Person, Place
from bot.ledger import Ledger
from bot.ledger.calls import Awaited, NewCall, Reserved, midnight
from bot.ports import Clock, Completion, Model, Prompt
from bot.reports import planned as told
from bot.spending import DAY, Allowances, Exhausted, reservation

log = structlog.get_logger(__name__)

MARGIN = timedelta(seconds=30)  # after its deadline a call is surely over
MOST_UNANSWERED = 2  # calls of one command that come to nothing, before it is told so


@dataclass(frozen=True)
class Payer:
    """Whose budgets a call is paid from. `key` names the command, however often it is handled."""

    key: str
    person: Person
    place: Place
    allowances: Allowances
    otherwise: str  # a sentence about what works without a model


@dataclass(frozen=True)
class Metered:
    """Nothing in the ledger is held while the model thinks."""

    ledger: Ledger
    model: Model
    clock: Clock
    payer: Payer
    longest: timedelta  # that a call may take

    def complete(self, prompt: Prompt) -> Completion:
        """BudgetExhausted when there is no room, UserError when the model does not work, Hiccup when it may
        work later, Underway when the same command is being handled elsewhere."""
        if self.ledger.calls.unanswered(self.payer.key, self.clock.now()) >= MOST_UNANSWERED:
            raise UserError(told.model_silent(self.payer.otherwise))
        call = self._reserve(prompt)
        try:
            completion = self.model.complete(prompt)
        except UserError as refusal:
            self.ledger.calls.fail(call)
            raise UserError(told.model_refuses(str(refusal), self.payer.otherwise)) from refusal
        except Hiccup as hiccup:
            self.ledger.calls.fail(call)
            log.info("model.away", why=str(hiccup))
            raise
        self.ledger.calls.settle(call, completion)
        return completion

    def _reserve(self, prompt: Prompt) -> Reserved:
        now = self.clock.now()
        new = NewCall(
            key=self.payer.key,
            person=self.payer.person,
            place=self.payer.place,
            prompt_hash=_hash(prompt),
            most=reservation(self._tokens(prompt), prompt.max_output_tokens),
            longest=self.longest + MARGIN,
        )
        match self.ledger.calls.reserve(new, self.payer.allowances, now):
            case Reserved() as call:
                return call
            case Awaited(seconds=seconds):
                raise Underway(seconds, "A model is asked for this command already.")
            case Exhausted() as budget:
                until, otherwise = midnight(now) + DAY, self.payer.otherwise
                log.info("model.budget_exhausted", scope=budget.scope, unit=budget.unit, most=budget.most)
                message = told.budget_exhausted(budget, until=until, otherwise=otherwise)
                raise BudgetExhausted(message, budget=told.no_room(budget))

    def _tokens(self, prompt: Prompt) -> int:
        schema = json.dumps(prompt.schema) if prompt.schema is not None else ""
        return self.model.tokens(prompt.system + prompt.user + schema)


def _hash(prompt: Prompt) -> str:
    return hashlib.sha256(f"{prompt.system}\0{prompt.user}".encode()).hexdigest()
