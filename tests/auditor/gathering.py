"""Gathering the evidence: from the ledger's rows, from the playground's acts, from Docker and /proc."""

from __future__ import annotations

import json
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import literal, select

from bot.ids import RunId
from bot.journal import Entry, EntryKind
from bot.ledger import Ledger
from bot.ledger.engine import open_engine, reading
from bot.ledger.schema import attempts, deliveries, journal, runs, surfaces
from bot.processes.stage import Stage
from bot.reading import Ask, asks, new_asks
from bot.reports.comment import marker, reply_marker
from bot.reports.headline import headline
from bot.reports.pull_request import marker as pull_marker
from bot.runs import Run
from bot.verbs import chosen
from playground.driver import Driver
from tests.auditor.evidence import CheckSeen, Evidence, Left, Pressed, RunSeen, Sent, Written

Json = dict[str, Any]
SLUG = "devops-agent"
BOT = f"{SLUG}[bot]"
_ANSWERS = ("reply:", "unheard:")
BEGINS = frozenset({"run", "retry"})
INSTANCE = "io.devops-agent.instance"
WARM = "devops-agent-warm-"  # boxes that wait for a run belong to hands, and to no run


def gather(stage: Stage, ledger: Ledger) -> Evidence:
    """Everything that can be seen now. Ask when all is quiet, or hear of what is still on its way."""
    rows = _Rows.read(stage.ledger_url)
    found = ledger.runs.all()
    shown = _Shown.look(stage.driver)
    known = {run.id for run in found}
    return Evidence(
        sent=tuple(_sent(stage.driver, rows)),
        written=tuple(_written(shown, rows)),
        pressed=tuple(_pressed(stage.driver, rows)),
        runs=tuple(_run(run, ledger, rows, shown) for run in found),
        foreign_checks=tuple(each for each in shown.checks if each.run not in known),
        replies=_replies(rows, shown),
        left=tuple(left(stage, found, ledger.instance())),
    )


def not_taken(stage: Stage) -> int:
    """Deliveries that nobody has answered yet: they are asked for again until somebody does."""
    return sum(
        not each.taken and not each.ignored for each in _sent(stage.driver, _Rows.read(stage.ledger_url))
    )


@dataclass(frozen=True)
class _Rows:
    """What the ledger holds, as it is written there."""

    deliveries: Mapping[str, tuple[str, str]]  # guid → state, outcome
    keys: frozenset[tuple[str, str]]  # of each command that had a run, an attempt or an answer; and which
    replies: Mapping[str, bool]  # key → whether it was given up
    journal: Mapping[str, list[Entry]]  # without output

    @classmethod
    def read(cls, url: str) -> _Rows:
        engine = open_engine(url)
        entries: dict[str, list[Entry]] = defaultdict(list)
        with reading(engine) as connection:
            heard = {row.guid: (row.state, row.outcome) for row in connection.execute(select(deliveries))}
            asked = [
                tuple(row)
                for columns in (
                    (runs.c.ask_key, runs.c.id),
                    (runs.c.attempt_key, runs.c.id),
                    (attempts.c.attempt_key, attempts.c.run),
                    (surfaces.c.key, literal("")),
                )
                for row in connection.execute(select(*columns))
            ]
            told = connection.execute(select(surfaces).where(surfaces.c.kind == "reply")).all()
            lines = select(journal).where(journal.c.kind.in_(["step", "run"])).order_by(journal.c.seq)
            for row in connection.execute(lines):
                entries[row.run].append(Entry(row.seq, row.at, EntryKind(row.kind), row.step, row.text))
        engine.dispose()
        return cls(
            deliveries=heard,
            keys=frozenset(asked),
            replies={row.key: bool(row.done and row.last_error) for row in told},
            journal=entries,
        )

    def about(self, part: str) -> list[str]:
        """The keys of runs, attempts and answers that a command with this part in its key has led to."""
        return [key for key, _ in self.keys if part in key and not key.startswith("eyes:")]


@dataclass(frozen=True)
class _Shown:
    """What GitHub shows, of all repositories."""

    repositories: Mapping[str, int]
    checks: list[CheckSeen]
    comments: list[tuple[str, int, Json]]  # repository, number, comment
    pulls: list[tuple[str, Json]]
    branches: list[tuple[str, str]]
    accounts: Mapping[str, int]

    @classmethod
    def look(cls, driver: Driver) -> _Shown:
        state = driver.sees_state()
        checks, comments, pulls, branches = [], [], [], []
        for name, about in state["repositories"].items():
            checks += [_check(each) for each in driver.sees_check_runs(repo=name) if _ours(each)]
            found = driver.sees_pulls(repo=name)
            pulls += [(name, each) for each in found]
            branches += [(name, branch) for branch in driver.sees_branches(repo=name)]
            for number in range(1, about["conversations"] + 1):
                comments += [(name, number, each) for each in driver.sees_comments(number, repo=name)]
        repositories = {name: each["id"] for name, each in state["repositories"].items()}
        accounts = {login: each["id"] for login, each in state["accounts"].items()}
        return cls(repositories, checks, comments, pulls, branches, accounts)


def _ours(check: Json) -> bool:
    return bool(check["app"]["slug"] == SLUG)


def _check(seen: Json) -> CheckSeen:
    return CheckSeen(
        id=seen["id"],
        run=seen["external_id"],
        commit=seen["head_sha"],
        status=seen["status"],
        conclusion=seen["conclusion"],
        title=seen["output"]["title"] or "",
        statuses=tuple(each["status"] for each in seen["history"]),
    )


# --- deliveries and commands ----------------------------------------------------------------------------


def _sent(driver: Driver, rows: _Rows) -> Iterator[Sent]:
    told: dict[str, list[Json]] = defaultdict(list)
    for each in driver.sees_deliveries():
        told[each["guid"]].append(each)
    for guid, tries in told.items():
        results = [_result(each) for each in tries]
        stored = guid in rows.deliveries or "duplicate" in results
        state, outcome = rows.deliveries.get(guid, ("done", ""))
        yield Sent(
            guid=guid,
            event=tries[0]["event"],
            answered=tries[-1]["status_code"],
            taken="accepted" in results or stored,
            ignored="ignored" in results,
            stored=stored,
            state=state,
            outcome=outcome,
        )


def _result(delivery: Json) -> str:
    if delivery["status_code"] != 202:
        return ""
    return str(json.loads(delivery["response"]["payload"])["result"])


def _written(shown: _Shown, rows: _Rows) -> Iterator[Written]:
    for repo, number, comment in shown.comments:
        commands = [] if comment["author"].endswith("[bot]") else list(_commands(comment))
        if not commands:
            continue
        place = shown.repositories[repo]
        kind = "review" if "path" in comment else "issue"
        keys = rows.about(f"{place}:{kind}:{comment['id']}:")
        denied = f"denial:{place}:{number}:{shown.accounts[comment['author']]}:"
        yield Written(
            where=f"comment {comment['id']} in {repo}#{number}",
            commands=len(commands),
            begin=sum(chosen(ask).name in BEGINS for ask in commands),
            runs=sum(not key.startswith(_ANSWERS) for key in keys),
            answers=sum(key.startswith(_ANSWERS) for key in keys)
            + sum(key.startswith(denied) for key, _ in rows.keys),
        )


def _commands(comment: Json) -> Iterator[Ask]:
    texts = [*(each["was"] for each in comment["edits"]), comment["body"]]
    yield from asks(texts[0], slug=SLUG)
    for before, after in pairwise(texts):
        yield from new_asks(after, before, slug=SLUG)


def _pressed(driver: Driver, rows: _Rows) -> Iterator[Pressed]:
    guids: dict[int, set[str]] = defaultdict(set)
    for each in driver.sees_deliveries():
        if each["event"] == "check_run" and each["action"] in {"requested_action", "rerequested"}:
            guids[each["request"]["payload"]["check_run"]["id"]].add(each["guid"])
    for check, sent in guids.items():
        yield Pressed(f"check run {check}", len(sent), len(rows.about(f"press:{check}:")))


# --- runs -----------------------------------------------------------------------------------------------


def _run(run: Run, ledger: Ledger, rows: _Rows, shown: _Shown) -> RunSeen:
    repo = str(run.target.place.repo)
    return RunSeen(
        run=run,
        journal=tuple(rows.journal.get(run.id, ())),
        checks=tuple(each for each in shown.checks if each.run == run.id),
        comments=tuple(
            each["body"]
            for _, _, each in shown.comments
            if each["author"] == BOT and marker(run.id) in each["body"]
        ),
        branches=tuple(branch for name, branch in shown.branches if name == repo and run.id in branch),
        pulls=tuple(each["number"] for _, each in shown.pulls if pull_marker(run.id) in (each["body"] or "")),
        says=headline(run, ledger.journals.tails(run.id, len(run.steps))),
    )


def _replies(rows: _Rows, shown: _Shown) -> dict[str, int]:
    said = [each["body"] for _, _, each in shown.comments if each["author"] == BOT]
    return {
        key: sum(reply_marker(key) in body for body in said)
        for key, given_up in rows.replies.items()
        if not given_up
    }


# --- what was left --------------------------------------------------------------------------------------


def left(stage: Stage, found: Iterable[Run], instance: str) -> Iterator[Left]:
    """Containers, volumes, networks by their label, processes by their environment, folders by their age."""
    by_id = {run.id: run for run in found}
    for kind, listing in _LISTINGS.items():
        for line in _docker(*listing, "--filter", f"label={INSTANCE}={instance}"):
            name, _, called = line.partition(" ")
            run = called.removeprefix("devops-agent-").partition("-")[0]
            if not called.startswith(WARM):
                yield Left(kind, name, run, _since_end(by_id.get(RunId(run))))
    busy = any(not run.state.final for run in by_id.values())
    yield from _processes(stage, busy=busy)
    yield from _files(stage, busy=busy)


_LISTINGS = {
    "container": ("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}}"),
    "volume": ("volume", "ls", "--filter", "dangling=true", "--format", "{{.Name}}"),
    "network": ("network", "ls", "--format", "{{.ID}} {{.Name}}"),
}


def _docker(*words: str) -> list[str]:
    told = subprocess.run(["docker", *words], check=True, capture_output=True, text=True)
    return told.stdout.splitlines()


def _since_end(run: Run | None) -> float | None:
    if run is None:
        return float("inf")
    if run.ended_at is None:
        return None
    return (datetime.now(UTC) - run.ended_at).total_seconds()


def _processes(stage: Stage, *, busy: bool) -> Iterator[Left]:
    """Whatever carries our state folder in its environment and is none of the processes themselves."""
    mark = str(stage.folder / "state").encode()
    ours = {stage.processes.pid(name) for name in stage.processes.names}
    for place in Path("/proc").glob("[0-9]*"):
        pid = int(place.name)
        try:
            if pid in ours or mark not in (place / "environ").read_bytes():
                continue
            name = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            age = time.time() - place.stat().st_mtime
        except OSError:
            continue  # it ended meanwhile
        yield Left("process", f"{pid} ({name[:60].strip()})", "", None if busy else age)


def _files(stage: Stage, *, busy: bool) -> Iterator[Left]:
    """Temporary folders, and what a git that was killed leaves in a mirror."""
    places = [*(stage.folder / "tmp").glob("*"), *_git_leavings(stage.folder / "state")]
    for place in places:
        try:
            age = time.time() - place.stat().st_mtime
        except FileNotFoundError:
            continue
        yield Left("folder", str(place.relative_to(stage.folder)), "", None if busy else age)


def _git_leavings(state: Path) -> Iterator[Path]:
    for mirror in state.rglob("*.git"):
        for pattern in ("*.lock", "tmp_*", "room-*"):
            yield from mirror.rglob(pattern)
