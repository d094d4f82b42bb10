"""auth.test, users.info and bots.info: who somebody is."""

from __future__ import annotations

from playground.slack import shapes
from playground.slack.answers import Json, SlackError
from playground.slack.api.call import Call


def auth_test(call: Call) -> Json:
    token = call.token
    team, user = call.world.teams[token.team], call.world.users[token.user]
    said: Json = {
        "ok": True,
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": user.name,
        "team_id": team.id,
        "user_id": user.id,
        "is_enterprise_install": False,
    }
    return said | {"bot_id": token.bot_id} if token.is_bot else said


def users_info(call: Call) -> Json:
    return {"ok": True, "user": shapes.user(call.person(call.text("user")))}


def bots_info(call: Call) -> Json:
    wanted = call.text("bot")
    found = next((user for user in call.world.users.values() if wanted and user.bot_id == wanted), None)
    if found is None or found.team != call.token.team:
        raise SlackError("bot_not_found")
    ours = any(token.bot_id == wanted for token in call.world.tokens.values())
    shown = {
        "id": wanted,
        "deleted": found.deleted,
        "name": found.name,
        "updated": 1_764_400_000,
        "app_id": call.world.app.id if ours else "A_OTHER",
        "user_id": found.id,
        "icons": {"image_36": shapes.ICON, "image_48": shapes.ICON, "image_72": shapes.ICON},
    }
    return {"ok": True, "bot": shown}
