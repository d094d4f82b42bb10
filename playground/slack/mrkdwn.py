"""Texts as HTML, all escaped: Slack's mrkdwn, emoji by their names, and a markdown block's Markdown."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from playground.pages.markdown import ATTRIBUTES, TAGS

EMOJI = {
    "white_check_mark": "✅",
    "heavy_check_mark": "✔️",
    "x": "❌",
    "no_entry": "⛔",
    "no_entry_sign": "🚫",
    "warning": "⚠️",
    "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳",
    "rocket": "🚀",
    "eyes": "👀",
    "lock": "🔒",
    "key": "🔑",
    "link": "🔗",
    "mag": "🔍",
    "memo": "📝",
    "page_facing_up": "📄",
    "package": "📦",
    "bug": "🐛",
    "wave": "👋",
    "tada": "🎉",
    "+1": "👍",
    "-1": "👎",
    "thumbsup": "👍",
    "thumbsdown": "👎",
    "robot_face": "🤖",
    "repeat": "🔁",
    "arrows_counterclockwise": "🔄",
    "stop_button": "⏹️",
    "black_square_for_stop": "⏹️",
    "octagonal_sign": "🛑",
    "information_source": "ℹ️",
    "large_green_circle": "🟢",
    "large_yellow_circle": "🟡",
    "red_circle": "🔴",
    "white_circle": "⚪",
    "bulb": "💡",
    "gear": "⚙️",
    "house": "🏠",
}
_NAMED = re.compile(r":([a-z0-9_+-]+):")
_FENCE = re.compile(r"```\n?(.*?)```", re.S)
_CODE = re.compile(r"`([^`\n]+)`")
_CONTROL = re.compile(r"<([^<>\n]+)>")
_EMPHASIS = (
    (re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w_])_([^_\n]+)_(?![\w_])"), r"<em>\1</em>"),
    (re.compile(r"(?<![\w~])~([^~\n]+)~(?![\w~])"), r"<s>\1</s>"),
)
_HELD = re.compile(r"\x00(\d+)\x00")
Names = Callable[[str], str]


def emoji(text: str) -> str:
    return _NAMED.sub(lambda match: EMOJI.get(match[1], match[0]), text)


def plain(text: str) -> Markup:
    return Markup(str(escape(emoji(text))).replace("\n", "<br>"))


def mrkdwn(text: str, name_of: Names) -> Markup:
    """`name_of` tells what the id of a person or a channel is called."""
    held: list[str] = []

    def hold(html: str) -> str:
        """Put finished HTML where nothing more is done to it."""
        held.append(html)
        return f"\x00{len(held) - 1}\x00"

    def code(tag: str) -> Callable[[re.Match[str]], str]:
        return lambda match: hold(f"<{tag}>{escape(unescape(match[1]))}</{tag}>")

    text = text.replace("\x00", "")
    text = _CODE.sub(code("code"), _FENCE.sub(code("pre"), text))
    text = _CONTROL.sub(lambda match: hold(_control(match[1], name_of)), text)
    html = "<br>".join(_line(line) for line in str(escape(emoji(unescape(text)))).split("\n"))
    return Markup(_HELD.sub(lambda match: held[int(match[1])], html))


def _line(line: str) -> str:
    for pattern, tag in _EMPHASIS:
        line = pattern.sub(tag, line)
    quoted = line.removeprefix("&gt;")
    return line if quoted == line else f'<span class="quote">{quoted}</span>'


def _control(inside: str, name_of: Names) -> str:
    """A mention, a link, or something that Slack shows as it is."""
    target, _, label = inside.partition("|")
    if target[:1] in {"@", "#"}:
        return f'<span class="mention">{escape(target[0] + (label or name_of(target[1:])))}</span>'
    if target.startswith("!"):
        return f'<span class="mention">{escape("@" + (label or target[1:]))}</span>'
    return link(target, unescape(label) or target)


def link(url: str, label: str) -> str:
    if not url.startswith(("http://", "https://", "mailto:")):
        return str(escape(f"<{url}>"))
    return f'<a href="{escape(unescape(url))}" rel="noreferrer nofollow">{escape(label)}</a>'


@functools.cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def markdown(text: str) -> Markup:
    """What a markdown block holds; images are left out."""
    html = nh3.clean(
        _parser().render(text),
        tags=TAGS - {"img", "input"},
        attributes=ATTRIBUTES,
        link_rel="nofollow noreferrer",
        url_schemes={"http", "https", "mailto"},
    )
    return Markup(html)
