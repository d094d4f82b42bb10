"""The box protocol, version 1: frames between hands and the supervisor, over its stdin and stdout.

A frame is a type (one ASCII letter), three zero bytes, the length of its payload (uint32), and the payload.
Numbers are big-endian; words end in NUL. docs/reference/box-protocol.md says the same for readers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from bot.ports import Stream

VERSION = 1
HEAD = struct.Struct(">cxxxL")
CHUNK = 256 * 1024  # bytes of one stdin frame

# From hands.
START, INPUT, KILL, PING = b"S", b"I", b"K", b"P"
# From the supervisor; it answers PING by PING.
HELLO, OUT, ERR, WANTS_INPUT, END = b"H", b"O", b"E", b"W", b"X"

STREAMS = {OUT: Stream.OUT, ERR: Stream.ERR}

_START = struct.Struct(">L?")
_COUNT = struct.Struct(">L")
_END = struct.Struct(">B3xiQQQQQ")
_HELLO = struct.Struct(">H?")
_STAMP = struct.Struct(">Q")  # nanoseconds since 1970, before each piece of output


class How(IntEnum):
    """How a step ended, by the supervisor's waitpid and by nothing that a step can write."""

    EXITED = 0
    SIGNALLED = 1
    TIMED_OUT = 2
    NO_FOLDER = 3
    OUTSIDE = 4  # the folder leads out of the workspace
    NOT_STARTED = 5


@dataclass(frozen=True)
class End:
    """`value` is the exit code, the signal's number, or the errno of a step that could not begin."""

    how: How
    value: int
    wall_s: float
    user_s: float
    system_s: float
    max_rss_kib: int
    oom_kills: int  # processes of the box that the kernel killed for memory meanwhile


@dataclass(frozen=True)
class Hello:
    version: int
    has_sh: bool


@dataclass(frozen=True)
class Output:
    """A piece of what a step said. `content` is only good until the next piece is asked for."""

    stream: Stream
    content: memoryview


@dataclass(frozen=True)
class Start:
    """`argv` is looked up in the box's PATH; `folder` is absolute; `env` is added to the box's own."""

    argv: Sequence[str]
    folder: str
    env: Mapping[str, str]
    timeout_s: float  # 0: none
    has_stdin: bool = False


def frame(kind: bytes, payload: bytes = b"") -> bytes:
    return HEAD.pack(kind, len(payload)) + payload


def start(step: Start) -> bytes:
    env = [f"{name}={value}" for name, value in step.env.items()]
    head = _START.pack(round(step.timeout_s * 1000), step.has_stdin)
    return frame(START, head + _word(step.folder) + _words(step.argv) + _words(env))


def _words(words: Sequence[str]) -> bytes:
    return _COUNT.pack(len(words)) + b"".join(map(_word, words))


def _word(word: str) -> bytes:
    return word.encode(errors="surrogateescape") + b"\0"


def read_end(payload: bytes) -> End:
    how, value, wall, user, system, max_rss_kib, oom_kills = _END.unpack(payload)
    return End(How(how), value, wall / 1e6, user / 1e6, system / 1e6, max_rss_kib, oom_kills)


def read_hello(payload: bytes) -> Hello:
    return Hello(*_HELLO.unpack(payload))


class Reader:
    """Frames, however they are cut. Output is passed on as it comes: memory does not grow with it."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._kind = b""
        self._left = 0
        self._skip = 0
        self._payload = bytearray()

    def feed(self, chunk: memoryview) -> Iterator[Output | tuple[bytes, bytes]]:
        """Pieces of output, and (type, payload) of everything else."""
        at, end = 0, len(chunk)
        while at < end:
            if not self._kind:
                upto = min(at + HEAD.size - len(self._head), end)
                self._head += chunk[at:upto]
                at = upto
                if len(self._head) == HEAD.size:
                    yield from self._open()
                continue
            upto = min(at + self._left, end)
            piece, at = chunk[at:upto], upto
            self._left -= len(piece)
            stream = STREAMS.get(self._kind)
            if stream is None:
                self._payload += piece
            else:
                stamp = min(self._skip, len(piece))
                self._skip -= stamp
                if len(piece) > stamp:
                    yield Output(stream, piece[stamp:])
            if not self._left:
                yield from self._close()

    def _open(self) -> Iterator[tuple[bytes, bytes]]:
        self._kind, self._left = HEAD.unpack(self._head)
        self._head.clear()
        self._skip = _STAMP.size
        if not self._left:
            yield from self._close()

    def _close(self) -> Iterator[tuple[bytes, bytes]]:
        kind, self._kind = self._kind, b""
        if kind not in STREAMS:
            payload = bytes(self._payload)
            self._payload.clear()
            yield kind, payload
