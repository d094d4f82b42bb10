"""Lists to choose from, which only the desk can make: asked for while somebody types."""

from __future__ import annotations

import asyncio

from anyio import to_thread

from bot.chat.enquiry import PATIENCE_S, Enquiry, Pairs, read
from bot.ports import Enquiries
from handlers.slack.ears import Suggest

MOST = 20  # asked at once, half of our threads: the others are for what has to be acknowledged in time


def suggest(enquiries: Enquiries) -> Suggest:
    """Where too many ask, there is nothing to choose from for a moment; whoever types on asks again."""
    room = asyncio.Semaphore(MOST)

    async def asked(question: Enquiry) -> Pairs:
        if room.locked():
            return []
        async with room:
            return read(await to_thread.run_sync(enquiries.ask, question.written(), PATIENCE_S))

    return asked
