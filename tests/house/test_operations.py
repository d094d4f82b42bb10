"""What `docs/operations.md` tells operators to look for is what the processes say."""

from __future__ import annotations

import re
from pathlib import Path

from bot.ledger.schema import metadata

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
CODE = "".join(
    path.read_text(encoding="utf-8")
    for part in ("bot", "handlers", "runners")
    for path in (ROOT / part).rglob("*.py")
)


def names(heading: str) -> set[str]:
    """The code words in the first cells of the table under this heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]*?) \|", section, re.MULTILINE)
    return set(re.findall(r"`([^`]+)`", " ".join(cells)))


def test_an_event_of_the_log_that_is_named_is_written() -> None:
    """Who alerts on it is alerted."""
    written = set(re.findall(r"log\.\w+\(\s*\"([\w.]+)\"", CODE))

    assert names("What to look at") - written == set()


def test_it_is_told_of_every_table_how_it_grows() -> None:
    """Who makes a new one thinks of those who pay for the disk."""
    assert set(metadata.tables) - {"meta"} == names("What grows")
