"""Replies as they are added: counted by conversation and by run, in the transaction that adds them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, select

from bot.ids import RunId
from bot.ledger.dialect import one_after_another
from bot.ledger.engine import writing
from bot.ledger.schema import said, surfaces
from bot.ledger.surfaces import NewSurface, insert_surface
from bot.restraint import HOUR, Restraint, Speech, Spoken, speech

AHEAD = timedelta(minutes=2)  # a row farther ahead was written by a clock that has been set back since


class Said:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def say(
        self,
        reply: NewSurface,
        restraint: Restraint,
        now: datetime,
        *,
        quiet: str,
        about: RunId | None = None,
    ) -> Speech:
        """Add this reply if there is room for it, or else, once, the sentence `quiet` in its place."""
        text = (reply.content or {})["text"]
        new = Spoken(now, hashlib.sha256(text.encode()).hexdigest(), about)
        repo_id, number = reply.place.repo_id, reply.number
        here = (said.c.repo_id == repo_id, said.c.number == number, said.c.at > now - HOUR)
        with writing(self._engine) as connection:
            one_after_another(connection, f"said:{repo_id}")
            if connection.execute(select(surfaces.c.id).where(surfaces.c.key == reply.key)).first():
                return Speech.SAID
            earlier = _spoken(connection, *here, said.c.at < now + AHEAD)
            of_run = [] if about is None else _spoken(connection, said.c.run == about)
            outcome = speech(new, earlier, of_run, restraint)
            last = outcome is Speech.LAST
            if outcome is Speech.SAID or last:
                insert_surface(connection, replace(reply, content={"text": quiet}) if last else reply, now)
                connection.execute(
                    insert(said).values(
                        key=reply.key,
                        repo_id=repo_id,
                        number=number,
                        run=about,
                        at=now,
                        digest=new.digest,
                        last=last,
                    )
                )
            return outcome

    def forget_old(self, now: datetime) -> None:
        """What nothing looks back at any more; of a run all is counted."""
        with writing(self._engine) as connection:
            connection.execute(delete(said).where(said.c.run.is_(None), said.c.at <= now - HOUR))


def _spoken(connection: Connection, *which: ColumnElement[bool]) -> list[Spoken]:
    rows = connection.execute(select(said).where(*which)).all()
    return [Spoken(row.at, row.digest, None if row.run is None else RunId(row.run), row.last) for row in rows]
