"""One bare git repository on disk. The only place that knows dulwich and starts git."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISDIR

from dulwich.graph import find_merge_base
from dulwich.object_store import commit_tree_changes, iter_tree_contents, tree_lookup_path
from dulwich.objects import Blob, Commit, ObjectID, ShaFile, Tag, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo

SHA = re.compile(r"[0-9a-f]{40}")
NO_SHA = "0" * 40
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
# Without the operator's own git settings: a playground behaves the same on every machine.
GIT_ENV = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
}
_CONFIG = {
    "http.receivepack": "true",
    "uploadpack.allowAnySHA1InWant": "true",
    "uploadpack.allowFilter": "true",
    "transfer.unpackLimit": "100000",  # pushed objects stay loose, where they are seen at once
    "gc.auto": "0",
    "receive.autogc": "false",
    "core.fsync": "none",
}


@dataclass(frozen=True, slots=True)
class Signature:
    name: str
    email: str
    at: datetime

    def line(self) -> bytes:
        return f"{self.name} <{self.email}>".encode()


@dataclass(frozen=True, slots=True)
class TreeItem:
    path: str
    mode: str
    sha: str

    @property
    def kind(self) -> str:
        return {"040000": "tree", "160000": "commit"}.get(self.mode, "blob")


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file of a comparison, as GitHub lists it."""

    path: str
    previous_path: str | None
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str | None


class Store:
    """Reads and writes objects in this process; starts git only for diffs and for forks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._repo = Repo(str(folder))
        self._objects = self._repo.object_store
        self._diffs: OrderedDict[tuple[str, str], list[FileDiff]] = OrderedDict()

    @classmethod
    def create(cls, folder: Path, default_branch: str) -> Store:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        repo = Repo.init_bare(str(folder), default_branch=default_branch.encode())
        config = repo.get_config()
        for key, value in _CONFIG.items():
            section, name = key.split(".")
            config.set((section.encode(),), name.encode(), value.encode())
        config.write_to_path()
        repo.close()
        return cls(folder)

    def close(self) -> None:
        self._repo.close()

    # -- refs -----------------------------------------------------------------------------------

    def ref(self, name: str) -> str | None:
        """The commit that a full ref name (`refs/heads/main`) points to."""
        try:
            return self._repo.refs[Ref(name.encode())].decode()
        except KeyError:
            return None

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        names = sorted(self._repo.refs.allkeys())
        wanted = [name for name in names if name.startswith(prefix.encode())]
        return {name.decode(): self._repo.refs[name].decode() for name in wanted}

    def set_ref(self, name: str, sha: str) -> None:
        self._repo.refs[Ref(name.encode())] = ObjectID(sha.encode())

    def delete_ref(self, name: str) -> None:
        self._repo.refs.remove_if_equals(Ref(name.encode()), None)

    def branches(self) -> dict[str, str]:
        return {name.removeprefix("refs/heads/"): sha for name, sha in self.refs("refs/heads/").items()}

    def branch(self, name: str) -> str | None:
        return self.ref(f"refs/heads/{name}")

    def resolve(self, revision: str) -> str | None:
        """The commit that a branch, tag, full ref, or whole or short sha means."""
        for name in (f"refs/heads/{revision}", f"refs/tags/{revision}", f"refs/{revision}", revision):
            if name.startswith("refs/") and (sha := self.ref(name)) is not None:
                return self._peeled(sha)
        if SHA.fullmatch(revision):
            return revision if isinstance(self.read(revision), Commit) else None
        if re.fullmatch(r"[0-9a-f]{7,39}", revision):
            found = [o.decode() for o in self._objects.iter_prefix(revision.encode())]
            return found[0] if len(found) == 1 and isinstance(self.read(found[0]), Commit) else None
        return None

    def _peeled(self, sha: str) -> str:
        found = self.read(sha)
        while isinstance(found, Tag):
            sha = found.object[1].decode()
            found = self.read(sha)
        return sha

    # -- objects --------------------------------------------------------------------------------

    def read(self, sha: str) -> ShaFile | None:
        if not SHA.fullmatch(sha):
            return None
        try:
            return self._objects[ObjectID(sha.encode())]
        except KeyError:
            return None

    def commit(self, sha: str) -> Commit | None:
        found = self.read(sha)
        return found if isinstance(found, Commit) else None

    def blob(self, sha: str) -> bytes | None:
        found = self.read(sha)
        return found.data if isinstance(found, Blob) else None

    def write_blob(self, content: bytes) -> str:
        blob = Blob.from_string(content)
        self._objects.add_object(blob)
        return blob.id.decode()

    def tree_of(self, sha: str) -> str | None:
        """The tree of a commit, or the tree itself."""
        found = self.read(sha)
        if isinstance(found, Commit):
            return str(found.tree.decode())
        return sha if isinstance(found, Tree) else None

    def tree_items(self, tree: str) -> list[TreeItem]:
        found = self.read(tree)
        if not isinstance(found, Tree):
            return []
        return [_item(entry.path, entry.mode, entry.sha) for entry in found.iteritems()]

    def tree_recursive(self, tree: str) -> list[TreeItem]:
        entries = iter_tree_contents(self._objects, ObjectID(tree.encode()), include_trees=True)
        return [_item(e.path, e.mode, e.sha) for e in entries if e.path]

    def lookup(self, tree: str, path: str) -> TreeItem | None:
        if not path:
            return TreeItem("", "040000", tree)
        try:
            mode, sha = tree_lookup_path(self._objects.__getitem__, ObjectID(tree.encode()), path.encode())
        except (KeyError, NotADirectoryError, ValueError):
            return None
        return _item(path.encode(), mode, sha)

    def write_tree(self, base: str | None, entries: Iterable[tuple[str, str, str | None]]) -> str:
        """A tree like `base` with (path, mode, sha) put in; a sha of None takes the path out."""
        tree = self.read(base) if base else None
        if not isinstance(tree, Tree):
            tree = Tree()
            self._objects.add_object(tree)
        removals, whole, files = [], [], []
        for path, mode, sha in entries:
            if sha is None:
                removals.append((path.encode(), None, None))
            elif mode == "040000":
                whole.append((path, sha))
            else:
                files.append((path.encode(), int(mode, 8), ObjectID(sha.encode())))
        for path, sha in whole:  # a subtree put in whole replaces what was there
            if self.lookup(tree.id.decode(), path) is not None:
                removals.append((path.encode(), None, None))
            for item in self.tree_recursive(sha):
                if item.kind != "tree":
                    inner = (f"{path}/{item.path}".encode(), int(item.mode, 8), ObjectID(item.sha.encode()))
                    files.append(inner)
        changed: ObjectID = tree.id
        for changes in (removals, files):
            if changes:
                changed = commit_tree_changes(self._objects, changed, changes)
        return changed.decode()

    def write_commit(
        self,
        tree: str,
        *,
        parents: Sequence[str],
        message: str,
        author: Signature,
        committer: Signature,
        signature: bytes | None = None,
    ) -> str:
        commit = Commit()
        commit.tree = ObjectID(tree.encode())
        commit.parents = [ObjectID(parent.encode()) for parent in parents]
        commit.author, commit.committer = author.line(), committer.line()
        commit.author_time, commit.commit_time = int(author.at.timestamp()), int(committer.at.timestamp())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"UTF-8"
        commit.message = message.encode()
        if signature is not None:
            commit.gpgsig = signature
        self._objects.add_object(commit)
        return commit.id.decode()

    # -- history --------------------------------------------------------------------------------

    def history(self, sha: str, *, without: str | None = None) -> Iterator[str]:
        """Commits reachable from `sha`, newest first, that `without` does not reach."""
        exclude = [ObjectID(without.encode())] if without else None
        for entry in self._repo.get_walker(include=[ObjectID(sha.encode())], exclude=exclude):
            yield entry.commit.id.decode()

    def merge_base(self, one: str, other: str) -> str | None:
        found = find_merge_base(self._repo, [ObjectID(one.encode()), ObjectID(other.encode())])
        return found[0].decode() if found else None

    def is_ancestor(self, old: str, new: str) -> bool:
        return self.merge_base(old, new) == old

    # -- git itself -----------------------------------------------------------------------------

    def git(self, *arguments: str) -> bytes:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments], env=GIT_ENV, capture_output=True, check=True
        )
        return done.stdout

    def fetch(self, other: Store, source: str, target: str) -> None:
        """Bring `source` of another repository here as `target` (a fork's branch as a pull request)."""
        self.git("fetch", "--quiet", "--no-tags", str(other.folder), f"+{source}:{target}")

    def merges_cleanly(self, one: str, other: str) -> bool:
        command = ["git", "-C", str(self.folder), "merge-tree", "--write-tree", one, other]
        return subprocess.run(command, env=GIT_ENV, capture_output=True, check=False).returncode == 0

    def diff(self, base: str, head: str) -> list[FileDiff]:
        """What changed from commit or tree `base` to `head`, file by file. The last 64 are remembered."""
        found = self._diffs.get((base, head))
        if found is None:
            found = self._diffs[(base, head)] = list(self._fresh_diff(base, head))
            if len(self._diffs) > 64:
                self._diffs.popitem(last=False)
        return found

    def diff_text(self, base: str, head: str) -> bytes:
        return self.git("diff", "--no-ext-diff", "--full-index", "--binary", "-M", base, head)

    def _fresh_diff(self, base: str, head: str) -> Iterator[FileDiff]:
        flags = ("--no-ext-diff", "--no-color", "-M", "--full-index", "--no-abbrev")
        both = self.git("diff", *flags, "--raw", "-z", "--patch", base, head)
        # `-z --raw --patch`: NUL separated records, an empty record, then the patches.
        records, _, patches = both.partition(b"\0\0")
        hunks = re.split(rb"^(?=diff --git )", patches, flags=re.M)[1:]
        fields = iter(records.split(b"\0"))
        for header in fields:
            if not header.startswith(b":"):
                continue
            _, _, old, new, letter = header.decode().lstrip(":").split(" ")
            path = next(fields).decode(errors="replace")
            previous = None
            if letter[0] in "RC":
                previous, path = path, next(fields).decode(errors="replace")
            hunk = hunks.pop(0) if hunks else b""
            start = hunk.find(b"\n@@")
            patch = hunk[start + 1 :].decode(errors="replace").rstrip("\n") if start >= 0 else None
            lines = patch.splitlines() if patch else []
            yield FileDiff(
                path=path,
                previous_path=previous,
                status={"A": "added", "D": "removed", "R": "renamed", "C": "copied"}.get(
                    letter[0], "modified"
                ),
                sha=old if new == NO_SHA else new,
                additions=sum(line.startswith("+") for line in lines),
                deletions=sum(line.startswith("-") for line in lines),
                patch=patch,
            )


def _item(path: bytes, mode: int, sha: bytes) -> TreeItem:
    text = "040000" if S_ISDIR(mode) else f"{mode:06o}"
    return TreeItem(path.decode(errors="replace"), text, sha.decode())


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
