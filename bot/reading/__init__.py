"""Which commands a comment holds. Grammar: docs/reference/grammar.md (tests/decisions/test_reading.py)."""

from bot.reading.asks import MAX_ASKS, Ask, asks, new_asks

__all__ = ["MAX_ASKS", "Ask", "asks", "new_asks"]
