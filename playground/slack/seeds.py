"""Worlds to begin with: `acme` has a team with our App in it, its people and channels, and another team."""

from __future__ import annotations

from collections.abc import Callable

from playground.slack import ground
from playground.slack.api import oauth
from playground.slack.state import SlackWorld

ACME, EVIL = "T_ACME", "T_EVIL"
# The people of every story, as the attack corpus calls them.
MEMBERS = ("U_OLGA", "U_MIA", "U_WILL", "U_WENDY", "U_TOM", "U_RITA", "U_NOLINK", "U_EVE")
GUEST, STRANGER, EVIL_ONE, BOT = "U_GUEST", "U_EXT", "U_EVIL", "U_AGENT"
SHOP, GENERAL, OPS, SHARED = "C_SHOP", "C_GENERAL", "G_OPS", "C_SHARED"


def acme(world: SlackWorld) -> None:
    """Our bot is in C_SHOP, in the private G_OPS, and in C_SHARED, where somebody of the other team is."""
    _teams(world)
    oauth.install(world, ACME, list(world.settings.scopes), value=world.settings.bot_token)
    for channel in (SHOP, SHARED, OPS):
        world.channel(channel).members.append(BOT)


def empty(world: SlackWorld) -> None:
    """The same teams, people and channels; our App is installed nowhere."""
    _teams(world)


def _teams(world: SlackWorld) -> None:
    ground.add_team(world, id=ACME, name="Acme", domain="acme")
    ground.add_team(world, id=EVIL, name="Evil", domain="evil")
    for member in MEMBERS:
        ground.add_user(world, id=member, team=ACME, is_admin=member == "U_OLGA")
    ground.add_user(world, id=GUEST, team=ACME, is_restricted=True)
    ground.add_user(world, id=STRANGER, team=ACME, home=EVIL)
    ground.add_user(world, id=EVIL_ONE, team=EVIL)
    ground.add_channel(world, id=SHOP, team=ACME, name="shop", members=[*MEMBERS, GUEST])
    ground.add_channel(world, id=GENERAL, team=ACME, name="general", members=[*MEMBERS, GUEST])
    ground.add_channel(world, id=OPS, team=ACME, name="ops", private=True, members=MEMBERS[:3])
    both = [*MEMBERS[:3], STRANGER]
    ground.add_channel(world, id=SHARED, team=ACME, name="shared", members=both, ext_shared=True)


SEEDS: dict[str, Callable[[SlackWorld], None]] = {"acme": acme, "empty": empty}
