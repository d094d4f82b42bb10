"""What the tests of planning share: answers as a model writes them, and a repository to be shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.events import Subject
from bot.ids import Place, Repo, Sha
from bot.ports import CheckOutput, Conclusion, DiffOf, FileDiff, Pull, Whereabouts
from tests.decisions.plans import WIDGETS

MENDING = Subject("Mend the widgets", "They are too small.\n")
MAIN, HEAD = Sha("b" * 40), Sha("a" * 40)
FILES = {
    "README.md": "# Widgets\n\nTest them with `make test`.\n",
    "AGENTS.md": "Use tabs.\n",
    "Makefile": "test:\n\tpython -m pytest -q\n",
    ".github/workflows/ci.yml": "run: make ci-all\n",
    "src/widgets.py": "SIZE = 3\nCOLOUR = 'red'\n",
    "logo.png": "\0binary",
}


def step(kind: str = "run_command", depends_on: list[int] | None = None, **parameters: Any) -> dict[str, Any]:
    """A step as a model writes it."""
    return {
        "action_type": kind,
        "parameters": parameters,
        "step_description": f"Do {kind}",
        "depends_on": depends_on,
    }


def plan_text(*steps: Mapping[str, Any]) -> str:
    return json.dumps({"plan": {"actions": steps, "error_handling": None}, "cannot": None})


def cannot_text(reason: str, question: str | None = None) -> str:
    return json.dumps({"plan": None, "cannot": {"reason": reason, "question": question}})


def answer_text(answer: str, *citations: tuple[str, int]) -> str:
    return json.dumps(
        {"answer": answer, "citations": [{"path": path, "line": line} for path, line in citations]}
    )


TESTS = plan_text(
    step(command="make test", shell=None, cwd=None, timeout_s=None, image=None, secrets=None, once=None)
)


@dataclass
class SmallRepository:
    """One repository with one open pull request, whose check has failed. It counts what is read."""

    files: Mapping[str, str] = field(default_factory=lambda: FILES)
    log: str = "E   assert 3 == 4\n"
    patch: str = "@@ -1 +1 @@\n-SIZE = 2\n+SIZE = 3\n"
    job: str | None = None  # what the failed check's job wrote; None: no log is to be had
    reads: list[str] = field(default_factory=list)

    def pull(self, place: Place, number: int) -> Pull:
        assert (place, number) == (WIDGETS, 7)
        return Pull(7, MENDING.title, True, False, HEAD, "mend", Repo("acme", "widgets"), "main", MAIN)

    def whereabouts(self, place: Place) -> Whereabouts | None:
        raise AssertionError("nobody asks where a repository is")

    def author(self, place: Place, sha: Sha) -> str:
        raise AssertionError("nobody asks who wrote a commit")

    def default_branch(self, place: Place) -> tuple[str, Sha]:
        return "main", MAIN

    def read(self, place: Place, path: str) -> bytes | None:
        self.reads.append(path)
        return self.files[path].encode()

    def read_organisation(self, place: Place, path: str) -> bytes | None:
        raise AssertionError("nobody reads an organisation's files")

    def read_at(self, place: Place, path: str, sha: Sha) -> bytes | None:
        self.reads.append(f"{path}@{sha[:1]}")
        return self.files[path].encode() if path in self.files else None

    def paths(self, place: Place, sha: Sha) -> Sequence[str]:
        assert sha in (MAIN, HEAD)
        return list(self.files)

    def diffs(self, place: Place, number: int) -> Sequence[FileDiff]:
        return [FileDiff("src/widgets.py", DiffOf.MODIFIED, self.patch)]

    def checks(self, place: Place, sha: Sha) -> Sequence[CheckOutput]:
        return [
            CheckOutput("lint", Conclusion.SUCCESS, "Fine", "", ""),
            CheckOutput("tests", Conclusion.FAILURE, "1 failed", "", self.log, 99),
        ]

    def job_log(self, place: Place, job: int, most: int) -> bytes | None:
        assert (place, job) == (WIDGETS, 99)
        return None if self.job is None else self.job.encode()[-most:]
