"""What people do in a soak: a table of deeds with how often each is done, none of which begins many runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random

from bot.reports.check import AGAIN, RETRY_FAILED
from bot.runs import RunState
from tests.world import World

Deed = Callable[[World, Random], None]

_DAG = """\
/agent run
```yaml
actions:
  - {action_type: run_command, parameters: {command: "echo one"}, depends_on: []}
  - {action_type: run_command, parameters: {command: "sleep 0.3"}, depends_on: [0]}
  - {action_type: run_command, parameters: {command: "echo two"}, depends_on: [0]}
  - {action_type: write_file, parameters: {path: made.txt, content: "by a run"}, depends_on: [1, 2]}
```
"""
_SIDE_BY_SIDE = """\
/agent run
```yaml
actions:
  - {action_type: run_command, parameters: {command: "sleep 0.5"}, depends_on: []}
  - {action_type: run_command, parameters: {command: "sleep 0.5"}, depends_on: []}
  - {action_type: run_command, parameters: {command: "false"}, depends_on: []}
error_handling: continue
pull_request: false
```
"""
_DEPLOYS = """\
/agent run
```yaml
environment: production
pull_request: false
actions: [{action_type: run_command, parameters: {command: ls}}]
```
"""
_OWNERS = """\
/agent run
```yaml
- {action_type: write_file, parameters: {path: CODEOWNERS, content: "* @acme"}}
```
"""


def _says(text: str, *, by: str = "writer-will", on: int = 1) -> Deed:
    def deed(world: World, chance: Random) -> None:
        world.comments(text.replace("{n}", str(chance.randrange(10**9))), by=by, on=on)

    return deed


def _cancels(world: World, chance: Random) -> None:
    world.comments("/agent run `sleep 12`")
    time.sleep(chance.choice([0.0, 1.0, 3.0]))
    world.comments(chance.choice(["/agent cancel", "/agent cancel all"]), by="maint-mia")


def _says_it_twice(world: World, chance: Random) -> None:
    """GitHub delivers one comment three times."""
    comment = world.comments("/agent run `echo once`")
    delivery = world.delivery(comment)
    for _ in range(2):
        world.stage.driver.redelivers(delivery["id"])


def _adds_a_command(world: World, chance: Random) -> None:
    comment = world.comments("/agent run `echo first`")
    world.edits(comment, "/agent run `echo first`\n\n/agent run `echo second`")


def _presses(world: World, chance: Random) -> None:
    """A button of a check run that has ended, if there is one that nobody has pressed."""
    ended = [each for each in world.checks() if each["status"] == "completed" and each["external_id"]]
    fresh = [each for each in ended if each["id"] not in _pressed]
    if not fresh:
        world.comments("/agent run `ls`")
        return
    check = chance.choice(fresh)["id"]
    _pressed.add(check)
    match chance.choice(["again", "failed", "GitHub's own"]):
        case "again":
            world.stage.driver.presses(AGAIN.identifier, check_run=check)
        case "failed":
            world.stage.driver.presses(RETRY_FAILED.identifier, check_run=check)
        case _:
            world.stage.driver.reruns(check)


_pressed: set[int] = set()


def _asks_on_an_issue(world: World, chance: Random) -> None:
    world.comments("/agent run\n\n1. Create a file `idea.txt` with `yes`\n", on=world.opens_issue())


def _pushes_meanwhile(world: World, chance: Random) -> None:
    world.comments("/agent run `sleep 1 && ls`")
    world.pushes({"pushed.txt": str(chance.random())})


def _deploys_under_a_lock(world: World, chance: Random) -> None:
    """Somebody keeps the environment for a moment; the run that wants it waits."""
    world.comments("/agent lock production --reason soaking --for 1m", by="writer-wendy")
    world.comments(_DEPLOYS)
    time.sleep(chance.choice([0.0, 2.0]))
    world.comments("/agent unlock production", by="writer-wendy")


def _closes_meanwhile(world: World, chance: Random) -> None:
    world.comments("/agent run `sleep 3`")
    time.sleep(chance.choice([0.0, 1.0]))
    world.stage.driver.closes(repo=world.repo)
    world.stage.driver.reopens(repo=world.repo)


def _asks_for_approval(world: World, chance: Random) -> None:
    """Somebody else approves or denies it, or both at once, or the code moves on before anybody does."""
    world.comments(_OWNERS)
    patient = replace(world, patience_s=10.0)
    run = patient.until(lambda: [each for each in world.runs() if each.state is RunState.PARKED])[-1]
    yes, no = f"/agent approve {run.id}", f"/agent deny {run.id} not today"
    match chance.choice(["yes", "no", "both", "twice", "moved"]):
        case "yes":
            world.comments(yes, by="maint-mia")
        case "no":
            world.comments(no, by="maint-mia")
        case "both":
            world.comments(yes, by="owner-olga")
            world.comments(no, by="maint-mia")
        case "twice":
            world.comments(f"{yes}\n\n{yes}", by="maint-mia")
        case "moved":
            world.pushes({"moved.txt": str(chance.random())})
            world.comments(yes, by="maint-mia")


@dataclass(frozen=True)
class Kind:
    """`weight` is how often it is done, beside the others."""

    weight: int
    deed: Deed


DEEDS: Mapping[str, Kind] = {
    "a command": Kind(5, _says("/agent run `ls`")),
    "a failing one": Kind(3, _says("/agent run `python3 -m unittest`")),
    "a change": Kind(5, _says("/agent run\n\n1. Create a file `notes/{n}.txt` with `written by a run`\n")),
    "a change by a command": Kind(2, _says("/agent run `echo {n} > notes.txt`")),
    "many steps": Kind(2, _says("/agent run\n```sh\n" + "true\n" * 8 + "```\n")),
    "a graph": Kind(2, _says(_DAG)),
    "side by side": Kind(2, _says(_SIDE_BY_SIDE)),
    "two commands": Kind(1, _says("/agent run `echo one`\n\n/agent run `echo two`")),
    "a question": Kind(1, _says("/agent status")),
    "a stranger": Kind(1, _says("/agent run `ls`", by="outsider-oz")),
    "a reader": Kind(1, _says("/agent run `ls`", by="reader-rita")),
    "a bad plan": Kind(1, _says("/agent run\n```yaml\nactions: [{action_type: fly}]\n```\n")),
    "talk": Kind(1, _says("Nothing to do here, thank you.")),
    "cancelled": Kind(2, _cancels),
    "delivered thrice": Kind(1, _says_it_twice),
    "edited": Kind(1, _adds_a_command),
    "pressed": Kind(2, _presses),
    "on an issue": Kind(1, _asks_on_an_issue),
    "pushed meanwhile": Kind(1, _pushes_meanwhile),
    "a deployment": Kind(1, _says(_DEPLOYS)),
    "locked": Kind(1, _deploys_under_a_lock),
    "closed meanwhile": Kind(1, _closes_meanwhile),
    "to be approved": Kind(2, _asks_for_approval),
    "retried": Kind(2, _says("/agent retry")),
    "retried as a whole": Kind(1, _says("/agent retry --all")),
}


def some_deed(chance: Random) -> Deed:
    kinds = list(DEEDS.values())
    return chance.choices(kinds, [kind.weight for kind in kinds])[0].deed
