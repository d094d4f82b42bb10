"""What is said about plans and answers of a model: what was made, what it cost, and why nothing was made.

Whatever a model wrote is as untrusted as what it was shown: it appears as code or as plain words only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.actions import ACTIONS
from bot.actions.model import Reversal, Where
from bot.planning.model import Citation, Made, ShownPlan, Told
from bot.plans.model import ErrorHandling, Plan
from bot.plans.readers import FORMS
from bot.policy import Judgement, Provenance
from bot.reports import gates, phrases
from bot.reports.replies import MAX_CANONICAL, MAX_REPLY, as_yaml, canonical
from bot.reports.safe import cut_bytes, fence, inline, words
from bot.spending import Exhausted, Scope, Unit

MAX_STEPS = 100
AROUND_CANONICAL = 200  # bytes for its heading and its fence
MOST_DRAWN = 40  # steps in a graph that is still a help
MOST_CITED = 20
LONGEST_ANSWER = 6_000

ORIGINS = {
    Provenance.AUTHOR: "from your words",
    Provenance.CONFIGURATION: "from the repository's default branch",
    Provenance.MODEL: "thought of by the model",
    Provenance.UNTRUSTED: "from text that anybody may have written",
}
BUDGETS = {
    Scope.COMMAND: "for one command",
    Scope.USER: "for you today",
    Scope.REPOSITORY: "for this repository today",
    Scope.DAY: "for everybody on this server today",
}
WITHOUT_A_MODEL = f"A plan in another form needs no model. {FORMS}"
NOT_A_QUESTION = "All other commands need no model: `/agent help` lists them."

_DRAWABLE = re.compile(r"[^A-Za-z0-9 .,_/-]+")


# --- a plan that is shown ------------------------------------------------------------------------------


def shown(kept: ShownPlan, judgement: Judgement | None = None) -> str:
    """The steps with risk and origin, who would have to approve them, their graph, the price, the digest, and
    the canonical form."""
    plan, made = kept.planned.plan, kept.planned.made
    drawn = [_step(plan, index, made) for index in range(min(len(plan.actions), MAX_STEPS))]
    more = len(plan.actions) - len(drawn)
    parts = [
        f"This is a plan of {phrases.count(len(plan.actions), 'step')}. Nothing was run. "
        f"`/agent run {kept.id}` runs exactly this, until {phrases.moment(kept.until)}.",
        "\n".join(drawn) + (f"\n\n… and {phrases.count(more, 'more step')}." if more else ""),
        _warning(made),
        *(words(each, limit=400) for each in (made.warnings if made else ())),
        "" if judgement is None else gates.foreseen(judgement),
        _order(plan),
        _graph(plan),
        f"{_reader(plan, made)}\n\nDigest: `{plan.digest}`",
    ]
    told = "\n\n".join(part for part in parts if part)
    room = MAX_REPLY - len(told.encode()) - AROUND_CANONICAL
    return cut_bytes(f"{told}\n\n{canonical(plan, limit=room)}", MAX_REPLY)


def _step(plan: Plan, index: int, made: Made | None) -> str:
    action = plan.actions[index]
    where = "by the desk, after the box" if ACTIONS[action.action_type].where is Where.DESK else ""
    waits = action.depends_on
    after = f"after step {phrases.joined([str(each + 1) for each in waits])}" if waits else ""
    risk = f"risk: {ACTIONS[action.action_type].risk}"
    never = "**cannot be undone**" if ACTIONS[action.action_type].reversal is Reversal.NEVER else ""
    told = ", ".join(part for part in (f"`{action.action_type}`", risk, never, where, after) if part)
    line = f"{index + 1}. {inline(action.step_description)} ({told}){_does(action.parameters)}"
    return line if made is None else f"{line}{_origins(made.origins[index])}"


def _origins(origins: Mapping[str, Provenance]) -> str:
    told = [f"`{name}` {ORIGINS[origin]}" for name, origin in origins.items()]
    return f"\n   - {', '.join(told)}" if told else ""


def _warning(made: Made | None) -> str:
    """Which steps hold what a stranger may have put there."""
    numbers = [
        str(number)
        for number, origins in enumerate(made.origins if made else (), start=1)
        if Provenance.UNTRUSTED in origins.values()
    ]
    if not numbers:
        return ""
    which = f"Step {numbers[0]} holds" if len(numbers) == 1 else f"Steps {phrases.joined(numbers)} hold"
    return f"**{which} text that anybody may have written. Please look closely before you run it.**"


def _does(parameters: Mapping[str, Any]) -> str:
    command = parameters.get("command")
    if command is None:
        return ""
    if isinstance(command, list):
        return ": " + " ".join(inline(part, limit=120) for part in command[:12])
    return f": {inline(command, limit=300)}"


def _order(plan: Plan) -> str:
    how = "one after the other" if plan.in_order else "as soon as what they wait for has succeeded"
    then = (
        "After the first failure nothing more starts."
        if plan.error_handling is ErrorHandling.STOP
        else "After a failure, whatever does not depend on it still runs."
    )
    alone = (
        f" Of the runs that need {inline(plan.environment)}, one goes at a time." if plan.environment else ""
    )
    return f"Steps run {how}. {then}{alone}"


def _graph(plan: Plan) -> str:
    """The DAG as Mermaid. Only letters, digits and a few signs get into it: nothing else can be drawn."""
    if len(plan.actions) > MOST_DRAWN:
        return ""
    nodes = [
        f'  s{number}["{number}. {action.action_type}: {_drawable(action.step_description)}"]'
        for number, action in enumerate(plan.actions, start=1)
    ]
    edges = [
        f"  s{before + 1} --> s{index + 1}"
        for index, action in enumerate(plan.actions)
        for before in (_before(index) if plan.in_order else action.depends_on or ())
    ]
    return "\n".join(["```mermaid", "flowchart TD", *nodes, *edges, "```"])


def _before(index: int) -> tuple[int, ...]:
    return (index - 1,) if index else ()


def _drawable(text: str) -> str:
    return " ".join(_DRAWABLE.sub(" ", text).split())[:40].rstrip()


def _reader(plan: Plan, made: Made | None) -> str:
    if made is None:
        return f"The plan was {phrases.READERS.get(plan.reader, 'read')}, without a model: 0 tokens."
    calls = phrases.count(made.calls, "call")
    return (
        f"The plan was made by the model {inline(made.model)}: {calls}, {_cost(made.tokens, made.cost_usd)}."
    )


def _cost(tokens: int, cost_usd: float | None) -> str:
    price = "at a price that I do not know" if cost_usd is None else f"${cost_usd:.4f}"
    return f"{phrases.count(tokens, 'token')}, {price}"


# --- an answer to a question ---------------------------------------------------------------------------


def answered(told: Told) -> str:
    """A model's answer as plain words, with the lines it rests on."""
    paragraphs = [
        words(line, limit=LONGEST_ANSWER) for line in told.text[:LONGEST_ANSWER].split("\n") if line.strip()
    ]
    parts = [
        "\n\n".join(paragraphs) or "The model answered nothing.",
        _rests_on(told.citations),
        _dropped(told.dropped),
        *(words(each, limit=400) for each in told.notes),
        f"Answered by the model {inline(told.model)}: {_cost(told.tokens, told.cost_usd)}. "
        "Models err: look at the lines. Nothing was changed.",
    ]
    return cut_bytes("\n\n".join(part for part in parts if part), MAX_REPLY)


def _rests_on(citations: tuple[Citation, ...]) -> str:
    if not citations:
        return "It names no line that it rests on."
    lines = [f"- {inline(f'{each.path}:{each.line}')}" for each in citations[:MOST_CITED]]
    return "\n".join(["It rests on these lines:", "", *lines])


def _dropped(dropped: int) -> str:
    if not dropped:
        return ""
    which = "one line that was" if dropped == 1 else f"{dropped} lines that were"
    return f"It also named {which} not shown to it; I left that out."


# --- why there is none ---------------------------------------------------------------------------------


def cannot(reason: str, question: str) -> str:
    """The model's own reason, which is untrusted."""
    asks = f" It asks: {words(phrases.sentence(question))}" if question.strip() else ""
    return (
        f"No plan could be made of this. The model says: {words(phrases.sentence(reason))}{asks}\n\n"
        "Write the command again and say more."
    )


def no_valid_answer(calls: int, error: str) -> str:
    return (
        f"The model gave no answer that I can use, asked {phrases.count(calls, 'time')}, so nothing was "
        f"done. At last this was wrong: {error}\n\nSay it in other words, or ask for less at once."
    )


def answer_too_long() -> str:
    return (
        "The model's answer was far too long to be a plan or an answer, so nothing was done. "
        "Ask for less at once."
    )


LEFT_OUT = "[a line that held what looks like a secret was left out here]"


def secret_in_words(kind: str) -> str:
    return (
        f"Your words hold what looks like {kind}, so I gave them to no model and did nothing. If it is real, "
        "revoke it now: whoever can read the comment has seen it. Then ask again without it."
    )


def secret_in_answer() -> str:
    return "The model's answer holds what looks like a secret, so I do not show it."


def flagged(where: str, sentence: str) -> str:
    """Of what a model was shown: whoever runs or approves its plan should know."""
    return f"The model was shown text that is not meant for people ({where}): {sentence}"


def too_many_words(most: int) -> str:
    return (
        f"This is too long for a model: at most {most:,} characters can be planned or answered at once. "
        "Please shorten it, or write the plan as YAML."
    )


def budget_exhausted(budget: Exhausted, *, until: datetime, otherwise: str) -> str:
    """Which budget, until when, and what works meanwhile."""
    then = (
        "A new command has a new one: ask for less at once."
        if budget.scope is Scope.COMMAND
        else f"It begins anew on {phrases.moment(until)}."
    )
    return f"{no_room(budget)} {then} So this ended in `budget_exhausted`: nothing was run.\n\n{otherwise}"


def no_room(budget: Exhausted) -> str:
    """Which budget, its limit, and what of it is gone."""
    return (
        f"The model's budget {BUDGETS[budget.scope]} has no room for another call: it is {_budget(budget)}."
    )


def _budget(budget: Exhausted) -> str:
    """`3,000 tokens, of which 900 are used or reserved`."""
    if budget.unit is Unit.USD:
        return f"${budget.most:,.2f}, of which ${budget.spent:,.2f} are used or reserved"
    most = phrases.count(int(budget.most), "call" if budget.unit is Unit.CALLS else "token")
    return f"{most}, of which {int(budget.spent):,} are used or reserved"


def best_draft(draft: Mapping[str, Any], error: str) -> str:
    """The model's plan as far as it came. It was never a plan of ours: whoever copies it has it checked."""
    text = as_yaml(draft)
    if len(text.encode()) > MAX_CANONICAL:
        return f"The model's last plan is too long to be shown in a comment. This is wrong with it: {error}"
    return (
        f"This is the model's last plan. It cannot be used as it is: {error}\n\n"
        f"Mend that, and copy it under `/agent run`:\n\n{fence(text, 'yaml')}"
    )


def no_draft(error: str) -> str:
    return f"There is no plan to show: what the model answered at last is none. {error}"


def answer_so_far(text: str, error: str) -> str:
    """What a model wrote in a form that nobody could check."""
    paragraphs = [
        words(line, limit=LONGEST_ANSWER) for line in text[:LONGEST_ANSWER].split("\n") if line.strip()
    ]
    if not paragraphs:
        return "There is no answer to show: the model wrote nothing."
    warning = f"This is what the model answered at last. It cannot be checked, so do not rely on it: {error}"
    return "\n\n".join([warning, *paragraphs])


def model_silent(otherwise: str) -> str:
    return f"The model did not answer, so nothing was done. Try again later.\n\n{otherwise}"


def model_refuses(reason: str, otherwise: str) -> str:
    return f"{reason}\n\n{otherwise}"


def nobody_to_ask() -> str:
    return f"No model is set up on this server, so I cannot answer questions. {NOT_A_QUESTION}"


def no_question(example: str) -> str:
    return f"There is no question yet. Write one, like `{example}`."
