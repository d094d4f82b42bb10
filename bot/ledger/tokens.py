"""Tokens of the API: by their digest, never by their value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Engine, Row, insert, select, update

from bot.ids import Login, Person, Place
from bot.ledger.engine import reading, writing
from bot.ledger.schema import tokens
from bot.tokens import Token

_PLACES: TypeAdapter[tuple[Place, ...]] = TypeAdapter(tuple[Place, ...])


class Tokens:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, token: Token, digest: str) -> None:
        with writing(self._engine) as connection:
            connection.execute(
                insert(tokens).values(
                    id=token.id,
                    digest=digest,
                    login=token.person.login,
                    user_id=token.person.id,
                    places=_PLACES.dump_python(tuple(token.places), mode="json"),
                    created_at=token.created_at,
                    until=token.until,
                )
            )

    def of(self, digest: str) -> Token | None:
        """Whoever calls this asks the token whether it still counts."""
        with reading(self._engine) as connection:
            row = connection.execute(select(tokens).where(tokens.c.digest == digest)).first()
        return None if row is None else _token(row)

    def all(self) -> Sequence[Token]:
        """The oldest first, with those that do not count any more."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(tokens).order_by(tokens.c.created_at, tokens.c.id)).all()
        return [_token(row) for row in rows]

    def revoke(self, token: str, now: datetime) -> bool:
        """From now on it is nobody's. False when there is no such token; a second time changes nothing."""
        with writing(self._engine) as connection:
            connection.execute(
                update(tokens)
                .where(tokens.c.id == token, tokens.c.revoked_at.is_(None))
                .values(revoked_at=now)
            )
            return connection.execute(select(tokens.c.id).where(tokens.c.id == token)).first() is not None


def _token(row: Row[tuple[object, ...]]) -> Token:
    return Token(
        id=row.id,
        person=Person(row.user_id, Login(row.login)),
        places=_PLACES.validate_python(row.places),
        created_at=row.created_at,
        until=row.until,
        revoked_at=row.revoked_at,
    )
