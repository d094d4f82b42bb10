"""One command of a run over a conversation: what may not begin is said, and its end is one of ours."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from bot.actions.model import Command
from bot.ports import Ended, Exit, Hear, Stream
from runners.supervisor.conversation import Conversation, cut
from runners.supervisor.hearing import Text
from runners.supervisor.inside import WORKSPACE
from runners.supervisor.protocol import End, How, Start

CANNOT_START, NOT_FOUND = 126, 127
ARGUMENT_BYTES = 128 * 1024 - 1  # the kernel's MAX_ARG_STRLEN
ARGUMENTS_BYTES = 1024 * 1024  # half of what the kernel takes: the environment needs room too


def perform(
    conversation: Conversation, command: Command, hear: Hear, *, env: Mapping[str, str], timeout_s: int
) -> Exit:
    """Run it to its end. LostError when its box went away under it."""
    began = time.monotonic()
    reason = objection(command)
    if reason is not None:
        hear(Stream.ERR, reason + "\n")
        return Exit(Ended.EXITED, CANNOT_START, 0.0)
    text = Text(hear)
    folder = f"{WORKSPACE}/{command.cwd}" if command.cwd else WORKSPACE
    end = conversation.perform(
        Start(command.argv, folder, {**env, **command.env}, timeout_s),
        text.take,
        stdin=cut(command.stdin) if command.stdin else None,
    )
    text.finish()
    ended, code, sentence = _judge(end, command)
    if sentence:
        hear(Stream.ERR, sentence + "\n")
    return Exit(ended, code, time.monotonic() - began)


def objection(command: Command) -> str | None:
    """Why the kernel would not start this, as a sentence; None when it would."""
    if not command.argv:
        return "The command is empty."
    words = [*command.argv, *(f"{name}={value}" for name, value in command.env.items())]
    if any("\0" in word for word in (*words, command.cwd)):
        return "A command cannot hold a NUL character."
    sizes = [len(word.encode(errors="surrogateescape")) + 1 for word in words]
    if max(sizes) > ARGUMENT_BYTES or sum(sizes) > ARGUMENTS_BYTES:
        return "The command is too long for one command line. Put it into a file and run that."
    return None


def _judge(end: End, command: Command) -> tuple[Ended, int | None, str]:
    """How it ended, its exit code (a signal is 128+n, as in a shell), and a sentence if it never began."""
    match end.how:
        case How.TIMED_OUT:
            return Ended.TIMED_OUT, None, ""
        case How.NO_FOLDER:
            return Ended.EXITED, CANNOT_START, f"The folder {command.cwd} does not exist in the workspace."
        case How.OUTSIDE:
            return Ended.EXITED, CANNOT_START, f"The folder {command.cwd} leads out of the workspace."
        case How.NOT_STARTED:
            code = NOT_FOUND if end.value == 2 else CANNOT_START  # ENOENT
            return Ended.EXITED, code, f"{command.argv[0]}: {os.strerror(end.value)}."
        case How.EXITED if end.value == 0:
            return Ended.EXITED, 0, ""
        case _ if end.oom_kills:
            return Ended.OUT_OF_MEMORY, None, ""
        case How.EXITED:
            return Ended.EXITED, end.value, ""
        case How.SIGNALLED:
            return Ended.EXITED, 128 + end.value, ""
