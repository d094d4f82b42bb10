"""Runs to report on: one repository, a few plans, moments that count from one fixed minute."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.gates import Bound, Gate
from bot.ids import InstallationId, Login, Person, Place, Repo, RunId, Sha
from bot.limits import Limits
from bot.plans.model import Action, Plan
from bot.policy import Need
from bot.ports import Role
from bot.runs import Run, RunState, Step, StepState, Target

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SHA = Sha("0123456789abcdef0123456789abcdef01234567")
PAGE = "https://agent.test/runs/abc1234567?key=page-key"
SHOP = Repo("acme", "shop")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def action(description: str, *, command: str = "pytest -q") -> Action:
    return Action("run_command", {"command": command}, description)


def step(index: int, description: str, state: StepState = StepState.PENDING, *, seconds: float = 1.0) -> Step:
    """A step in that state; an ended one took `seconds`."""
    ran = state not in (StepState.PENDING, StepState.SKIPPED)
    return Step(
        index=index,
        action=action(description),
        state=state,
        started_at=at(index) if ran else None,
        ended_at=at(index + seconds) if ran and state is not StepState.RUNNING else None,
        exit_code=1 if state is StepState.FAILED else 0 if state is StepState.SUCCEEDED else None,
    )


def a_run(state: RunState, *steps: Step) -> Run:
    """A run on pull request 12 of acme/shop, asked for by octo."""
    return Run(
        id=RunId("abc1234567"),
        version=1,
        epoch=1,
        state=state,
        target=Target(
            place=Place(InstallationId(1), SHOP, 7),
            number=12,
            on_pull=True,
            sha=SHA,
            base_ref="cart",
            source=SHOP,
            title="Mend the cart",
        ),
        requester=Person(1, Login("octo")),
        request_url="https://github.com/acme/shop/pull/12#issuecomment-99",
        plan=Plan(tuple(each.action for each in steps)),
        limits=Limits(),
        steps=steps,
        page_key="page-key",
        queued_at=START,
        started_at=at(1) if state is not RunState.QUEUED else None,
        ended_at=at(43) if state.final else None,
    )


def parked(*steps: Step) -> Run:
    """A run whose last step has to be approved by a maintainer, somebody else than octo."""
    run = replace(a_run(RunState.PARKED, *steps), started_at=None)
    need = Need((len(steps) - 1,), Role.MAINTAIN, 1, True, "It touches `CODEOWNERS`", "protected paths")
    bound = Bound(run.plan.digest, SHA, Sha("b" * 40), "policy-1")
    return replace(run, gate=Gate((need,), bound, at(4 * 3600)))


def from_a_fork(run: Run) -> Run:
    return replace(run, target=replace(run.target, source=Repo("stranger", "shop")))
