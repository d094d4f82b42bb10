"""The ledger: what happened and what is owed, as rows. The only place that knows SQL."""

from bot.ledger.book import Ledger
from bot.ledger.engine import LEDGER_AWAY

__all__ = ["LEDGER_AWAY", "Ledger"]
