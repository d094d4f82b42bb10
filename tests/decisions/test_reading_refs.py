"""What words name: a repository, an issue, a pull request, or nothing of the kind."""

from __future__ import annotations

import pytest

from bot.ids import Repo
from bot.reading.refs import Ref, mentioned, taken

FORGE = "https://github.com"
SHOP = Repo("acme", "shop")


@pytest.mark.parametrize(
    ("words", "ref", "rest"),
    [
        ("acme/shop#12 `pytest -q`", Ref(SHOP, 12), "`pytest -q`"),
        ("`pytest -q` on acme/shop#12", Ref(SHOP, 12), "`pytest -q` on"),
        ("https://github.com/acme/shop/pull/12 `true`", Ref(SHOP, 12), "`true`"),
        ("https://github.com/acme/shop/issues/3/#comment `true`", Ref(SHOP, 3), "`true`"),
        ("https://github.com/acme/shop", Ref(SHOP), ""),
        ("https://github.com/acme/shop.git `true`", Ref(SHOP), "`true`"),
        ("acme/shop `true`", Ref(SHOP, sure=False), "`true`"),
        ("what broke in acme/shop", Ref(SHOP, sure=False), "what broke"),
    ],
)
def test_words_name_a_place_and_are_left_without_it(words: str, ref: Ref, rest: str) -> None:
    """A number or a link is beyond doubt; a bare name may be a path."""
    assert taken(words, forge=FORGE) == (ref, rest)


@pytest.mark.parametrize(
    "words",
    [
        "`pytest tests/unit`",
        "",
        "`git log` and see https://example.org/acme/shop/pull/1",
        "../acme/shop#1",
        "x/acme/shop#1",
        "`acme/shop#1`",
        "acme/shop#0",
    ],
)
def test_other_words_name_nothing(words: str) -> None:
    """Code, paths and other hosts are left as they are."""
    assert taken(words, forge=FORGE) == (None, words)


def test_a_text_names_the_first_thing_that_is_beyond_doubt() -> None:
    """A bare name in the midst of a message is none."""
    assert mentioned(
        "Look at tests/unit of acme/shop#7, and https://github.com/a/b/pull/2", forge=FORGE
    ) == Ref(Repo("a", "b"), 2)
    assert mentioned("Look at acme/shop, please", forge=FORGE) is None


def test_a_link_is_one_to_our_github_only() -> None:
    """An address that merely begins like it leads elsewhere."""
    assert mentioned("https://github.com.evil.test/acme/shop/pull/1", forge=FORGE) is None
