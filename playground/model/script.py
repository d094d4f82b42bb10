"""The script of a model: which reply a question gets, and what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Words(StrEnum):
    """What it says. What `text` means is beside each."""

    TEXT = "text"  # the words themselves
    PROMPT = "prompt"  # nothing: it says what it was told
    STEPS = "steps"  # nothing: a plan of `count` steps
    OBEDIENT = "obedient"  # a frame in which "$actions" stands for whatever the question tells it to do


class Way(StrEnum):
    """How it says it."""

    WHOLE = "whole"
    REFUSAL = "refusal"  # as OpenAI tells that the model would not answer
    STATUS = "status"  # an HTTP error of this status
    HTML = "html"  # a page of some gateway, with status 200
    PACKED = "packed"  # compressed, whether that was asked for or not
    NO_CHOICES = "no_choices"  # JSON, but no answer
    CUT = "cut"  # the connection, when half was said
    SILENT = "silent"  # nothing for so many seconds, then the answer
    DRIP = "drip"  # one token every so many seconds
    FLOOD = "flood"  # so many bytes


@dataclass(frozen=True, slots=True)
class Reply:
    words: Words = Words.TEXT
    text: str = ""
    count: int = 0  # steps of STEPS, bytes of FLOOD
    way: Way = Way.WHOLE
    status: int = 200
    retry_after: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class Rule:
    """A reply for questions to this model that hold this text; "" fits any. `times` None is always."""

    reply: Reply
    contains: str = ""
    model: str = ""
    times: int | None = None

    def fits(self, model: str, prompt: str) -> bool:
        return self.contains in prompt and self.model in ("", model)

    @property
    def rank(self) -> tuple[bool, bool]:
        """What is said a few times goes before what is always said, the particular before the general."""
        return self.times is None, not (self.contains or self.model)


@dataclass(slots=True)
class Script:
    rules: list[Rule] = field(default_factory=list)
    requests: list[Json] = field(default_factory=list)  # what was asked, the oldest first
    trouble: list[str] = field(default_factory=list)  # what nobody had foreseen

    def reply(self, model: str, prompt: str) -> Reply | None:
        """The first of the best rules; one that is used up is gone."""
        fitting = [rule for rule in self.rules if rule.fits(model, prompt)]
        if not fitting:
            return None
        rule = min(fitting, key=lambda each: each.rank)
        if rule.times is not None:
            rule.times -= 1
            self.rules = [each for each in self.rules if each.times != 0]
        return rule.reply

    def forget(self) -> None:
        self.rules.clear()
        self.requests.clear()
        self.trouble.clear()


def rule_of(told: Mapping[str, Any]) -> Rule:
    """A rule as the driver sends it. TypeError or ValueError when it is none."""
    reply = dict(told["reply"])
    reply["words"], reply["way"] = Words(reply.get("words", "text")), Way(reply.get("way", "whole"))
    return Rule(**{**told, "reply": Reply(**reply)})


def prompt_of(question: Json) -> str:
    """All that a model is told, in one text."""
    return "\n\n".join(_text(message) for message in question["messages"])


def told_by_others(question: Json) -> str:
    """The same without the system's own words."""
    return "\n\n".join(_text(each) for each in question["messages"] if each["role"] != "system")


def _text(message: Json) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)
