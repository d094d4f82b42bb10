"""Answers what a list to choose from asks while somebody types."""

from __future__ import annotations

from bot.chat.enquiry import Enquiry, Pairs
from bot.chat.model import ChatUser
from bot.desk.chat.choosing import pulls_for, repositories_for
from bot.desk.model import Desk


def answer_enquiry(desk: Desk, asked: Enquiry) -> Pairs:
    """(value, label) of what they may choose; nothing for who is nobody on GitHub."""
    user = ChatUser(asked.team, asked.user)
    if asked.repository is None:
        return [(name, name) for name in repositories_for(desk, user, asked.query)]
    found = pulls_for(desk, user, asked.repository, asked.query)
    return [(str(pull.number), f"#{pull.number} {pull.title}") for pull in found]
