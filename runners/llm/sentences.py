"""What it means when a provider does not answer, in a sentence without key, address or question."""

from __future__ import annotations

from collections.abc import Mapping

from bot.errors import AgentError, Hiccup, UserError
from bot.settings import PREFIX
from runners.llm.library import RouterRateLimitError, exceptions
from runners.llm.wire import Allowance

RETRY_S = 10.0
LONGEST_RETRY_S = 3600.0

_ANOTHER_WAY = "Say it in other words, or write the plan as a list of commands."
_TOO_LONG = "That is more text than the model `{model}` can read at once. Ask for less, or for a part of it."
_LATE = "The model `{model}` did not answer in time."
_OUT_OF_ORDER = "The model `{model}` cannot be reached, or is out of order at the moment."

# What the person can mend, or whoever runs the server: by kind where there is one, else by HTTP status.
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.ContextWindowExceededError, _TOO_LONG),
    (
        exceptions.ContentPolicyViolationError,
        f"The provider of the model `{{model}}` does not answer this, by its own rules. {_ANOTHER_WAY}",
    ),
)
_STATUSES: Mapping[int, str] = {
    400: "The model `{model}` does not take my question as it was asked. Whoever runs this server can look "
    f"whether {PREFIX}MODEL_STRUCTURED is right for it.",
    401: f"The model `{{model}}` refuses my key. Whoever runs this server can correct {PREFIX}MODEL_API_KEY.",
    402: "The account of the model `{model}` is used up. Whoever runs this server can fill it.",
    403: "My key may not use the model `{model}`. Whoever runs this server can choose another model or key.",
    404: "The provider has no model `{model}` for me. Whoever runs this server can correct its name.",
    413: _TOO_LONG,
}

# What time can mend, as it can whatever else goes wrong at a provider.
_MOMENTS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.RateLimitError, "The model `{model}` has too much to do at the moment."),
    (exceptions.Timeout, _LATE),
)


def meant(error: Exception, model: str, allowance: Allowance) -> AgentError:
    """What to say of an error of the library, or of what our own limits on the call made of it."""
    if allowance.too_long:
        return Hiccup(
            f"The model `{model}` answered without end, so I stopped listening.", retry_after_s=RETRY_S
        )
    if allowance.late:
        return Hiccup(_LATE.format(model=model), retry_after_s=RETRY_S)
    if isinstance(error, RouterRateLimitError):
        return Hiccup(
            f"The model `{model}` is out of order, so I leave it alone for a moment.",
            retry_after_s=min(max(error.cooldown_time, 1.0), LONGEST_RETRY_S),
        )
    for kind, sentence in _KINDS:
        if isinstance(error, kind):
            return UserError(sentence.format(model=model))
    status = int(getattr(error, "status_code", None) or 0)
    if status in _STATUSES:
        return UserError(_STATUSES[status].format(model=model))
    sentence = next((each for kind, each in _MOMENTS if isinstance(error, kind)), _OUT_OF_ORDER)
    return Hiccup(sentence.format(model=model), retry_after_s=_asked_to_wait(error))


def no_answer(model: str) -> Hiccup:
    """What came is JSON, but no answer."""
    return Hiccup(_OUT_OF_ORDER.format(model=model), retry_after_s=RETRY_S)


def refused(model: str) -> UserError:
    """The answer itself is a refusal."""
    return UserError(f"The model `{model}` refuses to answer this. {_ANOTHER_WAY}")


def _asked_to_wait(error: Exception) -> float:
    told = (getattr(error, "litellm_response_headers", None) or {}).get("retry-after", "")
    return min(max(float(told), 1.0), LONGEST_RETRY_S) if told.isdecimal() else RETRY_S
