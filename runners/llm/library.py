"""litellm itself, made quiet before it is imported: no look-ups, no `.env`, no advice, nothing in a log."""

from __future__ import annotations

import logging
import os
from functools import cache

# They write questions, answers and parts of keys. What went wrong is told by us, in our words.
for _talker in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "openai"):
    logging.getLogger(_talker).setLevel(logging.CRITICAL)

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks the network for prices when imported
os.environ["LITELLM_MODE"] = "PRODUCTION"  # else it loads a `.env` into our environment

import httpx
import litellm
from litellm import (
    exceptions,
    get_llm_provider,
    get_model_info,
    supports_response_schema,
    validate_environment,
)
from litellm.router import Router
from litellm.types.router import RouterRateLimitError
from openai import OpenAIError

from runners.llm.wire import MeteredTransport

__all__ = [
    "OpenAIError",
    "Router",
    "RouterRateLimitError",
    "exceptions",
    "known",
    "lacks_a_key",
    "priced",
    "supports_response_schema",
]

litellm.suppress_debug_info = True
litellm.turn_off_message_logging = True
litellm.drop_params = True  # what a provider does not know is not sent to it

# Both of the ways in which it opens connections: through the OpenAI client, and by itself.
_TRANSPORT = MeteredTransport()
litellm.client_session = httpx.Client(transport=_TRANSPORT)
litellm.sync_transport = _TRANSPORT


@cache
def priced(name: str) -> bool:
    """Whether it is known what this model costs. Of one that costs nothing it is."""
    try:
        get_model_info(name)
    except Exception:  # the library raises this very class for a model that it does not know
        return False
    return True


def known(name: str) -> bool:
    """Whether the library knows this provider."""
    try:
        get_llm_provider(name)
    except exceptions.BadRequestError:
        return False
    return True


def lacks_a_key(name: str) -> bool:
    """Whether this provider's own variables hold no key, where a key is all that it wants."""
    missing = validate_environment(name)["missing_keys"]
    return bool(missing) and all(each.endswith("_API_KEY") for each in missing)
