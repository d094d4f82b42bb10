"""The grammar of commands: what is one, what is not, and what belongs to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading import MAX_ASKS, Ask, asks, new_asks
from bot.reading.lines import scan
from bot.reading.shown import MAX_PARAGRAPH

SLUG = "devops-agent"


def read(text: str) -> list[tuple[str, str]]:
    return [(ask.verb, ask.words) for ask in asks(text, slug=SLUG)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/agent run tests", ("run", "tests")),
        ("   /agent run tests", ("run", "tests")),
        ("/agent\trun\ttests  ", ("run", "tests")),
        ("@devops-agent run tests", ("run", "tests")),
        ("@devops-agent[bot] status", ("status", "")),
        ("/agent", ("", "")),
        ("/agent   ", ("", "")),
        ("Please:\n/agent help", ("help", "")),
        ("See [the log](https://example.org)\n/agent help", ("help", "")),
        ("`pytest` failed\n/agent help", ("help", "")),
        ("x < y\n/agent help", ("help", "")),
        ("- an item\n/agent help", ("help", "")),
        ("> a quote\n\n/agent help", ("help", "")),
        ("```\ncode\n```\n/agent help", ("help", "")),
        ("<!-- hidden -->\n/agent help", ("help", "")),
        ("<details>\n\n/agent help\n\n</details>", ("help", "")),
        ("hello\r\n\r\n/agent help\r\n", ("help", "")),
        ("hello\r/agent help\r", ("help", "")),
        ('/agent run tests -k "test_a and not test_b"', ("run", 'tests -k "test_a and not test_b"')),
    ],
)
def test_a_line_that_begins_with_the_call_is_a_command(text: str, said: tuple[str, str]) -> None:
    """`/agent` or `@<app>` at the start of a line, indented by three spaces at most, is a command."""
    assert read(text) == [said]


@pytest.mark.parametrize("call", ["/AGENT RUN tests", "/Agent Run tests", "@DevOps-Agent rUn tests"])
def test_upper_and_lower_case_do_not_matter_in_call_and_verb(call: str) -> None:
    """The call and the verb are the same in upper and lower case; the words keep theirs."""
    assert read(call) == [("run", "tests")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "please /agent run tests",
        "/agentx run tests",
        "/agent-run tests",
        "/agent: run",
        "@devops-agents run",
        "@devops-agent-two run",
        "- /agent run tests",
        "# /agent run tests",
        "    /agent run tests",
        "\t/agent run tests",
        "> /agent run tests",
        "  > /agent run tests",
        "- > /agent run tests",
        "> a quote\n/agent run tests",
        "`/agent run tests`",
        "```\n/agent run tests\n```",
        "~~~\n/agent run tests",
        "````\n```\n/agent run tests\n````",
        "- ```sh\n  /agent run tests\n  ```",
        "1. > ```\n/agent run tests",
        "a `code\n/agent run tests` span",
        "<!--\n/agent run tests\n-->",
        "<!-- never closed\n\n/agent run tests",
        "seen <!--\n/agent run tests\n-->",
        '<a title="\n/agent run tests\n">x</a>',
        '<x " <b title=">\n/agent run tests\n">',
        '[x](/url "a title\n/agent run tests\n")',
        "![an image\n/agent run tests](x.png)",
        '[x]: /url "\n/agent run tests\n"',
        "<pre>\n\n/agent run tests\n</pre>",
        "<script>\n/agent run tests\n</script>",
        "<blockquote>\n/agent run tests\n</blockquote>",
        "<![CDATA[\n/agent run tests\n]]>",
    ],
)
def test_what_is_quoted_shown_as_code_or_hidden_is_no_command(text: str) -> None:
    """Quotes, code of every kind, comments, raw HTML, titles and descriptions never hold a command."""
    assert read(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "/\u0430gent run tests",  # Cyrillic a
        "\uff0fagent run tests",  # fullwidth solidus
        "/agent\u00a0run tests",
        "/agent\u3000run tests",
        "/agent\u2028run tests",
        "/ag\u200bent run tests",
        "\u202e stset nur tnega/",
        "\ufeff/agent run tests",
        "\u200b/agent run tests",
        "\u00a0/agent run tests",
        "\x0c/agent run tests",
        "x\u2028/agent run tests",
        "x\x0b/agent run tests",
        "x\x85/agent run tests",
        "/agent\x00 run tests",
        "@devop\u017f-agent run tests",  # a long s, which folds to s
    ],
)
def test_look_alikes_and_invisible_characters_do_not_trigger(text: str) -> None:
    """Only the ASCII letters, spaces and tabs of the grammar make a command; only CR and LF end a line."""
    assert read(text) == []


def test_a_fenced_block_after_a_command_belongs_to_it() -> None:
    """What follows a command, up to the next one, is its text; fences are kept as they are."""
    text = "/agent run\n\n```sh\n/agent help\n```\n\n/agent status"

    first, second = asks(text, slug=SLUG)

    assert first == Ask("run", text="```sh\n/agent help\n```")
    assert second == Ask("status")


def test_a_list_after_a_command_belongs_to_it() -> None:
    """List items and lines after a command belong to it as well."""
    (ask,) = asks("/agent run these:\r\n1. Run `a`\r\n2. Run `b`\r\n", slug=SLUG)

    assert (ask.words, ask.text) == ("these:", "1. Run `a`\n2. Run `b`")


@pytest.mark.parametrize(
    "unseen", ["> 1. Run `evil`", "<!--\n1. Run `evil`\n-->", "<pre>\n1. Run `evil`\n</pre>"]
)
def test_quoted_and_hidden_lines_after_a_command_do_not_belong_to_it(unseen: str) -> None:
    """A plan is never read from what is quoted or hidden."""
    (ask,) = asks(f"/agent run\n{unseen}\n\n1. Run `good`", slug=SLUG)

    assert "evil" not in ask.text
    assert "1. Run `good`" in ask.text


def test_five_commands_are_taken_and_a_sixth_gets_one_sentence() -> None:
    """A comment holds five commands; however many more there are, one answer says so."""
    found = asks("/agent help\n" * 9, slug=SLUG)

    assert [bool(ask.problem) for ask in found] == [False] * MAX_ASKS + [True]
    assert found[-1].problem.startswith("A comment can hold at most 5 commands.")


@pytest.mark.parametrize(
    ("before", "after", "fresh"),
    [
        ("/agent run `a`", "/agent run `a`", []),
        ("/agent run `a`", "/agent run `b`", ["`b`"]),
        ("/agent run `a`", "/agent run `a`\n/agent run `a`", ["`a`"]),
        ("/agent run `a`\n/agent run `b`", "/agent run `b`", []),
        ("> /agent run `a`", "/agent run `a`", ["`a`"]),
        ("/agent run `a`\n\nThank you", "/agent run   `a`\n\nThanks!", []),
        ("/agent run\n```sh\na\n```", "/agent run\n```sh\nb\n```", [""]),
        ("/agent run\n- Run `a`", "/agent run\n- Run `a`\n- Run `b`", [""]),
        ("typo", "/agent run `a`", ["`a`"]),
    ],
)
def test_an_edited_comment_counts_only_what_it_lacked_before(
    before: str, after: str, fresh: list[str]
) -> None:
    """Of an edit only new commands count, each as often as it was added; prose around them does not."""
    assert [ask.words for ask in new_asks(after, before, slug=SLUG)] == fresh


@given(st.text(alphabet="/agent run`~<>!-[]()\"'\n\r\t *1.\u00a0\u200b"))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text has between no and six commands, and each of them stands in the text."""
    found = asks(text, slug=SLUG)

    assert len(found) <= MAX_ASKS + 1
    assert all("/agent" in text.lower() for _ in found)


@given(st.text(alphabet="/agent run`~<!-\n >x*1."))
def test_editing_nothing_repeats_nothing(text: str) -> None:
    """A comment that was edited to the same text holds no new command."""
    assert new_asks(text, text, slug=SLUG) == ()


@given(
    st.lists(st.sampled_from(["a", "`", "```", "> q", "<!--", "-->", "    x", "", "- i", "<pre>", "</pre>"]))
)
def test_every_line_gets_exactly_one_kind(lines: list[str]) -> None:
    """The scanner neither loses nor invents a line."""
    text = "\n".join(lines)

    assert len(scan(text)) == len(text.split("\n"))


@pytest.mark.parametrize(
    "unit",
    [
        "/agent run x\n",
        "`",
        "``a",
        "<!--",
        "[`<",
        "> ",
        "<a \n/agent run\n",
        "- ",
        "* a\n",
        " ",
        "\t",
        "[[",
        "<a ",
        "\\",
    ],
)
@pytest.mark.timeout(20)
def test_a_megabyte_of_hostile_text_is_read_in_one_pass(unit: str) -> None:
    """1 MB of anything is answered in seconds; quadratic time would take hours."""
    text = (unit * (1_000_000 // len(unit) + 1))[:1_000_000] + "\n\n/agent help"

    assert len(asks(text, slug=SLUG)) <= MAX_ASKS + 1


def test_what_a_markdown_parser_looks_at_is_bounded() -> None:
    """A paragraph too long for the parser hides the commands in its midst rather than costing its time."""
    long = "[" * MAX_PARAGRAPH

    assert read(f"{long}\n/agent help") == []
    assert read(f"{long}\n\n/agent help") == [("help", "")]
