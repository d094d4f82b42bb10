"""Reads from the repository what a model will be shown: a few bounded requests, only when it is asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from bot.errors import Uninstalled, UserError
from bot.events import Subject
from bot.ids import Place, Sha
from bot.planning.context import Keep, Part, Trust
from bot.planning.joblog import readable
from bot.ports import CheckOutput, Code, Conclusion, FileDiff, Pull

# What says how this repository is built and tested, with the most tokens of each; a few of them exist.
CONFIGURATION = {
    "AGENTS.md": 2_000,
    "CONTRIBUTING.md": 1_000,
    "Makefile": 1_000,
    "pyproject.toml": 1_000,
    "package.json": 1_000,
    "tox.ini": 500,
    "noxfile.py": 500,
    "Cargo.toml": 500,
    "go.mod": 300,
    ".gitlab-ci.yml": 1_000,
}
MOST_CONFIGURATION = 5
WORKFLOWS = ".github/workflows/"
MOST_WORKFLOWS = 2
WORKFLOW_TOKENS = 1_000
README_TOKENS = 1_500
LIST_TOKENS = 3_000
TITLE_TOKENS = 100
TEXT_TOKENS = 2_000
DIFF_TOKENS = 6_000
CHECK_TOKENS = 3_000
MOST_CHECKS = 2
LOG_BYTES = 256 * 1024  # of a job: far more than fits, because a job tidies up after it has failed
NAMED_TOKENS = 3_000
MOST_NAMED = 4

_README = re.compile(r"readme(\.(md|rst|txt))?\Z", re.IGNORECASE)
_BAD = frozenset({Conclusion.FAILURE, Conclusion.TIMED_OUT})


@dataclass(frozen=True)
class Talk:
    """The issue or pull request that a command stands in, with what it is about."""

    place: Place
    number: int
    on_pull: bool
    subject: Subject


def gather(code: Code, talk: Talk) -> tuple[Part, ...]:
    """What helps to plan. Configuration is the default branch's, whatever a pull request makes of it."""
    place = talk.place
    branch, sha = code.default_branch(place)
    pull = code.pull(place, talk.number) if talk.on_pull else None
    known = code.paths(place, sha)
    parts = [
        Part("the name of the default branch", branch, TITLE_TOKENS, Trust.CONFIGURATION),
        *_configuration(code, place, known),
        Part("the paths of all files", _listed(known), LIST_TOKENS, Trust.CONFIGURATION),
        *_about(talk),
        *(_of_pull(code, place, pull, known) if pull else ()),
        *_failing(code, place, pull.head_sha if pull else sha),
    ]
    return tuple(parts)


def _about(talk: Talk) -> Iterator[Part]:
    """What anybody who opens an issue or a pull request can say in it."""
    what = "pull request" if talk.on_pull else "issue"
    yield Part(f"the title of the {what}", talk.subject.title, TITLE_TOKENS)
    yield Part(f"the text of the {what}", talk.subject.text, TEXT_TOKENS)


def _of_pull(code: Code, place: Place, pull: Pull, known: Sequence[str]) -> Iterator[Part]:
    """What anybody who opens a pull request can do in it."""
    new = set(code.paths(place, pull.head_sha)) - set(known)
    yield Part("the paths of the files that the pull request adds", _listed(new), LIST_TOKENS)
    yield Part("the diff of the pull request", _diff(code.diffs(place, pull.number)), DIFF_TOKENS)


def named_files(code: Code, place: Place, sha: Sha, words: str) -> tuple[Part, ...]:
    """The files whose path or name stands in the words, to be read and cited."""
    said = set(re.findall(r"[\w./-]+", words))
    hits = [path for path in code.paths(place, sha) if path in said or path.rpartition("/")[2] in said]
    return tuple(_files(code, place, hits[:MOST_NAMED], sha))


def _configuration(code: Code, place: Place, paths: Sequence[str]) -> Iterator[Part]:
    readme = next((path for path in sorted(paths) if _README.match(path)), None)
    wanted = [(readme, README_TOKENS)] if readme else []
    wanted += [(path, tokens) for path, tokens in CONFIGURATION.items() if path in set(paths)][
        :MOST_CONFIGURATION
    ]
    flows = sorted(path for path in paths if path.startswith(WORKFLOWS))[:MOST_WORKFLOWS]
    for path, tokens in [*wanted, *((path, WORKFLOW_TOKENS) for path in flows)]:
        text = _text(code, place, path, None)
        yield Part(f"the file {path} of the default branch", text, tokens, Trust.CONFIGURATION, path=path)


def _files(code: Code, place: Place, paths: Sequence[str], sha: Sha) -> Iterator[Part]:
    for path in paths:
        yield Part(f"the file {path}", _text(code, place, path, sha), NAMED_TOKENS, path=path)


def _text(code: Code, place: Place, path: str, sha: Sha | None) -> str:
    """A file as text; "" for one that cannot be shown, which is no reason to plan nothing."""
    try:
        content = code.read(place, path) if sha is None else code.read_at(place, path, sha)
    except Uninstalled:
        raise
    except UserError:
        return ""
    return "" if content is None or b"\0" in content else content.decode(errors="replace")


def _listed(paths: Collection[str]) -> str:
    """The shallowest first, so that of a long list the rough is seen."""
    return "\n".join(sorted(paths, key=lambda path: (path.count("/"), path)))


def _diff(diffs: Sequence[FileDiff]) -> str:
    return "\n".join(f"{each.done} {each.path}\n{each.patch}" for each in diffs)


def _failing(code: Code, place: Place, sha: Sha) -> Iterator[Part]:
    """What each check that failed says itself, then the end of its job's log, if it is one with a log."""
    for each in [check for check in code.checks(place, sha) if check.conclusion in _BAD][:MOST_CHECKS]:
        said = (each.title, each.summary, each.text, _log(code, place, each))
        log = "\n".join(part for part in said if part)
        yield Part(f"what the failed check {each.name} said", log, CHECK_TOKENS, keep=Keep.TAIL)


def _log(code: Code, place: Place, check: CheckOutput) -> str:
    raw = None if check.job is None else code.job_log(place, check.job, LOG_BYTES)
    return "" if raw is None else readable(raw, cut=len(raw) >= LOG_BYTES)
