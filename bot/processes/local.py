"""`devops-agent run PLAN.md --repo PATH`: a plan on a local repository, in the sandbox, without GitHub."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bot.actions import ACTIONS
from bot.actions.model import Where
from bot.cli.terminal import Terminal
from bot.clock import SystemClock
from bot.errors import UserError
from bot.ids import InstallationId, Login, Person, Place, Repo, Sha, new_run_id
from bot.limits import Limits
from bot.outcome import conclude
from bot.perform import perform
from bot.plans.build import build
from bot.plans.model import Plan
from bot.plans.readers import read
from bot.policy import Grant
from bot.ports import Boxes, BoxSpec, Changes, Role
from bot.reading import asks
from bot.runs import Run, RunState, Step, Target
from bot.settings import HandsSettings, load
from runners.docker import DockerBoxes
from runners.git import GitSnapshots, LocalOrigin
from runners.local import NOT_ISOLATED, LocalBoxes

SLUG = "devops-agent"


def main(plan_file: Path, repo: Path, out: Path | None) -> int:
    """0 only if every step succeeded. The patch is written whenever something changed."""
    settings = load(HandsSettings)
    plan = _plan(plan_file)
    console = Console()
    with _snapshots() as snapshots:
        snapshot = snapshots.fetch(LocalOrigin.at(repo))
        run = _run(plan, repo, snapshot.sha)
        console.print(
            f"{_count(len(plan.actions), 'step')} on {snapshot.sha[:12]} of {repo.resolve()}"
            f" · {plan.digest[:12]}"
        )
        boxes = _boxes(f"local-{run.id}", settings.sandbox_image, console)
        spec = BoxSpec(run=run.id, epoch=run.epoch, image=settings.sandbox_image, limits=run.limits)
        with boxes.open(spec, snapshot) as box:
            walked = perform(run, box, Terminal(console, run), SystemClock())
            try:
                changes: Changes | UserError = box.changes()
            except UserError as too_much:
                changes = too_much
    outcome = conclude(run, walked, changes)
    for sentence in (outcome.reason, *outcome.notes):
        if sentence:
            console.print(sentence)
    if outcome.keep is not None and outcome.keep.files:
        _leave_patch(console, outcome.keep, repo, out or Path(f"agent-{run.id}.patch"))
    elif outcome.keep is not None:
        console.print("Nothing changed, so there is no patch.")
    console.print(f"The run has {_WORDS.get(outcome.state, str(outcome.state))}.")
    return 0 if outcome.state is RunState.SUCCEEDED else 1


def _boxes(instance: str, image: str, console: Console) -> Boxes:
    """Docker's where an engine answers; otherwise this machine's own, and what those do not do."""
    docker = DockerBoxes(instance, image)
    if docker.answers():
        return docker
    local = LocalBoxes()
    local.check()
    console.print(NOT_ISOLATED, soft_wrap=True)
    return local


_WORDS = {RunState.SUCCEEDED: "succeeded", RunState.FAILED: "failed", RunState.TIMED_OUT: "run out of time"}


def _plan(file: Path) -> Plan:
    """The plan of a Markdown file: with or without the command line that a comment would have."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{file} cannot be read as text: {error}. Name a Markdown file with a plan."
        ) from error
    commands = asks(text, slug=SLUG)
    words, rest = (commands[0].words, commands[0].text) if commands else ("", text)
    boxed = frozenset(name for name, kind in ACTIONS.items() if kind.where is Where.BOX)
    me = Person(0, Login(getpass.getuser()))
    grant = Grant(me, Role.ADMIN, "run", boxed, "works on a repository of their own")
    return build(replace(read(words, rest), pull_request=False), grant, limits=Limits())


def _run(plan: Plan, repo: Path, sha: Sha) -> Run:
    place = Place(InstallationId(0), Repo("local", repo.resolve().name), 0)
    now = SystemClock().now()
    return Run(
        id=new_run_id(),
        version=1,
        epoch=1,
        state=RunState.RUNNING,
        target=Target(place, 0, on_pull=False, sha=sha, base_ref="HEAD", source=place.repo),
        requester=Person(0, Login(getpass.getuser())),
        request_url="",
        plan=plan,
        limits=Limits(),
        steps=tuple(Step(index, action) for index, action in enumerate(plan.actions)),
        page_key="",
        queued_at=now,
        started_at=now,
    )


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


def _leave_patch(console: Console, changes: Changes, repo: Path, out: Path) -> None:
    try:
        out.write_bytes(changes.patch)
    except OSError as error:
        raise UserError(
            f"The patch cannot be written to {out}: {error.strerror}. Choose another --out."
        ) from error
    files = _count(len(changes.files), "file")
    console.print(
        f"{files} changed. Apply it with: git -C {repo} apply --index {out.resolve()}", soft_wrap=True
    )


@contextmanager
def _snapshots() -> Iterator[GitSnapshots]:
    with TemporaryDirectory(prefix="devops-agent-") as folder:
        yield GitSnapshots(Path(folder))
