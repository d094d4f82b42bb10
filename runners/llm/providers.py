"""Which models there are, where each is asked, and with which key: from the settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr

from bot.errors import UserError
from bot.settings import PREFIX, ModelSettings


@dataclass(frozen=True)
class Provided:
    """One model. Without a key or an address, the provider's own variables and address are used."""

    name: str  # `provider/model`
    api_key: SecretStr | None = field(default=None, repr=False)
    api_base: str | None = field(default=None, repr=False)  # an address may hold a password


def provided(settings: ModelSettings, choices: Sequence[str]) -> dict[str, Provided]:
    """The server's model, those that a repository may choose, and the fallbacks, by name.

    A key goes to the provider that it was given for and to nobody else.
    """
    for name in (settings.model, *choices, *settings.model_fallbacks):
        _check(name)
    usual = _Account(_provider(settings.model), settings.model_key(), settings.model_api_base)
    spare = usual
    if settings.model_fallbacks and (settings.model_fallback_api_key or settings.model_fallback_api_base):
        spare = _Account(
            _provider(settings.model_fallbacks[0]),
            settings.model_fallback_api_key,
            settings.model_fallback_api_base,
        )
    fallbacks = {name: spare.offers(name) for name in settings.model_fallbacks}
    return fallbacks | {name: usual.offers(name) for name in (settings.model, *choices)}


@dataclass(frozen=True)
class _Account:
    provider: str
    key: SecretStr | None = field(repr=False)
    address: str | None = field(repr=False)

    def offers(self, name: str) -> Provided:
        if _provider(name) != self.provider:
            return Provided(name)
        return Provided(name, self.key, self.address)


def _provider(name: str) -> str:
    return name.partition("/")[0]


def _check(name: str) -> None:
    provider, slash, model = name.partition("/")
    if not (provider and slash and model):
        raise UserError(
            f"`{name}` does not say whose model it is. Write it as `provider/model`, such as "
            f"`openai/gpt-5-mini` or `ollama/llama3`, in {PREFIX}MODEL, {PREFIX}MODEL_FALLBACKS or the "
            "server's file."
        )
