"""What is said about locks: taken, refused, given back, and who waits for what."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.locks import LONGEST, Lock
from bot.reports import phrases
from bot.reports.safe import cut_bytes, inline, words
from bot.runs import NOT_BEGUN, Run, RunState

MOST_WAITING = 20  # of one environment, listed one by one


def name_is_missing(example: str) -> str:
    return f"Which lock? Please write its name, like {inline(example)}."


def reason_is_missing(example: str) -> str:
    return f"Please say why, so that whoever waits knows: {inline(example)}."


def reason_is_too_long(most: int) -> str:
    return f"The reason is too long: at most {most} characters, please."


def span_is_wrong(text: str) -> str:
    return (
        f"I cannot use {inline(text, limit=40)} as the time of a lock. Write it like `30m`, `2h` or `1d`; "
        f"{LONGEST.days} days are the most."
    )


def taken(lock: Lock, running: Run | None) -> str:
    now = (
        ""
        if running is None
        else f" Run {inline(running.id)} has it at this moment and goes on; the lock holds for the next ones."
    )
    return f"You hold {inline(lock.name)} until {phrases.moment(lock.until)}. {_others(lock)}{now}"


def renewed(lock: Lock) -> str:
    until = phrases.moment(lock.until)
    return f"You hold {inline(lock.name)} already; I renewed it until {until}. {_others(lock)}"


def _others(lock: Lock) -> str:
    back = inline(f"/agent unlock {lock.name}")
    return f"What others ask for in that environment waits, what you ask for does not. {back} gives it back."


def held_by_another(lock: Lock) -> str:
    return f"I did not lock anything. {who(lock)}"


def not_locked(name: str) -> str:
    return f"Nobody holds {inline(name)} here, so there was nothing to unlock."


def not_yours(lock: Lock) -> str:
    return f"I did not unlock it: only its holder and people with the role `maintain` can. {who(lock)}"


def released(lock: Lock, by: str) -> str:
    holder = (
        ""
        if lock.held is None or lock.held.person.login == by
        else f" {inline(lock.held.person.login)} held it."
    )
    return f"{inline(lock.name)} is free again.{holder}"


def who(lock: Lock) -> str:
    """Who holds it, where it was taken, until when, and why."""
    if lock.held is None:
        return (
            f"The lock {inline(lock.name)} cannot be read, so it keeps everybody waiting. Someone with the "
            f"role `maintain` can take it away: {inline(f'/agent unlock {lock.name}')}."
        )
    since, until = phrases.moment(lock.taken_at), phrases.moment(lock.until)
    place = f" (in #{lock.held.number})" if lock.held.number else ""
    return (
        f"{inline(lock.held.person.login)} holds {inline(lock.name)} since {since}{place} "
        f"until {until}: {words(phrases.sentence(lock.held.reason))}"
    )


def listing(locks: Sequence[Lock], runs: Sequence[Run], *, page: Callable[[Run], str]) -> str:
    """Every environment that somebody holds or waits for. `runs` are open, in the order of their turn."""
    names = sorted({*(lock.name for lock in locks), *(run.plan.environment for run in runs)})
    if not names:
        return "Nobody holds a lock here, and no run needs one."
    parts = [
        _environment(
            name,
            [lock for lock in locks if lock.name == name],
            [run for run in runs if run.plan.environment == name],
            page,
        )
        for name in names
    ]
    return cut_bytes("\n\n".join(parts), 60_000)


def _environment(name: str, locks: Sequence[Lock], runs: Sequence[Run], page: Callable[[Run], str]) -> str:
    busy = [run for run in runs if run.state not in NOT_BEGUN]
    waiting = [run for run in runs if run.state is RunState.QUEUED]
    lines = [
        *(f"- {who(lock)}" for lock in locks),
        *(f"- Since {phrases.moment(run.started_at or run.queued_at)}: {_run(run, page)}." for run in busy),
        *(
            f"- Waiting at position {position}: {_run(run, page)}."
            for position, run in enumerate(waiting[:MOST_WAITING], start=1)
        ),
    ]
    if len(waiting) > MOST_WAITING:
        lines.append(f"- {phrases.count(len(waiting) - MOST_WAITING, 'more run')} waiting.")
    return "\n".join([f"**{inline(name)}**", "", *lines])


def _run(run: Run, page: Callable[[Run], str]) -> str:
    link = phrases.link(f"run {inline(run.id)}", page(run))
    place = f" in #{run.target.number}" if run.target.number else ""
    return f"{link}, which {phrases.requester(run)} asked for{place}"
