"""What untrusted text may do in Markdown that GitHub renders: nothing."""

from __future__ import annotations

import re
import sys
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.reports import safe

ESC = "\x1b"
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\U000e0000-\U000e007f\ud800-\udfff]"
)
HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            [*"`~\n\r\b @#<>![]()|*_-:/\\.0123456789abcGH\t", ESC, "\u202e", "\u200b", "\ud800", "\ufe0f"],
        ),
        st.characters(),
    ),
    max_size=300,
)

# What GitHub turns into links after rendering, outside of code.
REFERENCE = re.compile(
    r"(?:^|[^\w`])@[\w-]+|#\d+|\bGH-\d+|https?://|\bwww\.|\b[0-9a-f]{7,40}\b|[\w.+-]+@[\w-]+\.\w+",
    re.IGNORECASE,
)


def rendered(markdown: str) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown))


def outside_code(markdown: str) -> str:
    html = re.sub(r"<pre>.*?</pre>|<code[^>]*>.*?</code>", "", rendered(markdown), flags=re.DOTALL)
    return re.sub(r"<[^>]+>", "", html)


def tags(markdown: str) -> set[str]:
    return set(re.findall(r"</?([a-z0-9]+)", rendered(markdown)))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (f"{ESC}[32m5 passed{ESC}[0m in 0.10s\n", "5 passed in 0.10s\n"),
        ("10%\r20%\r100%\n", "100%\n"),
        ("dos\r\nlines\r\n", "dos\nlines\n"),
        ("a longer text\rshort", "shortger text"),
        (f"a longer text\r{ESC}[Kshort", "short"),
        (f"a longer text{ESC}[2K\rshort", "short"),
        ("ab\b\bcd", "cd"),
        (f"{ESC}]0;a title\x07text", "text"),
        (f"{ESC}]8;;https://evil.test{ESC}\\link{ESC}]8;;{ESC}\\", "link"),
        (f"{ESC}]0;never ended\nthe next line", "\nthe next line"),
        (f"cut {ESC}[3", "cut "),
        (f"{ESC}{ESC}[0m[31m", "U+001B[31m"),
        ("nul\x00 bell\x07", "nulU+0000 bellU+0007"),
        ('if access != "user\u202e \u2066// check\u2069', 'if access != "userU+202E U+2066// checkU+2069'),
        ("zero\u200bwidth tag\U000e0041", "zeroU+200Bwidth tagU+E0041"),
        ("\u26a0\ufe0f careful", "\u26a0\ufe0f careful"),
        ("plain\ufe0f", "plainU+FE0F"),
        ("\ud800", "U+D800"),
        ("tab\tstays, grüße 漢字 🙂", "tab\tstays, grüße 漢字 🙂"),
    ],
)
def test_text_is_shown_as_a_terminal_would_and_what_cannot_be_seen_is_named(written: str, shown: str) -> None:
    """Escape sequences go, progress lines settle, invisible characters are named."""
    assert safe.clean(written) == shown


def test_every_format_control_of_unicode_is_named() -> None:
    """Whatever Unicode calls control, format, surrogate or line separator does not get through unseen."""
    visible_marks = set(
        "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
    )
    hidden = {
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in "\t\n"
    }
    assert {char for char in hidden - visible_marks if char in safe.reveal(char)} == set()


@given(HOSTILE)
def test_cleaning_leaves_nothing_hidden_and_is_done_once(text: str) -> None:
    """Cleaned text holds no hidden character, fits UTF-8, and cleaning it again changes nothing."""
    cleaned = safe.clean(text)
    assert not FORBIDDEN.search(cleaned)
    assert safe.clean(cleaned) == cleaned
    cleaned.encode()


@given(HOSTILE)
def test_inline_text_cannot_leave_its_code_span(text: str) -> None:
    """Inline text renders as one code element and nothing else."""
    html = rendered(f"before {safe.inline(text)} after")
    assert re.fullmatch(r"<p>before <code>[^<]*</code> after</p>\n", html)


@given(HOSTILE)
def test_a_table_cell_keeps_its_borders(text: str) -> None:
    """Text with pipes and backticks stays one cell of code."""
    html = rendered(f"| a | b |\n| --- | --- |\n| {safe.cell(text)} | two |\n")
    assert re.search(r"<tbody>\n<tr>\n<td><code>[^<]*</code></td>\n<td>two</td>\n</tr>\n</tbody>", html)


@given(HOSTILE, st.sampled_from(["", "python", "`evil\n", "c++"]))
def test_nothing_escapes_a_fence(text: str, language: str) -> None:
    """A fenced block renders as one block of code with the whole text in it."""
    html = rendered(f"{safe.fence(text, language)}\n\nafter\n")
    assert re.fullmatch(r"<pre><code[^>]*>[^<]*</code></pre>\n<p>after</p>\n", html)


@given(HOSTILE, st.integers(0, 400))
def test_a_fenced_tail_keeps_its_limit(text: str, limit: int) -> None:
    """A fenced tail is never larger than allowed and never left open."""
    block = safe.fence_within(text, limit)
    assert len(block.encode()) <= limit
    assert rendered(f"{block}\n\nafter").endswith("<p>after</p>\n")


@given(HOSTILE)
def test_words_render_as_words_and_code_only(text: str) -> None:
    """Plain words make a paragraph: no link, image, HTML, emphasis, list, heading or table."""
    assert tags(safe.words(text)) <= {"p", "code"}
    assert not REFERENCE.search(outside_code(safe.words(text)))


@pytest.mark.parametrize(
    "text",
    [
        "fixes #1 closes acme/secret#2 resolves https://github.com/acme/secret/issues/3 GH-4",
        "acme/secret@0123456789abcdef0123456789abcdef01234567",
        "thanks @octocat and @acme/everyone, mail a@b.test",
        "see 0123abc or abc1234...def5678",
        "![x](https://sink.test/b.png?d=1)",
        "![x][r] [r]: https://sink.test/b.png",
        '<img src="https://sink.test/b.png"> <picture><source srcset="https://sink.test/b.png"></picture>',
        '<script>fetch("https://sink.test")</script><a href="javascript:alert(1)">x</a><svg onload=alert(1)>',
        "www.evil.test and &#64;octocat and :tada:",
        "**bold** _it_ ~~gone~~ $x$ [a](b) <!-- agent:run:1 -->",
        "# heading",
        "1. list",
        "- list",
        "--- | ---",
        "/agent run deploy prod",
    ],
)
def test_references_and_markup_do_nothing(text: str) -> None:
    """Mentions, references, closing keywords, commit ids, addresses, images and HTML are only shown."""
    shown = safe.words(text)
    assert tags(shown) <= {"p", "code"}
    assert not REFERENCE.search(outside_code(shown))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Fixes #12 for @octocat", "Fixes no. 12 for (at)octocat"),
        ("acme/shop#3", "acme/shop no. 3"),
        ("GH-7 at https://a.test", "GH 7 at https:/ /a.test"),
        ("revert 0123456789abcdef", "revert 012345…"),
        ("two\nlines\u202e", "two linesU+202E"),
    ],
)
def test_titles_spell_references_out(text: str, shown: str) -> None:
    """Where no code can be written, a reference is spelled out so that it links and closes nothing."""
    assert safe.title(text) == shown


@given(HOSTILE)
def test_titles_hold_no_reference(text: str) -> None:
    """No title can mention a person, reference an issue or commit, or hold an address."""
    assert not REFERENCE.search(safe.title(text))
    assert "\n" not in safe.title(text)


@given(HOSTILE, st.integers(0, 400))
def test_cutting_keeps_the_limit_and_the_fences(text: str, limit: int) -> None:
    """A cut Markdown text is never larger than allowed and never leaves a fence open."""
    cut = safe.cut_bytes(text, limit)
    assert len(cut.encode()) <= max(limit, 0)
    assert rendered(f"{cut}\n\nafter").endswith(("<p>after</p>\n", "after</p>\n"))


def test_a_cut_keeps_the_end_and_says_what_is_missing() -> None:
    """The end of the text is what people need, and they are told how much came before it."""
    cut = safe.cut_bytes("\n".join(f"line {n}" for n in range(100)), 100, hint="All of it is on the page.")
    assert cut == (
        "_The first 758 bytes are left out here._ All of it is on the page.\n\n"
        "line 96\nline 97\nline 98\nline 99"
    )


def test_a_cut_inside_a_fence_opens_the_fence_again() -> None:
    """What was code stays code after the cut."""
    cut = safe.cut_bytes("words\n````\n" + "code\n" * 100 + "````", 100)
    assert cut.startswith("_The first 466 bytes are left out here._\n\n````\ncode\n")
    assert cut.endswith("code\n````")


def test_what_a_reviewer_would_not_see_is_counted_by_name() -> None:
    """Bidi and invisible characters of a text are listed by their code points."""
    assert safe.hidden_characters("a\u202eb\u200b \u26a0\ufe0f") == {"U+202E", "U+200B"}


@pytest.mark.parametrize(
    "piece", ["\r", "\x1b[2K", "\b", "`", "~", "\x1b[", "\x1b]", "a\rb", "\n", "@", "#1 ", "\u202e"]
)
def test_a_megabyte_of_anything_is_read_at_once(piece: str) -> None:
    """Hostile repetition costs linear time: a megabyte takes well under two seconds."""
    text = "x" * 100_000 + piece * (1_000_000 // len(piece))
    began = time.process_time()
    safe.fence_within(text, 60_000)
    safe.words(text)
    safe.cut_bytes(text)
    assert time.process_time() - began < 2
