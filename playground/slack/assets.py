"""What the pages load: style, scripts, and pictures of people."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from playground.pages import door as github_pages
from playground.slack.answers import Answer

HERE = Path(__file__).parent
LIVE = Path(github_pages.__file__).parent / "static" / "live.js"
STATIC = {
    "slack.css": (HERE / "static" / "slack.css", "text/css; charset=utf-8"),
    "slack.js": (HERE / "static" / "slack.js", "text/javascript; charset=utf-8"),
    "live.js": (LIVE, "text/javascript; charset=utf-8"),
}


def static(name: str) -> Answer:
    path, kind = STATIC.get(name, (None, ""))
    return (404, {}, b"") if path is None else (200, {"content-type": kind}, path.read_bytes())


def avatar(name: str) -> Answer:
    """A letter on a colour of its own."""
    user = re.sub(r"[^A-Z0-9_]", "", name.removesuffix(".svg"))
    hue = int(hashlib.sha256(user.encode()).hexdigest()[:4], 16) % 360
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
        f'<rect width="40" height="40" rx="8" fill="hsl({hue} 45% 45%)"/>'
        '<text x="20" y="27" font-size="18" font-family="sans-serif" text-anchor="middle" fill="#fff">'
        f"{user.partition('_')[2][:1] or user[:1]}</text></svg>"
    )
    return 200, {"content-type": "image/svg+xml"}, picture.encode()
