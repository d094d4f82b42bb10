"""The one place that starts git on the host: in an environment of our own, with every extra off."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

# Read by git in the scope of a command line, above everything that a repository's config could say.
_HARDENED = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.sshCommand": "false",
    "core.askPass": "false",
    "core.pager": "cat",
    "credential.helper": "",
    "protocol.allow": "never",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "transfer.credentialsInUrl": "die",
    "advice.detachedHead": "false",
}
_KEPT = ("PATH", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR")
_CREDENTIALS = re.compile(r"(?i)(authorization:\s*\w+\s+)\S+|(//)[^\s@/]+(?=@)")


_LONG = frozenset({"fetch", "pack-objects"})
_PRCTL = ctypes.CDLL(None).prctl
_PR_SET_PDEATHSIG = 1


class GitFailed(Exception):
    """git said no. `said` is its scrubbed stderr: for our log and for telling causes apart."""

    def __init__(self, what: str, code: int, said: str) -> None:
        super().__init__(f"git {what} ended with {code}: {said.strip()[-500:]}")
        self.code = code
        self.said = said


class GitTimedOut(GitFailed):
    """git was ended by us."""


@dataclass(frozen=True)
class Git:
    """git on one bare directory that no box ever wrote. `secrets` never leave by stderr.

    `directory` is None only for a folder of the person's own, in which git finds the repository itself.
    """

    directory: Path | None
    cwd: Path = Path("/")
    protocols: tuple[str, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def run(self, *args: str, stdin: bytes = b"", timeout_s: float = 120.0) -> bytes:
        """Everything git printed. Only for output that is known to be small."""
        with self.speaking(*args, timeout_s=timeout_s) as git:
            answer, _ = git.communicate(stdin)
        return bytes(answer)

    def says(self, *args: str) -> bool:
        """Whether git answers yes by its exit code."""
        try:
            self.run(*args)
        except GitTimedOut:
            raise
        except GitFailed:
            return False
        return True

    @contextmanager
    def speaking(self, *args: str, timeout_s: float = 120.0) -> Iterator[subprocess.Popen[bytes]]:
        """A running git with both pipes open. Leaving the block waits for it; GitFailed if it failed."""
        with tempfile.TemporaryFile() as stderr:
            git = subprocess.Popen(
                ["git", *args],
                cwd=self.cwd,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,  # so that its helpers (git-remote-https) end with it
                # A fork by hand costs milliseconds: only what may take long is told of our death.
                preexec_fn=_end_with_parent if args[0] in _LONG else None,  # noqa: PLW1509 - one prctl
            )
            ended_by_us = threading.Event()

            def end() -> None:
                ended_by_us.set()
                _kill(git)

            alarm = threading.Timer(timeout_s, end)
            alarm.daemon = True
            alarm.start()
            try:
                yield git
                _close(git.stdin)
                code = git.wait()
            except BrokenPipeError:
                code = git.wait()
            finally:
                alarm.cancel()
                if git.poll() is None:
                    _kill(git)
                    git.wait()
                _close(git.stdin)
                _close(git.stdout)
            if ended_by_us.is_set():
                raise GitTimedOut(args[0], code, f"no end after {timeout_s:.0f} s")
            if code != 0:
                raise GitFailed(args[0], code, self._scrub(stderr))

    def _environment(self) -> dict[str, str]:
        config = {
            **_HARDENED,
            **{f"protocol.{protocol}.allow": "always" for protocol in self.protocols},
            **self.config,
        }
        numbered: dict[str, str] = {"GIT_CONFIG_COUNT": str(len(config))}
        for number, (key, value) in enumerate(config.items()):
            numbered[f"GIT_CONFIG_KEY_{number}"] = key
            numbered[f"GIT_CONFIG_VALUE_{number}"] = value
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "HOME": "/nonexistent",
            "LC_ALL": "C",
            **({} if self.directory is None else {"GIT_DIR": str(self.directory)}),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "false",
            "GIT_ALLOW_PROTOCOL": ":".join(self.protocols),
            **numbered,
            **self.env,
        }

    def _scrub(self, stderr: IO[bytes]) -> str:
        stderr.seek(0)
        said = stderr.read(64 * 1024).decode(errors="replace")
        for secret in self.secrets:
            said = said.replace(secret, "***")
        return _CREDENTIALS.sub(r"\1\2***", said)


def _end_with_parent() -> None:
    """SIGTERM, on which git removes its locks and ends its helpers."""
    _PRCTL(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _kill(git: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(git.pid, signal.SIGKILL)


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        with suppress(BrokenPipeError):
            pipe.close()
