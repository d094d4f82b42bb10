"""Which commands a comment holds. Grammar: docs/reference/grammar.md (and the tests in tests/decisions/)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ask:
    """One command that somebody wrote.

    `verb` is the word after `/agent` in lower case ("" when there was none); `words` is the rest of the line;
    `block` is the fenced block that follows (its info string's first word, its text), and `text` all that
    belongs to the command after its first line, fences included, up to the next command.
    """

    verb: str
    words: str = ""
    text: str = ""
