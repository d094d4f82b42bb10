"""Our Markdown as Slack's rich text: it looks the same, and calls nobody."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reports import safe
from bot.reports.comment import comment
from handlers.slack.markdown import REST
from handlers.slack.rich_text import rich_text, small
from handlers.slack.texts import escaped
from tests.decisions.report_samples import PAGE
from tests.decisions.slack_elements import section, text, things, words_in
from tests.decisions.test_report_check import FAILED, PYTEST

Json = dict[str, Any]
MARKDOWN = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "<!channel>",
                "<@U123>",
                "<#C1>",
                "@here",
                "&amp;",
                "```\n",
                "`",
                "**",
                "_",
                "~~",
                "[a](",
                "](<",
                "> ",
            ]
        ),
        st.sampled_from(
            ["<code>", "</code>", "<!--", "-->", "<sub>", "<br>", "\n\n", "\n", "- ", "2. ", "# ", "| "]
        ),
        st.sampled_from(
            ["|-|-|\n", "https://a.test/x|y", "javascript:x", "\u202e", "\u200b", "\x1b[2J", "😀"]
        ),
        st.text(max_size=5),
    ),
    max_size=40,
).map("".join)


def shown(markdown: str, limit: int = 3_000) -> list[Json]:
    return rich_text(markdown, limit=limit)


def test_paragraphs_are_one_section_with_its_styles() -> None:
    """What Slack's own editor makes of two paragraphs: one section, a blank line between them."""
    assert shown("**Done** in _42 s_: `x<y` ~~no~~.\n\nMore.") == [
        section(
            text("Done", "bold"),
            text(" in "),
            text("42 s", "italic"),
            text(": "),
            text("x<y", "code"),
            text(" "),
            text("no", "strike"),
            text(".\n\nMore."),
        )
    ]


def test_code_in_html_is_code() -> None:
    """A span that had to be written as HTML, because of a `|`, looks like every other."""
    assert shown(safe.words("see `a|b` now")) == [section(text("see "), text("a|b", "code"), text(" now"))]


def test_links_lead_to_the_web_only() -> None:
    """An address of the web is a link with its words; every other one is words alone."""
    assert shown("[**Log**](<https://a.test/x?y=1&z=2>) [mail](<mailto:a@b.test>) [here](</runs>)") == [
        section(
            {
                "type": "link",
                "url": "https://a.test/x?y=1&z=2",
                "text": "Log",
                "style": {"bold": True},
            },
            text(" mail here"),
        )
    ]


def test_lists_are_lists_and_what_is_in_an_item_stays_in_it() -> None:
    """Bullets and numbers, one level: what is below an item is a line in it."""
    assert shown("Steps:\n\n1. one\n   - deeper\n2. two\n\nThen:\n\n- a `b`") == [
        section(text("Steps:")),
        {
            "type": "rich_text_list",
            "style": "ordered",
            "elements": [section(text("one\n– deeper")), section(text("two"))],
        },
        section(text("\nThen:")),
        {"type": "rich_text_list", "style": "bullet", "elements": [section(text("a "), text("b", "code"))]},
    ]


def test_a_list_that_begins_later_keeps_its_numbers() -> None:
    """Slack's lists begin with 1, so other numbers are written out."""
    assert words_in(shown("7. seven\n8. eight")) == "7. seven\n\n8. eight"


def test_a_fence_is_preformatted() -> None:
    """Code keeps its lines, and nothing in it has a meaning."""
    assert shown(safe.fence("a\n  ```\n<!channel>", "sh")) == [
        {"type": "rich_text_preformatted", "elements": [text("a\n  ```\n<!channel>")]}
    ]


def test_a_drawing_is_left_out() -> None:
    """Slack draws no Mermaid, and its source is no help."""
    assert shown("Before.\n\n```mermaid\nflowchart TD\n```\n\nAfter.") == [section(text("Before.\n\nAfter."))]


def test_a_heading_is_bold_and_a_quote_a_quote() -> None:
    """Whatever Slack has no word for looks like the nearest that it has."""
    assert shown("## What _now_\n\n> a\n> b\n>\n> c") == [
        section(text("What ", "bold"), text("now", "bold", "italic")),
        {"type": "rich_text_quote", "elements": [text("a\nb\nc")]},
    ]


def test_a_table_is_aligned() -> None:
    """Columns stand below each other, numbers on the right."""
    table = (
        "| # | Step | Time |\n| ---: | --- | ---: |\n"
        "| 1 | <code>a&#124;b</code> | 4 s |\n| 12 | tests | 42 s |"
    )

    assert words_in(shown(table)).split("\n") == [
        " #  Step   Time",
        "--  -----  ----",
        " 1  a|b     4 s",
        "12  tests  42 s",
    ]


def test_html_is_its_words() -> None:
    """Comments vanish, tags vanish, and what they were around stays."""
    markdown = (
        "<!-- devops-agent:run:x -->\n**A**<!-- b --> <sub>small</sub>\n\n"
        "<details><summary>The plan</summary>\n\n`x`\n\n</details>\n\n<!-- never\n\nclosed"
    )

    assert words_in(shown(markdown)) == "A small\n\nThe plan\n\nx"


def test_nothing_is_nothing() -> None:
    """A text without words is no block."""
    assert shown("<!-- marker -->\n\n---\n\n") == []


def test_a_long_text_is_cut_between_paragraphs() -> None:
    """Whole paragraphs stay, and the last element says where the rest is."""
    assert shown("First.\n\nSecond.\n\n" + "long " * 50, 60) == [
        section(text("First.\n\nSecond.")),
        section(text(REST)),
    ]


def test_a_long_fence_is_cut_between_lines() -> None:
    """The beginning of code stays, in whole lines."""
    cut = shown(f"Look:\n\n```\none\ntwo\n{'three ' * 10}\n```", 52)

    assert cut[1] == {"type": "rich_text_preformatted", "elements": [text("one\ntwo")]}
    assert cut[-1] == section(text(REST))


def test_a_long_list_is_cut_between_items() -> None:
    """No half of an item is left."""
    cut = shown("\n".join(f"- item {number}" for number in range(100)), 200)

    assert words_in(cut[0]).endswith(f"item {len(cut[0]['elements']) - 1}")
    assert cut[-1] == section(text(REST))


def test_what_is_left_out_is_sought_on_no_page() -> None:
    """Plans, lists and answers have none; where there is one, a button leads to it."""
    assert words_in(shown("word " * 100, 60)).endswith("…The rest is too long for Slack.")


def test_the_limit_counts_what_is_between() -> None:
    """Many short paragraphs are not longer than they may be because of the blank lines between them."""
    cut = shown("\n\n".join("abcdefghijklmnopqrstuvwxyz" * 4), 100)

    assert 95 <= len(words_in(cut)) <= 100


def test_one_endless_line_is_cut_between_words() -> None:
    """Where there is no border, something is shown nevertheless."""
    assert shown("word " * 100, 60) == [section(text("word word word word word…")), section(text(REST))]


def test_hidden_characters_are_named() -> None:
    """A text that would be shown in another order than it is written in says so."""
    assert shown("a\u202eb `\u200b`") == [section(text("aU+202Eb "), text("U+200B", "code"))]


def test_a_comment_of_ours_reads_well() -> None:
    """What we write below a pull request is what we say in Slack."""
    read = shown(comment(FAILED, page_url=PAGE, tails={1: PYTEST}))

    assert [element["type"] for element in read] == [
        "rich_text_section",
        "rich_text_list",
        "rich_text_section",
    ]
    assert words_in(read[0]) == "Tests failed in 42 s: 5 of 5. The first one: test_total."
    assert words_in(read[1]["elements"][1]) == "Step 2, Run the tests: failed (42 s). Exit code 1."
    assert words_in(read[2]).endswith(f"Plan sha256:{FAILED.plan.digest}, read from YAML")


@given(MARKDOWN, st.integers(min_value=0, max_value=400))
def test_nobody_is_called_and_the_limit_holds(markdown: str, limit: int) -> None:
    """Whatever is written: words and links of the web, never empty, never longer, never hidden."""
    read = shown(markdown, limit)

    kinds = {thing["type"] for thing in things(read) if "type" in thing}
    assert kinds <= {
        "rich_text_section",
        "rich_text_list",
        "rich_text_preformatted",
        "rich_text_quote",
        "text",
        "link",
    }
    assert all(thing["elements"] for thing in things(read) if "elements" in thing)
    assert all(thing["text"] for thing in things(read) if "text" in thing)
    assert all(thing["url"].startswith(("http://", "https://")) for thing in things(read) if "url" in thing)
    assert len(words_in(read)) <= limit
    assert safe.reveal(words_in(read)) == words_in(read)


@pytest.mark.parametrize("hostile", ["[", "*a ", "`a", "<a ", "![", "> ", "|a\n|-\n", "&", "``", "- "])
def test_a_hostile_text_takes_no_time(hostile: str) -> None:
    """Only so much is read as fits into any message, and what is not read is not kept silent about."""
    read = shown(hostile * 40_000)

    assert words_in(read).endswith(REST)


# --- texts in which Slack reads marks ------------------------------------------------------------------


def test_marks_are_escaped() -> None:
    """Nothing that calls, links or hides is left in a text of Slack's own Markdown."""
    assert escaped("<!channel> <@U123> & \u202e```") == "&lt;!channel&gt; &lt;@U123&gt; &amp; U+202E'''"


def test_a_footnote_without_links_is_plain() -> None:
    """It is the words of the Markdown, and nothing in it has a meaning."""
    assert small("<sub>Plan `sha256:ab`, *read* from YAML</sub>", limit=100) == {
        "type": "plain_text",
        "text": "Plan sha256:ab, read from YAML",
        "emoji": False,
    }


def test_links_in_a_footnote_can_be_clicked() -> None:
    """The address cannot leave its brackets, nor the words."""
    note = small("By `<!here>`, [log <@U1> \\`\\`\\`](<https://a.test/x|y?a=1&b=2>) & more", limit=100)

    assert note == {
        "type": "mrkdwn",
        "text": "By `&lt;!here&gt;`, <https://a.test/x%7Cy?a=1&amp;b=2|log &lt;@U1&gt; '''> &amp; more",
        "verbatim": True,
    }


def test_a_footnote_is_cut() -> None:
    """A context block has room for a line or two."""
    assert small("word " * 20, limit=12) == {"type": "plain_text", "text": "word word…", "emoji": False}


def test_a_footnote_of_nothing_is_none() -> None:
    """No empty block is sent."""
    assert small("<!-- nothing -->", limit=100) is None
