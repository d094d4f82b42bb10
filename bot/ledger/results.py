"""The results of runs, and what their artifacts hold."""

from __future__ import annotations

import zlib

from sqlalchemy import Engine, delete, insert, select

from bot.ids import RunId
from bot.ledger.engine import reading, writing
from bot.ledger.fence import touch
from bot.ledger.rows import RESULTS
from bot.ledger.schema import artifacts, runs
from bot.results import Collected


class ResultShelf:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, run: RunId, epoch: int, collected: Collected) -> None:
        """In the place of those that an earlier attempt had."""
        packed = [zlib.compress(content, 1) for content in collected.contents]
        with writing(self._engine) as connection:
            told = connection.execute(select(runs.c.notes).where(runs.c.id == run)).scalar_one()
            results = RESULTS.dump_python(collected.results, mode="json")
            touch(connection, run, epoch, results=results, notes=[*told, *collected.notes])
            connection.execute(delete(artifacts).where(artifacts.c.run == run))
            rows = [{"run": run, "position": at, "content": content} for at, content in enumerate(packed)]
            if rows:
                connection.execute(insert(artifacts), rows)

    def artifact(self, run: RunId, position: int) -> bytes | None:
        """What the artifact with this place in the run's results holds; None when there is none."""
        kept = artifacts.c
        statement = select(kept.content).where(kept.run == run, kept.position == position)
        with reading(self._engine) as connection:
            content = connection.execute(statement).scalar_one_or_none()
        return None if content is None else zlib.decompress(content)
