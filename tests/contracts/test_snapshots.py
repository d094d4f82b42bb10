"""The Snapshots contract: a pinned commit, byte for byte, from the few places that may give it."""

from __future__ import annotations

import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import AgentError, Hiccup, UserError
from bot.ids import Sha
from bot.ports import Origin
from runners.git import GitSnapshots, LocalOrigin
from runners.git.rooms import room
from runners.git.snapshots import GitSnapshot
from tests.boxes import GitServer, Repository, git_server, new_repository

TOKEN = "ghs_" + "Secret0123456789" * 3
NOWHERE = Sha("0123456789abcdef" * 2 + "01234567")
ODD: dict[str | bytes, bytes] = {
    b"caf\xe9": b"latin-1",
    "new\nline": b"two lines",
    "-dash": b"",
    "d\u00e9j\u00e0/vu \u2603.txt": b"snow",
    "a" * 200 + "/" + "b" * 200: b"long",
    "crlf.bat": b"echo\r\n",
    ".gitattributes": b"* text=auto\n*.bat eol=lf\nsecret export-ignore\nversion export-subst\n",
    "secret": b"kept",
    "version": b"$Format:%H$",
    "binary": bytes(range(256)) * 40,
}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return new_repository(tmp_path / "acme" / "shop")


@pytest.fixture
def server(repository: Repository) -> Iterator[GitServer]:
    repository.commit({"README.md": b"# Shop\n"})
    with git_server(repository) as serving:
        yield serving


@pytest.fixture
def snapshots(tmp_path: Path) -> GitSnapshots:
    return GitSnapshots(tmp_path / "state", allow_loopback=True)


def unpacked(snapshot: GitSnapshot, folder: Path) -> Repository:
    folder.mkdir()
    with snapshot.archive() as archive:
        subprocess.run(["tar", "-xof", "-", "-C", str(folder)], stdin=archive, check=True)
    return Repository(folder)


def test_every_byte_of_a_commit_arrives(
    repository: Repository, snapshots: GitSnapshots, tmp_path: Path
) -> None:
    """Odd names, no line-ending conversion, nothing left out by export attributes."""
    repository.write(ODD)
    (repository.folder / "run.sh").write_bytes(b"#!/bin/sh\n")
    (repository.folder / "run.sh").chmod(0o755)
    (repository.folder / "link").symlink_to("/etc/passwd")
    (repository.folder / "broken").symlink_to("no/where")
    repository.commit({})

    tree = unpacked(snapshots.fetch(repository.origin()), tmp_path / "tree").folder

    names = {os.fsencode(name): content for name, content in ODD.items()}
    assert {
        name: Path(os.fsdecode(os.path.join(os.fsencode(tree), name))).read_bytes() for name in names
    } == names
    assert os.access(tree / "run.sh", os.X_OK)
    assert (tree / "link").readlink() == Path("/etc/passwd")
    assert (tree / "broken").readlink() == Path("no/where")


def test_the_git_folder_is_a_usable_shallow_work_tree(
    repository: Repository, snapshots: GitSnapshots, tmp_path: Path
) -> None:
    """A step can use git: detached at the commit, clean, sound, with one commit of history and no remote."""
    repository.commit({"a": b"1"})
    repository.commit({"a": b"2", "folder/b": b"3"})

    tree = unpacked(snapshots.fetch(repository.origin()), tmp_path / "tree")

    assert tree.head() == repository.head()
    assert tree.git("status", "--porcelain") == ""
    assert tree.git("fsck", "--strict") == ""
    assert tree.git("rev-list", "--count", "HEAD") == "1"
    assert tree.git("remote") == ""
    assert not (tree.folder / ".git" / "hooks").exists()


def test_a_snapshot_knows_every_path(repository: Repository, snapshots: GitSnapshots) -> None:
    """`paths` names the commit's files, folders included in the name."""
    repository.commit({"a": b"1", "folder/b": b"3"})

    assert snapshots.fetch(repository.origin()).paths == {"a", "folder/b"}


def test_a_submodule_stays_an_empty_folder(
    repository: Repository, snapshots: GitSnapshots, tmp_path: Path
) -> None:
    """Submodules are never fetched, whatever .gitmodules says."""
    mark = tmp_path / "fetched"
    modules = f'[submodule "x"]\n\tpath = sub\n\turl = ext::sh -c "touch {mark}"\n'
    repository.commit({".gitmodules": modules.encode()})
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{NOWHERE},sub")
    repository.git("commit", "-q", "-m", "With a submodule")

    tree = unpacked(snapshots.fetch(repository.origin()), tmp_path / "tree").folder

    assert list((tree / "sub").iterdir()) == []
    assert not mark.exists()


def test_a_large_file_pointer_stays_a_pointer(
    repository: Repository, snapshots: GitSnapshots, tmp_path: Path
) -> None:
    """No filter runs: what LFS would replace is delivered as it is in the commit."""
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    repository.commit({".gitattributes": b"*.bin filter=lfs diff=lfs merge=lfs -text\n", "x.bin": pointer})

    tree = unpacked(snapshots.fetch(repository.origin()), tmp_path / "tree").folder

    assert (tree / "x.bin").read_bytes() == pointer


def test_a_commit_is_fetched_by_its_sha_over_http(server: GitServer, snapshots: GitSnapshots) -> None:
    """A pinned commit is found although the branch has moved on."""
    origin = Origin(server.url(), _pinned(server, snapshots))

    assert snapshots.fetch(origin).paths == {"README.md"}


def _pinned(server: GitServer, snapshots: GitSnapshots) -> Sha:
    head = subprocess.run(
        ["git", "ls-remote", server.url(), "HEAD"], capture_output=True, text=True, check=True
    ).stdout
    return Sha(head.split()[0])


def test_a_server_that_refuses_shas_is_asked_for_everything(
    repository: Repository, server: GitServer, snapshots: GitSnapshots
) -> None:
    """Where only names can be asked for, the commit is found behind them."""
    pinned = repository.head()
    repository.commit({"later": b"1"})
    server.only_what_names_point_at = True

    assert snapshots.fetch(Origin(server.url(), pinned)).paths == {"README.md"}


def test_a_second_fetch_needs_no_network(
    repository: Repository, server: GitServer, snapshots: GitSnapshots
) -> None:
    """What is in the local mirror is not fetched again."""
    origin = Origin(server.url(), repository.head())
    snapshots.fetch(origin)
    asked = len(server.seen)

    snapshots.fetch(origin)

    assert len(server.seen) == asked


def test_the_token_reaches_the_server_and_no_file(
    repository: Repository, server: GitServer, snapshots: GitSnapshots, tmp_path: Path
) -> None:
    """The token is sent as a header and is in no file of the state folder, the tar included."""
    snapshot = snapshots.fetch(Origin(server.url(), repository.head(), TOKEN))

    assert server.seen[0]["Authorization"].startswith("Basic ")
    found = subprocess.run(
        ["grep", "-rlaE", "ghs_|Authorization|x-access-token", str(tmp_path / "state")], check=False
    )
    assert found.returncode == 1
    with snapshot.archive() as archive, tarfile.open(fileobj=archive) as tar:
        config = tar.extractfile("./.git/config")
        assert config is not None
        assert b"remote" not in config.read()


@pytest.mark.parametrize(
    ("status", "headers", "kind", "words"),
    [
        (401, {"WWW-Authenticate": 'Basic realm="x"'}, UserError, "refused to be read"),
        (403, {}, UserError, "refused to be read"),
        (404, {}, UserError, "was not found"),
        (301, {"Location": "http://127.0.0.1:9/else.git/info/refs"}, UserError, "renamed or moved"),
        (500, {}, Hiccup, "failed"),
        (502, {}, Hiccup, "failed"),
    ],
)
def test_what_the_server_says_becomes_one_sentence(
    server: GitServer,
    snapshots: GitSnapshots,
    status: int,
    headers: dict[str, str],
    kind: type[AgentError],
    words: str,
) -> None:
    """The sentence names the repository, says what to do or to wait for, and never shows the token."""
    server.answer = (status, headers, f"echo of {TOKEN}".encode())

    with pytest.raises(kind, match=words) as told:
        snapshots.fetch(Origin(server.url(), NOWHERE, TOKEN))

    assert "acme/shop" in str(told.value)
    assert TOKEN not in str(told.value)


def test_a_server_that_is_not_there_is_a_hiccup(snapshots: GitSnapshots) -> None:
    """Nobody listening is for time to mend."""
    with pytest.raises(Hiccup, match="acme/shop"):
        snapshots.fetch(Origin("http://127.0.0.1:9/acme/shop.git", NOWHERE))


def test_a_commit_that_is_gone_is_told_with_what_to_do(server: GitServer, snapshots: GitSnapshots) -> None:
    """A force-pushed head gives a sentence, not git's words."""
    with pytest.raises(
        UserError, match=r"The commit 0123456789ab is not in acme/shop any more\. .*newest commit"
    ):
        snapshots.fetch(Origin(server.url(), NOWHERE))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/acme/shop.git",
        "git://example.com/acme/shop.git",
        "ssh://git@example.com/acme/shop.git",
        "git@example.com:acme/shop.git",
        "ext::sh -c touch% /tmp/marker",
        "file:///etc",
        "/etc",
        "--upload-pack=touch /tmp/marker",
        "https://user:secret@example.com/acme/shop.git",
        "https://example.com",
        "https://example.com/acme/shop.git\nhost",
    ],
)
def test_other_ways_to_a_repository_are_refused(snapshots: GitSnapshots, url: str) -> None:
    """Only https, this machine's http where it is allowed, and LocalOrigin."""
    with pytest.raises(UserError, match=r"https|user name"):
        snapshots.fetch(Origin(url, NOWHERE))


def test_this_machine_is_refused_unless_allowed(server: GitServer, tmp_path: Path) -> None:
    """http to 127.0.0.1 is for the playground only."""
    with pytest.raises(UserError, match="over https only"):
        GitSnapshots(tmp_path / "strict").fetch(Origin(server.url(), NOWHERE))


@pytest.mark.parametrize(
    "sha", ["main", "-x", "--output=x", "HEAD", "ABCDEF" * 6 + "ABCD", "0" * 39, "0" * 41, ""]
)
def test_only_a_full_sha_names_a_commit(snapshots: GitSnapshots, sha: str) -> None:
    """Branch names and options never reach git."""
    with pytest.raises(UserError, match="40 hexadecimal digits"):
        snapshots.fetch(Origin("https://example.com/acme/shop.git", Sha(sha)))


def test_names_that_git_refuses_are_told_before_anything_starts(
    repository: Repository, snapshots: GitSnapshots
) -> None:
    """A commit made by hand with a `.git` folder inside is not put into any box."""
    blob = repository.git("hash-object", "-w", "--stdin", "-t", "blob", "--path=x")
    inner = _make_tree(repository, f"100644 blob {blob}\tconfig\n")
    outer = _make_tree(repository, f"040000 tree {inner}\t.git\n")
    sha = Sha(repository.git("commit-tree", "-m", "x", outer))
    repository.git("update-ref", "refs/heads/evil", sha)

    with pytest.raises(UserError, match="file names that git refuses"):
        snapshots.fetch(LocalOrigin.at(repository.folder, "evil"))


def _make_tree(repository: Repository, listing: str) -> str:
    made = subprocess.run(
        ["git", "-c", "safe.directory=*", "mktree"],
        cwd=repository.folder,
        input=listing,
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.strip()


def test_a_folder_without_a_repository_is_told(tmp_path: Path) -> None:
    """`run --repo` on a plain folder says what it needs."""
    with pytest.raises(UserError, match="no git commit"):
        LocalOrigin.at(tmp_path)


def test_the_longest_unused_archive_makes_room(repository: Repository, tmp_path: Path) -> None:
    """Prepared archives stay under their limit, and one that went is prepared again when asked for."""
    snapshots = GitSnapshots(tmp_path / "state", shelf_bytes=600_000)
    repository.commit({"blob": os.urandom(200_000)})
    first = snapshots.fetch(repository.origin())
    repository.commit({"blob": os.urandom(200_000)})
    snapshots.fetch(repository.origin())

    kept = list((tmp_path / "state" / "archives").rglob("*.tar"))
    assert len(kept) == 1
    assert first.sha not in kept[0].name
    with first.archive() as archive:
        assert archive.read(1) != b""


def test_what_a_killed_git_left_keeps_nobody_out(
    repository: Repository, server: GitServer, snapshots: GitSnapshots, tmp_path: Path
) -> None:
    """A lock that nobody holds any more is removed before the next fetch."""
    first = snapshots.fetch(Origin(server.url(), repository.head()))
    (first.mirror.directory / "shallow.lock").touch()
    newest = repository.commit({"new.txt": b"new\n"})

    assert snapshots.fetch(Origin(server.url(), newest)).sha == newest


def test_what_killed_processes_left_is_reaped(
    repository: Repository, server: GitServer, snapshots: GitSnapshots
) -> None:
    """Rooms, locks and half-written archives whose owners are dead go; a room that is in use stays."""
    mirror = snapshots.fetch(Origin(server.url(), repository.head())).mirror
    left = mirror.directory / "room-of-the-dead"
    left.mkdir()
    os.utime(left, (0, 0))
    (mirror.directory / "objects" / "pack" / "tmp_pack_1").touch()
    draft = mirror.directory.parents[1] / "archives" / mirror.key / ".tar.1234"
    draft.touch()

    with room(mirror.directory) as used:
        os.utime(used, (0, 0))
        snapshots.reap()

        assert used.exists()
    assert not left.exists()
    assert not draft.exists()
    assert list(mirror.directory.rglob("tmp_*")) == []
