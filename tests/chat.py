"""The small world's Slack: its people, what they write and press, and what they see."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from bot.runs import Run
from playground.slack.driver import SlackDriver
from tests.world import World

Json = dict[str, Any]
LOGINS = {
    "U_OLGA": "owner-olga",
    "U_MIA": "maint-mia",
    "U_WILL": "writer-will",
    "U_WENDY": "writer-wendy",
    "U_TOM": "triage-tom",
    "U_RITA": "reader-rita",
}
OF_THE_CHANNEL = "This channel is about"  # begins what we say of one, to all who read there
_CODE = re.compile(r"/agent link ([A-Z0-9]{4}-[A-Z0-9]{4})")


@dataclass(frozen=True)
class ChatWorld:
    """One repository of the small world, and a channel of its own that is about nothing yet."""

    world: World
    channel: str

    @property
    def slack(self) -> SlackDriver:
        return self.world.stage.slack

    # --- acts -------------------------------------------------------------------------------------------

    def links(self, *users: str) -> None:
        """These members show who they are on GitHub, as a person would: a link, a browser, a code."""
        for user in users:
            self.slack.commands("link", by=user, channel=self.channel)
            told = self.whispered(user, "Continue on GitHub")
            page = self.browses(user, told)
            found = _CODE.search(page)
            assert found, page
            self.slack.commands(f"link {found[1]}", by=user, channel=self.channel)
            self.whispered(user, "on GitHub. What you may do there")

    def browses(self, user: str, offer: Json, *, as_login: str = "") -> str:
        """What the browser of this member shows when they follow the link that they were given."""
        back = self.world.stage.driver.authorizes(button(offer, "open")["url"], by=as_login or LOGINS[user])
        return re.sub(r"<[^>]*>", "", httpx.get(back, timeout=30, trust_env=False).text)

    def binds(self, *, by: str = "U_MIA", announce: str = "none") -> None:
        """The channel is about the repository from now on."""
        self.slack.commands(f"link channel {self.world.repo} {announce}", by=by, channel=self.channel)
        self.whispered(by, "This channel is about")

    def commands(self, text: str, *, by: str = "U_WILL", **more: Any) -> Json:
        return self.slack.commands(text, by=by, channel=self.channel, **more)

    def mentions(self, text: str, *, by: str = "U_WILL", **more: Any) -> Json:
        return self.slack.mentions(text, by=by, channel=self.channel, **more)

    def writes(self, text: str, *, by: str = "U_WILL", **more: Any) -> Json:
        """To us directly, where nobody else reads."""
        return self.slack.says(text, by=by, channel=self.slack.talks(by), **more)

    def presses(self, action: str, message: Json, *, by: str, **more: Any) -> Json:
        return self.slack.presses(action, channel=message["channel"], ts=message["ts"], by=by, **more)

    # --- what is there ----------------------------------------------------------------------------------

    def until(self, look: Callable[[], Any]) -> Any:
        return self.world.until(look)

    def whispered(self, user: str, text: str) -> Json:
        """What this member alone was told here, the last one with these words, as soon as it is there."""

        def told() -> list[Json]:
            found = [each for each in self.slack.sees_ephemerals(user) if each["channel"] == self.channel]
            return [each for each in found if text in said(each)][-1:]

        return dict(self.until(told)[0])

    def posts(self) -> list[Json]:
        """Our messages in the channel that begin a thread, without what we said of the channel itself."""
        found = self.slack.sees_messages(self.channel)
        ours = [each for each in found if each["ours"] and each["thread_ts"] in (None, each["ts"])]
        return [each for each in ours if not said(each).startswith(OF_THE_CHANNEL)]

    def told(self) -> list[str]:
        """What we said of the channel itself, to all who read there."""
        ours = [said(each) for each in self.slack.sees_messages(self.channel) if each["ours"]]
        return [each for each in ours if each.startswith(OF_THE_CHANNEL)]

    def post(self, text: str = "", *, number: int = 1) -> Json:
        """Our message of this number, when it has these words."""
        return dict(self.until(lambda: [e for e in self.posts()[number - 1 : number] if text in said(e)])[0])

    def thread(self, post: Json) -> list[Json]:
        """What we said below it."""
        found = self.slack.sees_messages(self.channel, thread=post["ts"])
        return [each for each in found if each["ours"] and each["ts"] != post["ts"]]

    def directly(self, user: str) -> list[Json]:
        """What we said to this member alone, in a talk of our own."""
        talks = [name for name, it in self.slack.sees_state()["channels"].items() if _is_with(it, user)]
        return [each for talk in talks for each in self.slack.sees_messages(talk) if each["ours"]]

    def buttons(self, message: Json) -> list[str]:
        """The labels of what can be pressed."""
        return [
            each["text"]["text"]
            for block in message["blocks"]
            if block["type"] == "actions"
            for each in block["elements"]
            if each["type"] == "button"
        ]

    def ended(self, run: Run) -> Run:
        """The run when every place shows its end."""
        self.until(lambda: self.world.shown(run.id) and self._all_done(run))
        found = self.world.ledger.runs.get(run.id)
        assert found is not None
        return found

    def _all_done(self, run: Run) -> bool:
        return all(done for key, done, _ in self.world.ledger.surfaces.all() if run.id in key)


def said(message: Json) -> str:
    """All its words, without the marks of what is shown as code."""
    return str(message["words"]).replace("`", "")


def button(message: Json, action: str) -> Json:
    for block in message["blocks"]:
        for each in block.get("elements", ()):
            if each.get("action_id", "").partition(":")[0] == action:
                return dict(each)
    raise AssertionError(f"There is no {action} in {message['blocks']}.")


def _is_with(channel: Json, user: str) -> bool:
    return channel["kind"] == "im" and user in channel["members"]
