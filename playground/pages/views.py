"""What each page shows: the world's state, turned into the names that the templates use."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from playground.github import hooks
from playground.github.answers import Refused
from playground.github.checks import latest
from playground.github.issues import find_issue
from playground.github.pulls import changed_files, commits_of
from playground.github.state import CheckRun, CheckSuite, Comment, Issue, Reaction, Repository, World
from playground.pages.markdown import render

USUALLY = "writer-will"
EMOJI = {
    "+1": "👍",
    "-1": "👎",
    "laugh": "😄",
    "confused": "😕",
    "heart": "❤️",
    "hooray": "🎉",
    "rocket": "🚀",
    "eyes": "👀",
}
ICONS = {
    "queued": "○",
    "in_progress": "◐",
    "success": "✓",
    "failure": "✗",
    "timed_out": "✗",
    "cancelled": "⊘",
    "skipped": "⊘",
    "neutral": "■",
    "action_required": "!",
}


@functools.cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("playground.pages"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, slots=True)
class Page:
    """One look at a page: live means only its changing part is wanted."""

    world: World
    path: str
    who: str
    live: bool

    def show(self, template: str, **names: Any) -> str:
        people = [a.login for a in self.world.accounts.values() if a.kind == "User" and a.login != "web-flow"]
        people += [a.login for a in self.world.accounts.values() if a.login == "rogue-app[bot]"]
        return (
            _templates()
            .get_template(template)
            .render(
                world=self.world,
                path=self.path,
                who=self.who,
                people=people,
                layout="live.html" if self.live else "page.html",
                version=self.world.version,
                icon=icon,
                tally=tally,
                cancel=self.cancel,
                **names,
            )
        )

    def repo(self, owner: str, name: str) -> Repository:
        return self.world.repo(f"{owner}/{name}")

    def cancel(self, run: CheckRun) -> str:
        """What one writes to cancel an open check run of our App; "" where there is nothing to cancel."""
        ours = run.suite.app is self.world.app and run.external_id and run.status != "completed"
        return f"/agent cancel {run.external_id}" if ours else ""


def icon(run: CheckRun) -> str:
    return ICONS.get(run.conclusion or run.status, "?")


def tally(reactions: list[Reaction]) -> list[tuple[str, int, str]]:
    """Each emoji with how often, and by whom."""
    found: dict[str, list[str]] = {}
    for reaction in reactions:
        found.setdefault(reaction.content, []).append(reaction.user.login)
    return [(EMOJI[content], len(users), ", ".join(users)) for content, users in found.items()]


def sorry(world: World, message: str, back: str = "/") -> str:
    page = Page(world, back, USUALLY, live=False)
    return page.show("sorry.html", message=message, back=back)


def index(page: Page) -> str:
    world, who = page.world, page.world.accounts.get(page.who.lower())
    authorized = who is not None and (world.app.id, who.id) in world.authorized
    return page.show("index.html", repositories=list(world.repositories.values()), authorized=authorized)


def repository(page: Page, owner: str, name: str) -> str:
    repo = page.repo(owner, name)
    newest = sorted(repo.issues.values(), key=lambda issue: issue.number, reverse=True)
    return page.show("repository.html", repo=repo, issues=newest, branches=repo.store.branches())


def _suites(page: Page, issue: Issue) -> list[CheckSuite]:
    if issue.pull is None:
        return []
    return [s for s in page.world.suites_of(issue.repo, issue.pull.head_sha) if s.runs]


def conversation(page: Page, owner: str, name: str, number: str) -> str:
    repo = page.repo(owner, name)
    issue = find_issue(repo, int(number))
    talk: list[Comment] = sorted([*issue.comments, *issue.review_comments], key=lambda c: c.created_at)
    suites = _suites(page, issue)
    commits = [repo.store.commit(sha) for sha in commits_of(issue)] if issue.pull else []
    return page.show(
        "conversation.html",
        repo=repo,
        issue=issue,
        pull=issue.pull,
        talk=talk,
        suites=suites,
        runs=[run for suite in suites for run in latest(suite.runs)],
        commits=[commit for commit in commits if commit],
        files=[(file, _lines(file.patch)) for file in changed_files(issue)] if issue.pull else [],
        markdown=lambda text: Markup(render(text, page.world, repo)),
    )


def _lines(patch: str | None) -> list[tuple[str, str]]:
    kinds = {"+": "added", "-": "removed", "@": "place"}
    return [(kinds.get(line[:1], "same"), line) for line in (patch or "").splitlines()]


def check_run(page: Page, owner: str, name: str, number: str) -> str:
    run = page.world.check_runs.get(int(number))
    if run is None or run.suite.repo is not page.repo(owner, name):
        raise Refused(404, "There is no such check run.")
    repo = run.suite.repo
    return page.show(
        "check_run.html",
        repo=repo,
        run=run,
        issues=[i for i in repo.issues.values() if i.pull and i.pull.head_sha == run.suite.head_sha],
        markdown=lambda text: Markup(render(text, page.world, repo)),
    )


def deliveries(page: Page) -> str:
    return page.show("deliveries.html", deliveries=page.world.hooks.deliveries[::-1][:200])


def delivery(page: Page, number: str) -> str:
    found = page.world.hooks.find(int(number))
    if found is None:
        raise Refused(404, "There is no such delivery.")
    return page.show(
        "delivery.html", it=found, payload=json.dumps(hooks.full(found)["request"]["payload"], indent=2)
    )
