"""Check suites and check runs, with the rules GitHub keeps for them."""

from __future__ import annotations

import time
from datetime import datetime

from playground.github import pulls, shapes
from playground.github.announce import announce
from playground.github.answers import Answer, Call, Json, Refused, invalid, not_found, page_of, unprocessable
from playground.github.callers import via
from playground.github.state import Account, App, CheckRun, CheckSuite, Repository, World, now, stamp

TEXT_BYTES = 65_535
ANNOTATIONS_PER_REQUEST = 50
ACTIONS = 3
ACTION_LENGTHS = {"label": 20, "description": 40, "identifier": 20}
STATUSES = {"queued", "in_progress", "completed"}
CONCLUSIONS = {
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "skipped",
    "success",
    "timed_out",
}
# The worst of a suite's runs is the suite's own conclusion.
_WORST = ("action_required", "timed_out", "cancelled", "failure", "neutral", "skipped", "success")


# -- suites ------------------------------------------------------------------------------------------


def suite_for(world: World, repo: Repository, sha: str, *, app: App) -> CheckSuite:
    """The suite of this App at this commit; every App has one of its own."""
    for suite in world.suites_of(repo, sha):
        if suite.app is app:
            return suite
    branch = next((name for name, head in repo.store.branches().items() if head == sha), None)
    suite = CheckSuite(
        id=world.new_id(),
        repo=repo,
        app=app,
        head_sha=sha,
        head_branch=branch,
        before=None,
        created_at=now(),
        updated_at=now(),
    )
    world.check_suites[suite.id] = suite
    return suite


def suite_for_push(
    world: World, repo: Repository, sha: str, *, branch: str, before: str, sender: Account
) -> None:
    """GitHub makes a suite for every push to a repository whose App may write checks, and says so."""
    installation = world.installation_on(repo)
    if installation is None or installation.permissions.get("checks") != "write":
        return
    if any(suite.app is installation.app for suite in world.suites_of(repo, sha)):
        return
    suite = suite_for(world, repo, sha, app=installation.app)
    suite.head_branch, suite.before = branch, before
    parts = {"action": "requested", "check_suite": suite_shape(world, suite)}
    announce(world, "check_suite", repo=repo, sender=sender, parts=parts)


def _state(suite: CheckSuite) -> tuple[str, str | None]:
    runs = latest(suite.runs)
    if any(run.status == "in_progress" for run in runs):
        return "in_progress", None
    if not runs or any(run.status != "completed" for run in runs):
        return "queued", None
    return "completed", min((run.conclusion or "success" for run in runs), key=_WORST.index)


def latest(runs: list[CheckRun]) -> list[CheckRun]:
    """The newest run of each name."""
    return list({run.name: run for run in runs}.values())


# -- shapes ------------------------------------------------------------------------------------------


def suite_shape(world: World, suite: CheckSuite) -> Json:
    status, conclusion = _state(suite)
    api = f"{shapes.repo_url(world, suite.repo)}/check-suites/{suite.id}"
    commit = suite.repo.store.commit(suite.head_sha)
    if commit is None:
        raise not_found()
    head = shapes.git_commit(world, suite.repo, commit)
    return {
        "id": suite.id,
        "node_id": shapes.node_id("CheckSuite", suite.id),
        "head_branch": suite.head_branch,
        "head_sha": suite.head_sha,
        "status": status,
        "conclusion": conclusion,
        "url": api,
        "before": suite.before,
        "after": suite.head_sha,
        "pull_requests": pulls.pulls_at(world, suite.repo, suite.head_sha),
        "app": shapes.app(world, suite.app),
        "repository": shapes.minimal_repository(world, suite.repo),
        "created_at": stamp(suite.created_at),
        "updated_at": stamp(suite.updated_at),
        "head_commit": {
            "id": suite.head_sha,
            "tree_id": head["tree"]["sha"],
            "message": head["message"],
            "timestamp": head["committer"]["date"],
            "author": {"name": head["author"]["name"], "email": head["author"]["email"]},
            "committer": {"name": head["committer"]["name"], "email": head["committer"]["email"]},
        },
        "latest_check_runs_count": len(latest(suite.runs)),
        "check_runs_url": f"{api}/check-runs",
        "rerequestable": True,
        "runs_rerequestable": True,
    }


def run_shape(world: World, run: CheckRun) -> Json:
    repo = run.suite.repo
    api = f"{shapes.repo_url(world, repo)}/check-runs/{run.id}"
    return {
        "id": run.id,
        "node_id": shapes.node_id("CheckRun", run.id),
        "head_sha": run.suite.head_sha,
        "external_id": run.external_id,
        "name": run.name,
        "url": api,
        "html_url": f"{world.url}/{repo.full_name}/runs/{run.id}",
        "details_url": run.details_url or f"{world.url}/{repo.full_name}/runs/{run.id}",
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": stamp(run.started_at),
        "completed_at": stamp(run.completed_at),
        "output": {
            "title": run.title,
            "summary": run.summary,
            "text": run.text,
            "annotations_count": len(run.annotations),
            "annotations_url": f"{api}/annotations",
        },
        "check_suite": {"id": run.suite.id},
        "app": shapes.app(world, run.suite.app),
        "pull_requests": pulls.pulls_at(world, repo, run.suite.head_sha),
    }


def _announce(world: World, run: CheckRun, action: str, *, sender: Account, extra: Json) -> None:
    if run.suite.app is not world.app:  # an App hears only of its own check runs
        world.changed()
        return
    suite = suite_shape(world, run.suite)
    shape = {**run_shape(world, run), "check_suite": suite}
    parts = {"action": action, "check_run": shape, **extra}
    announce(world, "check_run", repo=run.suite.repo, sender=sender, parts=parts)


# -- what people do ----------------------------------------------------------------------------------


def press(world: World, run: CheckRun, identifier: str, *, sender: Account) -> None:
    """Press a button of a check run. There are none before it is completed."""
    if run.status != "completed":
        raise unprocessable("The buttons of a check run appear only when it is completed.")
    if identifier not in {action["identifier"] for action in run.actions}:
        raise unprocessable(f"This check run has no button {identifier}.")
    extra = {"requested_action": {"identifier": identifier}}
    _announce(world, run, "requested_action", sender=sender, extra=extra)


def rerun(world: World, run: CheckRun, *, sender: Account) -> None:
    if run.status != "completed":
        raise unprocessable("This check run is not yet completed, so it cannot be re-run.")
    _announce(world, run, "rerequested", sender=sender, extra={})


def rerun_suite(world: World, suite: CheckSuite, *, sender: Account) -> None:
    parts = {"action": "rerequested", "check_suite": suite_shape(world, suite)}
    announce(world, "check_suite", repo=suite.repo, sender=sender, parts=parts)


# -- the rules of writing ----------------------------------------------------------------------------


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise unprocessable(f"Invalid request.\n\n{text} is not a valid date-time.") from error


def _checked_output(output: Json) -> None:
    for name in ("summary", "text"):
        length = len((output.get(name) or "").encode())
        if length > TEXT_BYTES:
            raise unprocessable(
                f"Invalid request.\n\nOnly {TEXT_BYTES} characters are allowed; {length} were supplied."
            )
    annotations = output.get("annotations") or []
    if len(annotations) > ANNOTATIONS_PER_REQUEST:
        raise unprocessable(
            f"Invalid request.\n\nNo more than {ANNOTATIONS_PER_REQUEST} items are allowed; "
            f"{len(annotations)} were supplied."
        )
    for annotation in annotations:
        if len((annotation.get("message") or "").encode()) > TEXT_BYTES:
            raise unprocessable("Invalid request.\n\nAn annotation's message may have at most 64 KB.")
        if annotation["end_line"] < annotation["start_line"]:
            raise invalid("CheckAnnotation", "end_line", "invalid")


def _checked_actions(actions: list[Json]) -> None:
    if len(actions) > ACTIONS:
        raise unprocessable(
            f"Invalid request.\n\nNo more than {ACTIONS} items are allowed; {len(actions)} were supplied."
        )
    for action in actions:
        for name, longest in ACTION_LENGTHS.items():
            if not 0 < len(action.get(name) or "") <= longest:
                raise unprocessable(
                    f"Invalid request.\n\nOnly {longest} characters are allowed for an action's {name}."
                )


def _write(run: CheckRun, body: Json) -> None:
    """Put what the request says onto the run; everything was checked before anything changes."""
    status, conclusion = body.get("status"), body.get("conclusion")
    if conclusion is not None:
        status = "completed"
    if status == "completed" and conclusion is None:
        raise unprocessable('Invalid request.\n\n"conclusion" is required when "status" is "completed".')
    if status is not None and status not in STATUSES:
        raise unprocessable(f"Invalid request.\n\n{status} is not a status that an App may set.")
    if conclusion is not None and conclusion not in CONCLUSIONS:
        raise unprocessable(f"Invalid request.\n\n{conclusion} is not a conclusion that an App may set.")
    output: Json = body.get("output") or {}
    _checked_output(output)
    _checked_actions(body.get("actions") or [])
    started, completed = _moment(body.get("started_at")), _moment(body.get("completed_at"))

    if status is not None:
        run.status, run.conclusion = status, conclusion
        if status == "completed":
            run.completed_at = completed or now()
        else:
            run.completed_at = None
    if "started_at" in body:
        run.started_at = started
    run.name = body.get("name", run.name)
    run.details_url = body.get("details_url", run.details_url)
    run.external_id = body.get("external_id", run.external_id)
    run.actions = body.get("actions", run.actions)
    run.title = output.get("title", run.title)
    run.summary = output.get("summary", run.summary)
    run.text = output.get("text", run.text)
    run.annotations.extend(output.get("annotations") or [])
    run.suite.updated_at = now()
    run.history.append(
        {
            "at": time.time(),
            "status": run.status,
            "conclusion": run.conclusion,
            "title": run.title,
            "summary": run.summary,
            "text": run.text,
            "annotations_added": len(output.get("annotations") or []),
            "actions": list(run.actions),
        }
    )


# -- REST --------------------------------------------------------------------------------------------


def create(call: Call) -> Answer:
    body, repo = call.body, call.repo
    sha = body["head_sha"]
    if repo.store.commit(sha) is None:
        raise unprocessable(f"No commit found for SHA: {sha}")
    run = new_run(call.world, suite_for(call.world, repo, sha, app=via(call)), body)
    return Answer(201, run_shape(call.world, run))


def new_run(world: World, suite: CheckSuite, body: Json) -> CheckRun:
    """A check run of this suite's App as `body` describes it."""
    run = CheckRun(
        id=world.new_id(),
        suite=suite,
        name=body["name"],
        status="queued",
        conclusion=None,
        started_at=now(),
        completed_at=None,
        details_url=None,
        external_id="",
    )
    _write(run, {"status": "queued", **body})
    suite.runs.append(run)
    world.check_runs[run.id] = run
    _announce(world, run, "created", sender=suite.app.bot, extra={})
    if run.status == "completed":
        _announce(world, run, "completed", sender=suite.app.bot, extra={})
    return run


def _found(call: Call) -> CheckRun:
    run = call.world.check_runs.get(call.number("check_run_id"))
    if run is None or run.suite.repo is not call.repo:
        raise not_found()
    return run


def get(call: Call) -> Answer:
    return Answer(200, run_shape(call.world, _found(call)))


def update(call: Call) -> Answer:
    run, app = _found(call), via(call)
    if run.suite.app is not app:
        raise Refused(
            403,
            f"Invalid app_id `{app.id}` - check run can only be modified by the GitHub App that created it.",
        )
    was = run.status
    _write(run, call.body)
    if run.status == "completed" and was != "completed":
        _announce(call.world, run, "completed", sender=app.bot, extra={})
    call.world.changed()
    return Answer(200, run_shape(call.world, run))


def annotations_listed(call: Call) -> Answer:
    run = _found(call)
    path = f"/repos/{call.repo.full_name}/check-runs/{run.id}/annotations"
    some, headers = page_of(call, run.annotations, path)
    blank = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))
    href = f"{shapes.repo_url(call.world, call.repo)}/git/blobs"
    return Answer(200, [{**blank, "blob_href": href, **annotation} for annotation in some], headers)


def rerequest(call: Call) -> Answer:
    rerun(call.world, _found(call), sender=via(call).bot)
    return Answer(201, {})


def at_commit(call: Call) -> Answer:
    sha = call.repo.store.resolve(call.params["ref"])
    if sha is None:
        raise unprocessable(f"No commit found for SHA: {call.params['ref']}")
    runs = [run for suite in call.world.suites_of(call.repo, sha) for run in _wanted(call, suite)]
    return _runs(call, runs, f"/repos/{call.repo.full_name}/commits/{call.params['ref']}/check-runs")


def in_suite(call: Call) -> Answer:
    suite = _found_suite(call)
    path = f"/repos/{call.repo.full_name}/check-suites/{suite.id}/check-runs"
    return _runs(call, _wanted(call, suite), path)


def _wanted(call: Call, suite: CheckSuite) -> list[CheckRun]:
    query = call.query
    if query.get("app_id") not in {None, str(suite.app.id)}:
        return []
    runs = suite.runs if query.get("filter") == "all" else latest(suite.runs)
    return [
        run
        for run in runs
        if query.get("check_name") in {None, run.name} and query.get("status") in {None, run.status}
    ]


def _runs(call: Call, runs: list[CheckRun], path: str) -> Answer:
    newest_first = sorted(runs, key=lambda run: run.id, reverse=True)
    some, headers = page_of(call, newest_first, path)
    shown = [run_shape(call.world, run) for run in some]
    return Answer(200, {"total_count": len(runs), "check_runs": shown}, headers)


def suites_at_commit(call: Call) -> Answer:
    sha = call.repo.store.resolve(call.params["ref"])
    if sha is None:
        raise unprocessable(f"No commit found for SHA: {call.params['ref']}")
    wanted, name = call.query.get("app_id"), call.query.get("check_name")
    found = [
        suite
        for suite in call.world.suites_of(call.repo, sha)
        if wanted in {None, str(suite.app.id)} and (name is None or any(r.name == name for r in suite.runs))
    ]
    path = f"/repos/{call.repo.full_name}/commits/{call.params['ref']}/check-suites"
    some, headers = page_of(call, found, path)
    shown = [suite_shape(call.world, suite) for suite in some]
    return Answer(200, {"total_count": len(found), "check_suites": shown}, headers)


def _found_suite(call: Call) -> CheckSuite:
    suite = call.world.check_suites.get(call.number("check_suite_id"))
    if suite is None or suite.repo is not call.repo:
        raise not_found()
    return suite


def suite_get(call: Call) -> Answer:
    return Answer(200, suite_shape(call.world, _found_suite(call)))


def suite_rerequest(call: Call) -> Answer:
    rerun_suite(call.world, _found_suite(call), sender=via(call).bot)
    return Answer(201, {})
