"""files.*: a file is announced, sent to an address of its own, and then shown somewhere."""

from __future__ import annotations

import secrets

from playground.slack import posting, shapes
from playground.slack.answers import Json, SlackError, explained
from playground.slack.api.call import Call
from playground.slack.model import File

UPLOAD = "/slack/upload/"


def get_upload_url(call: Call) -> Json:
    length = call.number("length", 0)
    if length < 1:
        raise explained("invalid_arguments", ["must be greater than 0: length"])
    made = File(
        id=call.world.new_id("F"),
        name=call.required("filename"),
        title=call.text("filename"),
        length=length,
        team=call.token.team,
        user=call.token.user,
        secret=secrets.token_urlsafe(18),
    )
    call.world.files[made.id] = made
    return {"ok": True, "upload_url": f"{call.world.url}{UPLOAD}{made.secret}", "file_id": made.id}


def complete_upload(call: Call) -> Json:
    named = call.parsed("files", "invalid_arguments")
    if not isinstance(named, list) or not named or not all(isinstance(one, dict) for one in named):
        raise explained("invalid_arguments", ["files is a list of objects with an id"])
    files = [_uploaded(call, str(one.get("id"))) for one in named]
    for file, one in zip(files, named, strict=True):
        file.title = str(one.get("title") or file.name)
    if call.text("channel_id"):
        _share(call, files)
    return {"ok": True, "files": [shapes.file(call.world, file.id) for file in files]}


def _uploaded(call: Call, file_id: str) -> File:
    found = call.world.files.get(file_id)
    if found is None or found.team != call.token.team or found.content is None:
        raise SlackError("file_not_found")
    return found


def _share(call: Call, files: list[File]) -> None:
    channel = call.channel("channel_id")
    if channel.archived:
        raise SlackError("is_archived")
    if not call.is_in(channel):
        raise SlackError("not_in_channel")
    thread = call.text("thread_ts") or None
    for file in files:
        file.channel, file.thread_ts = channel.id, thread
    posting.post_as_app(
        call.world,
        call.token,
        channel,
        call.text("initial_comment"),
        thread_ts=thread,
        files=[file.id for file in files],
        subtype="file_share",
    )
