"""The results of a run, small enough to stand in its row; what artifacts hold is kept beside it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Artifact:
    """`path` is relative to the repository, `size` is bytes."""

    path: str
    size: int


@dataclass(frozen=True)
class FailedTest:
    name: str
    message: str  # the first line of it


@dataclass(frozen=True)
class JUnitReport:
    """What one JUnit XML file tells. `failures` are the first ones of those that `failed`."""

    path: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    failures: tuple[FailedTest, ...] = ()


@dataclass(frozen=True)
class ScanReport:
    """What one SARIF file tells of what its tool found and nobody suppressed."""

    path: str
    tool: str
    errors: int
    warnings: int
    notes: int


@dataclass(frozen=True)
class Results:
    artifacts: tuple[Artifact, ...] = ()
    tests: tuple[JUnitReport, ...] = ()
    scans: tuple[ScanReport, ...] = ()
