"""Our check runs on GitHub: found by external id, created, brought up to date."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.ids import Place
from bot.ports import Annotation, Button, CheckRun, Conclusion
from handlers.github.rest import GitHubClient, NotInstalled, Refused, at, segment

LARGEST_TEXT = 65_535  # bytes
MOST_ANNOTATIONS = 50  # in one request
MOST_BUTTONS = 3
LONGEST_MESSAGE = 64 * 1024  # bytes of an annotation's message


class GitHubCheckRuns:
    def __init__(self, client: GitHubClient, app_id: int) -> None:
        self._client = client
        self._app_id = app_id

    def find(self, place: Place, check: CheckRun) -> int | None:
        runs = self._client.pages(
            place.installation,
            at(place, f"/commits/{segment(check.head_sha)}/check-runs"),
            within="check_runs",
            check_name=check.name,
            filter="all",  # the default shows only the newest of each name
            app_id=self._app_id,
        )
        try:
            return next((run["id"] for run in runs if run["external_id"] == check.external_id), None)
        except Refused as refused:
            if refused.status in {404, 422}:  # the commit is gone, and what was shown on it
                return None
            raise

    def create(self, place: Place, check: CheckRun) -> int:
        body = {"name": check.name, "head_sha": check.head_sha, **_body(check)}
        told = self._client.call(place.installation, "POST", at(place, "/check-runs"), body=body)
        return int(told["id"])

    def update(self, place: Place, check_id: int, check: CheckRun) -> bool:
        path = at(place, f"/check-runs/{check_id}")
        return self._client.reaches(place.installation, "PATCH", path, body=_body(check))

    def stands(self, place: Place, check_id: int) -> tuple[str, Conclusion | None] | None:
        try:
            told = self._client.call(place.installation, "GET", at(place, f"/check-runs/{check_id}"))
        except NotInstalled:
            raise
        except Refused as refused:
            if refused.status not in {404, 410}:
                raise
            return None
        conclusion = told["conclusion"]
        return told["status"], None if conclusion is None else Conclusion(conclusion)

    def annotated(self, place: Place, check_id: int) -> int:
        try:
            told = self._client.call(place.installation, "GET", at(place, f"/check-runs/{check_id}"))
        except Refused as refused:
            if refused.status == 404:
                return 0
            raise
        return int(told["output"]["annotations_count"])


def _body(check: CheckRun) -> dict[str, Any]:
    _must_fit(check)
    output: dict[str, Any] = {"title": check.title, "summary": check.summary, "text": check.text}
    if check.annotations:
        output["annotations"] = [_annotation(one) for one in check.annotations]
    body: dict[str, Any] = {
        "external_id": check.external_id,
        "details_url": check.details_url,
        "status": check.status,
        "output": output,
        "actions": [_action(button) for button in check.buttons],
    }
    if check.conclusion is not None:
        body["conclusion"] = check.conclusion.value
    if check.started_at is not None:
        body["started_at"] = _moment(check.started_at)
    if check.completed_at is not None:
        body["completed_at"] = _moment(check.completed_at)
    return body


def _must_fit(check: CheckRun) -> None:
    """What was rendered too long is our mistake: GitHub would refuse all of it, and say so to nobody."""
    sizes = {
        "summary": (len(check.summary.encode()), LARGEST_TEXT),
        "text": (len(check.text.encode()), LARGEST_TEXT),
        "annotations": (len(check.annotations), MOST_ANNOTATIONS),
        "buttons": (len(check.buttons), MOST_BUTTONS),
    }
    too_long = [f"{name}: {size} of {most}" for name, (size, most) in sizes.items() if size > most]
    too_long += [f"button {b.identifier!r}" for b in check.buttons if not _button_fits(b)]
    too_long += [
        f"annotation on {a.path}" for a in check.annotations if len(a.message.encode()) > LONGEST_MESSAGE
    ]
    if too_long:
        raise ValueError(f"This check run does not fit into GitHub's limits: {', '.join(too_long)}")
    if (check.status == "completed") != (check.conclusion is not None):
        raise ValueError("A check run has a conclusion when it is completed, and only then")


def _button_fits(button: Button) -> bool:
    short = max(len(button.label), len(button.identifier)) <= 20 and len(button.description) <= 40
    return short and bool(button.label and button.description and button.identifier)


def _annotation(one: Annotation) -> dict[str, Any]:
    end = max(one.line, one.end_line or one.line)
    body: dict[str, Any] = {
        "path": one.path,
        "start_line": one.line,
        "end_line": end,
        "annotation_level": one.level.value,
        "message": one.message,
    }
    return {**body, "title": one.title[:255]} if one.title else body


def _action(button: Button) -> dict[str, str]:
    return {"label": button.label, "description": button.description, "identifier": button.identifier}


def _moment(at_time: datetime) -> str:
    return at_time.isoformat(timespec="seconds").replace("+00:00", "Z")
