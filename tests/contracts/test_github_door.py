"""The webhook door over real HTTP: a real uvicorn, real sockets, GitHub's own payloads."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn
from prometheus_client import REGISTRY

from bot.deliveries import Delivery, Stored
from bot.events import Commented
from handlers.github.ears import PATH, Application, Receive, Scope, Send, door
from handlers.github.signature import sign
from playground import Settings, serve
from playground.driver import Driver
from tests.fixtures.webhooks import Example, comment, examples, issue_comment

SECRET = b"It's a Secret to Everybody"
MEGABYTE = 1024 * 1024
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@dataclass
class Shelf:
    """A ledger on one shelf: remembers deliveries by guid and content key, and fails when told to."""

    kept: list[Delivery] = field(default_factory=list)
    broken: bool = False
    slowness_s: float = 0.0

    async def store(self, delivery: Delivery) -> Stored:
        if self.broken:
            raise OSError("no space left on device")
        await asyncio.sleep(self.slowness_s)
        if any(delivery.guid == k.guid or delivery.content_key == k.content_key for k in self.kept):
            return Stored.DUPLICATE
        self.kept.append(delivery)
        return Stored.ACCEPTED


@dataclass(frozen=True)
class Door:
    """The door as GitHub knocks on it."""

    port: int
    shelf: Shelf
    http: httpx.Client

    def knock(
        self, body: bytes, *, event: str = "issue_comment", guid: str = "d-1", **headers: str
    ) -> httpx.Response:
        """A delivery, signed unless a header is given that says otherwise."""
        given = {
            "Content-Type": "application/json",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": guid,
            "X-Hub-Signature-256": sign(SECRET, body),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        present = {name: value for name, value in given.items() if value}
        return self.http.post(PATH, content=body, headers=present)

    def slow_sender(self) -> socket.socket:
        """A connection whose body begins and never ends."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=15)
        line.sendall(f"{HEAD}Content-Length: 100\r\n\r\n{{".encode())
        return line

    def raw(self, sent: bytes) -> str:
        """What comes back over a bare socket, until the door closes it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=15) as line:
            line.sendall(sent)
            return line.makefile("rb").read().decode()


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    """The web application behind the door: a teapot."""
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@contextmanager
def served(application: Application) -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(application, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(timeout=10)


@contextmanager
def opened(**options: Any) -> Iterator[Door]:
    shelf = Shelf()
    application = door(
        inside, secret=SECRET, app_id=4242, app_slug="devops-agent", store=shelf.store, **options
    )
    with served(application) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        yield Door(port, shelf, http)


@pytest.fixture(scope="module")
def open_door() -> Iterator[Door]:
    with opened() as it:
        yield it


@pytest.fixture
def fresh_door(open_door: Door) -> Door:
    open_door.shelf.kept.clear()
    open_door.shelf.broken = False
    return open_door


def text(payload: object) -> bytes:
    return json.dumps(payload).encode()


def test_a_signed_command_is_written_down_before_it_is_accepted(fresh_door: Door) -> None:
    """202 "accepted" means that the delivery is stored, with its guid and what was said."""
    answer = fresh_door.knock(text(issue_comment()), guid="d-77")
    assert (answer.status_code, answer.json()) == (202, {"result": "accepted", "reason": ""})
    (kept,) = fresh_door.shelf.kept
    assert isinstance(kept.event, Commented)
    assert (kept.guid, kept.event_name, kept.event.comment.text) == (
        "d-77",
        "issue_comment",
        "/agent run tests",
    )


@pytest.mark.parametrize("guid", ["d-1", "another-guid"])
def test_the_same_told_again_is_a_duplicate(fresh_door: Door, guid: str) -> None:
    """A redelivery keeps its guid, a replay may bring a new one: both answer 2xx and change nothing."""
    fresh_door.knock(text(issue_comment()))
    answer = fresh_door.knock(text(issue_comment()), guid=guid)
    assert (answer.status_code, answer.json()["result"]) == (202, "duplicate")
    assert len(fresh_door.shelf.kept) == 1


def test_fifty_copies_at_once_are_one_delivery(fresh_door: Door) -> None:
    """Copies that arrive together are all answered 2xx and stored once."""
    body = text(issue_comment())
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: fresh_door.knock(body, guid=f"d-{number}"), range(50)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(fresh_door.shelf.kept) == 1


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_every_example_signed_gives_no_server_error(open_door: Door, example: Example) -> None:
    """GitHub's own example payloads, signed, are accepted or ignored."""
    assert open_door.knock(example.body, event=example.event, guid=example.name).status_code == 202


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_every_example_unsigned_is_refused(open_door: Door, example: Example) -> None:
    """The same payloads without a signature are 401, whatever they say."""
    assert open_door.knock(example.body, event=example.event, X_Hub_Signature_256="").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Hub_Signature_256": ""},
        {"X_Hub_Signature_256": "", "X_Hub_Signature": "sha1=" + "0" * 40},
        {"X_Hub_Signature_256": sign(b"another secret", text(issue_comment()))},
        {"X_Hub_Signature_256": sign(SECRET, text(issue_comment())).upper()},
    ],
)
def test_what_github_did_not_sign_is_not_believed(fresh_door: Door, headers: dict[str, str]) -> None:
    """No signature, SHA-1 only, another secret or another spelling: 401, and nothing is kept."""
    answer = fresh_door.knock(text(issue_comment()), **headers)
    assert (answer.status_code, answer.json()["result"]) == (401, "refused")
    assert fresh_door.shelf.kept == []


def test_two_signature_headers_are_refused(fresh_door: Door) -> None:
    """A second signature beside the true one makes the body unsigned."""
    body = text(issue_comment())
    headers = [
        ("Content-Type", "application/json"),
        ("X-Hub-Signature-256", sign(SECRET, body)),
        ("X-Hub-Signature-256", "sha256=00"),
    ]
    assert fresh_door.http.post(PATH, content=body, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Type": ""}, 415),
        ({"Content_Type": "application/json; charset=utf-8"}, 202),
        ({"X_GitHub_Event": ""}, 400),
        ({"X_GitHub_Delivery": ""}, 400),
        ({"X_GitHub_Delivery": "x" * 65}, 400),
        ({"X_GitHub_Delivery": "../../etc"}, 400),
        ({"X_GitHub_Event": "never_heard_of"}, 202),
    ],
)
def test_headers_are_checked(fresh_door: Door, headers: dict[str, str], status: int) -> None:
    """The content type must be JSON, event and delivery must be named, unknown events are no error."""
    assert fresh_door.knock(text(issue_comment()), **headers).status_code == status


def test_only_post_is_answered(open_door: Door) -> None:
    """A browser that looks at the address is told which method counts."""
    answer = open_door.http.get(PATH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_other_paths_belong_to_the_application_inside(open_door: Door) -> None:
    """The door answers its own path and nothing else."""
    assert open_door.http.get("/health").status_code == 418


def test_a_failing_ledger_is_never_a_success(fresh_door: Door) -> None:
    """What could not be stored is 503 with Retry-After and no traceback; later the same is accepted."""
    fresh_door.shelf.broken = True
    answer = fresh_door.knock(text(issue_comment()))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert answer.json()["result"] == "refused"
    fresh_door.shelf.broken = False
    assert fresh_door.knock(text(issue_comment())).json()["result"] == "accepted"


def test_a_ledger_that_takes_too_long_is_never_a_success() -> None:
    """GitHub does not wait longer than ten seconds, so neither do we, and the answer is 503."""
    with opened(deadline_s=0.3) as hasty:
        hasty.shelf.slowness_s = 5.0
        assert hasty.knock(text(issue_comment())).status_code == 503


def test_a_comment_of_a_megabyte_is_heard_whole(fresh_door: Door) -> None:
    """A very long comment is not cut and not refused."""
    payload = issue_comment(comment=comment(body="/agent run x\n" + "a" * MEGABYTE))
    assert fresh_door.knock(text(payload)).status_code == 202
    event = fresh_door.shelf.kept[0].event
    assert isinstance(event, Commented)
    assert len(event.comment.text) == MEGABYTE + 13


def test_half_a_character_is_a_bad_request(fresh_door: Door) -> None:
    """It could not be written down, nor anything that is written down with it."""
    assert fresh_door.knock(b'{"action": "\\ud83d"}').status_code == 400


def test_a_hundred_thousand_nested_lists_are_a_bad_request(fresh_door: Door) -> None:
    """Signed nonsense is answered 400, and the door goes on listening."""
    assert fresh_door.knock(b"[" * 100_000 + b"]" * 100_000).status_code == 400
    assert fresh_door.knock(text(issue_comment())).status_code == 202


def test_a_body_announced_as_too_large_is_refused_before_it_comes(open_door: Door) -> None:
    """Content-Length over 25 MB is 413 at once, with not a byte of the body read."""
    answer = open_door.raw(f"{HEAD}Content-Length: {30 * MEGABYTE}\r\n\r\n".encode())
    assert answer.startswith("HTTP/1.1 413")


def test_a_chunked_body_is_refused_when_it_grows_too_large(open_door: Door) -> None:
    """Without a Content-Length the bytes are counted as they come."""
    chunk = b"100000\r\n" + b" " * MEGABYTE + b"\r\n"
    answer = open_door.raw(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk * 25 + b"1\r\n \r\n")
    assert answer.startswith("HTTP/1.1 413")


def test_a_slow_body_is_given_up_while_others_are_served() -> None:
    """A body that does not arrive in time is 408, and a good delivery meanwhile does not wait for it."""
    with opened(deadline_s=1.0) as patient, ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        slow = pool.submit(patient.raw, f"{HEAD}Content-Length: 100\r\n\r\n{{".encode())
        quick = patient.knock(text(issue_comment()))
        quick_s = time.monotonic() - began
        assert slow.result().startswith("HTTP/1.1 408")
        assert quick.status_code == 202
        assert quick_s < 0.9
        assert time.monotonic() - began < 5


def test_five_hundred_slow_senders_are_all_given_up() -> None:
    """Many bodies that never end do not keep a good delivery waiting, and all of them are closed."""
    with opened(deadline_s=2.0) as busy, ExitStack() as held:
        began = time.monotonic()
        lines = [held.enter_context(busy.slow_sender()) for _ in range(500)]
        asked = time.monotonic()
        assert busy.knock(text(issue_comment())).status_code == 202
        assert time.monotonic() - asked < 2.0
        assert {line.makefile("rb").read()[:12] for line in lines} == {b"HTTP/1.1 408"}
        assert time.monotonic() - began < 15


def test_a_sender_that_leaves_is_nobodys_error(fresh_door: Door) -> None:
    """A connection that ends in the middle of a body is forgotten, and the next one is served."""
    with socket.create_connection(("127.0.0.1", fresh_door.port), timeout=5) as line:
        line.sendall(f"{HEAD}Content-Length: 100\r\n\r\n{{".encode())
    assert fresh_door.knock(text(issue_comment())).status_code == 202


@pytest.mark.parametrize(
    ("event", "label", "outcome"),
    [("issue_comment", "issue_comment", "accepted"), ("made_up_by_somebody", "other", "ignored")],
)
def test_deliveries_are_counted_under_few_names(
    fresh_door: Door, event: str, label: str, outcome: str
) -> None:
    """Every delivery is counted by event and outcome; a name that we do not know is `other`."""
    labels = {"event": label, "outcome": outcome}
    before = REGISTRY.get_sample_value("devops_agent_webhooks_total", labels) or 0
    fresh_door.knock(text(issue_comment()), event=event)
    assert REGISTRY.get_sample_value("devops_agent_webhooks_total", labels) == before + 1


def test_a_door_without_a_secret_is_never_built() -> None:
    """An empty secret stops the start, with a sentence that says what to set."""
    with pytest.raises(ValueError, match="webhook secret is empty"):
        door(inside, secret=b"", app_id=1, app_slug="x", store=Shelf().store)


# --- the playground's webhooks -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def github(open_door: Door) -> Iterator[Driver]:
    url = f"http://127.0.0.1:{open_door.port}{PATH}"
    with serve(Settings(webhook_url=url, webhook_secret=SECRET.decode())) as playground:
        yield playground.driver


def check_run_on(github: Driver) -> int:
    """A finished check run of our App with one button."""
    head = github.sees_pull(1)["head"]["sha"]
    button = {"label": "Undo", "description": "Undo it", "identifier": "undo"}
    fields = {
        "name": "n",
        "head_sha": head,
        "external_id": "r1",
        "actions": [button],
        "conclusion": "success",
    }
    answer = httpx.post(
        f"{github.url}/repos/acme/shop/check-runs",
        json={**fields, "status": "completed"},
        headers={"Authorization": f"Bearer {github.token()}"},
    )
    return int(answer.raise_for_status().json()["id"])


@pytest.mark.parametrize(
    ("act", "kinds"),
    [
        (lambda github: github.comments("/agent run"), ["commented"]),
        (lambda github: github.edits(github.comments("a")["id"], "b"), ["commented", "commented"]),
        (lambda github: github.comments_on_line("/agent run", "shop/prices.py"), ["commented"]),
        (lambda github: github.closes(1), ["pull_changed"]),
        (lambda github: github.drafts(1), ["pull_changed"]),
        (lambda github: github.pushes({"a": "b\n"}, branch="feature/discounts"), ["pull_changed"]),
        (lambda github: github.presses("undo", check_run=check_run_on(github)), ["check_pressed"]),
        (lambda github: github.reruns(check_run_on(github)), ["check_pressed"]),
        (lambda github: github.suspends(), ["installation_changed"]),
        (lambda github: github.pings(), ["pinged"]),
    ],
    ids=["comment", "edit", "review", "close", "draft", "push", "press", "rerun", "suspend", "ping"],
)
def test_what_people_do_in_the_playground_is_heard(
    github: Driver, fresh_door: Door, act: Callable[[Driver], object], kinds: list[str]
) -> None:
    """A whole GitHub's signed webhooks, with all their other events, become our events and nothing else."""
    github.reset()
    github.until_hooks_are_idle()
    fresh_door.shelf.kept.clear()
    act(github)
    github.until_hooks_are_idle()
    assert [delivery.event.kind for delivery in fresh_door.shelf.kept] == kinds
