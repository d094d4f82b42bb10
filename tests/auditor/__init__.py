"""The auditor: whether the six promises of docs/reliability.md were kept, judged from what can be seen."""

from tests.auditor.evidence import Evidence
from tests.auditor.gathering import gather, not_taken
from tests.auditor.judging import violations

__all__ = ["Evidence", "gather", "not_taken", "violations"]
