"""One question, one answer: a `Model` over litellm's router, which knows who is out of order."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.errors import UserError
from bot.ports import Completion, Prompt
from runners.llm.library import OpenAIError, Router, RouterRateLimitError
from runners.llm.sentences import meant, no_answer, refused
from runners.llm.wire import allowed

log = structlog.get_logger(__name__)

DEPLOYED = "desk:"  # before a name in the router's notes, where a bare name is an entry of the price list
MOST_BYTES = (
    4 * 1024 * 1024
)  # of all answers to one call; the longest answer that a model is sold with has 0.5
BYTES_A_TOKEN = 3  # English has 4, code and most other languages 3: rather too many tokens than too few

_AS_JSON = """\
Answer with exactly one JSON object and nothing else: no Markdown, no explanation. It must fit this schema:
{schema}"""


@dataclass(frozen=True)
class LiteLLM:
    """The model `name`, and behind it the fallbacks, in order."""

    router: Router
    name: str
    choices: frozenset[str]  # by which names `called` answers
    structured: Mapping[str, bool]  # by name, whether it takes a JSON schema
    prices: Container[str]  # whose costs are known
    fallbacks: Sequence[str]
    timeout_s: float

    def called(self, name: str | None) -> LiteLLM:
        """The model that a repository chose, or the server's usual one."""
        if name is None or name == self.name:
            return self
        if name not in self.choices:
            raise UserError(f"`{name}` is none of the models of this server.")
        return replace(self, name=name)

    def tokens(self, text: str) -> int:
        return math.ceil(len(text.encode("utf-8", "surrogatepass")) / BYTES_A_TOKEN)

    def complete(self, prompt: Prompt) -> Completion:
        began = time.monotonic()
        with allowed(seconds=self.timeout_s, most_bytes=MOST_BYTES) as allowance:
            try:
                answer = self.router.completion(self.name, **self._question(prompt))
            except (OpenAIError, RouterRateLimitError) as error:
                # The library's words may hold the question or the key, so they end here.
                raise meant(error, self.name, allowance) from None
        return self._read(answer, time.monotonic() - began)

    def _question(self, prompt: Prompt) -> dict[str, Any]:
        system, extra = prompt.system, {}
        if prompt.schema is not None:
            if all(self.structured[name] for name in (self.name, *self.fallbacks)):
                wanted = {"name": "answer", "schema": dict(prompt.schema)}
                extra = {"response_format": {"type": "json_schema", "json_schema": wanted}}
            else:
                system += "\n\n" + _AS_JSON.format(schema=json.dumps(prompt.schema))
        messages = [{"role": "system", "content": system}, {"role": "user", "content": prompt.user}]
        return {"messages": messages, "max_tokens": prompt.max_output_tokens, **extra}

    def _read(self, answer: Any, seconds: float) -> Completion:
        if not getattr(answer, "choices", None):
            raise no_answer(self.name)
        hidden = answer._hidden_params
        model = str(hidden["model_id"]).removeprefix(DEPLOYED)
        if model != self.name:
            log.warning("model.fell_back", wanted=self.name, answered=model)
        choice = answer.choices[0]
        besides = choice.message.provider_specific_fields or {}
        if choice.finish_reason == "content_filter" or besides.get("refusal"):
            raise refused(model)
        return Completion(
            text=choice.message.content or "",
            model=model,
            input_tokens=answer.usage.prompt_tokens,
            output_tokens=answer.usage.completion_tokens,
            cost_usd=hidden.get("response_cost") if model in self.prices else None,
            seconds=seconds,
        )
