"""oauth.v2.access, and what an Allow leaves to be exchanged there."""

from __future__ import annotations

import hmac
import secrets
import time

from playground.slack.answers import Json, SlackError
from playground.slack.api.call import Call
from playground.slack.model import Code, Standing, Token, User
from playground.slack.state import SlackWorld

CODE_SECONDS = 600.0


def access(call: Call) -> Json:
    """Exchange a code, once and within ten minutes, for a bot's token and perhaps a person's."""
    _identify(call)
    code = _code(call)
    code.used = True
    team = call.world.teams[code.team]
    authed: Json = {"id": code.user}
    said: Json = {
        "ok": True,
        "app_id": call.world.app.id,
        "team": {"id": team.id, "name": team.name},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": authed,
    }
    if code.user_scopes:
        own = Token(f"xoxp-canary-{secrets.token_hex(16)}", code.team, code.user, code.user_scopes)
        call.world.tokens[own.value] = own
        authed |= {"scope": ",".join(own.scopes), "access_token": own.value, "token_type": "user"}
    if code.scopes:
        token = install(call.world, code.team, code.scopes)
        said |= {"scope": ",".join(token.scopes), "token_type": "bot", "bot_user_id": token.user}
        said["access_token"] = token.value
    return said


def _identify(call: Call) -> None:
    """Who asks is our App: in HTTP's Basic, or in fields."""
    client, secret = call.client or (call.text("client_id"), call.text("client_secret"))
    if client != call.world.app.client_id:
        raise SlackError("invalid_client_id")
    if not hmac.compare_digest(secret, call.world.app.client_secret):
        raise SlackError("bad_client_secret")


def _code(call: Call) -> Code:
    found = call.world.codes.get(call.required("code"))
    if found is None or time.monotonic() - found.at > CODE_SECONDS:
        raise SlackError("invalid_code")
    if found.used:
        raise SlackError("code_already_used")
    if found.redirect_uri != call.text("redirect_uri") and (found.redirect_uri or call.text("redirect_uri")):
        raise SlackError("bad_redirect_uri")
    return found


def install(world: SlackWorld, team: str, scopes: list[str], *, value: str | None = None) -> Token:
    """Our App in a team: the token it has there with what it was given more, or a new one."""
    before = world.token_of(team)
    if before is not None and before.standing is Standing.ACTIVE:
        before.scopes = list(dict.fromkeys([*before.scopes, *scopes]))
        return before
    bot = world.users[before.user] if before else _new_bot(world, team)
    bot.deleted = False
    token = Token(
        value=value or f"xoxb-canary-{secrets.token_hex(16)}",
        team=team,
        user=bot.id,
        scopes=list(scopes),
        bot_id=bot.bot_id,
    )
    world.tokens[token.value] = token
    world.changed()
    return token


def _new_bot(world: SlackWorld, team: str) -> User:
    """The first bot is called U_AGENT and B_AGENT, those in other teams after their team as well."""
    name = "AGENT" if "U_AGENT" not in world.users else f"AGENT_{team.removeprefix('T_')}"
    bot = User(f"U_{name}", team, world.app.name, home=team, is_bot=True, bot_id=f"B_{name}")
    world.users[bot.id] = bot
    return bot


def allow(
    world: SlackWorld, *, user: str, scopes: list[str], user_scopes: list[str], redirect_uri: str
) -> str:
    """Somebody pressed Allow: the code for it."""
    made = Code(
        value=secrets.token_urlsafe(24),
        user=user,
        team=world.user(user).team,
        scopes=scopes,
        user_scopes=user_scopes,
        redirect_uri=redirect_uri,
        at=time.monotonic(),
    )
    world.codes[made.value] = made
    return made.value
