"""What is said in a chat about who somebody is, and about runs that wait."""

from __future__ import annotations

import pytest

from bot.chat.message import MESSAGE, Listing, Message, Prose, When, Who
from bot.chat.model import ChatUser, Link
from bot.ids import Login, Person
from bot.reports.chat import all_links
from tests.scripted import NOON

LINKS = [
    Link(ChatUser("T_ACME", f"U{n}"), Person(id=n, login=Login(f"member-{n}")), NOON) for n in range(1, 121)
]


def told(message: Message) -> tuple[str, Listing]:
    head, listing = message.parts
    assert isinstance(head, Prose)
    assert isinstance(listing, Listing)
    return head.text, listing


@pytest.mark.parametrize(
    ("page", "head", "members"),
    [
        (1, "Who is who on GitHub, page 1 of 3. `/agent links 2` shows the next ones.", range(1, 51)),
        (3, "Who is who on GitHub, page 3 of 3.", range(101, 121)),
        (9, "Who is who on GitHub, page 3 of 3.", range(101, 121)),
    ],
)
def test_many_links_are_told_in_pages(page: int, head: str, members: range) -> None:
    """None is left out; behind the last page is the last page."""
    said, listing = told(all_links(LINKS, page))

    assert said == head
    assert [item[0] for item in listing.items] == [Who(f"U{n}") for n in members]


def test_few_links_need_no_page() -> None:
    """Each member is shown by the name that the reader knows, and since when."""
    said, listing = told(all_links(LINKS[:1], 1))

    assert said == "Who is who on GitHub:"
    assert listing.items == ((Who("U1"), " is `member-1` since ", When(NOON)),)


def test_a_list_is_kept_as_it_is() -> None:
    """Also its moments survive the ledger."""
    message = all_links(LINKS, 1)

    assert MESSAGE.validate_json(MESSAGE.dump_json(message)) == message
