"""What each page of this Slack shows: the world's state, turned into the names that the templates use."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from playground.slack import viewing
from playground.slack.answers import Json, Refused
from playground.slack.filling import elements, initial_values, options_of
from playground.slack.model import Channel, ChannelKind, Message, View
from playground.slack.mrkdwn import link, markdown, mrkdwn, plain
from playground.slack.parcels import listing
from playground.slack.shapes import replies_of
from playground.slack.state import SlackWorld

USUALLY = "U_WILL"
SELECTS = {
    "static_select",
    "external_select",
    "overflow",
    "users_select",
    "channels_select",
    "conversations_select",
}
INPUT_TYPES = {
    "plain_text_input": "text",
    "email_text_input": "email",
    "url_text_input": "url",
    "number_input": "number",
    "datepicker": "date",
    "timepicker": "time",
}
ICONS = {"pending": "○", "in_progress": "◐", "complete": "✓", "error": "✗"}


@functools.cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("playground.slack"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "plain": plain,
        "markdown": markdown,
        "link": lambda url, label: Markup(link(url, label)),
        "options_of": options_of,
        "clock": lambda ts: datetime.fromtimestamp(float(ts), UTC).strftime("%H:%M:%S"),
        "icons": ICONS,
        "input_types": INPUT_TYPES,
        "selects": SELECTS,
    }
    return environment


@dataclass(frozen=True, slots=True)
class Place:
    """Where blocks stand, for the forms in them."""

    key: str
    fields: dict[str, str]
    values: dict[str, dict[str, Json]]
    offered: dict[str, list[Json]]
    modal: bool = False

    def value(self, block: Json, element: Json) -> Json:
        return self.values.get(block.get("block_id", ""), {}).get(element.get("action_id", ""), {})


@dataclass(frozen=True, slots=True)
class Page:
    """One look at a page: live means only its changing part is wanted."""

    world: SlackWorld
    path: str
    who: str
    live: bool

    def show(self, template: str, **names: Any) -> str:
        people = [user.id for user in self.world.users.values() if not user.is_bot]
        return (
            _templates()
            .get_template(template)
            .render(
                page=self,
                world=self.world,
                path=self.path,
                who=self.who,
                people=people,
                channels=self.channels(),
                modals=self.modals(),
                modal_key=self.modal_key(),
                layout="live.html" if self.live else "page.html",
                version=self.world.version,
                mrkdwn=lambda text: mrkdwn(text, self.name_of),
                **names,
            )
        )

    def name_of(self, name: str) -> str:
        if name in self.world.users:
            return self.world.users[name].name
        return self.world.channels[name].name if name in self.world.channels else name

    # -- channels and messages --------------------------------------------------------------------

    def channels(self) -> list[Channel]:
        """What one sees: the public channels of one's team, and wherever one is a member."""
        user = self.world.users.get(self.who)
        team = user.team if user else None
        return [
            channel
            for channel in self.world.channels.values()
            if self.who in channel.members or (channel.kind is ChannelKind.CHANNEL and channel.team == team)
        ]

    def title(self, channel: Channel) -> str:
        signs = {ChannelKind.CHANNEL: "#", ChannelKind.GROUP: "🔒 ", ChannelKind.IM: ""}
        name = self.world.app.name if channel.kind is ChannelKind.IM else channel.name
        return f"{signs[channel.kind]}{name}"

    def talk(self, channel: Channel, thread: str | None) -> list[Message]:
        """A channel's own messages, or those of a thread, with what only this person sees."""
        whispered = [m for m in self.world.ephemerals if m.channel is channel and m.ephemeral_to == self.who]
        there = [m for m in [*channel.messages, *whispered] if not m.deleted]
        if thread is None:
            there = [m for m in there if not m.is_reply or m.broadcast]
        else:
            there = [m for m in there if thread in {m.ts, m.thread_ts}]
        return sorted(there, key=lambda m: m.ts)

    def replies(self, message: Message) -> int:
        return len(replies_of(message))

    def in_message(self, message: Message) -> Place:
        fields = {"channel": message.channel.id, "ts": message.ts}
        return Place(f"m{message.ts}", fields, initial_values(message.blocks), {})

    def in_view(self, view: View) -> Place:
        """In a modal all stands in one form, which is submitted; a home tab has none."""
        modal = viewing.is_modal(view)
        return Place(view.id, {"view": view.id, "view_id": view.id}, view.values, view.offered, modal)

    # -- modals -----------------------------------------------------------------------------------

    def modals(self) -> list[View]:
        return viewing.open_views(self.world, self.who)[-1:]

    def modal_key(self) -> str:
        """Changes with whatever our App changes in the modal on top, and with nothing that is typed."""
        shown = ((view.id, view.hash, sorted(view.errors.items())) for view in self.modals())
        return json.dumps(list(shown))


def sorry(world: SlackWorld, message: str, back: str = "/slack") -> str:
    return Page(world, back, USUALLY, live=False).show("sorry.html", message=message, back=back)


def index(page: Page) -> str:
    return page.show("index.html")


def channel(page: Page, channel: str, thread: str | None = None) -> str:
    place = page.world.channel(channel)
    if place not in page.channels():
        raise Refused(f"{page.name_of(page.who)} does not see this channel.", 404)
    if thread is not None:
        page.world.message(channel, thread)
    beside = page.talk(place, thread) if thread else []
    return page.show("channel.html", channel=place, talk=page.talk(place, None), thread=thread, beside=beside)


def home(page: Page) -> str:
    user = page.world.users.get(page.who)
    return page.show("home.html", home=page.world.homes.get((user.team, user.id)) if user else None)


def modal(page: Page) -> str:
    """Only the modal on top, for whoever replaces it."""
    return page.show("modal.html")


def deliveries(page: Page) -> str:
    told = [listing(delivery) for delivery in page.world.sender.deliveries[::-1][:200]]
    return page.show("deliveries.html", deliveries=told, written=lambda it: json.dumps(it, indent=2))


def authorize(page: Page, asked: dict[str, str], scopes: Sequence[str]) -> str:
    return page.show("authorize.html", asked=asked, scopes=scopes)


def interactive(blocks: Sequence[Json]) -> dict[str, Json]:
    """The elements of a view or message by their action ids."""
    return {found.action_id: found.element for found in elements(blocks)}
