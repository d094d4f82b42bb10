"""Which repository and which number words name, and what is left of the words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ids import Repo
from bot.reading.refs import Ref, mentioned, perhaps, taken

FORGE = "https://github.com"
SHOP = Repo("acme", "shop")


def names(words: str, *, forge: str = FORGE) -> tuple[Ref | None, str]:
    return taken(words, forge=forge)


# --- beyond doubt ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "number", "left"),
    [
        ("acme/shop#12", 12, ""),
        ("acme/shop#12 pytest -q", 12, "pytest -q"),
        ("pytest -q acme/shop#12", 12, "pytest -q"),
        ("run acme/shop#12 pytest", 12, "run pytest"),
        ("(acme/shop#12)", 12, "( )"),
        ("status acme/shop#12.", 12, "status ."),
        ("why does acme/shop#12, fail?", 12, "why does , fail?"),
        ("acme/shop#12\n```sh\nls\n```", 12, "```sh\nls\n```"),
        ("acme/shop#12 acme/till#3", 12, "acme/till#3"),
    ],
)
def test_a_numbered_repository_is_taken_wherever_it_stands(words: str, number: int, left: str) -> None:
    """What is left are the words of the command."""
    ref, rest = names(words)

    assert ref == Ref(SHOP, number)
    assert rest.split() == left.split()


@pytest.mark.parametrize(
    ("link", "number"),
    [
        ("https://github.com/acme/shop/pull/12", 12),
        ("https://github.com/acme/shop/pull/12/", 12),
        ("https://github.com/acme/shop/pull/12/files#diff-1", 12),
        ("https://github.com/acme/shop/pull/12?w=1", 12),
        ("https://github.com/acme/shop/issues/7#issuecomment-1", 7),
        ("https://github.com/acme/shop", 0),
        ("https://github.com/acme/shop/", 0),
        ("https://github.com/acme/shop.git", 0),
        ("https://github.com/acme/shop/tree/main/tests", 0),
        ("https://github.com/acme/shop/pull/0", 0),
        ("https://github.com/acme/shop?tab=readme", 0),
    ],
)
def test_a_link_is_taken_wherever_it_stands(link: str, number: int) -> None:
    """To a repository, or to something in it, with all that belongs to the link."""
    assert names(link) == (Ref(SHOP, number), "")
    assert names(f"{link} pytest -q") == names(f"pytest -q {link}") == (Ref(SHOP, number), "pytest -q")


@pytest.mark.parametrize("mark", [".", ",", ";", ":", "!", ")", "]", "'", '"', "*", "`"])
@pytest.mark.parametrize("link", ["acme/shop/pull/12", "acme/shop", "acme/shop.js"])
def test_a_mark_behind_a_link_is_no_part_of_its_name(link: str, mark: str) -> None:
    """As people write in sentences."""
    ref = mentioned(f"See {FORGE}/{link}{mark} It fails.", forge=FORGE)

    assert ref is not None
    assert f"{ref.repo}/pull/{ref.number}".removesuffix("/pull/0") == link


def test_a_link_goes_before_a_number() -> None:
    """It says more."""
    ref, rest = names("acme/till#3 https://github.com/acme/shop/pull/12")

    assert (ref, rest) == (Ref(SHOP, 12), "acme/till#3")


@pytest.mark.parametrize(
    "host", ["https://gitlab.com", "https://github.com.evil.test", "http://github.com", "https://xgithub.com"]
)
def test_a_link_to_another_host_names_nothing(host: str) -> None:
    """Neither to one that only looks like ours."""
    assert names(f"{host}/acme/shop/pull/12 x")[0] is None
    assert mentioned(f"{host}/acme/shop/pull/12", forge=FORGE) is None


@pytest.mark.parametrize(
    "forge", ["http://127.0.0.1:8080", "http://127.0.0.1:8080/", "https://git.acme.test/hub"]
)
def test_a_forge_of_ones_own_is_where_links_lead(forge: str) -> None:
    """A slash at the end of its address does not matter."""
    link = f"{forge.rstrip('/')}/acme/shop/pull/12"

    assert names(f"{link} pytest", forge=forge) == (Ref(SHOP, 12), "pytest")


def test_a_dot_in_the_address_of_a_forge_is_a_dot() -> None:
    """Nothing else in its place leads there."""
    assert names("http://127x0x0x1:8080/acme/shop/pull/12", forge="http://127.0.0.1:8080")[0] is None


@pytest.mark.parametrize(
    "word", ["acme/shop#0", "acme/shop#x", "acme/shop#12345678901", "#12", "a/b/c#12", "../acme#1"]
)
def test_what_is_no_number_of_a_repository_is_nothing_sure(word: str) -> None:
    """It stays among the words."""
    ref, _ = names(f"pytest {word} -q")

    assert ref is None or not ref.sure


@pytest.mark.parametrize("end", ["1234567890", "12x", "012"])
def test_a_number_that_is_none_is_not_another_number(end: str) -> None:
    """Half of a number names something else."""
    assert names(f"https://github.com/acme/shop/pull/{end}")[0] == Ref(SHOP, 0)


# --- maybe -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("acme/shop pytest -q", "pytest -q"),
        ("acme/shop", ""),
        ("acme/shop\n```sh\nls\n```", "```sh\nls\n```"),
        ("pytest -q in acme/shop", "pytest -q"),
        ("the tests for acme/shop", "the tests"),
        ("pytest on acme/shop ", "pytest"),
    ],
)
def test_a_repository_at_the_beginning_or_the_end_may_be_meant(words: str, left: str) -> None:
    """It is not sure: a path looks the same, and whoever asks looks whether there is such a repository."""
    ref, rest = names(words)

    assert ref == Ref(SHOP, sure=False)
    assert rest.split() == left.split()


def test_a_path_may_be_meant_as_well() -> None:
    """So nothing is taken for sure, and nobody who knows better has lost it."""
    assert names("tests/unit -q") == (Ref(Repo("tests", "unit"), sure=False), "-q")


@pytest.mark.parametrize(
    "words", ["", "pytest tests/unit -q", "pytest", "a/b/c", "cat src/a in the box", "-/shop x"]
)
def test_other_words_name_nothing(words: str) -> None:
    """They stay as they are."""
    assert names(words) == (None, words)


@pytest.mark.parametrize("text", ["acme/shop", "in acme/shop", "tests/unit fail", "", "hello"])
def test_a_thread_is_about_what_it_names_beyond_doubt(text: str) -> None:
    """Nobody has meant us when they wrote it."""
    assert mentioned(text, forge=FORGE) is None


def test_a_thread_is_about_the_first_link_in_it() -> None:
    """As Slack keeps it, in angles."""
    text = "Look: <https://github.com/acme/shop/pull/12|#12> and <https://github.com/acme/till/pull/3>"

    assert mentioned(text, forge=FORGE) == Ref(SHOP, 12)
    assert mentioned("It is acme/shop#12 again", forge=FORGE) == Ref(SHOP, 12)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Something is odd in acme/shop.", ["acme/shop"]),
        ("`acme/shop`, (Acme/Shop) and acme/till: who looks?", ["acme/shop", "acme/till"]),
        ("src/main/app, https://acme.example/shop, ./a/b and a/b/c", []),
        ("and/or", ["and/or"]),
    ],
)
def test_a_thread_may_name_repositories_plainly(text: str, names: list[str]) -> None:
    """Whoever knows which repositories there are decides; what is surely a path is left out."""
    assert [str(repo) for repo in perhaps(text)] == names


# --- any words -------------------------------------------------------------------------------------------


@given(st.text(alphabet="acme/shop#12 .-\nin", max_size=60))
def test_nothing_is_added_to_the_words(words: str) -> None:
    """What is left is what was there, without what was named."""
    ref, rest = names(words)

    assert len(rest) <= len(words)
    assert set(rest) <= set(words) | {" "}
    assert ref is not None or rest == words


@pytest.mark.parametrize(
    "piece",
    ["a/", "a" * 40 + "/", "acme/shop", "https://github.com/", "https://github.com/a/b", " in a/b", "a/b."],
)
def test_long_words_take_no_time(piece: str) -> None:
    """Whatever a stranger writes in a thread."""
    names(piece * 5_000)
    mentioned(piece * 5_000, forge=FORGE)
    perhaps(piece * 5_000)
