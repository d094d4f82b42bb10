"""The workspaces of a chat that have installed us, with their sealed tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, delete, insert, select, update

from bot.chat.model import Workspace
from bot.ledger.engine import reading, writing
from bot.ledger.schema import workspaces


class Workspaces:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def install(self, workspace: Workspace, now: datetime) -> None:
        """From now on we are there; what was known of an earlier installation is forgotten."""
        values = {
            "team": workspace.team,
            "name": workspace.name,
            "bot_user": workspace.bot_user,
            "bot_id": workspace.bot_id,
            "scopes": ",".join(workspace.scopes),
            "token": workspace.token,
            "installed_at": now,
        }
        with writing(self._engine) as connection:
            connection.execute(delete(workspaces).where(workspaces.c.team == workspace.team))
            connection.execute(insert(workspaces).values(**values))

    def of(self, team: str) -> Workspace | None:
        """None where we were never installed. Whoever calls this looks whether it was revoked."""
        with reading(self._engine) as connection:
            row = connection.execute(select(workspaces).where(workspaces.c.team == team)).first()
        return None if row is None else _workspace(row)

    def all(self) -> Sequence[Workspace]:
        with reading(self._engine) as connection:
            rows = connection.execute(select(workspaces).order_by(workspaces.c.team)).all()
        return [_workspace(row) for row in rows]

    def own(self) -> str:
        """The one whose token the environment holds, and nobody else can install; "" without one."""
        statement = select(workspaces.c.team).where(
            workspaces.c.token.is_(None), workspaces.c.revoked_at.is_(None)
        )
        with reading(self._engine) as connection:
            row = connection.execute(statement.order_by(workspaces.c.installed_at.desc())).first()
        return "" if row is None else str(row.team)

    def revoke(self, team: str, now: datetime) -> None:
        """We may not speak there any more. Its token is kept by nobody."""
        self._revoke(now, workspaces.c.team == team)

    def leave(self, team: str, at: datetime, now: datetime) -> None:
        """The same for what was installed there before."""
        self._revoke(now, workspaces.c.team == team, workspaces.c.installed_at < at)

    def _revoke(self, now: datetime, *which: ColumnElement[bool]) -> None:
        with writing(self._engine) as connection:
            connection.execute(
                update(workspaces)
                .where(*which, workspaces.c.revoked_at.is_(None))
                .values(revoked_at=now, token=None)
            )


def _workspace(row: Any) -> Workspace:
    return Workspace(
        team=row.team,
        name=row.name,
        bot_user=row.bot_user,
        bot_id=row.bot_id,
        scopes=tuple(filter(None, row.scopes.split(","))),
        token=row.token,
        revoked_at=row.revoked_at,
    )
