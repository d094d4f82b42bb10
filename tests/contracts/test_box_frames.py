"""Docker's output stream, cut in every way, is heard whole, in order, and as UTF-8."""

from __future__ import annotations

import struct

import pytest

from bot.ports import Stream
from runners.docker.frames import Frames, Text
from tests.boxes import Ear

SAID = [
    (Stream.OUT, b"one\n"),
    (Stream.ERR, "a snowman \u2603".encode()),
    (Stream.OUT, b""),
    (Stream.OUT, "caf\u00e9".encode()[:-1]),
    (Stream.ERR, b"!"),
    (Stream.OUT, "caf\u00e9".encode()[-1:] + b"\xff\n"),
    (Stream.OUT, "\U0001f600".encode()[:2]),
]
NUMBER = {Stream.OUT: 1, Stream.ERR: 2}
WIRE = b"".join(struct.pack(">BxxxL", NUMBER[stream], len(said)) + said for stream, said in SAID)


@pytest.mark.parametrize("size", [*range(1, 20), len(WIRE)])
def test_a_stream_cut_anywhere_is_heard_whole(size: int) -> None:
    """Where the network cuts frames, heads and characters makes no difference."""
    ear = Ear()
    frames, text = Frames(), Text(ear)
    chunks = [WIRE[at : at + size] for at in range(0, len(WIRE), size)]

    text.take(piece for chunk in chunks for piece in frames.feed(memoryview(chunk)))
    text.finish()

    assert ear.text(Stream.OUT) == "one\ncaf\u00e9\ufffd\n\ufffd"
    assert ear.text(Stream.ERR) == "a snowman \u2603!"


def test_streams_keep_their_order() -> None:
    """What was written first is heard first, also across the two streams."""
    ear = Ear()

    Text(ear).take(Frames().feed(memoryview(WIRE)))

    assert [stream for stream, _ in ear.heard] == [Stream.OUT, Stream.ERR, Stream.OUT, Stream.ERR, Stream.OUT]


def test_small_writes_are_heard_together() -> None:
    """A program that writes byte by byte does not cost a call for each."""
    ear = Ear()
    bytewise = (struct.pack(">BxxxL", 1, 1) + b"x") * 1000

    Text(ear).take(Frames().feed(memoryview(bytewise)))

    assert ear.heard == [(Stream.OUT, "x" * 1000)]
