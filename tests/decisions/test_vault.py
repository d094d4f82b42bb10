"""Secrets for steps: where the desk finds them, and what it says when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import UserError
from bot.ids import Repo
from bot.rules import ServerFile, effective, server_file
from bot.secrets import Known
from bot.vault import Vault

SERVER = b"secrets: {NPM_TOKEN: {repositories: [acme/*]}, OTHER: {repositories: [beta/app]}}"


def test_a_secret_is_what_its_file_holds(tmp_path: Path) -> None:
    """Without the line end that editors put there."""
    (tmp_path / "NPM_TOKEN").write_text("npm-value-1\n")

    assert Vault(tmp_path).value("NPM_TOKEN") == "npm-value-1"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file or directory. Put it into a file of that name"),
        (b"short\n", "is too short to be kept out of logs: it needs 8 characters"),
        (b"", "is too short"),
        (b"\xff\xfe123456789", "is no UTF-8 text"),
        (b"x" * 70_000, "is too long: at most 64 KiB"),
    ],
)
def test_a_secret_that_cannot_be_used_is_told_without_its_value(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    """The operator is told which one, and what to do."""
    if content is not None:
        (tmp_path / "NPM_TOKEN").write_bytes(content)

    with pytest.raises(UserError, match=f"The secret `NPM_TOKEN` {sentence}") as refusal:
        Vault(tmp_path).value("NPM_TOKEN")
    assert "short\n" not in str(refusal.value)


def test_without_a_folder_there_is_no_secret() -> None:
    """The sentence names the setting."""
    with pytest.raises(UserError, match="DEVOPS_AGENT_SECRETS_DIR is not set"):
        Vault().value("NPM_TOKEN")


def test_a_repository_has_the_secrets_that_the_server_gives_it() -> None:
    """By its name, in small letters or large ones; nobody has those of others."""
    server = server_file(SERVER)

    assert effective(None, None, server, repo=Repo("Acme", "shop")).secrets == ("NPM_TOKEN",)
    assert effective(None, None, server, repo=Repo("gamma", "app")).secrets == ()
    assert effective(None, None, ServerFile(), repo=Repo("acme", "shop")).secrets == ()


def test_a_line_that_holds_a_known_value_is_found_in_any_shape() -> None:
    """Plain or as base64; what only looks like a secret is somebody else's matter."""
    known = Known(["npm-value-1"])

    assert known.line_in(b"a\nb\ntoken: npm-value-1\n") == 3
    assert known.line_in(b"bnBtLXZhbHVlLTE=") == 1
    assert known.line_in(b"ghp_" + b"A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8") is None
