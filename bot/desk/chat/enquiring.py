"""Answers what a list to choose from asks while somebody types."""

from __future__ import annotations

from bot.chat.enquiry import Enquiry, Pairs
from bot.chat.model import ChatUser
from bot.desk.chat.choosing import pulls_for, repositories_for
from bot.desk.model import Desk
from bot.verbs import VERBS


def answer_enquiry(desk: Desk, asked: Enquiry) -> Pairs:
    """(value, label) of what they may choose; nothing for who is nobody on GitHub."""
    user = ChatUser(asked.team, asked.user)
    needs = VERBS["plan" if asked.dry else "run"].needs
    if asked.repository is None:
        return [(name, name) for name in repositories_for(desk, user, asked.query, needs=needs)]
    found = pulls_for(desk, user, asked.repository, asked.query, needs=needs)
    return [(str(pull.number), f"#{pull.number} {pull.title}") for pull in found]
