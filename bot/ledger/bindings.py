"""Which repository a channel of a chat is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Engine, delete, insert, select, update

from bot.chat.model import Announce, Binding
from bot.ids import Place
from bot.ledger.engine import reading, writing
from bot.ledger.schema import bindings

_PLACE: TypeAdapter[Place] = TypeAdapter(Place)


class Bindings:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def bind(self, binding: Binding, now: datetime) -> None:
        """The last one counts."""
        with writing(self._engine) as connection:
            connection.execute(delete(bindings).where(*_where(binding.team, binding.channel)))
            connection.execute(
                insert(bindings).values(
                    team=binding.team,
                    channel=binding.channel,
                    repo_id=binding.place.repo_id,
                    place=_PLACE.dump_python(binding.place, mode="json"),
                    announce=binding.announce,
                    login=binding.by,
                    bound_at=now,
                )
            )

    def of(self, team: str, channel: str) -> Binding | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(bindings).where(*_where(team, channel))).first()
        return None if row is None else _binding(row)

    def about(self, repo_id: int) -> Sequence[Binding]:
        """The channels that are about this repository."""
        return self._those(bindings.c.repo_id == repo_id)

    def in_team(self, team: str) -> Sequence[Binding]:
        return self._those(bindings.c.team == team)

    def move(self, place: Place) -> None:
        """The repository has another name or installation now."""
        with writing(self._engine) as connection:
            connection.execute(
                update(bindings)
                .where(bindings.c.repo_id == place.repo_id)
                .values(place=_PLACE.dump_python(place, mode="json"))
            )

    def remove(self, team: str, channel: str) -> bool:
        """False when there was none."""
        with writing(self._engine) as connection:
            gone = connection.execute(
                delete(bindings).where(*_where(team, channel)).returning(bindings.c.channel)
            ).first()
        return gone is not None

    def _those(self, where: Any) -> Sequence[Binding]:
        statement = select(bindings).where(where).order_by(bindings.c.team, bindings.c.channel)
        with reading(self._engine) as connection:
            return [_binding(row) for row in connection.execute(statement).all()]


def _where(team: str, channel: str) -> tuple[Any, Any]:
    return bindings.c.team == team, bindings.c.channel == channel


def _binding(row: Any) -> Binding:
    place = _PLACE.validate_python(row.place)
    return Binding(row.team, row.channel, place, Announce(row.announce), row.login)
