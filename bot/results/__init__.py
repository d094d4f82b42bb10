"""What is kept of a box beside its changes: artifacts, and what reports of tests and scanners say."""

from bot.results.collecting import Collected, collect
from bot.results.model import Artifact, FailedTest, JUnitReport, Results, ScanReport

__all__ = ["Artifact", "Collected", "FailedTest", "JUnitReport", "Results", "ScanReport", "collect"]
