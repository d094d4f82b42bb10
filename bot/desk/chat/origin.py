"""Where a form was opened: put into it, and back when it is sent."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from bot.chat.model import ChatUser, Spot
from bot.desk.chat.telling import Asker


@dataclass(frozen=True)
class Origin:
    """`thread` is where a run is shown, `alone` where one is answered alone; "" is the channel itself."""

    channel: str
    thread: str
    run: str = ""
    alone: str = ""

    @staticmethod
    def of(asker: Asker, run: str = "") -> Origin:
        return Origin(asker.spot.channel, asker.spot.thread, run, asker.alone.thread)

    def asker(self, user: ChatUser, key: str) -> Asker:
        """Whoever has sent it."""
        spot = Spot(user.team, self.channel, self.thread)
        return Asker(user, spot, spot.in_thread(self.alone), key)

    def written(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @staticmethod
    def read(text: str) -> Origin:
        return Origin(**json.loads(text))
