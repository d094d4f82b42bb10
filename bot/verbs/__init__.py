"""All verbs there are, and which one answers a command. A new verb is a file here and a line below."""

from __future__ import annotations

from bot import plainly
from bot.reading import Ask
from bot.verbs import help as help_
from bot.verbs.approve import APPROVE
from bot.verbs.ask import ASK
from bot.verbs.cancel import CANCEL
from bot.verbs.config import CONFIG
from bot.verbs.deny import DENY
from bot.verbs.explain import EXPLAIN
from bot.verbs.lock import LOCK
from bot.verbs.locks import LOCKS
from bot.verbs.model import Verb
from bot.verbs.plan import PLAN
from bot.verbs.retry import RETRY
from bot.verbs.run import RUN
from bot.verbs.status import STATUS
from bot.verbs.undo import UNDO
from bot.verbs.unlock import UNLOCK

VERBS: dict[str, Verb] = {
    "run": RUN,
    "plan": PLAN,
    "ask": ASK,
    "status": STATUS,
    "approve": APPROVE,
    "deny": DENY,
    "cancel": CANCEL,
    "lock": LOCK,
    "unlock": UNLOCK,
    "locks": LOCKS,
    "retry": RETRY,
    "undo": UNDO,
    "explain": EXPLAIN,
    "config": CONFIG,
}
VERBS["help"] = help_.make(dict(VERBS))


def chosen(ask: Ask) -> Verb:
    """The verb that answers a command. What nobody understands, `help` answers, with the nearest verb."""
    return VERBS["help"] if ask.problem else VERBS.get(ask.verb, VERBS["help"])


def nearest(word: str) -> str | None:
    """The verb that was probably meant."""
    return plainly.nearest(word, VERBS)
