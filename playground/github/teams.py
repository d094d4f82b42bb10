"""Teams of an organisation: who is in them, and who is only invited."""

from __future__ import annotations

from playground.github.answers import Answer, Call, not_found
from playground.github.state import World

STATES = ("active", "pending")


def set_member(world: World, organisation: str, team: str, *, login: str, state: str) -> None:
    world.teams.setdefault((organisation.lower(), team), {})[login.lower()] = state


def membership(call: Call) -> Answer:
    """A team that does not exist and one in which somebody is not look the same."""
    organisation, team, login = (call.params[name] for name in ("org", "team_slug", "username"))
    state = call.world.teams.get((organisation.lower(), team), {}).get(login.lower())
    if state is None:
        raise not_found()
    url = f"{call.world.url}/orgs/{organisation}/teams/{team}/memberships/{login}"
    return Answer(200, {"url": url, "role": "member", "state": state})
