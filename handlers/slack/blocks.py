"""A message of ours as Slack's blocks, made shorter until Slack takes it.

Output gives way first, then Prose that need not be whole, the notes of tasks, and tasks in the middle. What
people press stays.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from bot.chat.message import (
    Buttons,
    Choice,
    Confirm,
    Footnote,
    Heading,
    Look,
    Message,
    Open,
    Output,
    Part,
    Press,
    Prose,
    Steps,
    Task,
    TaskState,
)
from bot.reports import phrases, safe
from handlers.slack import limits
from handlers.slack.limits import Limit, plain_text
from handlers.slack.rich_text import Piece, escaped, preformatted, rich_text, section, small, web_address

Json = dict[str, Any]

OUTPUT_LINES = 12
READ_OF_OUTPUT = 20_000  # characters of the end, before escapes and overwritten lines are gone
_MEMBER = re.compile(r"[UW][A-Z0-9_]+")


def blocks(message: Message, *, version: str, plain: bool = False) -> tuple[str, list[Json]]:
    """The notification and the blocks. `plain`: without blocks that not every workspace knows.

    `version` is another one each time that a message is changed. A button's `action_id` is its action, an
    `Open`'s is its action and a number after a colon, and so is every one that would be there twice.
    """
    text = notification(message.summary)
    page = Page(version=version, plain=plain, within=limits.MESSAGE, text=text, mentions=message.mentions)
    return text, page.blocks(message.parts)


def notification(summary: str) -> str:
    """One line for a phone: nobody is called by it, and it holds no marks."""
    room = limits.NOTIFICATION
    line = safe.one_line(summary, limit=room) or "…"
    while len(escaped(line)) > limits.NOTIFICATION:
        room -= 1
        line = safe.one_line(line, limit=room)
    return escaped(line)


# --- what gives way ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Room:
    """How many characters each of a kind may have, and how many tasks are shown."""

    output: int = 1_500
    prose: int = 8_000
    note: int = 200
    tasks: int = limits.TASKS
    other: int = limits.TEXT


_SHORTER: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("output", (1_000, 600, 300)),
    ("prose", (6_000, 4_500, 3_400, 2_500, 1_900, 1_400, 1_000, 700, 500, 300)),
    ("note", (100, 40, 0)),
    ("tasks", (40, 30, 20, 12, 8, 5)),
    ("other", (300, 150, 75, 40, 20)),
)
# Where even the shortest of everything does not fit, whole parts go, the last first, in this order.
_LEAST = ("output", "prose", "footnote", "steps", "choice", "buttons", "heading")


def _rooms() -> Iterator[Room]:
    room = Room()
    yield room
    for name, sizes in _SHORTER:
        for size in sizes:
            room = replace(room, **{name: size})
            yield room


_ROOMS = tuple(_rooms())


def _without_least(parts: Sequence[Part], many: int) -> tuple[Part, ...]:
    order = sorted(range(len(parts)), key=lambda place: (_LEAST.index(parts[place].kind), -place))
    return tuple(parts[place] for place in sorted(order[max(0, many) :]))


# --- a page of parts -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """A message, or a member's home: the parts on it share the room and the names."""

    version: str
    plain: bool
    within: Limit
    text: str = ""
    mentions: str = ""

    def blocks(self, parts: Sequence[Part]) -> list[Json]:
        """All parts in the largest size that fits."""
        parts = _without_least(parts, len(parts) - self.within.blocks)
        size = bisect_left(_ROOMS, True, key=lambda room: self._fits(parts, room))
        if size < len(_ROOMS):
            return self._made(parts, _ROOMS[size])
        least = _ROOMS[-1]
        less = range(len(parts) + 1)
        drop = bisect_left(less, True, key=lambda many: self._fits(_without_least(parts, many), least))
        return self._made(_without_least(parts, drop), least)

    def _fits(self, parts: Sequence[Part], room: Room) -> bool:
        return limits.fits(self.text, self._made(parts, room), self.within)

    def _made(self, parts: Sequence[Part], room: Room) -> list[Json]:
        shown = [(part, block) for part in parts for block in _shown(part, room, plain=self.plain)]
        bare = [block for _, block in shown]
        if _MEMBER.fullmatch(self.mentions):
            first = next((place for place, (part, _) in enumerate(shown) if isinstance(part, Prose)), None)
            bare = _calling(self.mentions, bare, first)
        return _named(bare, self.version)


def _calling(member: str, bare: list[Json], first: int | None) -> list[Json]:
    """One mention in front of the first Prose, or of everything."""
    user = {"type": "user", "user_id": member}
    if first is None:
        return [_rich([{"type": "rich_text_section", "elements": [user]}]), *bare]
    elements = bare[first]["elements"]
    begins = elements[0]["elements"] if elements[0]["type"] == "rich_text_section" else []
    called = {"type": "rich_text_section", "elements": [user, *_after(begins)]}
    rest = elements[1:] if begins else elements
    return [*bare[:first], _rich([called, *rest]), *bare[first + 1 :]]


def _after(begins: list[Json]) -> list[Json]:
    return [{"type": "text", "text": " "}, *begins] if begins else []


def _named(bare: Sequence[Json], version: str) -> list[Json]:
    """With ids that are there only once."""
    ids, actions, tasks = Names(), Names(), Names()
    links = count(1)
    named: list[Json] = []
    for number, block in enumerate(bare):
        made = {**block, "block_id": ids.new(block.get("block_id") or f"{version}.{number}")}
        if block["type"] == "actions":
            made["elements"] = [_acting(element, actions, links) for element in block["elements"]]
        if "tasks" in block:
            made["tasks"] = [{**card, "task_id": tasks.new(card["task_id"])} for card in block["tasks"]]
        named.append(made)
    return named


def _acting(element: Json, actions: Names, links: Iterator[int]) -> Json:
    name = f"{element['action_id']}:{next(links)}" if "url" in element else element["action_id"]
    return {**element, "action_id": actions.new(name)}


@dataclass
class Names:
    """Gives every name once; who comes second gets a number behind a colon."""

    given: dict[str, int] = field(default_factory=dict)

    def new(self, name: str) -> str:
        wanted = name = name[: limits.ID - 5] or "-"
        while wanted in self.given:
            self.given[name] += 1
            wanted = f"{name}:{self.given[name]}"
        self.given[wanted] = 1
        return wanted


# --- one part ------------------------------------------------------------------------------------------


def _shown(part: Part, room: Room, *, plain: bool) -> list[Json]:
    match part:
        case Heading(text):
            return [{"type": "header", "text": plain_text(text, min(room.other, limits.HEADER))}]
        case Prose(markdown, whole):
            return _rich_if_any(rich_text(markdown, limit=Room().prose if whole else room.prose))
        case Steps():
            return [_listed(part, room) if plain else _planned(part, room)]
        case Output(text):
            return _output(text, room.output)
        case Footnote(markdown):
            words = small(markdown, limit=room.other)
            return [{"type": "context", "elements": [words]}] if words else []
        case Buttons(buttons):
            return _actions([button for each in buttons if (button := _button(each, room))])
        case Choice():
            return _choice(part, room)


def _rich(elements: Sequence[Json]) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def _rich_if_any(elements: Sequence[Json]) -> list[Json]:
    return [_rich(elements)] if elements else []


def _output(text: str, limit: int) -> list[Json]:
    text = safe.clean(text[-READ_OF_OUTPUT:]).strip("\n")
    kept = limits.last_lines(text, lines=OUTPUT_LINES, characters=limit)
    return [_rich([preformatted(kept)])] if kept.strip() else []


# --- steps ---------------------------------------------------------------------------------------------


def _planned(steps: Steps, room: Room) -> Json:
    cards = [_card(task, room) for task in _some(steps.tasks, room.tasks)]
    title = safe.one_line(steps.title, limit=limits.PLAN) or "…"
    return {"type": "plan", "title": title, **({"tasks": cards} if cards else {})}


def _card(task: Task, room: Room) -> Json:
    told = " · ".join(part for part in (_word(task), _note(task, room)) if part)
    details = {"details": _rich([section(Piece(told))])} if told else {}
    return {
        "type": "task_card",
        "task_id": task.id,
        "title": _title(task),
        "status": task.state.value,
        **details,
    }


def _listed(steps: Steps, room: Room) -> Json:
    title = section(Piece(safe.one_line(steps.title, limit=limits.PLAN) or "…", frozenset({"bold"})))
    items = [_item(task, room) for task in _some(steps.tasks, room.tasks)]
    listed = [{"type": "rich_text_list", "style": "bullet", "elements": items}] if items else []
    return _rich([title, *listed])


def _item(task: Task, room: Room) -> Json:
    word, note = _word(task), _note(task, room)
    named = f": {_title(task)}" if word else _title(task)
    return section(Piece(word, frozenset({"bold"})), Piece(named), Piece(f" · {note}" if note else ""))


def _title(task: Task) -> str:
    return safe.one_line(task.title, limit=limits.TASK) or "…"


def _word(task: Task) -> str:
    return safe.one_line(task.word, limit=40)


def _note(task: Task, room: Room) -> str:
    return safe.one_line(task.note, limit=room.note) if room.note else ""


_GRAVEST = (TaskState.ERROR, TaskState.IN_PROGRESS, TaskState.PENDING, TaskState.COMPLETE)


def _some(tasks: tuple[Task, ...], most: int) -> list[Task]:
    """What went wrong or runs now, then the first and the last; one task tells how many more there are."""
    if len(tasks) <= most:
        return list(tasks)
    kept = set(sorted(range(len(tasks)), key=lambda place: _rank(tasks, place))[: most - 1])
    hidden = [place for place in range(len(tasks)) if place not in kept]
    state = min((tasks[place].state for place in hidden), key=_GRAVEST.index)
    more = Task("more", f"{phrases.count(len(hidden), 'more step')} on the run's page.", state, "")
    shown = [(place, tasks[place]) for place in kept] + [(hidden[0], more)]
    return [task for _, task in sorted(shown, key=lambda each: each[0])]


def _rank(tasks: tuple[Task, ...], place: int) -> tuple[bool, int]:
    matters = tasks[place].state in (TaskState.ERROR, TaskState.IN_PROGRESS)
    return not matters, min(place, len(tasks) - 1 - place)


# --- what people press ---------------------------------------------------------------------------------

_STYLES = {Look.GOOD: {"style": "primary"}, Look.DANGER: {"style": "danger"}, Look.PLAIN: {}}


def _actions(elements: Sequence[Json]) -> list[Json]:
    return [
        {"type": "actions", "elements": list(elements[first : first + limits.IN_ACTIONS])}
        for first in range(0, len(elements), limits.IN_ACTIONS)
    ]


def _button(button: Press | Open, room: Room) -> Json | None:
    """None where what it stands for is too long or no address: a part of it would be something else."""
    made = {
        "type": "button",
        "text": plain_text(button.label or button.action, limits.BUTTON),
        "action_id": button.action,
    }
    if isinstance(button, Open):
        url = web_address(button.url)
        return {**made, "url": url} if url else None
    if len(button.value) > limits.VALUE:
        return None
    value = {"value": button.value} if button.value else {}
    confirm = {"confirm": _confirm(button.confirm, button.look, room)} if button.confirm else {}
    return {**made, **value, **_STYLES[button.look], **confirm}


def _confirm(asked: Confirm, look: Look, room: Room) -> Json:
    return {
        "title": plain_text(asked.title, min(room.other, limits.CONFIRM_TITLE)),
        "text": plain_text(asked.text, min(room.other, limits.CONFIRM_TEXT)),
        "confirm": plain_text(asked.yes, limits.CONFIRM_BUTTON),
        "deny": plain_text(asked.no, limits.CONFIRM_BUTTON),
        **_STYLES[look],
    }


def _choice(choice: Choice, room: Room) -> list[Json]:
    """What is too long to come back as it is cannot be chosen."""
    values = [each for each in dict.fromkeys(choice.options) if 0 < len(each) <= limits.OPTION_VALUE]
    options = [
        {"text": plain_text(each, min(room.other, limits.OPTION)), "value": each}
        for each in values[: limits.OPTIONS]
    ]
    menu = {
        "type": "static_select",
        "action_id": choice.action,
        "placeholder": plain_text(choice.label, min(room.other, limits.PLACEHOLDER)),
        "options": options,
    }
    return [{"type": "actions", "block_id": choice.key, "elements": [menu]}] if options else []
