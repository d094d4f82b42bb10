"""Lists to choose from, which only the desk can make: asked for while somebody types."""

from __future__ import annotations

from anyio import to_thread

from bot.chat.enquiry import PATIENCE_S, Enquiry, Pairs, read
from bot.ports import Enquiries
from handlers.slack.ears import Suggest


def suggest(enquiries: Enquiries) -> Suggest:
    async def asked(team: str, user: str, *, repository: str | None, query: str) -> Pairs:
        question = Enquiry(team, user, repository, query[:200]).written()
        return read(await to_thread.run_sync(enquiries.ask, question, PATIENCE_S))

    return asked
