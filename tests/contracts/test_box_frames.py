"""What comes over the wire, cut in every way, is heard whole, in order, and as UTF-8."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from bot.ports import Stream
from runners.docker.frames import Frames
from runners.supervisor import protocol
from runners.supervisor.conversation import Piece
from runners.supervisor.hearing import Text
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
KIND = {Stream.OUT: protocol.OUT, Stream.ERR: protocol.ERR}
STAMP = struct.pack(">Q", 1_800_000_000_000_000_000)
FRAMES = b"".join(protocol.frame(KIND[stream], STAMP + said) for stream, said in SAID)
END = protocol.frame(protocol.END, struct.pack(">B3xiQQQQQ", 1, 9, 1_500_000, 0, 0, 4096, 1))
PIECE = 11  # Docker cuts where it likes
WIRE = b"".join(
    struct.pack(">BxxxL", 1, len(part)) + part + struct.pack(">BxxxL", 2, 5) + b"noise"
    for part in ((FRAMES + END)[at : at + PIECE] for at in range(0, len(FRAMES + END), PIECE))
)


def heard(chunks: list[bytes], controls: list[tuple[bytes, bytes]]) -> Iterator[Piece]:
    """What a conversation passes on, and the frames that are none of its listener's business."""
    frames, reader = Frames(), protocol.Reader()
    for chunk in chunks:
        for part in frames.feed(memoryview(chunk)):
            for told in reader.feed(part):
                if isinstance(told, protocol.Output):
                    yield told.stream, told.content
                else:
                    controls.append(told)


@pytest.mark.parametrize("size", [*range(1, 20), len(WIRE)])
def test_a_stream_cut_anywhere_is_heard_whole(size: int) -> None:
    """Where the network cuts frames, heads and characters makes no difference, and the end is read."""
    ear = Ear()
    controls: list[tuple[bytes, bytes]] = []
    text = Text(ear)

    text.take(heard([WIRE[at : at + size] for at in range(0, len(WIRE), size)], controls))
    text.finish()

    assert ear.text(Stream.OUT) == "one\ncaf\u00e9\ufffd\n\ufffd"
    assert ear.text(Stream.ERR) == "a snowman \u2603!"
    ((kind, payload),) = controls
    end = protocol.read_end(payload)
    assert (kind, end.how, end.value) == (protocol.END, protocol.How.SIGNALLED, 9)
    assert (end.wall_s, end.max_rss_kib, end.oom_kills) == (1.5, 4096, 1)


def test_streams_keep_their_order() -> None:
    """What was written first is heard first, also across the two streams."""
    ear = Ear()

    Text(ear).take(heard([WIRE], []))

    assert [stream for stream, _ in ear.heard] == [Stream.OUT, Stream.ERR, Stream.OUT, Stream.ERR, Stream.OUT]


def test_small_writes_are_heard_together() -> None:
    """A program that writes byte by byte does not cost a call for each."""
    ear = Ear()

    Text(ear).take((Stream.OUT, memoryview(b"x")) for _ in range(1000))

    assert ear.heard == [(Stream.OUT, "x" * 1000)]
