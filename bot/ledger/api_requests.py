"""What was asked over the API, until it is answered and for a while after that."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select, update

from bot.api import ApiRequest, RequestState
from bot.ledger.dialect import insert_unless_there
from bot.ledger.engine import reading, writing
from bot.ledger.schema import api_requests

KEPT_FOR = timedelta(days=30)


class ApiRequests:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, request: ApiRequest, now: datetime) -> ApiRequest:
        """The request as it is kept: the first one with this id, however often it is opened."""
        values = {"token": request.token, "body": request.body, "at": now, "state": request.state}
        with writing(self._engine) as connection:
            insert_unless_there(connection, api_requests, id=request.id, **values)
        found = self.of(request.id)
        return request if found is None else found

    def of(self, request: str) -> ApiRequest | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(api_requests).where(api_requests.c.id == request)).first()
        if row is None:
            return None
        return ApiRequest(row.id, row.token, row.body, RequestState(row.state), row.answer)

    def answer(self, request: str, state: RequestState, text: str) -> None:
        """The first answer stays."""
        with writing(self._engine) as connection:
            connection.execute(
                update(api_requests)
                .where(api_requests.c.id == request, api_requests.c.state == RequestState.WAITING)
                .values(state=state, answer=text)
            )

    def forget_old(self, now: datetime) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(api_requests).where(api_requests.c.at <= now - KEPT_FOR))
