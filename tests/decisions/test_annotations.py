"""Failures with a file and a line, found in what real tools wrote."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ports import Annotation, Level
from bot.reports.annotations import Findings
from bot.reports.formats import may_tell

TOOLS = Path(__file__).parent / "tool_output"
KNOWN = frozenset(
    {
        "shop/checkout.py",
        "tests/test_checkout.py",
        "tests/test_syntax.py",
        "tests/test_unit.py",
        "web/cart.ts",
        "bad.c",
        "main.go",
        "pkg/cart/cart_test.go",
        "src/a.py",
    }
)
LABEL = "AssertionError: a label is text"


def found(output: str, *, known: frozenset[str] = KNOWN) -> tuple[Annotation, ...]:
    findings = Findings(known)
    findings.hear(0, output)
    findings.end(0)
    return findings.take()


def places(output: str) -> list[tuple[str, int, str]]:
    return [(each.path, each.line, each.message.split("\n")[0]) for each in found(output)]


CHECKOUT = [
    ("tests/test_checkout.py", 6, "assert 2 == 3"),
    ("shop/checkout.py", 13, "KeyError: 'missing'"),
    ("tests/test_checkout.py", 15, LABEL),
    ("tests/test_checkout.py", 15, LABEL),
]
SYNTAX = ("tests/test_syntax.py", 1, "def test_never(:")
TSC = [
    ("web/cart.ts", 1, "Type 'string' is not assignable to type 'number'."),
    ("web/cart.ts", 3, "Type 'number' is not assignable to type 'string'."),
]


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        ("pytest", CHECKOUT),
        ("pytest-short", [SYNTAX, *CHECKOUT]),
        ("pytest-line", CHECKOUT[:3]),
        ("pytest-native", [("tests/test_checkout.py", 6, "AssertionError: assert 2 == 3"), *CHECKOUT[1:3]]),
        ("pytest-collect", [SYNTAX]),
        (
            "unittest",
            [
                ("shop/checkout.py", 13, "KeyError: 'missing'"),
                ("tests/test_unit.py", 7, "AssertionError: 2 != 3"),
            ],
        ),
        ("ruff-concise", [("shop/checkout.py", 1, "`os` imported but unused")]),
        (
            "ruff-full",
            [
                ("shop/checkout.py", 1, "`os` imported but unused"),
                ("tests/test_syntax.py", 1, "Expected a parameter or the end of the parameter list"),
                ("tests/test_syntax.py", 1, "Expected `)`, found newline"),
            ],
        ),
        ("tsc", TSC),
        ("tsc-pretty", TSC),
        (
            "gcc",
            [
                ("bad.c", 4, "‘missing’ undeclared (first use in this function)"),
                ("bad.c", 3, "unused variable ‘unused’ [-Wunused-variable]"),
            ],
        ),
    ],
)
def test_what_real_tools_write_is_understood(tool: str, expected: list[tuple[str, int, str]]) -> None:
    """The place that a person would go to first, with the message of the tool."""
    assert places((TOOLS / f"{tool}.txt").read_text()) == expected


def test_mypy_errors_are_failures() -> None:
    """mypy's errors keep their code."""
    errors = found((TOOLS / "mypy.txt").read_text())

    assert [each.line for each in errors] == [9, 12, 13]
    assert errors[0].message == 'Incompatible return value type (got "int", expected "str")  [return-value]'
    assert {each.level for each in errors} == {Level.FAILURE}


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("# acme.test/shop\n./main.go:9:29: undefined: missing\n", [("main.go", 9, "undefined: missing")]),
        (
            '# acme.test/shop\nvet: ./main.go:6:2: fmt.Printf format %d has arg "x" of wrong type string\n',
            [("main.go", 6, 'fmt.Printf format %d has arg "x" of wrong type string')],
        ),
        (
            "--- FAIL: TestTotal (0.00s)\n    cart_test.go:7: Total = 2, want 3\nFAIL\n",
            [("pkg/cart/cart_test.go", 7, "Total = 2, want 3")],
        ),
    ],
)
def test_go_is_understood(output: str, expected: list[tuple[str, int, str]]) -> None:
    """go build, vet and test; a test's file is found by its name."""
    assert places(output) == expected


def test_warnings_are_warnings() -> None:
    """The tool's own word decides the level."""
    assert [each.level for each in found((TOOLS / "gcc.txt").read_text())] == [Level.FAILURE, Level.WARNING]


@pytest.mark.parametrize(
    "output",
    [
        "../../etc/passwd:1: error: x\n",
        "/etc/passwd:1: error: x\n",
        "src/missing.py:1: error: x\n",
        "/workspace/../src/a.py:1: error: x\n",
        "src/a.py: error: no line\n",
        "10 passed in 0.1s\nhttps://a.test:80: error: x\n",
    ],
)
def test_only_places_in_the_tree_count(output: str) -> None:
    """A path that is not in the repository at this commit is nothing to annotate."""
    assert found(output) == ()


@pytest.mark.parametrize(("written", "line"), [("-1", 1), ("0", 1), ("999999999999", 2**31 - 1), ("7", 7)])
def test_lines_are_lines(written: str, line: int) -> None:
    """A line counts from 1 and fits 32 bits."""
    assert found(f"/workspace/./src/a.py:{written}:0: error: x\n")[0].line == line


def test_a_flood_has_an_end() -> None:
    """Ten thousand failures make five hundred annotations, and the same one counts once."""
    flood = "".join(f"src/a.py:{n}: error: @all <b>x</b>\n" for n in range(1, 10_001))

    assert len(found(flood + flood)) == 500
    assert len(found("src/a.py:1: error: x\n" * 100)) == 1


def test_messages_are_clean_and_short() -> None:
    """A message is text that can be seen, and not a book."""
    (only,) = found(f"src/a.py:1: error: \x1b[31muser\u202e{'x' * 3000}\n")

    assert only.message.startswith("userU+202Exxx")
    assert len(only.message) == 1000


def test_steps_do_not_mix() -> None:
    """Two steps that write at once are read each for itself, in whatever pieces the output comes."""
    findings = Findings(KNOWN)
    findings.hear(0, "src/a.py:1: er")
    findings.hear(1, "src/a.py:2: error: two\n")
    findings.hear(0, "ror: one\n")

    assert [each.message for each in findings.take()] == ["two", "one"]
    assert findings.take() == ()


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_pieces_change_nothing(sizes: list[int]) -> None:
    """However the output is cut into pieces, the same is found."""
    output = (TOOLS / "pytest-short.txt").read_text()
    findings = Findings(KNOWN)
    at = 0
    for size in sizes:
        findings.hear(0, output[at : at + size])
        at += size
    findings.hear(0, output[at:])
    findings.end(0)

    assert findings.take() == found(output)


@given(st.text(alphabet=st.sampled_from(list('E _-=:.()1a\n\r\x1b>/"src,FAIL')), max_size=400))
def test_nothing_that_is_written_makes_trouble(output: str) -> None:
    """Any output is read without an error, and only known paths come out."""
    assert {each.path for each in found(output, known=frozenset({"a", "s", "r"}))} <= {"a", "s", "r"}


@pytest.mark.parametrize(
    "line",
    [
        "a" * 1_000_000,
        "src/a.py:" * 100_000,
        "E   x\n" * 200_000,
        "x:1: in y\n" * 100_000,
        '  File "a", line 1\n' * 50_000,
    ],
)
def test_reading_costs_linear_time_and_little_memory(line: str) -> None:
    """A megabyte of the worst is read in a few seconds at most."""
    began = time.process_time()
    found(line)
    assert time.process_time() - began < 5


SILENCE = "12:00:01 INFO sold 3 items to wendy, (4 left)\n" * 40


@pytest.mark.parametrize("tool", sorted(TOOLS.glob("*.txt")), ids=lambda tool: tool.stem)
@pytest.mark.parametrize("size", [100, 331, 1024])
def test_what_is_passed_over_changes_nothing(tool: Path, size: int) -> None:
    """A tool that speaks in the middle of a flood, cut anywhere, is understood as if each line was read."""
    assert not may_tell(SILENCE)
    output = f"{SILENCE}{tool.read_text()}\n{SILENCE}"
    findings = Findings(KNOWN)

    for at in range(0, len(output), size):
        findings.hear(0, output[at : at + size])
    findings.end(0)

    assert findings.take() == found(output)
    assert found(output)
