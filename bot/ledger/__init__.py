"""The ledger: what happened and what is owed, as rows. The only place that knows SQL."""

from bot.ledger.book import Ledger

__all__ = ["Ledger"]
