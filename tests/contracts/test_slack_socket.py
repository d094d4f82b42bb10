"""Socket Mode: the same listeners at the end of a line that we open, and Slack at the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from slack_sdk import WebClient

from bot.chat.forms import RunForm
from bot.chat.message import Buttons, Message, Press
from bot.events import ChatEvent, ChatSaid
from handlers.slack.blocks import blocks
from handlers.slack.ears import Ears, listeners
from handlers.slack.socket import line
from handlers.slack.suggesting import previews, suggest
from handlers.slack.views import modal
from playground.slack import SlackDriver, SlackPlayground
from tests.contracts.slack_door import WORKSPACE, Desk, Shelf, served

Json = dict[str, Any]


@dataclass
class Line:
    """A web process without a public address, and the Slack that it calls."""

    playground: SlackPlayground
    url: str = ""
    shelf: Shelf = field(default_factory=Shelf)
    desk: Desk = field(default_factory=Desk)

    @property
    def slack(self) -> SlackDriver:
        return self.playground.driver

    @property
    def client(self) -> WebClient:
        return WebClient(token=self.playground.settings.bot_token, base_url=self.playground.api_url)

    def asked(self) -> int:
        """How often we have asked Slack for a line."""
        return len(self.slack.sees_requests("apps.connections.open"))

    def is_up(self) -> bool:
        return int(self.slack.sees_state()["sockets"]) > 0

    def serves(self) -> int:
        """What the web process answers to whoever looks at it."""
        return httpx.get(f"{self.url}/healthz", timeout=5, trust_env=False).status_code

    def events(self) -> list[ChatEvent]:
        return [each.event for each in self.shelf.kept if isinstance(each.event, ChatEvent)]


@contextmanager
def calling(playground: SlackPlayground, *, app_token: str = "") -> Iterator[Line]:
    """With the right token of the App, if no other is given."""
    it = Line(playground)
    ears = Ears(it.shelf.store, {"T_ACME": WORKSPACE}.get, suggest(it.desk), previews(it.desk.put))
    bolt = listeners(ears, signing_secret="")
    token = app_token or playground.settings.app_token

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with line(bolt, token, playground.api_url):
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.add_api_route("/healthz", lambda: {"status": "ok"})
    with served(app) as url:
        it.url = url
        yield it


@pytest.fixture
def fresh(slack: SlackPlayground) -> Iterator[SlackPlayground]:
    """A Slack that nobody has a line to, before and after."""
    yield slack
    slack.driver.until(lambda: not slack.driver.sees_state()["sockets"])


@pytest.fixture
def ours(fresh: SlackPlayground) -> Iterator[Line]:
    with calling(fresh) as it:
        fresh.driver.until(it.is_up)
        yield it


def test_a_command_comes_down_the_line(ours: Line) -> None:
    """It is written down and acknowledged with its receipt, and nothing of it came over HTTP."""
    told = ours.slack.commands("run tests <!channel>", by="U_MIA")

    assert told["status"] == 200
    (event,) = ours.events()
    assert isinstance(event, ChatSaid)
    assert (event.text, event.user, event.trigger) == ("run tests @channel", "U_MIA", told["trigger_id"])
    (shown,) = ours.slack.sees_ephemerals("U_MIA")
    assert ("Noted: run tests" in shown["text"], shown["mentions"]) == (True, [])
    assert [each["over"] for each in ours.slack.sees_deliveries()] == ["socket"]


def test_everything_else_comes_down_the_line_as_well(ours: Line) -> None:
    """A mention, a press, a form and its lists."""
    ours.slack.mentions("run tests")
    ours.slack.until_idle()
    text, shown = blocks(Message("Look", (Buttons((Press("Go", "go", "r1"),)),)), version="v1")
    ts = ours.client.chat_postMessage(channel="C_SHOP", text=text, blocks=shown)["ts"]
    ours.slack.presses("go", ts=ts)
    trigger = ours.slack.commands("")["trigger_id"]
    ours.client.views_open(trigger_id=trigger, view=modal(RunForm("origin", plan="run tests")))
    (view,) = ours.slack.sees_views()
    ours.desk.pairs = [("acme/shop", "acme/shop")]
    offered = ours.slack.suggests("repository", "sh", view=view["id"])
    ours.slack.submits(view["id"], {"repository": "acme/shop"})

    assert [each["value"] for each in offered] == ["acme/shop"]
    assert [each.kind for each in ours.events()] == [
        "chat_said",
        "chat_pressed",
        "chat_said",
        "chat_form_sent",
    ]
    assert {each["over"] for each in ours.slack.sees_deliveries()} == {"socket"}


def test_what_cannot_be_written_down_is_not_acknowledged(ours: Line) -> None:
    """Slack tells of an event again, under the same name, until it is kept."""
    ours.slack.hurries(retry_speed=3_000, ack_seconds=0.5)
    ours.shelf.fails = 2
    ours.slack.mentions("run tests")
    ours.slack.until_idle()

    assert [each["status"] for each in ours.slack.sees_deliveries()] == [0, 0, 200]
    assert len({each.guid for each in ours.shelf.tried}) == 1
    assert len(ours.shelf.kept) == 1


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "too_many_websockets"])
def test_a_line_that_slack_ends_is_opened_again(ours: Line, reason: str) -> None:
    """As it does every few hours, and nothing is lost for who asks afterwards."""
    ours.slack.commands("run first")
    before = ours.asked()
    ours.slack.disconnects(reason)

    ours.slack.until(lambda: ours.asked() > before and ours.is_up(), seconds=30)
    assert ours.slack.commands("run second")["status"] == 200
    assert [each.text for each in ours.events() if isinstance(each, ChatSaid)] == ["run first", "run second"]


@pytest.mark.slow
def test_web_serves_while_there_is_no_line(fresh: SlackPlayground, caplog: pytest.LogCaptureFixture) -> None:
    """A wrong token of the App is tried again and again, breaks nothing else, and is in no log."""
    with calling(fresh, app_token="xapp-wrong-1") as it:
        fresh.driver.until(lambda: it.asked() >= 2, seconds=30)
        assert (it.serves(), it.is_up()) == (200, False)
    assert "slack.socket_away" in caplog.text
    assert "xapp-wrong-1" not in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["internal_error", "cut"])
def test_a_line_comes_when_slack_does(fresh: SlackPlayground, trouble: str) -> None:
    """Slack may be away when we start."""
    fresh.driver.fails("apps.connections.open", trouble)
    with calling(fresh) as it:
        fresh.driver.until(it.is_up, seconds=30)
        assert it.slack.commands("run tests")["status"] == 200
        assert len(it.events()) == 1


def test_the_line_ends_with_the_process(fresh: SlackPlayground) -> None:
    """Nobody at our end is told anything any more."""
    with calling(fresh) as it:
        fresh.driver.until(it.is_up)
    fresh.driver.until(lambda: not it.is_up())
