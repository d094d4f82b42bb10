"""Fetching files out of a work tree by their names: artifacts and reports."""

from __future__ import annotations

from collections.abc import Sequence

from bot.limits import Limits
from bot.ports import Gathered, Gathering
from runners.git.found import Kind
from runners.git.names import shown, trouble
from runners.supervisor.asking import RECORD_BYTES, ask, found
from runners.supervisor.conversation import Conversation

MOST_FILES = 1000
MENTIONED = 20  # that were left out; the rest is counted
_LEFT_OUT = {
    Kind.SPECIAL: "it is not a plain file.",
    Kind.UNREADABLE: "it cannot be read.",
}

# The names of files are matched part by part, `**` being any number of parts. Links are not followed.
_PROGRAM = r"""
import fnmatch, os, stat
most_bytes, most_files = map(int, sys.argv[1:3])
globs = [glob.split("/") for glob in sys.argv[3:]]
def skipping(reached, glob):
    reached = set(reached)
    for place, part in enumerate(glob):
        if place in reached and part == "**":
            reached.add(place + 1)
    return reached
def matches(parts, glob):
    reached = skipping({0}, glob)
    for part in parts:
        if len(glob) in reached:
            return True
        reached = skipping({
            place if glob[place] == "**" else place + 1
            for place in reached
            if glob[place] == "**" or fnmatch.fnmatchcase(part, glob[place])
        }, glob)
        if not reached:
            return False
    return len(glob) in reached
size = files = 0
for folder, folders, names in os.walk(b"/workspace"):
    folders[:] = sorted(name for name in folders if name != b".git")
    for name in sorted(names):
        place = os.path.join(folder, name)
        path = place[len(b"/workspace/"):]
        parts = path.decode("utf-8", "surrogateescape").split("/")
        if not any(matches(parts, glob) for glob in globs):
            continue
        files += 1
        try:
            about = os.lstat(place)
            if not stat.S_ISREG(about.st_mode):
                say("special", path)
            elif files > most_files or size + about.st_size > most_bytes:
                say("large", path)
            else:
                with open(place, "rb") as file:
                    content = file.read(about.st_size)
                size += len(content)
                say("file", path, content)
        except OSError:
            say("unreadable", path)
        if files > 2 * most_files:
            sys.exit()
"""


def gather(keeper: Conversation, globs: Sequence[str], limits: Limits) -> Gathering:
    """Hiccup when there is no answer."""
    words = (str(limits.artifact_bytes), str(MOST_FILES), *globs)
    at_most = limits.artifact_bytes + (2 * MOST_FILES + 1) * RECORD_BYTES
    reasons = {**_LEFT_OUT, Kind.LARGE: _no_room(limits)}
    files: list[Gathered] = []
    left_out: list[str] = []
    for each in map(found, ask(keeper, _PROGRAM, words, stdin=b"", at_most=at_most)):
        reason = reasons.get(each.kind) or trouble(each.path, link=False)
        if reason is None:
            files.append(Gathered(each.path.decode(), each.content))
        else:
            left_out.append(f"`{shown(each.path)}` was left out: {reason}")
    more = len(left_out) - MENTIONED
    if more > 0:
        left_out[MENTIONED:] = [f"And {more} more artifacts were left out for such reasons."]
    return Gathering(tuple(sorted(files, key=lambda file: file.path)), tuple(left_out))


def _no_room(limits: Limits) -> str:
    return f"all artifacts may have {limits.artifact_bytes // 1024} KiB together (`artifact_bytes`)."
