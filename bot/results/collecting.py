"""From files that a box left to results: what carries a secret stays behind, what is no report says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.equipment import Equipment
from bot.errors import UserError
from bot.policy.globs import matches_any
from bot.ports import Annotation, Gathering
from bot.reports.annotations import Findings
from bot.results import junit, sarif
from bot.results.model import Artifact, JUnitReport, Results, ScanReport
from bot.secrets import Known, Redactor

ALL_BELOW = "/**"


@dataclass(frozen=True)
class Collected:
    """`contents` are those of the artifacts, in their order; `notes` are sentences for the report."""

    results: Results
    contents: tuple[bytes, ...]
    annotations: tuple[Annotation, ...]
    notes: tuple[str, ...]


def collect(gathered: Gathering, wanted: Equipment, *, paths: frozenset[str], known: Known) -> Collected:
    """`paths` are those of the commit: only they are annotated. `known` are secrets of the run."""
    findings, notes = Findings(paths), list(gathered.left_out)
    kept: list[tuple[Artifact, bytes]] = []
    tests: list[JUnitReport] = []
    scans: list[ScanReport] = []
    for file in gathered.files:
        text = file.content.decode("utf-8", "replace")
        shown = _without_secrets(text, known)
        if is_wanted(file.path, wanted.artifacts):
            if shown == text:
                kept.append((Artifact(file.path, len(file.content)), file.content))
            else:
                notes.append(f"`{file.path}` was left out: it holds what looks like a secret.")
        try:
            if is_wanted(file.path, wanted.junit):
                report, places = junit.read(file.path, shown)
                tests.append(report)
                findings.add(places)
            if is_wanted(file.path, wanted.sarif):
                scan, places = sarif.read(file.path, shown)
                scans.append(scan)
                findings.add(places)
        except UserError as refusal:
            notes.append(str(refusal))
    return Collected(
        results=Results(tuple(artifact for artifact, _ in kept), tuple(tests), tuple(scans)),
        contents=tuple(content for _, content in kept),
        annotations=findings.take(),
        notes=tuple(notes),
    )


def is_wanted(path: str, globs: Sequence[str]) -> bool:
    """Whether one of the globs means this file, or a folder that it is in."""
    return matches_any([path], [*globs, *(f"{glob}{ALL_BELOW}" for glob in globs)])


def _without_secrets(text: str, known: Known) -> str:
    redactor = Redactor(known)
    return redactor.feed(text) + redactor.end()
