"""The desk's way to a model for one command: what it is shown is gathered, and each call is paid for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from bot.desk.metering import Metered, Payer
from bot.errors import UserError
from bot.ids import Sha
from bot.ledger import Ledger
from bot.planning.context import Keep, Part, show
from bot.planning.gathering import Talk, gather, named_files
from bot.planning.guarding import refuse_secrets, without_secrets
from bot.planning.model import Planned, Told
from bot.planning.proposing import Asking, answer, propose
from bot.plans.model import Draft, Plan
from bot.ports import Clock, Code, Models
from bot.reports import phrases
from bot.reports import planned as told
from bot.verbs.model import Asked, shown_here

MOST_WORDS = 20_000  # characters of a command: what is longer is a document, and somebody pays for it
RUN_TOKENS = 3_000
LOG_TOKENS = 2_000
LOG_CHARACTERS = 16_000


@dataclass(frozen=True)
class Thinking:
    """`bot.verbs.model.Thinker` over a model, which is paid from the budgets of whoever asks."""

    ledger: Ledger
    code: Code
    models: Models
    clock: Clock
    longest: timedelta  # that a call may take

    def propose(self, asked: Asked, check: Callable[[Draft], Plan]) -> Planned:
        before = self.ledger.shown.of_command(asked.key)
        if before is not None:  # the command is handled once more, and its plan was paid for already
            return before.planned
        words = _words(asked)
        parts = without_secrets(gather(self.code, _talk(asked)))
        asking = self._asking(asked, told.WITHOUT_A_MODEL)
        planned = propose(asking, words, show(parts, asking.count), check)
        now = self.clock.now()
        return self.ledger.shown.keep(shown_here(asked, planned, now), now).planned

    def answer(self, asked: Asked) -> Told:
        words = _words(asked)
        parts = (
            *named_files(self.code, asked.place, self._commit(asked), words),
            *gather(self.code, _talk(asked)),
            *self._latest_run(asked),
        )
        asking = self._asking(asked, told.NOT_A_QUESTION)
        return answer(asking, words, show(without_secrets(parts), asking.count))

    def _asking(self, asked: Asked, otherwise: str) -> Asking:
        payer = Payer(asked.key, asked.person, asked.place, asked.rules.budget, otherwise)
        model = self.models.called(asked.rules.model)
        return Asking(Metered(self.ledger, model, self.clock, payer, self.longest).complete, model.tokens)

    def _commit(self, asked: Asked) -> Sha:
        if asked.on_pull:
            return self.code.pull(asked.place, asked.number).head_sha
        return self.code.default_branch(asked.place)[1]

    def _latest_run(self, asked: Asked) -> Iterator[Part]:
        """How the latest run here went, and the end of what its steps wrote."""
        run = self.ledger.runs.latest(asked.place, asked.number)
        if run is None:
            return
        lines = [f"Run {run.id} is {run.state}. {run.reason}", *run.notes]
        lines += [
            f"Step {step.index + 1}, {phrases.name(step)}: {step.state}. {step.note}" for step in run.steps
        ]
        yield Part(f"how run {run.id} went", "\n".join(lines), RUN_TOKENS)
        for index, tail in self.ledger.journals.tails(run.id, len(run.steps), LOG_CHARACTERS).items():
            if run.steps[index].state.bad:
                name = f"the end of what step {index + 1} of run {run.id} wrote"
                yield Part(name, tail, LOG_TOKENS, keep=Keep.TAIL)


def _talk(asked: Asked) -> Talk:
    return Talk(asked.place, asked.number, asked.on_pull, asked.subject)


def _words(asked: Asked) -> str:
    """The author's own words: the only instruction that a model is given."""
    words = "\n".join(part for part in (asked.ask.words, asked.ask.text) if part)
    if len(words) > MOST_WORDS:
        raise UserError(told.too_many_words(MOST_WORDS))
    refuse_secrets(words)
    return words
