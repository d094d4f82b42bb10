"""A line to a part of the playground from elsewhere: acts by name, and waiting for what there is to see."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar

import httpx

T = TypeVar("T")


class Refusal(Exception):
    """The playground did not let somebody do this."""

    def __init__(self, act: str, status: int, message: str) -> None:
        super().__init__(f"{act}: {message}")
        self.status = status
        self.message = message


class Remote:
    """One kept connection."""

    acts: ClassVar[str]  # the path below which acts are posted

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        # Loopback has no TLS, and loading the machine's certificates costs more than all the rest.
        no_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._http = httpx.Client(base_url=self.url, timeout=30, trust_env=False, verify=no_tls)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def act(self, name: str, /, **arguments: Any) -> Any:
        """Any act of its table by its name."""
        answer = self._http.post(f"{self.acts}{name}", json=arguments)
        said = answer.json()
        if answer.status_code != 200:
            raise Refusal(name, answer.status_code, said.get("message", answer.text))
        return said["result"]

    def until_up(self, still_hoped_for: Callable[[], bool]) -> None:
        """Wait until it answers, up to ten seconds, while there is hope."""
        deadline = time.monotonic() + 10
        while still_hoped_for() and time.monotonic() < deadline:
            try:
                self._look()
            except (httpx.TransportError, ValueError):
                time.sleep(0.01)
            else:
                return
        raise TimeoutError(f"What should be at {self.url} did not start.")

    def until(self, look: Callable[[], T | None], *, seconds: float = 10.0) -> T:
        """Look again and again until there is something to see."""
        deadline = time.monotonic() + seconds
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"Nothing to see after {seconds} s.")
            time.sleep(0.02)

    def _look(self) -> None:
        self.act("see_state")
