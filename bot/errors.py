"""Errors, sorted by who should hear them.

AgentError
├── UserError        the person who asked can fix it: a whole sentence, and what to try
│   ├── PlanError    … and it names the step and the field
│   │   └── NotUnderstood  … and no reader understands the words: a model may
│   ├── BudgetExhausted  … and a model may be asked no more: what there is by then is in the sentence
│   ├── Uninstalled  … and it means everything in that place: we are not welcome there any more
│   └── ConversationLocked  … and it means what is said in one conversation, not what is done
└── Hiccup           time can fix it: the queue or the sweeper tries again
    └── Crowded      nothing was asked or done: GitHub allows no more for so long
        └── Underway … or somebody else is at the very same thing

Anything else is ours: it flies, the process that runs it logs it, and the report says so in one sentence.
"""


class AgentError(Exception):
    """Something we foresaw. `str()` is a whole sentence, fit to be shown."""


class UserError(AgentError):
    """The person can fix it. The message says what happened and what to try instead."""


class PlanError(UserError):
    """A plan cannot be used. The message names the step (counted from 1) and the field."""


class NotUnderstood(PlanError):
    """No reader understands these words as a plan. A model may."""


class BudgetExhausted(UserError):
    """A model's budget has no room for another call. `budget` is the sentence that says which one."""

    def __init__(self, message: str, *, budget: str) -> None:
        super().__init__(message)
        self.budget = budget


class Uninstalled(UserError):
    """The App was uninstalled or suspended: in that place nothing can be read or said."""


class ConversationLocked(UserError):
    """People locked the conversation, and mean it: nothing is said there."""


class Hiccup(AgentError):
    """Time can fix it: a service did not answer, or asked us to wait `retry_after_s` seconds."""

    def __init__(self, message: str, *, retry_after_s: float = 2.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Crowded(Hiccup):
    """There is no room under GitHub's limits for `retry_after_s` seconds. Nothing was done."""

    def __init__(self, retry_after_s: float, message: str = "GitHub asked me to slow down.") -> None:
        super().__init__(message, retry_after_s=retry_after_s)


class Underway(Crowded):
    """Somebody else is at it: has asked a model about the same command, or looks at the same form."""
