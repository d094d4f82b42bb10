"""Which changes may become a pull request."""

from __future__ import annotations

import pytest

from bot.judging import Accepted, Refused, judge
from bot.limits import Limits
from bot.ports import Changes, FileChange, FileMode

LIMITS = Limits()
TOKEN = "ghs_" + "A1b2" * 9


def changes(*files: FileChange, patch: bytes = b"") -> Changes:
    return Changes(files, patch)


def written(path: str, content: str | bytes = "fine\n", mode: FileMode = FileMode.FILE) -> FileChange:
    return FileChange(path, mode, content if isinstance(content, bytes) else content.encode())


def sentence(verdict: object) -> str:
    assert isinstance(verdict, Refused)
    return verdict.sentence


@pytest.mark.parametrize(
    "path",
    [
        "cart.py",
        "docs/.gitignore",
        ".gitmodules",
        ".github/agent.yml",
        ".github/ISSUE_TEMPLATE/bug.yml",
        "workflows/a.yml",
        "src/.github/workflows/a.yml",
        "git/config",
        "...",
        "名前.txt",
    ],
)
def test_ordinary_paths_are_accepted(path: str) -> None:
    """Whatever is an ordinary file of a repository may be changed."""
    asked = changes(written(path))

    assert judge(asked, limits=LIMITS) == Accepted(asked)


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        ".GitHub/WorkFlows/ci.yml",
        ".github/workflows/deep/ci.yml",
        ".github/workflows",
        ".git\u200bhub/workflows/ci.yml",
        ".github/workflows./ci.yml",
        ".github/workflows::$INDEX_ALLOCATION/ci.yml",
        "\uff0egithub/workflows/ci.yml",
    ],
)
def test_workflows_are_changed_by_people_only(path: str) -> None:
    """No spelling of the workflow folder gets through, and deleting one is a change too."""
    assert "workflows are changed by people only" in sentence(judge(changes(written(path)), limits=LIMITS))
    assert isinstance(judge(changes(FileChange(path, FileMode.FILE, None)), limits=LIMITS), Refused)


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".GIT/hooks/x",
        "a/.git/config",
        ".git",
        "git~1/config",
        ".git. ./x",
        ".g\u200cit/config",
        ".git::$DATA",
    ],
)
def test_what_git_keeps_for_itself_is_refused(path: str) -> None:
    """Nothing that any file system would take for `.git` is published."""
    assert "which git keeps for itself" in sentence(judge(changes(written(path)), limits=LIMITS))


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a\\b", "a\x00b", "a\nb", "a/"]
)
def test_paths_stay_in_the_repository(path: str) -> None:
    """A path that is absolute, climbs, or is not written plainly is refused."""
    assert "not inside the repository" in sentence(judge(changes(written(path)), limits=LIMITS))


@pytest.mark.parametrize("target", ["/etc/passwd", "../../x", "../.git/config", "C:/x", "..\\..\\x"])
def test_links_stay_in_the_repository(target: str) -> None:
    """A symbolic link may point only at what is inside."""
    link = written("docs/link", target, FileMode.SYMLINK)

    assert "outside of the repository" in sentence(judge(changes(link), limits=LIMITS))


def test_a_link_inside_is_fine() -> None:
    """A relative link to a neighbour is an ordinary change."""
    link = written("docs/link", "../README.md", FileMode.SYMLINK)

    assert isinstance(judge(changes(link), limits=LIMITS), Accepted)


def test_too_much_is_refused_with_what_to_do() -> None:
    """Size and number of files have limits, and the sentence says how to get below."""
    large = judge(changes(written("a", b"x" * 3_000_000)), limits=Limits(patch_bytes=1024 * 1024))
    many = judge(changes(*(written(str(n)) for n in range(3))), limits=Limits(patch_files=2))

    assert sentence(large).startswith("The changed files are 2.9 MB together; at most 1.0 MB are allowed.")
    assert sentence(many).startswith("The run changed 3 files; at most 2 are allowed.")


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        (TOKEN, "a GitHub token"),
        ("ghp_" + "a" * 36, "a GitHub token"),
        ("ghs_123456_" + "eyJhbGciOi.eyJpc3MiOi." * 20, "a GitHub token"),
        ("github_pat_" + "11ABCDEFG0" * 3, "a GitHub token"),
        ("AKIA" + "ABCDEFGH12345678", "an AWS access key"),
        ("ASIA" + "ABCDEFGH12345678", "an AWS access key"),
        ("xoxb-" + "123456789012-abc", "a Slack token"),
        ("xapp-1-" + "A0123456789", "a Slack token"),
        ("sk-proj-" + "abcDEF123456ghiJKL789", "a model provider's key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("-----BEGIN PRIVATE KEY-----", "a private key"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + "c2lnbmF0dXJl", "a signed token"),
    ],
)
def test_a_secret_is_named_by_place_but_never_shown(secret: str, kind: str) -> None:
    """File, line and kind are told; the value is not."""
    told = sentence(judge(changes(written("src/conf.py", f'a = 1\nb = 2\nKEY="{secret}"\n')), limits=LIMITS))

    assert f"src/conf.py line 3 ({kind})" in told
    assert secret[8:] not in told


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "sk-circle-fade-dot-of-a-style-sheet",
        "task-0123456789abcdefghijkl",
        "xoxo-love",
        "BEGIN PRIVATE KEY",
    ],
)
def test_what_only_resembles_a_secret_is_accepted(text: str) -> None:
    """Examples from documentation and ordinary words are no secrets."""
    assert isinstance(judge(changes(written("a.txt", text)), limits=LIMITS), Accepted)


def test_a_secret_in_utf_16_is_found_too() -> None:
    """The encoding of a file hides nothing."""
    assert isinstance(judge(changes(written("a.ps1", TOKEN.encode("utf-16"))), limits=LIMITS), Refused)


def patched(old: str, new: str) -> bytes:
    return (
        "diff --git a/conf.py b/conf.py\n--- a/conf.py\n+++ b/conf.py\n"
        f"@@ -1,2 +1,3 @@\n {old}\n-two\n+{new}\n+three\n"
    ).encode()


def test_what_was_there_before_is_not_this_runs_doing() -> None:
    """A secret in an untouched line does not stop a change elsewhere in the file; a new one does."""
    before = changes(written("conf.py", f"{TOKEN}\nfine\nthree\n"), patch=patched(TOKEN, "fine"))
    after = changes(written("conf.py", f"fine\n{TOKEN}\nthree\n"), patch=patched("fine", TOKEN))

    assert isinstance(judge(before, limits=LIMITS), Accepted)
    assert "conf.py line 2" in sentence(judge(after, limits=LIMITS))


def test_a_file_that_the_patch_does_not_show_counts_as_new() -> None:
    """When the patch says nothing about a file, all of it is looked at."""
    other = changes(written("other.py", TOKEN), patch=patched("a", "b"))

    assert isinstance(judge(other, limits=LIMITS), Refused)


def test_invisible_characters_warn_the_reviewer() -> None:
    """Trojan source is accepted only with a warning that names file, line and characters."""
    verdict = judge(changes(written("a.py", "one\nif x: # \u2066 \u202e\n")), limits=LIMITS)

    assert isinstance(verdict, Accepted)
    assert verdict.warnings == ("a.py line 2 holds characters that one cannot see: U+202E, U+2066.",)


def test_line_ends_and_a_byte_order_mark_do_not_warn() -> None:
    """What editors on Windows write is nothing to warn of."""
    verdict = judge(changes(written("a.py", "\ufeffgrüße\r\n")), limits=LIMITS)

    assert isinstance(verdict, Accepted)
    assert verdict.warnings == ()
