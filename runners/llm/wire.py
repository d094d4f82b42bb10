"""What one call to a model may take from the network: so much time in all, and so many bytes."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


@dataclass
class Allowance:
    """What is left for one call, over all its attempts."""

    until: float
    bytes_left: int
    late: bool = False
    too_long: bool = False

    def seconds(self, timeout: float | None) -> float:
        """How long the network may be waited for now: as long as was asked for, but not past the end."""
        left = self.until - time.monotonic()
        self.late = left <= 0
        if self.late:
            raise httpcore.ReadTimeout("The call has used up its time.")
        return left if timeout is None else min(timeout, left)

    def take(self, received: bytes) -> bytes:
        self.bytes_left -= len(received)
        self.too_long = self.bytes_left < 0
        if self.too_long:
            raise httpcore.ReadError("The answer is longer than it may be.")
        return received


_ALLOWANCE: ContextVar[Allowance] = ContextVar("allowance")


@contextmanager
def allowed(*, seconds: float, most_bytes: int) -> Iterator[Allowance]:
    """Whatever this thread reads meanwhile is taken from one allowance. Without one it can reach nobody."""
    allowance = Allowance(time.monotonic() + seconds, most_bytes)
    token = _ALLOWANCE.set(allowance)
    try:
        yield allowance
    finally:
        _ALLOWANCE.reset(token)


class MeteredTransport(httpx.BaseTransport):
    """HTTP under an allowance, through the proxy of the environment where there is one."""

    def __init__(self) -> None:
        self._direct = _metered(httpx.HTTPTransport())
        self._proxied = {
            scheme: _metered(httpx.HTTPTransport(proxy=proxy))
            for scheme, proxy in getproxies().items()
            if scheme in ("http", "https")
        }

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if _ALLOWANCE.get(None) is None:
            raise httpx.ConnectError("Nothing may be asked of a model outside of a call.")
        request.headers["accept-encoding"] = "identity"  # a small packed answer can be a huge one
        response = self._way(request.url).handle_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            response.close()
            raise httpx.ReadError("The answer is packed, although that was not asked for.")
        return response

    def _way(self, url: httpx.URL) -> httpx.HTTPTransport:
        proxied = self._proxied.get(url.scheme)
        near = url.host in THIS_MACHINE or proxy_bypass(url.host)
        return self._direct if proxied is None or near else proxied


def _metered(transport: httpx.HTTPTransport) -> httpx.HTTPTransport:
    # httpx has no parameter for it, and its timeouts are those of one read: a drip of bytes would be endless.
    pool = transport._pool
    pool._network_backend = _MeteredNetwork(pool._network_backend)
    return transport


class _MeteredNetwork(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        within = _ALLOWANCE.get().seconds(timeout)
        return _MeteredStream(self._inner.connect_tcp(host, port, within, local_address, socket_options))


class _MeteredStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        allowance = _ALLOWANCE.get()
        return allowance.take(self._inner.read(max_bytes, allowance.seconds(timeout)))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _ALLOWANCE.get().seconds(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        within = _ALLOWANCE.get().seconds(timeout)
        return _MeteredStream(self._inner.start_tls(ssl_context, server_hostname, within))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def close(self) -> None:
        self._inner.close()
