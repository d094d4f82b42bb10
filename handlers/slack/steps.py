"""A run's steps, as Slack's block for plans or as a list."""

from __future__ import annotations

from typing import Any

from bot.chat.message import Steps, Task, TaskState
from bot.reports import phrases, safe
from handlers.slack import limits
from handlers.slack.pieces import BOLD, Piece
from handlers.slack.rich_text import rich_block, section
from handlers.slack.room import Room

Json = dict[str, Any]

_GRAVEST = (TaskState.ERROR, TaskState.IN_PROGRESS, TaskState.PENDING, TaskState.COMPLETE)


def as_plan(steps: Steps, room: Room) -> Json:
    cards = [_card(task, room) for task in _some(steps.tasks, room.tasks)]
    return {"type": "plan", "title": _heading(steps), **({"tasks": cards} if cards else {})}


def _card(task: Task, room: Room) -> Json:
    told = " · ".join(part for part in (_word(task), _note(task, room)) if part)
    details = {"details": rich_block([section(Piece(told))])} if told else {}
    return {
        "type": "task_card",
        "task_id": task.id,
        "title": _title(task),
        "status": task.state.value,
        **details,
    }


def as_list(steps: Steps, room: Room) -> Json:
    title = section(Piece(_heading(steps), BOLD))
    items = [_item(task, room) for task in _some(steps.tasks, room.tasks)]
    bullets = [{"type": "rich_text_list", "style": "bullet", "elements": items}] if items else []
    return rich_block([title, *bullets])


def _item(task: Task, room: Room) -> Json:
    word, note = _word(task), _note(task, room)
    named = f": {_title(task)}" if word else _title(task)
    return section(Piece(word, BOLD), Piece(named), Piece(f" · {note}" if note else ""))


def _heading(steps: Steps) -> str:
    return safe.one_line(steps.title, limit=limits.PLAN) or "…"


def _title(task: Task) -> str:
    return safe.one_line(task.title, limit=limits.TASK) or "…"


def _word(task: Task) -> str:
    return safe.one_line(task.word, limit=40)


def _note(task: Task, room: Room) -> str:
    return safe.one_line(task.note, limit=room.note) if room.note else ""


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
