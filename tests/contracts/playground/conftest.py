"""One playground for all these tests, fresh for each; and the two ways of talking to it as an App."""

from __future__ import annotations

import base64
import functools
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from playground import Playground, serve
from playground.driver import Driver

REPO = "/repos/acme/shop"
FEATURE = "feature/discounts"
# Loading the machine's certificates for every client would take longer than the tests.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture(scope="session")
def served() -> Iterator[Playground]:
    with serve() as playground:
        yield playground


@pytest.fixture
def playground(served: Playground) -> Iterator[Playground]:
    served.driver.reset()
    yield served
    served.driver.sets_webhook("")


@pytest.fixture
def driver(playground: Playground) -> Driver:
    return playground.driver


@pytest.fixture
def clean(driver: Driver) -> Iterator[None]:
    """Nothing in this test may be unknown to the playground or to GitHub's description."""
    yield
    assert driver.sees_trouble() == {"unknown_routes": [], "broken_contracts": []}


@functools.cache
def _key(private_key: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(private_key.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def sign(private_key: str, claims: dict[str, Any], *, algorithm: str = "RS256") -> str:
    """An App JWT, made by hand so that it can be made wrong."""
    key = _key(private_key)

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    header = {"alg": algorithm, "typ": "JWT"}
    text = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
    return f"{text}.{part(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def client(url: str, credential: str) -> httpx.Client:
    headers = {"authorization": f"Bearer {credential}"}
    return httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=10, verify=NO_TLS)


@pytest.fixture
def as_app(playground: Playground) -> Iterator[httpx.Client]:
    clock = int(time.time())
    jwt = sign(playground.credentials.private_key, {"iat": clock - 60, "exp": clock + 500, "iss": "4242"})
    with client(playground.url, jwt) as http:
        yield http


@pytest.fixture
def api(playground: Playground) -> Iterator[httpx.Client]:
    """With an installation token that may do what the App may do."""
    with client(playground.url, playground.driver.token()) as http:
        yield http


@pytest.fixture
def api_that_may(playground: Playground) -> Iterator[Callable[..., httpx.Client]]:
    """With a token of exactly these permissions."""
    opened: list[httpx.Client] = []

    def make(**permissions: str) -> httpx.Client:
        opened.append(client(playground.url, playground.driver.token(permissions=permissions)))
        return opened[-1]

    yield make
    for http in opened:
        http.close()


@dataclass
class Listener:
    """A webhook endpoint that remembers what it heard and answers what it is told to, and when."""

    url: str
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)  # seconds

    @property
    def events(self) -> list[str]:
        return [headers["X-GitHub-Event"] for headers, _ in self.heard]

    def payloads(self, event: str) -> list[dict[str, Any]]:
        return [json.loads(body) for headers, body in self.heard if headers["X-GitHub-Event"] == event]


@pytest.fixture
def listener(playground: Playground) -> Iterator[Listener]:
    heard: list[tuple[dict[str, str], bytes]] = []
    answers: list[int] = []
    delays: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            time.sleep(delays.pop(0) if delays else 0)
            heard.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answers.pop(0) if answers else 202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/webhooks/github"
        playground.driver.sets_webhook(url)
        yield Listener(url, heard, answers, delays)
        playground.driver.sets_webhook("")
        server.shutdown()
