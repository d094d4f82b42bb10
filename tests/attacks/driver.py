"""Does what a case says: each kind of input becomes acts in the small world, by the tables at the end."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from bot.ledger.engine import open_engine, writing
from bot.ledger.schema import approvals, gates, runs
from bot.plans.model import Action, Plan
from playground.seeds import FEATURE
from tests.attacks import words
from tests.attacks.scene import Scene

Json = dict[str, Any]
EDITS_THE_LEDGER = frozenset({"mutate_plan", "clock"})
BUTTONS = {"rerun": "again", "apply_patch": "again"}
CONFIGURATION = ".github/agent.yml"


def play(scene: Scene, given: Json) -> None:
    """All of a case's input."""
    ACTS[given["kind"]](scene, given)
    if "then" in given:
        play(scene, given["then"])


# --- one after the other --------------------------------------------------------------------------------


def _sequence(scene: Scene, given: Json) -> None:
    """What is to happen before a process goes on happens while it stands still."""
    kinds = [each["kind"] for each in given["steps"]]
    changes_a_comment = any("comment" in each.get("set", {}) for each in given["steps"])
    if changes_a_comment:
        scene.holds("desk")
    elif {"resume_workers", *EDITS_THE_LEDGER} & set(kinds):
        scene.holds("hands")
    for each in given["steps"]:
        play(scene, each)
    scene.lets_go()
    scene.settles()


def _each(scene: Scene, given: Json) -> None:
    scene.inputs = len(given["inputs"])
    for each in given["inputs"]:
        scene.world.stage.model.forgets()
        play(scene, each)


def _repeat(scene: Scene, given: Json) -> None:
    for _ in range(given["n"]):
        text = scene.told(given["step"]["comment_body"])
        scene.world.comments(text, by=given["step"]["sender"])
    scene.settles()


# --- what people do -------------------------------------------------------------------------------------


def _event(scene: Scene, given: Json) -> None:
    EVENTS[given["event"]](scene, given)


def _comment(scene: Scene, given: Json) -> None:
    world, driver = scene.world, scene.world.stage.driver
    for path, failures in given.get("fake_github", {}).get("fail", {}).items():
        scene.deaf = True
        driver.fails(path.split()[1], status=failures[0], times=1_000)
    if "fake_llm" in given:
        world.stage.model.fails(500, times=None)
    if "pr" in given:
        scene.number = world.opens_pull_from_a_fork()
    if given["sender"] is None:
        _ghost(scene, given)
    elif given.get("action") == "edited":
        old = world.comments("I will look at it.", by=given["comment_author"])
        world.edits(old, scene.told(given["comment_body"]), by=given["sender"])
        scene.settles()
    else:
        driver.adds_account(given["sender"], kind=given.get("sender_type", "User"))
        comment = scene.comments_and_waits(given["comment_body"], by=given["sender"])
        scene.comments[given.get("comment_id", 0)] = comment


def _ghost(scene: Scene, given: Json) -> None:
    """A comment of somebody who has deleted their account."""
    seen = scene.world.delivery(scene.world.comments("Hello."))
    payload = copy.deepcopy(seen["request"]["payload"])
    payload["sender"] = payload["comment"]["user"] = None
    payload["comment"]["body"] = scene.told(given["comment_body"])
    scene.looks_from_here()
    scene.statuses.append(scene.world.sends(payload).status_code)
    scene.settles()


def _press(scene: Scene, given: Json) -> None:
    """On the check run of a run that has ended; where the case has a newer head, that is pushed before."""
    scene.world.comments("/agent run `true`")
    run = scene.world.run_ends()
    if "pr" in given:
        scene.world.pushes({"new.txt": "new\n"})
    scene.settles()
    scene.looks_from_here()
    button = BUTTONS[given["requested_action"]["identifier"]]
    check = scene.world.check(run)["id"]
    scene.world.stage.driver.presses(button, check_run=check, by=given["sender"])
    scene.settles()


def _pull(scene: Scene, given: Json) -> None:
    """From a fork of whoever sends it."""
    driver, by = scene.world.stage.driver, given["sender"]
    branch = given["pr"].get("head_ref", "gift").strip("/")
    fork = driver.forks(by, repo=scene.world.repo)["name"]
    driver.pushes({"gift.txt": "for you\n"}, branch=branch, by=by, repo=fork)
    title = scene.told(given["pr"].get("title", "A gift"))
    opened = driver.opens_pull(f"{by}:{branch}", title=title, by=by, repo=scene.world.repo)
    scene.number = int(opened["number"])
    if "then" in given:
        scene.world.stage.model.obeys()
    scene.settles()


def _review(scene: Scene, given: Json) -> None:
    """The playground has no reviews: the delivery is one of a comment, told as GitHub tells of a review."""
    seen = scene.world.delivery(scene.world.comments("Hello."))
    payload = copy.deepcopy(seen["request"]["payload"])
    review = payload.pop("comment") | {"body": scene.told(given["comment_body"]), "state": "commented"}
    payload |= {"action": given["action"], "review": review, "pull_request": payload.pop("issue")}
    payload["sender"] = review["user"] = payload["sender"] | {"login": given["sender"], "id": 9}
    scene.statuses.append(scene.world.sends(payload, event="pull_request_review").status_code)
    scene.settles()


def _push(scene: Scene, given: Json) -> None:
    driver = scene.world.stage.driver
    driver.pushes({"new.txt": "x"}, branch=FEATURE, message=given["commit_message"], repo=scene.world.repo)
    scene.settles()


def _issue(scene: Scene, given: Json) -> None:
    """A model reads it that does whatever anybody tells it."""
    scene.world.stage.model.obeys()
    body, by = scene.told(given.get("issue_body", "It does not add up.")), given["sender"]
    opened = scene.world.stage.driver.opens_issue("Help", body=body, by=by, repo=scene.world.repo)
    scene.number = int(opened["number"])
    if given["action"] == "labeled":
        _label(scene, given)


def _label(scene: Scene, given: Json) -> None:
    """Labels start nothing here, so a command does it; the desk comes to it when the sequence is over."""
    seen = scene.world.delivery(scene.world.comments("Hello.", on=scene.number))
    payload = copy.deepcopy(seen["request"]["payload"])
    del payload["comment"]
    payload |= {"action": "labeled", "label": {"name": given["label"]}}
    scene.statuses.append(scene.world.sends(payload, event="issues").status_code)
    scene.settles()
    scene.holds("desk")
    scene.world.comments(words.PROSE, on=scene.number)


def _asks_for_plan(scene: Scene, given: Json) -> None:
    scene.comments_and_waits(words.asked_for(given["actions"]))


def _request(scene: Scene, given: Json) -> None:
    name = given["plan"] if isinstance(given["plan"], str) else given["plan"]["gen"]
    scene.comments_and_waits(words.asked_for(words.PLANS[name]), by=given["by"])
    scene.run = scene.the_run()


def _approve(scene: Scene, given: Json) -> None:
    scene.comments_and_waits("/agent approve run-1", by=given["by"])


def _bot(scene: Scene, given: Json) -> None:
    """It quotes whatever was said last, with a command of its own."""
    scene.world.stage.driver.adds_account(given["login"], kind="Bot")
    for _ in range(given["rounds"]):
        said = [*scene.world.said(), ""][-1].partition("\n")[0]
        scene.world.comments(scene.told(f"> {said}\n\n/agent run tests"), by=given["login"])
    scene.settles()


def _branch_files(scene: Scene, given: Json) -> None:
    """What the corpus calls `.agent.yml` has another name here."""
    files = {path.replace(".agent.yml", CONFIGURATION): text for path, text in given["pr_head_files"].items()}
    scene.world.pushes({path: scene.told(text) for path, text in files.items()})


def _configuration(scene: Scene, given: Json) -> None:
    scene.world.configures(given["text"])
    scene.comments_and_waits("/agent run tests")


# --- what a model and a box say -------------------------------------------------------------------------


def _model_says(scene: Scene, given: Json) -> None:
    model = scene.world.stage.model
    if "follow" in given:
        model.obeys()
    elif "behaviour" in given:
        model.drips(10, times=5)
    elif "bytes" in given:
        model.floods(given["bytes"] // 1024**2, times=5)
    elif "text" in given:
        model.always_answers(words.answered_in_words(scene.told(given["text"])))
    elif "gen" in given["json"]:
        model.answers_steps(GENERATED_STEPS[given["json"]["gen"]])
    else:
        model.always_answers(words.answered(given["json"]))
    scene.comments_and_waits(words.PROSE)


GENERATED_STEPS = {words.MANY_STEPS: 10_000}


def _box_says(scene: Scene, given: Json) -> None:
    """A test that fails and says this. A model is shown it with the next question."""
    shown = given["text"].replace("'", "")
    scene.world.comments(f"/agent run\n```sh\necho '{shown}'\nexit 1\n```")
    scene.settles()
    scene.looks_from_here()


# --- what goes wrong around us --------------------------------------------------------------------------


def _github_changes(scene: Scene, given: Json) -> None:
    """What GitHub says from now on; nobody is told of a comment that is another now."""
    if "add_comment" in given:
        added = given["add_comment"]
        scene.world.comments(scene.told(added["body"]), by=added["author"], on=scene.number)
        return
    for user, role in given["set"].get("permission", {}).items():
        scene.world.gives(user, role)
    for number, comment in given["set"].get("comment", {}).items():
        scene.world.stage.driver.disturbs_hooks("drop", event="issue_comment")
        scene.world.edits(scene.comments[int(number)], scene.told(comment["body"]))


def _changes_plan(scene: Scene, _: Json) -> None:
    """Somebody who can write into the ledger makes another plan of the run's."""
    assert scene.run is not None
    other = Action("write_file", {"path": "CODEOWNERS", "content": "* @payments"}, "Write", None)
    plan = Plan((other, *scene.run.plan.actions[1:]), scene.run.plan.error_handling, "json")
    _write(scene, update(runs).where(runs.c.id == scene.run.id).values(plan=plan.canonical_json()))


def _clock(scene: Scene, given: Json) -> None:
    """So much later: whatever was said about the run is so much older."""
    assert scene.run is not None
    gate = scene.world.ledger.gates.of(scene.run)
    assert gate is not None
    (given_at,) = [each.at for each in gate.approvals]
    later, run = timedelta(seconds=given["advance_s"]), scene.run.id
    _write(scene, update(approvals).where(approvals.c.run == run).values(at=given_at - later))
    _write(scene, update(gates).where(gates.c.run == run).values(until=gate.until - later))


def _write(scene: Scene, statement: Any) -> None:
    engine = open_engine(scene.world.stage.ledger_url)
    with writing(engine) as connection:
        connection.execute(statement)
    engine.dispose()


def _goes_on(scene: Scene, _: Json) -> None:
    scene.lets_go()
    scene.settles()


def _nothing(_: Scene, __: Json) -> None:
    """Only looked at; or done by the sequence around it."""


EVENTS: dict[str, Callable[[Scene, Json], None]] = {
    "issue_comment": _comment,
    "check_run": _press,
    "pull_request": _pull,
    "pull_request_review": _review,
    "push": _push,
    "issues": _issue,
}
ACTS: dict[str, Callable[[Scene, Json], None]] = {
    "sequence": _sequence,
    "each": _each,
    "repeat": _repeat,
    "github_event": _event,
    "plan": _asks_for_plan,
    "request": _request,
    "approve": _approve,
    "simulate_bot": _bot,
    "repo_fixture": _branch_files,
    "config_file": _configuration,
    "llm_response": _model_says,
    "container_output": _box_says,
    "fake_github": _github_changes,
    "mutate_plan": _changes_plan,
    "clock": _clock,
    "pause_workers": _nothing,
    "resume_workers": _goes_on,
    "inspect": _nothing,
}
