"""The log of a job of GitHub Actions as a person reads it: without times and colours, up to what failed."""

from __future__ import annotations

import re

from bot.reports.safe import clean

_TIME = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ?", re.MULTILINE)
_FAILED = re.compile(r"^##\[error\].*\n?", re.MULTILINE)


def readable(raw: bytes, *, cut: bool) -> str:
    """`cut` says that the beginning is missing, and with it a part of the first line."""
    if cut:
        raw = raw.partition(b"\n")[2]
    text = _TIME.sub("", raw.decode("utf-8", "replace").replace("\r\n", "\n"))
    return _until_it_failed(clean(text))


def _until_it_failed(text: str) -> str:
    """After the last error a job only tidies up, and what is cut to its end would be nothing but that."""
    errors = list(_FAILED.finditer(text))
    return text[: errors[-1].end()] if errors else text
