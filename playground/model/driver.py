"""Whoever writes the script of a model: what it says next, how it fails, and what it was asked. Over HTTP."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from playground.model.script import Json, Reply, Rule, Way, Words, prompt_of
from playground.remote import Remote

FRAME = '{"plan": {"actions": "$actions", "error_handling": "stop"}, "cannot": null}'
REFUSAL = "I'm sorry, but I can't help with that."
HALF = '{"plan": {"actions": [{"action_type": "run_comm'
GARBAGE = "}{ qwxz \u0000\ufffd 🜁 ]]> %s%n ${HOME} <|endoftext|>"
MB = 1024 * 1024


class ModelDriver(Remote):
    """All that a script can say. Words are said once, in order; `model` and `contains` pick the question."""

    @property
    def api_base(self) -> str:
        return f"{self.url}/v1"

    def _look(self) -> None:
        self._see()

    # -- words ----------------------------------------------------------------------------------

    def answers(self, *answers: str | Json, contains: str = "", model: str = "") -> None:
        """The next answers, one each."""
        for answer in answers:
            text = answer if isinstance(answer, str) else json.dumps(answer)
            self._rule(Reply(text=text), contains=contains, model=model, times=1)

    def always_answers(self, answer: str | Json, *, contains: str = "", model: str = "") -> None:
        """Unless something else was scripted for this question."""
        text = answer if isinstance(answer, str) else json.dumps(answer)
        self._rule(Reply(text=text), contains=contains, model=model, times=None)

    def obeys(self, *, frame: str = FRAME, contains: str = "", model: str = "") -> None:
        """From now on it does whatever anybody in the question tells it to do."""
        self._rule(Reply(Words.OBEDIENT, frame), contains=contains, model=model, times=None)

    def answers_garbage(self, **question: Any) -> None:
        self.answers(GARBAGE, **question)

    def answers_half(self, **question: Any) -> None:
        """JSON that ends in the middle."""
        self.answers(HALF, **question)

    def answers_twice(self, first: Json, second: Json, **question: Any) -> None:
        """Two JSON objects in one answer, with words around them."""
        both = f"Sure!\n```json\n{json.dumps(first)}\n```\nOr:\n```json\n{json.dumps(second)}\n```"
        self.answers(both, **question)

    def answers_nothing(self, **question: Any) -> None:
        self.answers("", **question)

    def repeats_the_prompt(self, *, times: int = 1, **question: Any) -> None:
        self._rule(Reply(Words.PROMPT), times=times, **question)

    def answers_steps(self, count: int, *, frame: str = FRAME, times: int = 1, **question: Any) -> None:
        """A plan of so many steps that do nothing."""
        self._rule(Reply(Words.STEPS, frame, count), times=times, **question)

    def refuses(self, *, times: int = 1, **question: Any) -> None:
        """As OpenAI tells that the model would not answer."""
        self._rule(Reply(text=REFUSAL, way=Way.REFUSAL), times=times, **question)

    # -- accidents ------------------------------------------------------------------------------

    def fails(
        self,
        status: int,
        *,
        saying: str = "It went wrong.",
        retry_after: int | None = None,
        times: int | None = 1,
        **question: Any,
    ) -> None:
        """An HTTP error, in whose words is all that was sent."""
        told = "" if retry_after is None else str(retry_after)
        reply = Reply(text=saying, way=Way.STATUS, status=status, retry_after=told)
        self._rule(reply, times=times, **question)

    def answers_html(self, **question: Any) -> None:
        self._rule(Reply(way=Way.HTML), times=1, **question)

    def answers_packed(self, **question: Any) -> None:
        """Much in little: a megabyte in a few bytes, although nobody asked for that."""
        self._rule(Reply(text="x" * MB, way=Way.PACKED), times=1, **question)

    def answers_without_choices(self, **question: Any) -> None:
        self._rule(Reply(way=Way.NO_CHOICES), times=1, **question)

    def is_cut(self, *, times: int = 1, **question: Any) -> None:
        """The connection is reset in the middle of the answer."""
        self._rule(Reply(text="Never heard.", way=Way.CUT), times=times, **question)

    def is_silent(self, seconds: float, *, times: int = 1, **question: Any) -> None:
        """Nothing for so long, then an answer."""
        self._rule(Reply(text="At last.", way=Way.SILENT, seconds=seconds), times=times, **question)

    def drips(self, seconds: float, *, times: int = 1, **question: Any) -> None:
        """One token every so many seconds."""
        reply = Reply(text="and so on " * 50, way=Way.DRIP, seconds=seconds)
        self._rule(reply, times=times, **question)

    def floods(self, megabytes: int = 50, *, times: int = 1, **question: Any) -> None:
        """One answer of that size."""
        self._rule(Reply(way=Way.FLOOD, count=megabytes * MB), times=times, **question)

    def forgets(self) -> None:
        """The script, and all that was asked."""
        self._http.post("/script/forget").raise_for_status()

    # -- what can be seen -----------------------------------------------------------------------

    def sees_requests(self) -> list[Json]:
        """The bodies of all questions, the oldest first."""
        return list(self._see()["requests"])

    def sees_prompts(self) -> list[str]:
        """All that it was told in each question, in one text."""
        return [prompt_of(each) for each in self.sees_requests()]

    def sees_trouble(self) -> list[str]:
        """Questions that nobody had foreseen."""
        return list(self._see()["trouble"])

    def _see(self) -> Json:
        return dict(self._http.post("/script/see").raise_for_status().json())

    def _rule(self, reply: Reply, *, times: int | None, contains: str = "", model: str = "") -> None:
        rule = asdict(Rule(reply, contains, model, times))
        self._http.post("/script/rules", json=[rule]).raise_for_status()
