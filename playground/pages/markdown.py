"""Comments and check-run texts as HTML, as far as GitHub lets them be HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from playground.github.state import Repository, World

# What GitHub's sanitizer lets through, near enough.
TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "span", "blockquote", "pre"),
    *(
        "b",
        "i",
        "strong",
        "em",
        "s",
        "strike",
        "del",
        "ins",
        "code",
        "tt",
        "kbd",
        "samp",
        "sub",
        "sup",
        "q",
        "var",
    ),
    *("a", "img", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("details", "summary", "input"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"align"},
    "th": {"align"},
    "li": {"class"},
    "details": {"open"},
    "ol": {"start"},
    "code": {"class"},
    "input": {"type", "checked", "disabled"},
}
# A mention tells a person; a reference links another conversation. Neither happens inside code.
_MENTION = re.compile(r"(?<![\w/.])@([a-zA-Z\d](?:[a-zA-Z\d-]{0,38}))|(?<![\w/&])#(\d+)\b")
_BOX = re.compile(r"^\[([ xX])\] ")


def _linked(text: str, world: World, repo: Repository) -> Iterator[Token]:
    last = 0
    for match in _MENTION.finditer(text):
        login, number = match[1], match[2]
        known = world.accounts.get((login or "").lower())
        href = None
        if known is not None:
            href = f"/{known.login}"
        elif number and int(number) in repo.issues:
            word = "pull" if repo.issues[int(number)].pull else "issues"
            href = f"/{repo.full_name}/{word}/{number}"
        if href is None:
            continue
        yield _text(text[last : match.start()])
        opening = Token("link_open", "a", 1)
        opening.attrSet("href", href)
        yield from (opening, _text(match[0]), Token("link_close", "a", -1))
        last = match.end()
    yield _text(text[last:])


def _text(content: str) -> Token:
    token = Token("text", "", 0)
    token.content = content
    return token


def _link_people(state: StateCore) -> None:
    world, repo = state.env["world"], state.env["repo"]
    for block in state.tokens:
        if block.type != "inline" or block.children is None:
            continue
        children: list[Token] = []
        depth = 0
        for token in block.children:
            depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            if token.type == "text" and not depth:
                children.extend(_linked(token.content, world, repo))
            else:
                children.append(token)
        block.children = children


def _tick_boxes(state: StateCore) -> None:
    for before, block in zip(state.tokens[1:], state.tokens[2:], strict=False):
        if block.type != "inline" or before.type != "paragraph_open" or not block.children:
            continue
        first = block.children[0]
        match = _BOX.match(first.content) if first.type == "text" else None
        if match:
            box = Token("html_inline", "", 0)
            checked = "" if match[1] == " " else " checked"
            box.content = f'<input type="checkbox" disabled{checked}> '
            first.content = first.content[match.end() :]
            block.children.insert(0, box)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(["table", "strikethrough"])
    parser.core.ruler.push("people", _link_people)
    parser.core.ruler.push("boxes", _tick_boxes)
    return parser


_PARSER = _parser()


def render(text: str | None, world: World, repo: Repository) -> str:
    """Safe HTML of somebody's Markdown."""
    environment: dict[str, Any] = {"world": world, "repo": repo}
    return nh3.clean(
        _PARSER.render(text or "", environment),
        tags=TAGS,
        attributes=ATTRIBUTES,
        link_rel="nofollow noreferrer",
        url_schemes={"http", "https", "mailto"},
    )
