"""The page of a run, served by a real server: live, complete, and only for those who have its key."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import expect, sync_playwright

from bot.admission import Wait, Why
from bot.errors import Hiccup
from bot.forecast import Outlook, Usual
from bot.ids import RunId
from bot.journal import SAID, End, Entry, EntryKind
from bot.ports import Changes, FileChange, FileMode
from bot.results import Artifact, Results
from bot.runs import Attempt, Run, RunState, StepState
from handlers.pages import pages
from tests.decisions.report_samples import a_run, at, step

PATCH = b"diff --git a/cart.py b/cart.py\n--- a/cart.py\n+++ b/cart.py\n@@ -1 +1 @@\n-one\n+two\n"


@dataclass
class Bells:
    """Signals in memory: whoever waits on a topic is woken when somebody tells."""

    told: dict[str, int] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)
    broken: bool = False

    def tell(self, topic: str) -> None:
        with self.changed:
            self.told[topic] = self.told.get(topic, 0) + 1
            self.changed.notify_all()

    def wait(self, topic: str, timeout_s: float) -> bool:
        if self.broken:
            raise Hiccup("Redis does not answer.")
        with self.changed:
            before = self.told.get(topic, 0)
            return self.changed.wait_for(lambda: self.told.get(topic, 0) != before, timeout_s)


@dataclass
class Shelf:
    """One run in memory that a test moves on; counts how often its journal was asked for."""

    current: Run
    bells: Bells
    entries: list[Entry] = field(default_factory=list)
    patch: Changes | None = None
    expected: Outlook | None = None
    looks: int = 0

    def run(self, run_id: RunId) -> Run | None:
        return self.current if run_id == self.current.id else None

    def journal(self, run_id: RunId, after: int, limit: int) -> Sequence[Entry]:
        self.looks += 1
        return self.entries[after : after + limit]

    def ends(self, run_id: RunId, steps: int, limit: int) -> tuple[dict[int, End], int]:
        said = {
            step: "".join(entry.text for entry in self.entries if entry.step == step and entry.kind in SAID)
            for step in range(steps)
        }
        return {step: End(text, False) for step, text in said.items() if text}, len(self.entries)

    def changes(self, run_id: RunId) -> Changes | None:
        return self.patch

    def artifact(self, run_id: RunId, position: int) -> bytes | None:
        return b"<script>alert(1)</script>" if position == 0 else None

    def attempts(self, run: Run) -> Sequence[Attempt]:
        return ()

    def outlook(self, run: Run) -> Outlook | None:
        return self.expected

    def writes(self, *texts: str, step: int = 0) -> None:
        for text in texts:
            self.entries.append(Entry(len(self.entries) + 1, datetime.now(UTC), EntryKind.OUT, step, text))
        self.bells.tell(f"run:{self.current.id}")

    def becomes(self, state: RunState, *states: StepState) -> None:
        steps = tuple(
            step(each.index, each.action.step_description, state)
            for each, state in zip(self.current.steps, states, strict=True)
        )
        ended = at(43) if state.final else None
        self.current = replace(
            self.current, version=self.current.version + 1, state=state, steps=steps, ended_at=ended
        )
        self.bells.tell(f"run:{self.current.id}")


@dataclass
class House:
    """A server with the page, and the shelf behind it."""

    shelf: Shelf
    url: str

    def address(self, leaf: str = "", *, key: str = "page-key") -> str:
        return f"{self.url}/runs/{self.shelf.current.id}{leaf}?key={key}"

    def get(self, leaf: str = "", *, key: str = "page-key") -> httpx.Response:
        return httpx.get(self.address(leaf, key=key), timeout=10)

    def events(self, *, last: int | None = None, until: str = "end") -> list[tuple[str, str, dict[str, Any]]]:
        """(event, id, data) up to and with the first event of that name."""
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        with httpx.stream("GET", self.address("/events"), headers=headers, timeout=10) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            return list(_events(response.iter_lines(), until))


def _events(lines: Iterator[str], until: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    told: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line:
            told[name] = value
            continue
        if "event" in told:
            yield told["event"], told.get("id", ""), json.loads(told["data"])
            if told["event"] == until:
                return
        told = {}


def log_of(events: list[tuple[str, str, dict[str, Any]]]) -> str:
    """The log as a browser has put it together at the end."""
    logs = [data for name, _, data in events if name == "log"]
    return "".join(data["lines"] for data in logs) + (logs[-1]["part"] if logs else "")


@pytest.fixture
def house() -> Iterator[House]:
    bells = Bells()
    run = a_run(RunState.RUNNING, step(0, "Run the tests", StepState.RUNNING), step(1, "Build the cart"))
    shelf = Shelf(run, bells)
    app = FastAPI()
    app.include_router(pages(shelf, bells))
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield House(shelf, f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join(10)


DONE = (RunState.SUCCEEDED, StepState.SUCCEEDED, StepState.SUCCEEDED)


def test_the_page_tells_the_run_without_any_script(house: House) -> None:
    """Who has no JavaScript reads the state, the steps and the log as they are now."""
    house.shelf.writes("\x1b[32m5 passed\x1b[0m in 0.10s\n")

    page = house.get().text

    assert "Step 1 of 2 is running: Run the tests." in page
    assert '<span class="fg2">5 passed</span> in 0.10s' in page
    assert house.shelf.current.plan.digest in page


def test_a_waiting_run_says_for_what_and_how_long(house: House) -> None:
    """The page has the same sentence as the check run, and tells it anew when the run's place has changed."""
    house.shelf.becomes(RunState.QUEUED, StepState.PENDING, StepState.PENDING)
    house.shelf.expected = Outlook(Wait(Why.REPOSITORY, before=2), Usual(30, 60), starts_s=75)
    page = house.get().text

    house.shelf.expected = Outlook(Wait(Why.TURN))
    told = house.events(until="run")

    assert "Waiting for room in this repository: 2 steps. 2 runs are before it, so it starts in about" in page
    assert "of this repository may go at once" in page
    assert "Waiting to start: 2 steps." in told[0][2]["html"]


def test_output_does_nothing_in_the_page(house: House) -> None:
    """Scripts, images, links and invisible characters in the output are only shown."""
    house.shelf.writes('<script>alert(1)</script><img src="https://sink.test/b.png"> user\u202e \u2066//\n')

    page = house.get().text

    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=" in page
    assert "userU+202E U+2066//" in page
    assert "<img" not in page


@pytest.mark.parametrize("leaf", ["", "/events", "/log.txt", "/changes.patch"])
@pytest.mark.parametrize("key", ["", "wrong", "page-ke", "\u202e"])
def test_without_the_key_there_is_nothing(house: House, leaf: str, key: str) -> None:
    """A wrong key, no key and a run that does not exist get the same page."""
    answer = house.get(leaf, key=key)
    unknown = httpx.get(f"{house.url}/runs/zzzzzzzzzz{leaf}?key=page-key")

    assert answer.status_code == unknown.status_code == 404
    assert answer.content == unknown.content
    assert "There is nothing at this address" in answer.text


def test_the_page_may_run_only_our_own_script(house: House) -> None:
    """The page carries a strict policy, gives away no address, and cannot be framed."""
    answer = house.get()

    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("leaf", ["", "/log.txt"])
def test_asking_only_for_the_head_works(house: House, leaf: str) -> None:
    """HEAD answers as GET does, without the body."""
    answer = httpx.head(house.address(leaf))

    assert answer.status_code == 200
    assert answer.content == b""


def test_styles_are_kept_for_ever_under_their_hash(house: House) -> None:
    """The address of a static file holds its hash, so a browser never asks twice."""
    address = house.get().text.partition('rel="stylesheet" href="')[2].partition('"')[0]

    answer = httpx.get(f"{house.url}{address}")

    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]


def test_a_watcher_sees_a_run_to_its_end(house: House) -> None:
    """Output comes live, the state changes, and the stream ends when everything is told."""

    def the_run_goes_on() -> None:
        house.shelf.writes("one\n", "tw")
        house.shelf.writes("o\n")
        house.shelf.becomes(*DONE)

    threading.Timer(0.3, the_run_goes_on).start()

    events = house.events()

    assert log_of(events) == "one\ntwo\n"
    assert "all 2 steps succeeded" in [data["html"] for name, _, data in events if name == "run"][-1]
    assert events[-1][:2] == ("end", "3")


def test_news_arrives_at_once(house: House) -> None:
    """A signal is faster than the poll: a line is seen well within a second."""
    threading.Timer(0.2, lambda: house.shelf.writes("now\n")).start()
    began = time.monotonic()

    house.events(until="log")

    assert 0.1 < time.monotonic() - began < 0.95


def test_without_signals_news_comes_a_little_later(house: House) -> None:
    """When signals are down the ledger is asked every second, and nothing is missed."""
    house.shelf.bells.broken = True

    def the_run_ends() -> None:
        house.shelf.writes("late\n")
        house.shelf.becomes(*DONE)

    threading.Timer(0.3, the_run_ends).start()

    assert log_of(house.events()) == "late\n"


def test_who_comes_back_goes_on_where_it_was(house: House) -> None:
    """After a lost connection only what follows is sent, and the open line is put together again."""
    house.shelf.writes("first\n", "\x1b[31mhalf ", "of a line\n", "last\n")
    house.shelf.becomes(*DONE)

    events = house.events(last=2)

    assert log_of(events) == '<span class="fg1">half of a line</span>\n<span class="fg1">last</span>\n'


def test_a_progress_bar_is_one_line(house: House) -> None:
    """What a terminal overwrites, the page overwrites too."""
    house.shelf.writes(*(f"\r{n}%" for n in range(0, 101, 10)), "\ndone\n")
    house.shelf.becomes(*DONE)

    assert log_of(house.events()) == "100%\ndone\n"


def test_no_event_is_large(house: House) -> None:
    """However much is written at once, an event stays under 64 KB, even if each character needs escaping."""
    house.shelf.writes("<" * 300_000 + "\n", '"\u202e' * 50_000, "\n" * 50_000)
    house.shelf.becomes(*DONE)

    events = house.events()

    assert max(len(json.dumps(data)) for _, _, data in events) < 64 * 1024
    assert log_of(events).count("&lt;") == 300_000


def test_many_watchers_are_one_look(house: House) -> None:
    """Thirty people who watch a quiet run cost the ledger as much as one."""
    with ThreadPoolExecutor(30) as people:
        watching = [people.submit(house.events) for _ in range(30)]
        time.sleep(1.5)
        before = house.shelf.looks
        time.sleep(2)
        looks = house.shelf.looks - before
        house.shelf.writes("all of you\n")
        house.shelf.becomes(*DONE)

    assert looks <= 4
    assert [log_of(each.result()) for each in watching] == ["all of you\n"] * 30


def test_the_whole_log_can_be_downloaded(house: House) -> None:
    """The log is plain text with a heading a step, and harmless in a terminal."""
    house.shelf.writes("\x1b[32mgreen\x1b[0m\nhal")
    house.shelf.writes("other\n", step=1)
    house.shelf.writes("f\n")

    answer = house.get("/log.txt")

    assert answer.headers["content-disposition"] == 'attachment; filename="agent-abc1234567.log.txt"'
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == (
        "--- Step 1: Run the tests ---\ngreen\n"
        "--- Step 2: Build the cart ---\nother\n"
        "--- Step 1: Run the tests ---\nhalf\n"
    )


def test_the_changes_can_be_downloaded_and_the_page_says_how_to_apply_them(house: House) -> None:
    """The patch comes byte for byte, and the page shows the exact command."""
    house.shelf.patch = Changes((FileChange("cart.py", FileMode.FILE, b"two\n"),), PATCH)
    house.shelf.becomes(*DONE)
    house.shelf.current = replace(house.shelf.current, changed_files=1)

    assert house.get("/changes.patch").content == PATCH
    assert (
        f"curl -fsSL &#39;{house.address('/changes.patch')}&#39; | git apply --index"
        in house.get().text.replace("'", "&#39;")
    )


def test_a_run_without_changes_has_no_patch(house: House) -> None:
    """Nothing changed: there is nothing to download."""
    assert house.get("/changes.patch").status_code == 404


@pytest.mark.browser
def test_a_browser_watches_a_run_finish(house: House) -> None:
    """In a real browser the log grows and the state turns without a reload, and nothing breaks the policy."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(house.address())
        expect(page.locator(".headline")).to_have_text("Step 1 of 2 is running: Run the tests.")

        house.shelf.writes("<b>collected</b> 318 items\n", "\r10%", "\r55%")
        expect(page.locator("#step-1 pre")).to_have_text("<b>collected</b> 318 items\n55%")
        house.shelf.writes("\r100%\n")
        house.shelf.becomes(*DONE)

        expect(page.locator(".headline")).to_have_text("Done in 42 s: all 2 steps succeeded.")
        expect(page.locator("body")).to_have_attribute("data-ended", "yes")
        expect(page.locator("#step-1 pre")).to_have_text("<b>collected</b> 318 items\n100%")
        expect(page.locator("tbody tr.is-succeeded")).to_have_count(2)
        assert complaints == []
        browser.close()


@pytest.mark.browser
def test_the_cancel_button_leads_where_people_are_known(house: House) -> None:
    """It copies the command and opens the conversation that asked; the page itself can change nothing."""
    run = house.shelf.current
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        context.route("https://github.com/**", lambda route: route.fulfill(body="the conversation"))
        page = context.new_page()
        page.goto(house.address())

        with context.expect_page() as opened:
            page.get_by_role("button", name="Cancel this run").click()

        assert opened.value.url == run.request_url
        page.bring_to_front()
        assert page.evaluate("navigator.clipboard.readText()") == f"/agent cancel {run.id}"
        browser.close()


CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]


def test_an_artifact_is_saved_and_never_shown(house: House) -> None:
    """Whatever it is called and holds; for the key only, and where there is none there is nothing."""
    name = 'dist/"ü"; x=.html'
    house.shelf.current = replace(house.shelf.current, results=Results((Artifact(name, 2048),)))

    answer = house.get("/artifacts/0")

    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"_____x_.html\"; filename*=UTF-8''%22%C3%BC%22%3B%20x%3D.html"
    )
    assert [house.get(f"/artifacts/{place}").status_code for place in (1, -1, "x", 10**30)] == [
        404,
        404,
        422,
        404,
    ]
    assert house.get("/artifacts/0", key="wrong").status_code == 404
    assert "dist/&#34;ü&#34;; x=.html</a>, 2 KiB" in house.get().text
