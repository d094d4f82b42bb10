"""A run as its page shows it: the words of the reports, escaped for HTML."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
import nh3
import yaml
from markdown_it import MarkdownIt
from markupsafe import Markup

from bot.forecast import Outlook
from bot.reports import outcome, phrases, results, safe
from bot.reports.headline import headline
from bot.results import Artifact
from bot.runs import Attempt, Run, Step, StepState

_HERE = Path(__file__).parent
_FILES = {"page.css": "text/css; charset=utf-8", "run.js": "text/javascript; charset=utf-8"}
OPEN_STEPS = 8  # up to so many steps show their log unfolded


@dataclass(frozen=True)
class Static:
    """A file of ours that never changes under its name, because the name holds its hash."""

    content: bytes
    media_type: str


def _static() -> tuple[dict[str, Static], dict[str, str]]:
    files, urls = {}, {}
    for name, media_type in _FILES.items():
        content = (_HERE / "static" / name).read_bytes()
        stem, _, ending = name.partition(".")
        hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:16]}.{ending}"
        files[hashed] = Static(content, media_type)
        urls[name] = f"/static/{hashed}"
    return files, urls


STATIC, _URLS = _static()
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_MARKDOWN = MarkdownIt("commonmark", {"html": True})
_TAGS = {"p", "a", "code", "pre", "strong", "em"}


@dataclass(frozen=True)
class Log:
    """The end of a step's output as HTML; `cut` when its beginning is not shown here."""

    lines: str = ""
    part: str = ""
    cut: bool = False


@dataclass(frozen=True)
class Page:
    """The page of one run at one moment. `base_url` is how the browser reaches us, without a last slash."""

    run: Run
    base_url: str
    logs: Mapping[int, Log] = field(default_factory=dict)
    after: int = 0  # the last journal entry that is drawn in `logs`
    past: Sequence[Attempt] = ()
    outlook: Outlook | None = None  # what a waiting run waits for

    def of(self, run: Run, outlook: Outlook | None) -> Page:
        return replace(self, run=run, outlook=outlook)

    def html(self) -> str:
        return _TEMPLATES.get_template("run.html").render(self._words())

    def status(self) -> str:
        """The part of the page that changes as a whole: state, outcome, table of steps."""
        return _TEMPLATES.get_template("status.html").render(self._words())

    def _words(self) -> dict[str, Any]:
        run = self.run
        return {
            "run": run,
            "final": run.state.final,
            "headline": headline(run, outlook=self.outlook),
            "state": phrases.RUN_WORDS[run.state],
            "outcome": [_rendered(text) for text in self._outcome()],
            "facts": _rendered(outcome.asked(run)),
            "place": f"{run.target.place.repo} #{run.target.number}",
            "title": safe.one_line(run.target.title),
            "times": [(word, _moment(when)) for word, when in _times(run) if when is not None],
            "digest": run.plan.digest,
            "plan": safe.clean(yaml.safe_dump(run.plan.as_data(), sort_keys=False, allow_unicode=True)),
            "steps": [self._step(step) for step in run.steps],
            "past": [_past(attempt) for attempt in self.past],
            "conversation": run.request_url,
            "after": self.after,
            "css": _URLS["page.css"],
            "js": _URLS["run.js"],
            "events": f"{phrases.beside(self._path(), 'events')}&after={self.after}",
            "log": phrases.beside(self._path(), "log.txt"),
            "patch": phrases.beside(self._path(), "changes.patch") if run.changed_files else "",
            "artifacts": [self._artifact(place, each) for place, each in enumerate(run.results.artifacts)],
            "apply": outcome.apply_command(self.url()),
        }

    def _outcome(self) -> list[str]:
        return outcome.sentences(self.run, page_url=self.url(), outlook=self.outlook)

    def url(self) -> str:
        return f"{self.base_url}{self._path()}"

    def _path(self) -> str:
        return f"/runs/{self.run.id}?{urlencode({'key': self.run.page_key})}"

    def _artifact(self, place: int, artifact: Artifact) -> dict[str, str]:
        return {
            "name": safe.one_line(artifact.path),
            "size": results.size(artifact.size),
            "url": phrases.beside(self._path(), f"artifacts/{place}"),
        }

    def _step(self, step: Step) -> dict[str, Any]:
        log = self.logs.get(step.index, Log())
        return {
            "number": step.index + 1,
            "index": step.index,
            "name": safe.one_line(phrases.name(step)),
            "state": phrases.STEP_WORDS[step.state],
            "kind": str(step.state),
            "time": phrases.took(step),
            "note": safe.one_line(phrases.note(self.run, step), limit=500),
            "open": len(self.run.steps) <= OPEN_STEPS or step.state.bad or step.state is StepState.RUNNING,
            "lines": Markup(log.lines),  # noqa: S704 - drawn, and so escaped, by lines.Screen
            "part": Markup(log.part),  # noqa: S704
            "cut": log.cut,
        }


def _past(attempt: Attempt) -> dict[str, Any]:
    done = sum(step.state is StepState.SUCCEEDED for step in attempt.steps)
    return {
        "number": attempt.number,
        "state": phrases.RUN_WORDS[attempt.state],
        "by": attempt.requester.login,
        "done": f"{done} of {phrases.count(len(attempt.steps), 'step')} done",
        "ended": None if attempt.ended_at is None else _moment(attempt.ended_at),
        "reason": safe.one_line(attempt.reason, limit=500),
    }


def missing() -> str:
    """The one page for every run that is not there or not yours to see."""
    return _TEMPLATES.get_template("missing.html").render(css=_URLS["page.css"])


def _times(run: Run) -> Sequence[tuple[str, datetime | None]]:
    return (("Asked for", run.queued_at), ("Started", run.started_at), ("Ended", run.ended_at))


def _moment(when: datetime) -> dict[str, str]:
    when = when.astimezone(UTC)
    return {"iso": when.isoformat(timespec="seconds"), "words": when.strftime("%Y-%m-%d %H:%M:%S UTC")}


def _rendered(markdown: str) -> Markup:
    """Markdown of our reports as HTML; the reports make untrusted words harmless, and this makes sure."""
    html = nh3.clean(
        str(_MARKDOWN.render(markdown)),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer",
    )
    return Markup(html)  # noqa: S704 - just cleaned
