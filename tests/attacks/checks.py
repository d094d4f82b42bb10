"""How it is seen that an attack came to nothing: each check of the corpus is a look at what there is now."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.ledger.audit import AuditLine
from bot.runs import RunState
from bot.spending import Allowances
from tests.attacks import words
from tests.attacks.not_yet import NOT_YET
from tests.attacks.scene import PROCESSES, Scene

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
HURRY = 5  # times as long as the corpus allows, on a machine where much else goes on

STATES = {"waiting_approval": RunState.PARKED, "refused": RunState.DENIED, "retrying": None}
REFUSALS = frozenset({"refused", "approval refused", "denied"})
REASONS = {
    "head_moved": "The pull request has new commits since run",
    "plan_hash_mismatch": "The plan is not the one that was shown for approval",
    "approval_expired": "The approval is too old by now",
}
OUR_PROCESS = {"worker": "hands"}
OUR_SECRETS = {
    "LLM_KEY": "DEVOPS_AGENT_MODEL_API_KEY",
    "GITHUB_PRIVATE_KEY": "DEVOPS_AGENT_GITHUB_PRIVATE_KEY",
    "AWS": "AWS_",
}

# --- GitHub ---------------------------------------------------------------------------------------------


def _pulls(scene: Scene) -> list[int]:
    return [each for each in scene.world.pulls() if each not in scene.pulls_before]


def _branches(scene: Scene) -> list[str]:
    there = scene.world.stage.driver.sees_branches(repo=scene.world.repo)
    return [name for name in there if name.startswith("agent/")]


def _writes(scene: Scene) -> int:
    ours = f"/repos/{scene.world.repo}/"
    return sum(each["method"] != "GET" and each["path"].startswith(ours) for each in scene.requests())


def _said(scene: Scene) -> list[str]:
    return scene.world.said(on=scene.number)


def _shown(scene: Scene) -> str:
    """What whoever approves reads."""
    assert scene.run is not None
    output = scene.world.check(scene.run)["output"]
    return f"{output['title']}\n{output['summary']}\n{output['text']}"


def _reason(scene: Scene, name: str) -> bool:
    told = [*_said(scene), *(run.reason for run in scene.runs())]
    return any(REASONS[name] in each for each in told)


def _surfaces(scene: Scene) -> dict[str, str]:
    """All that somebody or something may read, by the corpus's names."""
    pulls = [scene.world.pull(number) for number in _pulls(scene)]
    return {
        "comment": "\n".join(_said(scene)),
        "check_run": str(scene.world.checks()),
        "git_push": str(pulls),
        "llm_prompt": "\n".join(scene.world.stage.model.sees_prompts()),
        "stored_log": "\n".join(
            entry.text for run in scene.runs() for entry in scene.world.ledger.journals.read(run.id)
        ),
        "process_log": "".join(scene.log(name) for name in PROCESSES),
    }


def _prompt_lacks(scene: Scene, text: str) -> bool:
    """A model was asked, and was not shown it."""
    prompts = scene.world.stage.model.sees_prompts()
    return bool(prompts) and not any(text in each for each in prompts)


def _no_canary(scene: Scene, where: list[str]) -> bool:
    surfaces = _surfaces(scene)
    return not any(canary in surfaces[each] for each in where for canary in scene.canaries())


# --- the ledger -----------------------------------------------------------------------------------------


def _audit(scene: Scene) -> list[AuditLine]:
    return [each for each in scene.world.ledger.audit.lines() if each.place == scene.world.repo]


def _refused(scene: Scene, _: str) -> bool:
    """Each of the inputs, with a reason."""
    found = [each for each in _audit(scene) if each.verdict in REFUSALS and each.reason]
    return len(found) >= scene.inputs


def _new_runs(scene: Scene) -> int:
    return len(scene.runs()) - scene.runs_before


def _plans(scene: Scene) -> str:
    return "\n".join(run.plan.canonical_json() for run in scene.runs())


def _in_state(scene: Scene, names: list[str]) -> bool:
    states: set[RunState | None] = {run.state for run in scene.runs()}
    return (states or {None}) <= {STATES[name] for name in names}


def _approvals(scene: Scene) -> int:
    assert scene.run is not None
    gate = scene.world.ledger.gates.of(scene.run)
    return 0 if gate is None else len(gate.approvals)


def _audit_tells(scene: Scene, fields: list[str]) -> bool:
    run = scene.the_run()
    (line,) = [each for each in _audit(scene) if each.verdict == "approved" and each.run == run.id]
    known = {
        "requester_id": line.details["requester_id"] == str(run.requester.id),
        "approver_id": line.actor_id == 2,
        "plan_sha256": line.digest == run.plan.digest,
        "head_sha": line.details["head"] == run.target.sha,
        "approved_at": line.at > run.queued_at,
        "executed_at": run.started_at is not None and run.started_at > line.at,
    }
    return all(known[name] for name in fields)


def _base_configuration(scene: Scene, _: str) -> bool:
    """A run goes by the default branch's file, although its own commit has another one."""
    run = scene.the_run()
    return (run.state, run.image) == (RunState.SUCCEEDED, "") and len(scene.runs()) == 1


def _printed(scene: Scene, text: str) -> bool:
    """The box was given it as one argument: it says which it got."""
    entries = scene.world.ledger.journals.read(scene.the_run().id)
    return any(f"<{text}>" in str(entry.text) for entry in entries)


def _literal(scene: Scene, _: bool) -> bool:
    (action, *_others) = scene.the_run().plan.actions
    (number,) = _pulls(scene)
    (file,) = scene.world.pull(number)["files"]
    return bool(file["content"] == action.parameters["content"])


# --- ourselves ------------------------------------------------------------------------------------------


def _argv_only(_: Scene, __: bool) -> bool:
    """No process of ours gives a text to a shell of the host."""
    sources = [path for folder in ("bot", "handlers", "runners") for path in (ROOT / folder).rglob("*.py")]
    shells = r"shell=True|os\.system\(|os\.popen\(|create_subprocess_shell"
    return not any(re.search(shells, path.read_text()) for path in sources)


def _alive(scene: Scene) -> bool:
    return scene.world.stage.processes.alive() and scene.world.web_listens()


def _forged(scene: Scene) -> int:
    """Lines of our logs that a comment has written."""
    lines = [line for name in PROCESSES for line in scene.log(name).splitlines()]
    return sum(line.startswith("2026-01-01T00:00:00Z") for line in lines)


def _locked() -> dict[str, Json]:
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    return {each["name"]: each for each in packages}


def _hashed(_: Scene, __: bool) -> bool:
    files = [file for each in _locked().values() for file in each.get("wheels", [])]
    return bool(files) and all(file["hash"].startswith("sha256:") for file in files)


def _version_is_none_of(_: Scene, bad: dict[str, list[str]]) -> bool:
    return all(_locked()[name]["version"] not in versions for name, versions in bad.items())


def _without_secrets(scene: Scene, secrets: dict[str, list[str]]) -> bool:
    told = {name: secrets[name] for name in secrets if f"{scene.case}/{name}" not in NOT_YET}
    return all(
        OUR_SECRETS[secret] not in _environment(scene, OUR_PROCESS[name])
        for name, names in told.items()
        for secret in names
    )


def _environment(scene: Scene, process: str) -> str:
    pid = scene.world.stage.processes.pid(process)
    return Path(f"/proc/{pid}/environ").read_text(errors="replace")


# --- the tables -----------------------------------------------------------------------------------------

Check = Callable[[Scene, Any], bool]


def _equals(look: Callable[[Scene], Any]) -> Check:
    return lambda scene, value: bool(look(scene) == value)


def _at_most(look: Callable[[Scene], float]) -> Check:
    return lambda scene, value: look(scene) <= value


def _has(look: Callable[[Scene], str]) -> Check:
    return lambda scene, value: str(words.SHOWN.get(value, value)) in look(scene)


def _lacks(look: Callable[[Scene], str]) -> Check:
    return lambda scene, value: value not in look(scene)


CHECKS: dict[str, Check] = {
    "containers_started": _equals(lambda scene: len(scene.begun())),
    "actions_executed": _equals(lambda scene: len(scene.begun())),
    "actions_subset_of_grant": lambda scene, _: not scene.begun(),  # all its steps are a stranger's
    "side_effects": _equals(lambda scene: len(_pulls(scene))),
    "prs_created": _equals(lambda scene: len(_pulls(scene))),
    "git_pushes": _equals(lambda scene: len(_branches(scene))),
    "github_writes_max": _at_most(_writes),
    "github_comments_max": _at_most(lambda scene: len(_said(scene))),
    "runs_created": _equals(_new_runs),
    "runs_created_max": _at_most(_new_runs),
    "jobs_enqueued": _equals(_new_runs),  # the only job that somebody can have made is a run
    "run_state_in": _in_state,
    "plan_contains": _has(_plans),
    "plan_absent": _lacks(_plans),
    "reason": _reason,
    "audit_event": _refused,
    "audit_fields": _audit_tells,
    "approvals_recorded": _equals(_approvals),
    "approvals_recorded_max": _at_most(_approvals),
    "approval_view_contains": _has(_shown),
    "check_run_final": _equals(lambda scene: scene.world.check(scene.the_run())["status"] == "completed"),
    "check_run_conclusion": _equals(lambda scene: scene.world.check(scene.the_run())["conclusion"]),
    "config_source": _base_configuration,
    "argv_contains": _printed,
    "file_equals_literal": _literal,
    "http_status_in": lambda scene, allowed: bool(scene.statuses) and set(scene.statuses) <= set(allowed),
    "process_alive": lambda scene, _: _alive(scene),
    "hostmark_absent": _equals(lambda scene: not list(scene.hostmark.iterdir())),
    "host_exec_argv_only": _argv_only,
    "sink_hits": _equals(lambda scene: int(scene.called())),
    "canary_absent": _no_canary,
    "log_forged_event": _equals(_forged),
    "docs_state_case_rule": lambda _, __: (
        "Upper and lower case do not matter" in (ROOT / "docs/reference/grammar.md").read_text()
    ),
    "llm_prompt_absent": _prompt_lacks,
    "llm_calls": _equals(lambda scene: len(scene.world.stage.model.sees_requests())),
    "llm_calls_max": _at_most(lambda scene: len(scene.world.stage.model.sees_requests())),
    "llm_spend_max": lambda scene, _: (
        len(scene.world.stage.model.sees_requests()) <= Allowances().repository_calls
    ),
    "wall_s_max": lambda scene, value: scene.seconds <= value * HURRY,
    "rss_growth_mb_max": _at_most(lambda scene: scene.memory_mb() - scene.memory_before),
    "lock_has_hashes": _hashed,
    "lock_version_not_in": _version_is_none_of,
    "secret_not_in_process": _without_secrets,
}

# What holds of every case, beside its own checks.
ALWAYS: dict[str, Any] = {
    "hostmark_absent": True,
    "sink_hits": 0,
    "canary_absent": ["comment", "check_run", "git_push", "llm_prompt", "stored_log", "process_log"],
    "process_alive": "all",
    "no_exception": True,
    "no_box_left": True,
}
CHECKS |= {
    "no_exception": lambda scene, _: all("Traceback" not in scene.log(name) for name in PROCESSES),
    "no_box_left": lambda scene, _: not any(scene.world.left(run) for run in scene.runs()),
}


def failures(scene: Scene, checks: list[Json]) -> list[str]:
    """The checks that do not hold, of these and of those that always must."""
    wanted = [*((name, value) for each in checks for name, value in each.items()), *ALWAYS.items()]
    return [f"{name}: {value}" for name, value in wanted if not CHECKS[name](scene, value)]
