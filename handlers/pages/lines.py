"""A step's output as lines of HTML: colours kept, everything else that a terminal obeys made harmless."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from bot.reports import safe

LINE = 4_000  # characters; a longer line is broken, so that no line of 200 MB reaches a browser
_OBEYED = re.compile("[\x1b\r\b]")
_SETTLED = ("\r", "\b", "\x1b[K", "\x1b[2K", "\x1b[0K")


@dataclass(frozen=True)
class Drawn:
    """What a piece of output adds: whole lines for good, and the line that is still being written."""

    lines: str
    part: str


class Screen:
    """Draws the output of one step, piece by piece; remembers the open line and the colour."""

    def __init__(self) -> None:
        self._part = ""
        self._style = _Style()

    def draw(self, text: str) -> Drawn:
        pieces = (self._part + text).split("\n")
        lines = self._lines(pieces[:-1])
        part = pieces[-1]
        while len(part) > LINE:
            # a progress bar rewrites its line for ever: only what follows the last return can still be seen
            start = part.rfind("\r", 0, -1) + 1
            if start:
                part = part[start:]
                continue
            lines.append(self._line(part[:LINE]))
            part = part[LINE:]
        self._part = part
        return Drawn("".join(lines), _html(part, _Style(self._style.classes)))

    def _lines(self, lines: list[str]) -> list[str]:
        plain = "".join(f"{line}\n" for line in lines)
        if self._style.classes or _OBEYED.search(plain) or len(max(lines, key=len, default="")) > LINE:
            return [self._line(line) for line in lines]
        return [escape(safe.reveal(plain))]  # most output is plain, and drawn ten times as fast at once

    def _line(self, line: str) -> str:
        broken = [line[at : at + LINE] for at in range(0, len(line), LINE)] or [""]
        if len(line) > LINE and "\r" in line:
            broken = [safe.clean(line)[:LINE]]
        return "".join(f"{_html(part, self._style)}\n" for part in broken)


class _Style:
    """The colour and weight that escape sequences have switched on, as CSS classes."""

    def __init__(self, classes: frozenset[str] = frozenset()) -> None:
        self.classes = classes

    def obey(self, parameters: str) -> None:
        codes = [int(code) if code.isdecimal() and len(code) < 4 else 0 for code in parameters.split(";")]
        while codes:
            code = codes.pop(0)
            if (
                code in (38, 48) and codes
            ):  # 256 colours and RGB: the first sixteen have names, the rest is left out
                kind = codes.pop(0)
                chosen, codes = codes[: 3 if kind == 2 else 1], codes[3 if kind == 2 else 1 :]
                if kind == 5 and chosen and chosen[0] < 16:
                    self._set("fg" if code == 38 else "bg", chosen[0])
            else:
                self._plain(code)

    def _plain(self, code: int) -> None:
        if code == 0:
            self.classes = frozenset()
        elif code in _ON:
            self.classes |= {_ON[code]}
        elif code in _OFF:
            self.classes -= _OFF[code]
        elif code in (39, 49):
            self._clear("fg" if code == 39 else "bg")
        elif 30 <= code <= 37 or 90 <= code <= 97:
            self._set("fg", code - 30 if code < 90 else code - 82)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            self._set("bg", code - 40 if code < 100 else code - 92)

    def _set(self, ground: str, colour: int) -> None:
        self._clear(ground)
        self.classes |= {f"{ground}{colour}"}

    def _clear(self, ground: str) -> None:
        self.classes = frozenset(name for name in self.classes if not name.startswith(ground))


_ON = {1: "bold", 2: "dim", 3: "italic", 4: "under"}
_OFF = {22: {"bold", "dim"}, 23: {"italic"}, 24: {"under"}}


def _html(line: str, style: _Style) -> str:
    line = line.rstrip("\r")
    if any(sign in line for sign in _SETTLED):
        return _span(safe.clean(line), style)
    drawn: list[str] = []
    at = 0
    for found in safe.ESCAPES.finditer(line):
        drawn.append(_span(line[at : found.start()], style))
        if found["csi"] and found["csi"].endswith("m"):
            style.obey(found["csi"][:-1])
        at = found.end()
    drawn.append(_span(line[at:], style))
    return "".join(drawn)


def _span(text: str, style: _Style) -> str:
    if not text:
        return ""
    shown = escape(safe.reveal(text))
    return f'<span class="{" ".join(sorted(style.classes))}">{shown}</span>' if style.classes else shown
