"""Errors, sorted by who should hear them.

AgentError
├── UserError        the person who asked can fix it: a whole sentence, and what to try
│   └── PlanError    … and it names the step and the field
└── Hiccup           time can fix it: the queue or the sweeper tries again

Anything else is ours: it flies, the process that runs it logs it, and the report says so in one sentence.
"""


class AgentError(Exception):
    """Something we foresaw. `str()` is a whole sentence, fit to be shown."""


class UserError(AgentError):
    """The person can fix it. The message says what happened and what to try instead."""


class PlanError(UserError):
    """A plan cannot be used. The message names the step (counted from 1) and the field."""


class Hiccup(AgentError):
    """Time can fix it: a service did not answer, or asked us to wait `retry_after_s` seconds."""

    def __init__(self, message: str, *, retry_after_s: float = 2.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
