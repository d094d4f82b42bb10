"""The repository of a case, as planning reads it. It knows nothing else, and says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.events import Subject
from bot.ids import InstallationId, Place, Repo, Sha
from bot.planning.gathering import Talk
from bot.ports import CheckOutput, Conclusion, DiffOf, FileDiff, Pull, Whereabouts
from evals.model import Posed

PLACE = Place(InstallationId(1), Repo("acme", "shop"), 1)
NUMBER = 7
MAIN, HEAD = Sha("b" * 40), Sha("a" * 40)


def talk(case: Posed) -> Talk:
    """Where the words are said: on its pull request, or else on an issue without a word."""
    title = "" if case.pull is None else case.pull.title
    return Talk(PLACE, NUMBER, case.pull is not None, Subject(title))


@dataclass(frozen=True)
class CaseRepository:
    """`bot.ports.Code` over one case."""

    case: Posed

    def pull(self, place: Place, number: int) -> Pull:
        assert self.case.pull is not None  # noqa: S101  # nobody asks in a case without one
        title = self.case.pull.title
        return Pull(number, title, True, False, HEAD, "feature", place.repo, "main", MAIN)

    def default_branch(self, place: Place) -> tuple[str, Sha]:
        return "main", MAIN

    def read(self, place: Place, path: str) -> bytes | None:
        content = self.case.files.get(path)
        return None if content is None else content.encode()

    def paths(self, place: Place, sha: Sha) -> Sequence[str]:
        changed = self.case.pull.diff if self.case.pull and sha == HEAD else {}
        return sorted({*self.case.files, *changed})

    def diffs(self, place: Place, number: int) -> Sequence[FileDiff]:
        diff = self.case.pull.diff if self.case.pull else {}
        return [FileDiff(path, self._done(path), patch) for path, patch in diff.items()]

    def _done(self, path: str) -> DiffOf:
        return DiffOf.MODIFIED if path in self.case.files else DiffOf.ADDED

    def checks(self, place: Place, sha: Sha) -> Sequence[CheckOutput]:
        return [CheckOutput(name, Conclusion.FAILURE, "", "", log) for name, log in self.case.failing.items()]

    def job_log(self, place: Place, job: int, most: int) -> bytes | None:
        raise AssertionError("No check of a case is a job.")

    def read_at(self, place: Place, path: str, sha: Sha) -> bytes | None:
        return self.read(place, path)

    def read_organisation(self, place: Place, path: str) -> bytes | None:
        raise AssertionError("A plan is made without an organisation's files.")

    def whereabouts(self, place: Place) -> Whereabouts | None:
        raise AssertionError("A plan is made without looking where a repository is.")

    def author(self, place: Place, sha: Sha) -> str:
        raise AssertionError("A plan is made without asking who wrote a commit.")
