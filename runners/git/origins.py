"""Where a commit may come from: https, http on this machine if allowed, a folder only by LocalOrigin."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import UserError
from bot.ids import Sha
from bot.ports import Origin
from runners.git.command import Git, GitFailed

_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class LocalOrigin(Origin):
    """A repository in a folder of this machine, named by the person at the terminal."""

    @classmethod
    def at(cls, folder: Path, revision: str = "HEAD") -> LocalOrigin:
        """The commit that a revision of the repository in this folder means now."""
        root = folder.resolve()
        if not root.is_dir():
            raise UserError(f"There is no folder `{root}`. Give the folder of a git repository.")
        try:
            git_dir = _ask(root, "--absolute-git-dir")
            sha = _ask(root, "--verify", "--end-of-options", revision + "^{commit}")
        except GitFailed:
            raise UserError(
                f"There is no git commit `{revision}` in `{root}`. "
                "Give the folder of a repository with at least one commit."
            ) from None
        return cls(url=git_dir, sha=Sha(sha))


def _ask(folder: Path, *question: str) -> str:
    answer = Git(None, folder, config={"safe.directory": "*"}).run("rev-parse", *question)
    return answer.decode(errors="surrogateescape").strip()


@dataclass(frozen=True)
class Route:
    """How git gets there: one URL, one protocol, and what only this fetch may know."""

    url: str
    name: str  # for sentences: "acme/shop"
    protocol: str
    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def check_sha(sha: str) -> Sha:
    """Sha, or UserError: nothing else may ever become an argument of git."""
    if not _SHA.fullmatch(sha):
        raise UserError("A commit is named by the 40 hexadecimal digits of its SHA, in lower case.")
    return Sha(sha)


def route(origin: Origin, *, allow_loopback: bool) -> Route:
    """The way to an origin, or UserError when it is none that we take."""
    if isinstance(origin, LocalOrigin):
        return Route(origin.url, _local_name(origin.url), "file", {"safe.directory": "*"})
    address = urlsplit(origin.url)
    name = address.path.strip("/").removesuffix(".git")
    if address.username or address.password:
        raise UserError("The repository's address carries a user name or a password. Leave them out.")
    if not address.hostname or not name or not origin.url.isprintable() or " " in origin.url:
        raise UserError("The repository's address is not a web address. It begins with https://.")
    secrets: tuple[str, ...] = ()
    config: dict[str, str] = {}
    if origin.token is not None:
        basic = base64.b64encode(f"x-access-token:{origin.token}".encode()).decode()
        # Scoped to this server: curl sends it nowhere else, and redirects are off anyway.
        config[f"http.{address.scheme}://{address.netloc}/.extraHeader"] = f"Authorization: Basic {basic}"
        secrets = (origin.token, basic)
    if address.scheme == "https":
        return Route(origin.url, name, "https", config, secrets)
    if address.scheme == "http" and allow_loopback and _on_this_machine(address.hostname):
        return Route(origin.url, name, "http", {**config, "http.proxy": ""}, secrets)
    raise UserError("Repositories are fetched over https only. Give an address that begins with https://.")


def _local_name(path: str) -> str:
    folder = Path(path)
    return folder.parent.name if folder.name == ".git" else folder.name


def _on_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
