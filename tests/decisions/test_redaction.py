"""Secrets are taken out of what a step prints, in every shape and wherever a chunk ends."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions.model import Command
from bot.perform import perform
from bot.ports import Exit, Hear, Stream
from bot.secrets import Known, Redactor
from tests.decisions.test_perform import Listener
from tests.scripted import Clock, ScriptedBox, a_run, commands

GITHUB = "ghp_" + "a1B2" * 9
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+/IBAAKCAQEA\nx3v=\n-----END RSA PRIVATE KEY-----"
OURS = 'k"9/ä+hunter2 ü'


def shown(text: str, *known: str, size: int = 1_000_000) -> str:
    redactor = Redactor(Known(known))
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    return "".join(map(redactor.feed, chunks)) + redactor.end()


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        (GITHUB, "a GitHub token"),
        ("ghs_" + "x.y-z_" * 90, "a GitHub token"),
        ("github_pat_" + "A1_b" * 20, "a GitHub token"),
        ("dva_" + "a1B2c3" * 6, "a token of our API"),
        ("AKIAQYLPMN5HFIQR7XYA", "an AWS access key"),
        ("xoxb-123456789012-abcdef", "a Slack token"),
        ("sk-ant-api03-abcdefghijklmnop", "a model provider's key"),
        (JWT, "a signed token"),
        (KEY, "a private key"),
        (json.dumps(KEY)[1:-1], "a private key"),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_what_looks_like_a_secret_is_told_by_its_kind(secret: str, kind: str, size: int) -> None:
    """One character at a time or all at once; what stands around it is left as it was."""
    assert shown(f"before {secret}\nafter", size=size) == f"before [redacted: {kind}]\nafter"


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE is Amazon's own",
        "task-ask-disk-usage-of-everything-2",
        "sk-learn-and-other-words-without-number",
        "ghp_short",
        "aghp_" + "x" * 30,
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "eyJ alone",
        "....................F....",
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1_000_000])
def test_what_is_no_secret_is_shown_as_it_is(text: str, size: int) -> None:
    """Examples of manuals, words with hyphens, certificates."""
    assert shown(text, size=size) == text


@pytest.mark.parametrize(
    "shape",
    [
        OURS,
        json.dumps(OURS)[1:-1],
        json.dumps(OURS, ensure_ascii=False)[1:-1],
        quote(OURS, safe=""),
        OURS.encode().hex(),
        OURS.encode().hex().upper(),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1_000_000])
def test_a_known_value_is_found_in_every_shape(shape: str, size: int) -> None:
    """As it is, in JSON, in a URL, in hexadecimal."""
    assert shown(f"<{shape}>", OURS, size=size) == "<[redacted]>"


@pytest.mark.parametrize("before", ["", "x", "xy", "https://user:"])
def test_base64_of_a_known_value_is_found_at_every_alignment(before: str) -> None:
    """A basic credential holds the user's name as well, which moves the value's bits."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(f"{before}{OURS}@host".encode()).decode()

        assert "[redacted]" in shown(encoded, OURS)
        inner = shown(encoded, OURS).replace("[redacted]", "")
        assert len(inner) <= len(encoded) - len(OURS)


def test_a_known_key_is_found_line_by_line() -> None:
    """Somebody indents it, or prints it with the numbers of its lines."""
    lines = ["MIIEowIBAAKCAQEAx3vsecretsecret", "0123456789abcdefsecret"]

    assert shown(f"1: {lines[0]}\n2: {lines[1]}\n", "\n".join(lines)) == "1: [redacted]\n2: [redacted]\n"


def test_a_colour_before_a_secret_hides_it_from_nobody() -> None:
    """The code of a colour ends in a letter."""
    assert shown(f"\x1b[1;31m{GITHUB}\x1b[0m") == "\x1b[1;31m[redacted: a GitHub token]\x1b[0m"


def test_short_values_are_no_secrets() -> None:
    """What is shorter than eight characters would take ordinary words out of every output."""
    assert shown("the end", "the") == "the end"


def test_what_is_no_beginning_is_shown_at_once() -> None:
    """Dots of a test runner and a prompt without a line break are seen when they are written."""
    redactor = Redactor(Known([OURS]))

    assert redactor.feed("....") == "...."
    assert redactor.feed("Continue? [y/n] ") == "Continue? [y/n] "


def test_what_never_ends_is_not_kept_for_ever() -> None:
    """Something that looks like one endless token costs a bounded memory."""
    redactor = Redactor(Known())
    held = sum(
        4096 - len(redactor.feed("ghp_" + "a" * 4092 if not chunk else "a" * 4096)) for chunk in range(64)
    )

    assert held <= 6 * 4096
    assert GITHUB not in redactor.end()


def test_what_is_known_is_not_shown_by_its_keeper() -> None:
    """Neither a log nor an error that mentions it tells a value."""
    assert "hunter2" not in repr(Known([OURS]))


WORDS = st.text("ab .-_/\n\x1b[m1eyJghpsk-AKIA\u00e4\U0001f600", max_size=40)
SECRETS = st.sampled_from([GITHUB, OURS, JWT, KEY, "AKIAQYLPMN5HFIQR7XYA"])


@given(st.lists(st.tuples(WORDS, SECRETS), max_size=4), WORDS, st.lists(st.integers(1, 60), max_size=60))
@settings(max_examples=400, deadline=None)
def test_chunks_change_nothing(parts: list[tuple[str, str]], last: str, sizes: list[int]) -> None:
    """However output is cut, the same is shown as of the whole; and no known value is."""
    text = "".join(f"{words} {secret}\n" for words, secret in parts) + last
    redactor = Redactor(Known([OURS]))
    cut, at = "", 0
    for size in sizes:
        cut += redactor.feed(text[at : at + size])
        at += size
    cut += redactor.feed(text[at:]) + redactor.end()

    assert cut == shown(text, OURS)
    assert OURS not in cut


class Chatty(ScriptedBox):
    """Says a token in two pieces, and something else in between."""

    def run(self, command: Command, hear: Hear) -> Exit:
        hear(Stream.OUT, f"a {GITHUB[:9]}")
        hear(Stream.ERR, "b\n")
        hear(Stream.OUT, GITHUB[9:])
        return super().run(command, hear)


def test_a_listener_hears_no_secret_of_a_step() -> None:
    """Both streams are looked through by themselves, and what waits is heard before the step is over."""
    box = Chatty()
    listener = Listener()

    perform(a_run(commands("one")), box, listener, Clock())

    assert "".join(text for _, stream, text in listener.output if stream is Stream.OUT) == (
        "a [redacted: a GitHub token]"
    )
    assert (0, Stream.ERR, "b\n") in listener.output
