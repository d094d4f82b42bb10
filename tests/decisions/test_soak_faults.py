"""The words of `make soak FAULTS=…`: all, none, or names of the table."""

from __future__ import annotations

import pytest

from tests.soak.faults import FAULTS, chosen


@pytest.mark.parametrize(("words", "count"), [("all", len(FAULTS)), ("none", 0), ("kill,hooks", 2)])
def test_faults_are_chosen_by_their_names(words: str, count: int) -> None:
    """Each name is one fault of the table."""
    assert len(chosen(words)) == count


def test_an_unknown_fault_is_told_with_those_that_there_are() -> None:
    """A word that is no fault is not ignored."""
    with pytest.raises(ValueError, match="There is no fault earthquake; there are kill, "):
        chosen("kill,earthquake")
