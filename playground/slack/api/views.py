"""views.*: modals opened by a trigger, and home tabs."""

from __future__ import annotations

import time
from typing import Any

import orjson

from playground.slack import shapes, viewing
from playground.slack.answers import Json, SlackError, explained
from playground.slack.api.call import Call
from playground.slack.contract import complaints_about_view
from playground.slack.model import Trigger, View

MOST_BYTES = 250_000


def open_view(call: Call) -> Json:
    trigger = _trigger(call)
    body = _body(call, "modal")
    trigger.used = True
    view = viewing.fresh(call.world, body, team=call.token.team, user=trigger.user, trigger=trigger.id)
    return _shown(call, view)


def update(call: Call) -> Json:
    """By id or by external id; with a hash, only if nobody has changed it since."""
    found = _named(call)
    _compare_hash(call, found)
    viewing.change(call.world, found, _body(call, str(found.body["type"])))
    return _shown(call, found)


def _named(call: Call) -> View:
    name, external = call.text("view_id"), call.text("external_id")
    if bool(name) == bool(external):
        raise explained("invalid_arguments", ["a view has a view_id or an external_id"])
    of_team = (view for view in call.world.views.values() if view.team == call.token.team and view.open)
    meant = (v for v in of_team if (v.id == name if name else v.body.get("external_id") == external))
    found = next(meant, None)
    if found is None:
        raise SlackError("not_found")
    return found


def publish(call: Call) -> Json:
    user = call.person(call.required("user_id"))
    key = (call.token.team, user.id)
    before = call.world.homes.get(key)
    if before is not None:
        _compare_hash(call, before)
    body = _body(call, "home")
    if before is None:
        call.world.homes[key] = viewing.fresh(call.world, body, team=call.token.team, user=user.id)
    else:
        viewing.change(call.world, before, body)
    return _shown(call, call.world.homes[key])


def _trigger(call: Call) -> Trigger:
    found = call.world.triggers.get(call.required("trigger_id"))
    if found is None or call.token.team not in {found.team, call.world.users[found.user].team}:
        raise SlackError("invalid_trigger_id")
    if found.used:
        raise SlackError("exchanged_trigger_id")
    if time.monotonic() - found.at > call.world.trigger_seconds:
        raise SlackError("expired_trigger_id")
    return found


def _body(call: Call, kind: str) -> Json:
    view = call.parsed("view", "invalid_arguments")
    if view is not None and len(orjson.dumps(view)) > MOST_BYTES:
        call.world.break_contract(call.method, [f"a view of more than {MOST_BYTES} bytes is too large"])
        raise SlackError("view_too_large")
    complaints = _complaints(view, kind)
    if complaints:
        call.world.break_contract(call.method, complaints)
        raise explained("invalid_arguments", complaints)
    return dict(view)


def _complaints(view: Any, kind: str) -> list[str]:
    said = complaints_about_view(view)
    if isinstance(view, dict) and view.get("type") != kind:
        said.append(f"a view of type {view.get('type')!r} cannot be put where a {kind} is")
    return said


def _compare_hash(call: Call, view: View) -> None:
    if call.text("hash") and call.text("hash") != view.hash:
        raise SlackError("hash_conflict")


def _shown(call: Call, view: View) -> Json:
    return {"ok": True, "view": shapes.view(call.world, view)}
