"""One open ledger and its chapters."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from bot.ledger.api_requests import ApiRequests
from bot.ledger.asked import AskedBefore
from bot.ledger.attempts import Attempts
from bot.ledger.audit import Audit
from bot.ledger.bindings import Bindings
from bot.ledger.calls import Calls
from bot.ledger.deliveries import Deliveries
from bot.ledger.dialect import insert_unless_there
from bot.ledger.engine import open_engine, reading, upgrade, writing
from bot.ledger.gates import Gates
from bot.ledger.journal import Journals
from bot.ledger.line import Line
from bot.ledger.links import Links
from bot.ledger.locks import Locks
from bot.ledger.paces import Paces
from bot.ledger.redeliveries import Redeliveries
from bot.ledger.requests import Requests
from bot.ledger.results import ResultShelf
from bot.ledger.runs import Runs
from bot.ledger.said import Said
from bot.ledger.schema import meta
from bot.ledger.shown import ShownPlans
from bot.ledger.surfaces import Surfaces
from bot.ledger.tokens import Tokens
from bot.ledger.workspaces import Workspaces


class Ledger:
    """All chapters over one database. Every method is one transaction and safe from any thread."""

    def __init__(self, url: str) -> None:
        """Open and bring up to date. UserError for a bad URL, Hiccup when the database does not answer."""
        self._engine = open_engine(url)
        upgrade(self._engine)
        self.deliveries = Deliveries(self._engine)
        self.redeliveries = Redeliveries(self._engine)
        self.runs = Runs(self._engine)
        self.attempts = Attempts(self._engine)
        self.results = ResultShelf(self._engine)
        self.gates = Gates(self._engine)
        self.journals = Journals(self._engine)
        self.line = Line(self._engine)
        self.locks = Locks(self._engine)
        self.surfaces = Surfaces(self._engine)
        self.asked = AskedBefore(self._engine)
        self.said = Said(self._engine)
        self.audit = Audit(self._engine)
        self.requests = Requests(self._engine)
        self.calls = Calls(self._engine)
        self.shown = ShownPlans(self._engine)
        self.tokens = Tokens(self._engine)
        self.api_requests = ApiRequests(self._engine)
        self.workspaces = Workspaces(self._engine)
        self.links = Links(self._engine)
        self.bindings = Bindings(self._engine)
        self.paces = Paces(self._engine)

    def instance(self) -> str:
        """The name of this installation of ours: containers carry it, so that only we reap them."""
        with writing(self._engine) as connection:
            insert_unless_there(connection, meta, id="instance", value=secrets.token_hex(6))
        with reading(self._engine) as connection:
            return str(connection.execute(select(meta.c.value).where(meta.c.id == "instance")).scalar_one())

    def close(self) -> None:
        self._engine.dispose()
