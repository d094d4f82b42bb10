"""Opens the model that the settings name. What that costs (two seconds, 160 MB) is paid here, or never."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bot.errors import UserError
from bot.settings import PREFIX, ModelSettings
from runners.llm.providers import Provided, provided

if TYPE_CHECKING:
    from runners.llm.model import LiteLLM

COOLDOWN_S = 30  # how long a model that is out of order is left alone
FAILURES = 2  # so many are forgiven, of each kind; the next one within the cooldown's time begins it
NO_KEY = "none"  # what a server is told that wants no key; the library will not go without


def open_model(settings: ModelSettings, choices: Sequence[str] = ()) -> LiteLLM | None:
    """The server's model, None when it has none. `choices` are those that a repository may name instead.

    UserError when a setting cannot be right. Nobody is asked anything yet.
    """
    if not settings.model:
        return None
    models = provided(settings, choices)

    from runners.llm.library import Router, priced, supports_response_schema
    from runners.llm.model import DEPLOYED, LiteLLM

    for each in models.values():
        _refuse_hopeless(each)
    prices = frozenset(filter(priced, models))  # before the router, which notes a price of 0 for all others
    fallbacks = settings.model_fallbacks
    share_s = settings.model_timeout_s / (len(fallbacks) + 1)
    always = {"always": True, "never": False}.get(settings.model_structured)
    return LiteLLM(
        router=Router(
            model_list=[_deployment(each, DEPLOYED + each.name, share_s) for each in models.values()],
            fallbacks=[{name: [each for each in fallbacks if each != name]} for name in models],
            num_retries=0,
            cooldown_time=COOLDOWN_S,
        ),
        name=settings.model,
        choices=frozenset({settings.model, *choices}),
        structured={name: supports_response_schema(name) if always is None else always for name in models},
        prices=prices,
        fallbacks=fallbacks,
        timeout_s=settings.model_timeout_s,
    )


def _refuse_hopeless(model: Provided) -> None:
    from runners.llm.library import known, lacks_a_key

    if not known(model.name):
        raise UserError(
            f"`{model.name}` names a provider that I do not know. A server of your own that speaks as "
            f"OpenAI's does is `openai/…` with {PREFIX}MODEL_API_BASE."
        )
    if model.api_key is None and model.api_base is None and lacks_a_key(model.name):
        raise UserError(
            f"I have no key for `{model.name}`. Set {PREFIX}MODEL_API_KEY, {PREFIX}MODEL_FALLBACK_API_KEY if "
            "it is a fallback, or the variable of its provider."
        )


def _key(model: Provided) -> str | None:
    """An address without a key is one that needs none, and is not told that of the provider's variables."""
    if model.api_key is None:
        return NO_KEY if model.api_base else None
    return model.api_key.get_secret_value()


def _deployment(model: Provided, ident: str, timeout_s: float) -> dict[str, Any]:
    """One model in the router's words, alone in its group: whoever else is asked was named as a fallback."""
    return {
        "model_name": model.name,
        "litellm_params": {
            "model": model.name,
            "api_key": _key(model),
            "api_base": model.api_base,
            "timeout": timeout_s,
            "max_retries": 0,
        },
        "model_info": {
            "id": ident,
            "cooldown_time": COOLDOWN_S,
            "allowed_fails_policy": {
                "RateLimitErrorAllowedFails": 0,
                "TimeoutErrorAllowedFails": FAILURES,
                "InternalServerErrorAllowedFails": FAILURES,
                "ServiceUnavailableErrorAllowedFails": FAILURES,
                "BadGatewayErrorAllowedFails": FAILURES,
            },
        },
    }
