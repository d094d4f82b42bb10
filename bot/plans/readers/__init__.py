"""Readers: from the words of a command to a draft, without a model, asked in the order of the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.errors import NotUnderstood, PlanError
from bot.plans.model import Draft
from bot.plans.readers import data, items, sentences, shapes, shell
from bot.plans.readers.words import Part, Said, pieces

READERS: dict[str, Callable[[Sequence[Said]], Draft | None]] = {
    "data": data.read,
    "shell": shell.read,
    "list": items.read,
    "words": sentences.read,
}

FORMS = (
    "Write it in one of three ways under or after the command:\n\n"
    "1. a command as inline code, or a list of them: ``/agent run `pytest -q` ``\n"
    "2. a fenced block that begins with three backticks and `sh`, with one command a line\n"
    "3. a fenced block that begins with three backticks and `yaml`: a list of actions with `action_type` and "
    "`parameters`"
)


def read(words: str, text: str) -> Draft:
    """The draft that the first reader makes of a command's words and of what follows it.

    Raises PlanError when there is nothing to read or it is ambiguous, NotUnderstood when no reader can.
    """
    said = pieces(words, text)
    if not said:
        raise PlanError(f"There is no plan yet. {FORMS}")
    # A block that is the content of a file or a patch is no plan, whatever its language.
    content = [place for place in range(len(said)) if _is_content(said, place)]
    said = tuple(replace(each, info="") if place in content else each for place, each in enumerate(said))
    if content and any(each.info in (*data.LANGUAGES, *shell.SHELLS) for each in said):
        raise PlanError(
            "One of the blocks is the content of a file or a patch, and another one looks like a plan. "
            "Please write all steps in one list, or all of them in one `yaml` block."
        )
    for reader in READERS.values():
        draft = reader(said)
        if draft is not None:
            return draft
    raise NotUnderstood(f"I do not understand this as a plan. {FORMS}")


def _is_content(said: Sequence[Said], place: int) -> bool:
    before = said[place - 1] if place else None
    return bool(
        said[place].part is Part.FENCE
        and before
        and before.part is not Part.FENCE
        and shapes.wants_block(before.text)
    )
