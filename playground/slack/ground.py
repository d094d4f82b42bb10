"""Acts that make the world what it is: teams, people, channels, our App's standing, and what goes wrong."""

from __future__ import annotations

from collections.abc import Sequence

from playground.slack import posting
from playground.slack.answers import Json, Refused
from playground.slack.api import oauth
from playground.slack.faults import Fault
from playground.slack.model import Channel, ChannelKind, Standing, Team, User
from playground.slack.state import SlackWorld


def add_team(world: SlackWorld, *, id: str, name: str = "", domain: str = "") -> Json:  # noqa: A002
    plain = id.removeprefix("T_").lower()
    team = world.teams.setdefault(id, Team(id, name or plain.title(), domain or plain))
    world.changed()
    return {"id": team.id, "name": team.name, "domain": team.domain}


def add_user(
    world: SlackWorld,
    *,
    id: str,  # noqa: A002
    team: str,
    name: str = "",
    home: str | None = None,
    is_bot: bool = False,
    is_admin: bool = False,
    is_restricted: bool = False,
    is_ultra_restricted: bool = False,
    deleted: bool = False,
) -> Json:
    """Somebody in a team; with another `home`, a stranger. Done again, it changes them."""
    world.team(team)
    world.users[id] = User(
        id=id,
        team=team,
        name=name or id.removeprefix("U_").lower(),
        home=home or team,
        is_bot=is_bot,
        is_admin=is_admin,
        is_restricted=is_restricted,
        is_ultra_restricted=is_ultra_restricted,
        deleted=deleted,
        bot_id=f"B_{id.removeprefix('U_')}" if is_bot else None,
    )
    world.changed()
    return {"id": id, "team": team}


def add_channel(
    world: SlackWorld,
    *,
    id: str,  # noqa: A002
    team: str,
    name: str = "",
    private: bool = False,
    members: Sequence[str] = (),
    ext_shared: bool = False,
) -> Json:
    """A channel; our bot is in it only if it is among the members."""
    world.team(team)
    plain = name or id.partition("_")[2].lower()
    kind = ChannelKind.GROUP if private else ChannelKind.CHANNEL
    world.channels[id] = Channel(id, plain, team, kind, list(members), ext_shared=ext_shared)
    world.changed()
    return {"id": id, "name": plain}


def open_talk(world: SlackWorld, *, by: str, to: str | None = None) -> Json:
    """The direct messages of two people; or of somebody and our bot."""
    who = world.user(by)
    place = world.im_of(who.id, who.team) if to is None else world.im_between(who.id, to, who.team)
    world.changed()
    return {"id": place.id}


def join(world: SlackWorld, *, channel: str, user: str) -> Json:
    """A person or our bot."""
    place, who = world.channel(channel), world.user(user)
    if who.id not in place.members:
        place.members.append(who.id)
    _tell_membership(world, place, who, "member_joined_channel")
    return {"members": place.members}


def leave(world: SlackWorld, *, channel: str, user: str) -> Json:
    """Or is removed; Slack tells the two apart nowhere that matters."""
    place, who = world.channel(channel), world.user(user)
    _tell_membership(world, place, who, "member_left_channel")
    place.members = [member for member in place.members if member != who.id]
    world.changed()
    return {"members": place.members}


def _tell_membership(world: SlackWorld, channel: Channel, who: User, kind: str) -> None:
    world.changed()
    if posting.is_heard(world, channel):
        letter = "G" if channel.private else "C"
        event = {"type": kind, "user": who.id, "channel": channel.id, "channel_type": letter}
        world.sender.tell(channel, {**event, "team": who.home, "event_ts": world.new_ts()})


def archive(world: SlackWorld, *, channel: str) -> Json:
    place = world.channel(channel)
    place.archived = True
    world.changed()
    return {"id": place.id}


# -- our App -----------------------------------------------------------------------------------------


def install_app(world: SlackWorld, *, team: str, scopes: Sequence[str] | None = None) -> Json:
    """Our App in a team without anybody's visit to the page of OAuth. Returns its token."""
    world.team(team)
    token = oauth.install(world, team, list(world.settings.scopes if scopes is None else scopes))
    return {"token": token.value, "bot": token.user, "bot_id": token.bot_id}


def revoke_token(world: SlackWorld, *, team: str) -> Json:
    """Nothing is told; the next call finds out."""
    for token in world.tokens.values():
        if token.team == team:
            token.standing = Standing.REVOKED
    world.changed()
    return {}


def uninstall(world: SlackWorld, *, team: str) -> Json:
    """Take our App out of a team, and tell it so with both events."""
    bot = world.bot_of(team)
    if bot is None:
        raise Refused(f"The App is not installed in {team}.")
    for token in world.tokens.values():
        if token.team == team:
            token.standing = Standing.UNINSTALLED
    world.changed()
    told: list[Json] = [
        {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [bot.id]}, "event_ts": world.new_ts()},
        {"type": "app_uninstalled", "event_ts": world.new_ts()},
    ]
    heard = [event for event in told if event["type"] in world.events]
    return {"events": [world.sender.deliver(team, event) for event in heard]}


def set_scopes(world: SlackWorld, *, team: str, scopes: Sequence[str]) -> Json:
    token = world.token_of(team)
    if token is None:
        raise Refused(f"The App is not installed in {team}.")
    token.scopes = list(scopes)
    return {"scopes": token.scopes}


def set_base(world: SlackWorld, *, base: str | None) -> Json:
    """Where our App is from now on; None is nowhere."""
    world.sender.base = base
    return {"base": base}


def set_events(world: SlackWorld, *, events: Sequence[str]) -> Json:
    world.events = list(events)
    return {"events": world.events}


# -- what goes wrong ---------------------------------------------------------------------------------


def set_limits(world: SlackWorld, *, on: bool = True, speed: float = 1.0) -> Json:
    """Refuse what is too much. `speed` divides the minute and the second that are counted in."""
    world.limits.on, world.limits.speed = on, speed
    return {"on": on, "speed": speed}


def set_patience(
    world: SlackWorld,
    *,
    ack_seconds: float | None = None,
    retry_speed: float | None = None,
    trigger_seconds: float | None = None,
) -> Json:
    """How long Slack waits: for an answer, between retries (divided), and for a trigger's use."""
    sender = world.sender
    sender.ack_seconds = sender.ack_seconds if ack_seconds is None else ack_seconds
    sender.retry_speed = sender.retry_speed if retry_speed is None else retry_speed
    world.trigger_seconds = world.trigger_seconds if trigger_seconds is None else trigger_seconds
    return {"ack_seconds": sender.ack_seconds, "retry_speed": sender.retry_speed}


def add_fault(
    world: SlackWorld,
    *,
    method: str,
    error: str = "internal_error",
    times: int = 1,
    retry_after: int = 1,
    after: bool = False,
    seconds: float = 0.0,
) -> Json:
    """An error of Slack's, an HTTP status as text, or `cut`; with `after`, when all was done."""
    world.faults.add(Fault(method, error, times, retry_after, after, seconds))
    return {}


def clear_faults(world: SlackWorld) -> Json:
    world.faults.clear()
    return {}


async def disconnect(world: SlackWorld, *, reason: str = "refresh_requested") -> Json:
    """Close every socket of our App, as Slack does from time to time; without a reason, as a network does."""
    closed = world.link.connections
    await (world.link.disconnect(reason) if reason else world.link.close())
    return {"closed": closed}
