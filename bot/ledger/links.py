"""Who members of a workspace are on GitHub, and how they show it: a sign-in that is begun and ended once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from bot.chat.model import ChatUser, Link
from bot.chat.sign_in import MOST_TRIES, SignIn, What
from bot.ids import Login, Person
from bot.ledger.engine import reading, writing
from bot.ledger.schema import links, sign_ins

KEPT_FOR = timedelta(hours=1)
# As a sign-in returns we give its token back. Should GitHub tell of that as if the person had revoked it,
# the code that was shown just now must still count.
OURS = timedelta(minutes=1)


class Links:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, user: ChatUser) -> Link | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(links).where(*_whose(user))).first()
        return None if row is None else _link(row)

    def members(self, person: int) -> Sequence[ChatUser]:
        """Who this person is, in whatever workspaces."""
        statement = select(links).where(links.c.person_id == person).order_by(links.c.team)
        with reading(self._engine) as connection:
            return [_link(row).user for row in connection.execute(statement).all()]

    def all(self, team: str) -> Sequence[Link]:
        """Those of a workspace, the oldest first."""
        statement = select(links).where(links.c.team == team).order_by(links.c.linked_at, links.c.user)
        with reading(self._engine) as connection:
            return [_link(row) for row in connection.execute(statement).all()]

    def remove(self, user: ChatUser) -> bool:
        """False when there was none."""
        with writing(self._engine) as connection:
            gone = connection.execute(delete(links).where(*_whose(user)).returning(links.c.user)).first()
        return gone is not None

    def revoke(self, person: int, now: datetime) -> None:
        """This account is nobody in any workspace any more, and no code that was shown for it counts."""
        shown = sign_ins.c.person_id == person, sign_ins.c.used_at <= now - OURS
        with writing(self._engine) as connection:
            connection.execute(delete(links).where(links.c.person_id == person))
            connection.execute(delete(sign_ins).where(*shown))

    def begin(self, state: str, sign_in: SignIn) -> None:
        """An earlier one of the same member for the same is void."""
        whose = sign_ins.c.team == sign_in.team, sign_ins.c.user == sign_in.user
        with writing(self._engine) as connection:
            connection.execute(delete(sign_ins).where(*whose, sign_ins.c.what == sign_in.what))
            connection.execute(
                insert(sign_ins).values(
                    state=state,
                    what=sign_in.what,
                    team=sign_in.team,
                    user=sign_in.user,
                    until=sign_in.until,
                )
            )

    def use(self, state: str, now: datetime) -> SignIn | None:
        """Take it, once: None when it is unknown, late or was used."""
        with writing(self._engine) as connection:
            row = connection.execute(
                update(sign_ins)
                .where(sign_ins.c.state == state, sign_ins.c.used_at.is_(None), sign_ins.c.until > now)
                .values(used_at=now)
                .returning(sign_ins)
            ).first()
        return None if row is None else _sign_in(row)

    def used(self, state: str, now: datetime) -> SignIn | None:
        """One that a browser came back with and that is not over yet."""
        with reading(self._engine) as connection:
            row = connection.execute(
                select(sign_ins).where(
                    sign_ins.c.state == state, sign_ins.c.used_at.is_not(None), sign_ins.c.until > now
                )
            ).first()
        return None if row is None else _sign_in(row)

    def tell(self, state: str, told: str, *, code: str = "", person: Person | None = None) -> None:
        """What the browser shows. With a person: whoever types the code (this is its digest) is it."""
        values: dict[str, object] = {"told": told, "code": code}
        if person is not None:
            values |= {"person_id": person.id, "login": person.login}
        with writing(self._engine) as connection:
            connection.execute(update(sign_ins).where(sign_ins.c.state == state).values(**values))

    def told(self, state: str) -> str:
        """What the browser shows, once; "" while there is nothing yet."""
        with writing(self._engine) as connection:
            row = connection.execute(select(sign_ins.c.told).where(sign_ins.c.state == state)).first()
            if row is None or not row.told:
                return ""
            connection.execute(update(sign_ins).where(sign_ins.c.state == state).values(told=""))
        return str(row.told)

    def end(self, user: ChatUser, code: str, now: datetime) -> Link | None:
        """Link them with whoever was shown this code. None for a wrong one, of which few can be tried."""
        whose = sign_ins.c.team == user.team, sign_ins.c.user == user.id, sign_ins.c.what == What.LINK
        open_ones = select(sign_ins).where(
            *whose, sign_ins.c.code != "", sign_ins.c.until > now, sign_ins.c.tries < MOST_TRIES
        )
        with writing(self._engine) as connection:
            row = connection.execute(open_ones.with_for_update()).first()
            if row is None:
                return None
            if row.code != code:
                connection.execute(
                    update(sign_ins).where(sign_ins.c.state == row.state).values(tries=sign_ins.c.tries + 1)
                )
                return None
            connection.execute(delete(sign_ins).where(sign_ins.c.state == row.state))
            connection.execute(delete(links).where(*_whose(user)))
            connection.execute(
                insert(links).values(
                    team=user.team, user=user.id, person_id=row.person_id, login=row.login, linked_at=now
                )
            )
        return Link(user, Person(row.person_id, Login(row.login)), now)

    def forget_old(self, now: datetime) -> None:
        """Sign-ins that nobody ended."""
        with writing(self._engine) as connection:
            connection.execute(delete(sign_ins).where(sign_ins.c.until <= now - KEPT_FOR))


def _whose(user: ChatUser) -> tuple[Any, Any]:
    return links.c.team == user.team, links.c.user == user.id


def _link(row: Any) -> Link:
    return Link(ChatUser(row.team, row.user), Person(row.person_id, Login(row.login)), row.linked_at)


def _sign_in(row: Any) -> SignIn:
    return SignIn(What(row.what), row.team, row.user, row.until)
