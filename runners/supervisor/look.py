"""Reading a work tree in the keeper, where no process of the run ever was: what differs from a listing."""

from __future__ import annotations

from collections.abc import Iterator

from bot.limits import Limits
from runners.git.changes import too_large, too_many
from runners.git.found import Found
from runners.supervisor.asking import RECORD_BYTES, ask, found
from runners.supervisor.conversation import Conversation

LEFT_OUT_AT_MOST = 1000  # paths that are only named; more are not even counted

# Only what no .gitignore of the tree says otherwise about; tracked files always count.
EXCLUDES = "__pycache__/ *.pyc .pytest_cache/ .mypy_cache/ .ruff_cache/ .tox/ .venv/ node_modules/"

# In: `git ls-tree -r -z`. Out: records.
# All conversions are off (info/attributes stands above the tree's .gitattributes): bytes are compared.
_PROGRAM = r"""
import os, stat, subprocess, sys
most_bytes, most_files, most_named = map(int, sys.argv[1:4])
git_dir, tree = b"/run/look/git", b"/workspace"
for folder in (b"", b"/objects", b"/refs", b"/info"):
    os.mkdir(git_dir + folder)
for name, text in (
    (b"/HEAD", "ref: refs/heads/none\n"),
    (b"/info/attributes", "* -text -ident -filter !working-tree-encoding !eol\n"),
    (b"/info/exclude", "\n".join(sys.argv[4].split()) + "\n"),
):
    with open(git_dir + name, "w") as file:
        file.write(text)
environment = {
    "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C",
    "GIT_DIR": "/run/look/git", "GIT_WORK_TREE": "/workspace", "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_ATTR_NOSYSTEM": "1",
}
settings = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "core.attributesFile=/dev/null",
            "core.excludesFile=/dev/null", "safe.directory=*")
def git(*words, check=True, input=b""):
    argv = ["git", *(word for one in settings for word in ("-c", one)), *words]
    return subprocess.run(argv, cwd=tree, env=environment, check=check, input=input, stdout=-1).stdout
def split(output):
    return output.split(b"\0")[:-1]
listing = sys.stdin.buffer.read()
git("update-index", "-z", "--index-info", input=listing)
git("update-index", "-q", "--really-refresh", check=False)
changed = split(git("diff-files", "-z", "--name-only", "--ignore-submodules=all"))
new = split(git("ls-files", "-z", "--others", "--exclude-per-directory=.gitignore",
                "--exclude-from=/run/look/git/info/exclude"))
odd = split(subprocess.run(
    ["find", ".", "-mindepth", "1", "-name", ".git", "-prune", "-o", "(",
     "(", "!", "-type", "f", "!", "-type", "d", "!", "-type", "l", ")",
     "-o", "(", "-type", "d", "!", "-readable", ")", ")", "-print0"],
    cwd=tree, stdout=-1).stdout)
submodules = [line.split(b"\t", 1)[1] for line in split(listing) if line.startswith(b"160000 ")]
kinds = {}
for path in submodules:
    try:
        empty = not os.listdir(os.path.join(tree, path))
    except OSError:
        empty = False
    if not empty:
        kinds[path] = "submodule"
for path in (one[2:] for one in odd):
    kinds[path] = "unreadable" if os.path.isdir(os.path.join(tree, path)) else "special"
for path in changed + new:
    kinds.setdefault(path, None)
taken = named = size = 0
for path, kind in sorted(kinds.items()):
    content, place = b"", os.path.join(tree, path)
    if kind is None and path.endswith(b"/"):
        kind, path = "repository", path[:-1]
    if kind is None:
        try:
            about = os.lstat(place)
            if stat.S_ISLNK(about.st_mode):
                kind, content = "link", os.readlink(place)
            elif not stat.S_ISREG(about.st_mode):
                kind = "gone"
            elif about.st_size > most_bytes:
                kind = "large"
            else:
                kind = "executable" if about.st_mode & 0o100 else "file"
                if size + about.st_size <= most_bytes:
                    with open(place, "rb") as file:
                        content = file.read()
                size += about.st_size
        except (FileNotFoundError, NotADirectoryError):
            kind = "gone"
        except OSError:
            kind = "unreadable"
    if kind in ("file", "executable", "link", "gone"):
        taken += 1
        if taken > most_files:
            say("files", b"")
            break
        if size > most_bytes:
            say("bytes", b"")
            break
    else:
        named += 1
        if named > most_named:
            continue
    say(kind, path, content)
"""


def look(keeper: Conversation, listing: bytes, limits: Limits) -> Iterator[Found]:
    """Every path that differs. UserError when it is over the limits, before too much is transferred."""
    most = (str(limits.patch_bytes), str(limits.patch_files), str(LEFT_OUT_AT_MOST))
    at_most = limits.patch_bytes + (limits.patch_files + LEFT_OUT_AT_MOST + 1) * RECORD_BYTES
    for record in ask(keeper, _PROGRAM, (*most, EXCLUDES), stdin=listing, at_most=at_most):
        if record[0] == "files":
            raise too_many(limits)
        if record[0] == "bytes":
            raise too_large(limits)
        yield found(record)
