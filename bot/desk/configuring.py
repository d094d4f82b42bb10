"""A pull request that changes the configuration is told what that would do, before anybody merges it."""

from __future__ import annotations

from dataclasses import replace

from pydantic import TypeAdapter

from bot.desk.model import Desk
from bot.desk.rights import ORGANISATION
from bot.errors import UserError
from bot.events import CheckPressed, PullChange, PullChanged
from bot.ids import Place, Sha
from bot.ledger.surfaces import NewSurface, SurfaceKind
from bot.policy import needed_role
from bot.policy.examples import try_out
from bot.policy.replaying import Difference, difference
from bot.ports import CheckRun, DiffOf, Pull
from bot.reports import configuring
from bot.rules import FILE, Rules, check_file, effective, repository_file, served
from bot.verbs import VERBS

KEY = "rules:"  # what the `external_id` of such a check run begins with; no run's id does
MOST_PAST = 200  # runs that are judged anew
MOST_LISTED = 100  # files that GitHub lists of a pull request at once
CHECK: TypeAdapter[CheckRun] = TypeAdapter(CheckRun)


def review_configuration(desk: Desk, event: PullChanged) -> None:
    """One check run a commit that changes the file; nothing where it does not, or where it is gone."""
    place, looked_at = event.place, event.change in (PullChange.OPENED, PullChange.PUSHED)
    if not looked_at or not served(place.repo, desk.server):
        return
    try:
        pull = desk.code.pull(place, event.number)
    except UserError:
        return
    if not pull.open or not _changes_it(desk, place, pull):
        return
    check = _reviewed(desk, place, pull.head_sha)
    content = {"check": CHECK.dump_python(check, mode="json"), "shown": None}
    new = NewSurface(check.external_id, SurfaceKind.RULES, place, event.number, content=content)
    desk.ledger.surfaces.add(new, desk.clock.now())


def review_again(desk: Desk, event: CheckPressed) -> str:
    """ "Re-run" of that check run: the same file of the same commit, judged by what holds now.

    Its lines are marked already, and GitHub would mark them once more.
    """
    place = event.place
    if event.run_ref != _key(place, event.head_sha):
        return "No check run of ours."
    check = replace(_reviewed(desk, place, event.head_sha), annotations=())
    content = {"check": CHECK.dump_python(check, mode="json"), "shown": event.check_run_id}
    stamp = int(event.at.timestamp() * 1000)
    new = NewSurface(f"{check.external_id}:{stamp}", SurfaceKind.RULES, place, 0, content=content)
    desk.ledger.surfaces.add(new, desk.clock.now())
    return "Judged again."


def _key(place: Place, head: Sha) -> str:
    return f"{KEY}{place.repo_id}:{head}"


def _changes_it(desk: Desk, place: Place, pull: Pull) -> bool:
    """Where the list does not tell (it ends early, or a file has a new name), the file itself is compared."""
    listed = desk.code.diffs(place, pull.number)
    if any(diff.path == FILE for diff in listed):
        return True
    if len(listed) < MOST_LISTED and all(diff.done is not DiffOf.RENAMED for diff in listed):
        return False
    before, after = (desk.code.read_at(place, FILE, sha) for sha in (pull.base_sha, pull.head_sha))
    return before != after


def _reviewed(desk: Desk, place: Place, head: Sha) -> CheckRun:
    key, content = _key(place, head), None
    organisation = None if place.repo.name == ORGANISATION else desk.code.read_organisation(place, FILE)
    try:
        content = desk.code.read_at(place, FILE, head)
        after = effective(content, organisation, desk.server)
    except UserError as mistakes:
        problems = [] if content is None else check_file(content.decode("utf-8-sig", "replace"))
        return configuring.unusable(key, head, str(mistakes), problems, desk.public_url)
    try:
        before = effective(desk.code.read(place, FILE), organisation, desk.server)
    except UserError:
        before = None
    examples = [] if content is None else repository_file(content, where=f"`{FILE}`").policy_examples
    past, judged = _past(desk, place, before, after)
    review = configuring.Review(
        before=None if before is None else _with_all_needs(before),
        after=_with_all_needs(after),
        examples=[try_out(each, after.policy) for each in examples],
        past=past,
        judged=judged,
        deleted=content is None,
    )
    return configuring.usable(key, head, review, desk.public_url)


def _with_all_needs(rules: Rules) -> Rules:
    """Those of the verbs that no file speaks of, too."""
    return replace(rules, needs={name: needed_role(verb, rules) for name, verb in VERBS.items()})


def _past(desk: Desk, place: Place, before: Rules | None, after: Rules) -> tuple[list[Difference], int]:
    runs = desk.ledger.runs.latest_in(place, MOST_PAST)
    found = []
    for run in runs:
        changes = desk.ledger.runs.changes(run.id)
        paths = [] if changes is None else [change.path for change in changes.files]
        differs = difference(run, paths, after.policy, before=None if before is None else before.policy)
        if differs is not None:
            found.append(differs)
    return found, len(runs)
