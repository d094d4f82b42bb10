"""Untrusted text made harmless: what a container or a stranger wrote, fit for Markdown that GitHub renders.

GitHub links `@names`, `#12`, commit ids and addresses after Markdown has become HTML, so entities and
backslashes do not stop it; inside code it links nothing. So whatever could be a reference is shown as code.
"""

from __future__ import annotations

import re

GITHUB_TEXT = 65_535  # bytes: GitHub refuses a check run's summary or text above this

# --- what a terminal would show ------------------------------------------------------------------------

# CSI, then OSC/DCS/SOS/PM/APC (which end at BEL, ST or, so that nothing can swallow a log, the line's end),
# then the short escapes. Possessive, and with an optional end, so that hostile input costs linear time.
ESCAPES = re.compile(
    r"\x1b\[(?P<csi>[0-?]*+[ -/]*+[@-~]?)"
    r"|\x1b[\]PX^_][^\x07\x1b\n]*+(?:\x07|\x1b\\)?"
    r"|\x1b[ -/]*+[0-Z\\`-~]"
)
_ERASE, _CLEAR = "\uf8ff", "\uf8fe"  # "erase to the end", "clear the line", while a line is put together
_MOVES = re.compile(f"([\r\b{_ERASE}{_CLEAR}])")
_ERASES = {"K": _ERASE, "0K": _ERASE, "J": _ERASE, "0J": _ERASE, "2K": _CLEAR}

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_HIDDEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{INVISIBLE}]")
# The emoji form of a symbol, as in "⚠️": one variation selector after a symbol is how tools write it.
_UNSEEN = re.compile(f"(?<=[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff])\ufe0f|({_HIDDEN.pattern})")


def clean(text: str) -> str:
    """The text as a terminal would end up showing it; whatever cannot be seen is named, like `U+202E`."""
    text = text.replace(_ERASE, "U+F8FF").replace(_CLEAR, "U+F8FE").replace("\r\n", "\n")
    text = ESCAPES.sub(_keep_erasing, text)
    if _MOVES.search(text):
        text = "\n".join(map(_settle, text.split("\n")))
    return reveal(text)


def reveal(text: str) -> str:
    """Control, bidi and invisible characters named, everything else as it is."""
    if not (_CONTROL if text.isascii() else _HIDDEN).search(text):
        return text
    return _UNSEEN.sub(lambda found: f"U+{ord(found[0]):04X}" if found[1] else found[0], text)


def hidden_characters(text: str) -> frozenset[str]:
    """Which bidi and invisible characters a text holds, as `U+202E`: what a reviewer would not see."""
    return frozenset(
        f"U+{ord(found[1]):04X}"
        for found in _UNSEEN.finditer(text)
        if found[1] and _INVISIBLE.match(found[1])
    )


def is_invisible(char: str) -> bool:
    """Whether Unicode gives this character no shape of its own."""
    return bool(_INVISIBLE.match(char))


def _keep_erasing(found: re.Match[str]) -> str:
    return _ERASES.get(found["csi"] or "", "")


def _settle(line: str) -> str:
    """One line after carriage returns, backspaces and erasing: later text lies over earlier text."""
    cells: list[str] = []
    at = 0
    for piece in _MOVES.split(line):
        if piece == "\r":
            at = 0
        elif piece == "\b":
            at = max(0, at - 1)
        elif piece == _ERASE:
            del cells[at:]
        elif piece == _CLEAR:
            cells, at = [], 0
        elif piece:
            cells[at : at + len(piece)] = piece
            at += len(piece)
    return "".join(cells)


# --- code ----------------------------------------------------------------------------------------------

_TICKS = re.compile("`+")
_TILDES = re.compile("~+")
_BLANKS = re.compile(r"\s+")


def one_line(text: str, *, limit: int = 200) -> str:
    """Cleaned, without line breaks, at most `limit` characters. Still to be put into code or `words`."""
    line = _BLANKS.sub(" ", clean(text[: 64 * limit])).strip()
    return line if len(line) <= limit else line[: max(0, limit - 1)].rstrip() + "…"


def inline(text: str, *, limit: int = 200) -> str:
    """A code span that its content cannot leave."""
    return _span(one_line(text, limit=limit))


def cell(text: str, *, limit: int = 200) -> str:
    """A code span for a table: a `|` would end the cell even inside code, so it is written as an entity."""
    return _code(one_line(text, limit=limit))


def _code(line: str) -> str:
    if "|" not in line:
        return _span(line)
    return f"<code>{_SPECIAL.sub(lambda found: f'&#{ord(found[0])};', line)}</code>"


def fence(text: str, language: str = "") -> str:
    """A fenced block, its fence longer than any run of the same sign inside."""
    return _fenced(clean(text).strip("\n"), language)


def fence_within(text: str, limit: int, *, before: int = 0) -> str:
    """The end of a text in a fenced block of at most `limit` bytes, saying how much is left out.

    `before` counts the bytes that came before this text and are not in it. Empty when nothing fits.
    """
    text = clean(text).strip("\n")
    size = _size(text)
    room = limit
    for _ in range(4):  # a longer fence leaves less room, which may make the fence shorter
        kept, left_out = tail(text, max(0, room))
        note = f"{_left_out(left_out + before)}\n\n" if left_out + before else ""
        block = note + _fenced(kept, "")
        if _size(block) <= limit:
            return block if kept or not size else ""
        room = min(room - 1, limit - (_size(block) - _size(kept)))
    return ""


def _span(line: str) -> str:
    ticks = "`" * (_longest(_TICKS, line) + 1)
    if not line:
        return "` `"
    pad = " " if line[0] in "` " or line[-1] in "` " else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def _fenced(text: str, language: str) -> str:
    ticks, tildes = _longest(_TICKS, text), _longest(_TILDES, text)
    border = "`" * max(3, ticks + 1) if ticks <= max(2, tildes) else "~" * max(3, tildes + 1)
    tag = "".join(char for char in language if char.isascii() and (char.isalnum() or char in "+-"))
    return f"{border}{tag}\n{text}\n{border}" if text else f"{border}{tag}\n{border}"


def _longest(runs: re.Pattern[str], text: str) -> int:
    return max((len(run) for run in runs.findall(text)), default=0)


# --- plain words ---------------------------------------------------------------------------------------

_SPECIAL = re.compile(r"[!-/:-@\[-`{-~]")
_MARKUP = re.compile(r"[\\*_\[\]<>|~$&!^{}]")
_FIRST = re.compile(r"[-+=]|\d+[.)]")
_LINKED = re.compile(
    r"[@#`]|://|www\.|mailto:|xmpp:|\bGH-\d|\bGHSA-|\b[A-Z][A-Z0-9]+-\d|:[\w+-]+:"
    r"|(?<![0-9A-Za-z])[0-9a-f]{7,}(?![0-9A-Za-z])",
    re.IGNORECASE,
)


# Between blanks, so that no other code touches it: two spans side by side would be one.
_QUOTED = re.compile(r"(?<!\S)`([^`]+)`(?=[.,;:?)]*(?:\s|$))")


def words(text: str, *, limit: int = 500) -> str:
    """Plain words on one line of Markdown, with what is in backticks as code.

    What GitHub would link or obey is shown as code, too.
    """
    pieces = _QUOTED.split(one_line(text, limit=limit))
    line = "".join(_code(piece) if number % 2 else _plain(piece) for number, piece in enumerate(pieces))
    if _FIRST.match(line):  # would begin a list, a heading or a rule
        line = _FIRST.sub(lambda found: found[0][:-1] + "\\" + found[0][-1], line, count=1)
    return line


def _plain(text: str) -> str:
    parts: list[str] = []
    linked: list[str] = []
    for word in text.split(" "):
        if _LINKED.search(word):
            linked.append(word)
            continue
        if linked:
            parts.append(_shown(linked))
            linked = []
        parts.append(_MARKUP.sub(r"\\\g<0>", word))
    if linked:
        parts.append(_shown(linked))
    return " ".join(parts)


def _shown(linked: list[str]) -> str:
    """References as code, the punctuation of their sentence behind it."""
    text = " ".join(linked)
    bare = text.rstrip(".,;?")
    return f"{_code(bare)}{text[len(bare) :]}" if bare else _code(text)


_REFERENCE = re.compile(r"(?<![0-9A-Za-z])([0-9a-f]{6})[0-9a-f]+(?![0-9A-Za-z])", re.IGNORECASE)


def title(text: str, *, limit: int = 200) -> str:
    """Plain words where no code can be written (titles, commit messages), so references are spelled out."""
    line = one_line(text, limit=limit)
    line = line.replace("@", "(at)").replace("://", ":/ /")
    line = re.sub(r" ?#(?=\w)", " no. ", line).strip()
    line = re.sub(r"\b(GH|[A-Z][A-Z0-9]+)-(?=\d)", r"\1 ", line, flags=re.IGNORECASE)
    line = _REFERENCE.sub(r"\1…", line)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


# --- cutting -------------------------------------------------------------------------------------------

_FENCE_LINE = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})(?P<rest>[^\n]*)")


def tail(text: str, limit: int) -> tuple[str, int]:
    """The end of a plain text in at most `limit` bytes, on a line border; how many bytes are left out."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return raw.decode(), 0
    start = len(raw) - limit
    line = raw.find(b"\n", start - 1 if start else 0) + 1
    if line and line < len(raw):
        start = line
    kept = raw[start:].decode("utf-8", "ignore") if limit > 0 else ""
    return kept, len(raw) - len(kept.encode())


def cut_bytes(markdown: str, limit: int = GITHUB_TEXT, *, hint: str = "") -> str:
    """The end of a Markdown text in at most `limit` bytes, saying how much is left out.

    A fence that the cut falls into is opened again, and one that is open at the end is closed. `hint` is a
    sentence of ours that says where the whole is.
    """
    markdown = markdown.encode("utf-8", "replace").decode()
    lines = markdown.split("\n")
    opened = _open_fences(lines)
    closing = f"\n{opened[-1]}" if opened[-1] else ""
    whole = _size(markdown)
    if whole + len(closing) <= limit:
        return markdown + closing
    room = limit - len(closing)
    kept = 0
    first = len(lines)
    while first > 0:
        kept += _size(lines[first - 1]) + 1
        head = _cut_head(whole - kept + 1, opened[first - 1], hint)
        if _size(head) + kept - 1 > room:
            break
        first -= 1
    if first < len(lines):
        rest = "\n".join(lines[first:])
        return _cut_head(whole - _size(rest), opened[first], hint) + rest + closing
    return _cut_line(lines[-1], limit, whole, hint)


def _cut_line(line: str, limit: int, whole: int, hint: str) -> str:
    """Not even the last line fits: its end, in a fence, since half a line may be half of anything."""
    overhead = _size(_cut_head(whole, "", hint))
    block = _fenced(tail(line, max(0, limit - overhead - 8))[0], "")
    if overhead + _size(block) <= limit:
        return _cut_head(whole - _size(block), "", hint) + block
    note = _left_out(whole)
    return note if len(note) <= limit else ""


def _cut_head(left_out: int, reopened: str, hint: str) -> str:
    note = f"{_left_out(left_out)} {hint}".rstrip()
    return f"{note}\n\n{reopened}\n" if reopened else f"{note}\n\n"


def _left_out(count: int) -> str:
    return f"_The first {count:,} bytes are left out here._"


def _open_fences(lines: list[str]) -> list[str]:
    """For each line, and for the end of the text, the fence that is open before it ("" when none is)."""
    opened: list[str] = []
    mark = ""
    for line in lines:
        opened.append(mark)
        found = _FENCE_LINE.match(line)
        if not found:
            continue
        if not mark:
            if found["mark"][0] == "~" or "`" not in found["rest"]:
                mark = found["mark"]
        elif found["mark"][0] == mark[0] and len(found["mark"]) >= len(mark) and not found["rest"].strip():
            mark = ""
    return [*opened, mark]


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
