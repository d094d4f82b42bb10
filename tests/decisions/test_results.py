"""Reports of tests and scanners become numbers, names and places; what is wrong with them, a sentence."""

from __future__ import annotations

import json

import pytest

from bot.equipment import Equipment
from bot.errors import UserError
from bot.ports import Gathered, Gathering, Level
from bot.reports.results import table
from bot.results import (
    Artifact,
    Collected,
    FailedTest,
    JUnitReport,
    Results,
    ScanReport,
    collect,
    junit,
    sarif,
)
from bot.secrets import Known

PATHS = frozenset({"src/cart.py", "tests/test_cart.py"})
TOKEN = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" tests="4">
<testcase classname="tests.test_cart" name="test_total" time="0.5"/>
<testcase classname="tests.test_cart" name="test_tax" time="1,000.25">
<failure message="assert 3 == 4&#10; where">def test_tax():
&gt;       assert tax(1) == 4

tests/test_cart.py:12:
src/cart.py:7: AssertionError</failure></testcase>
<testcase classname="tests.test_cart" name="test_later" time="nan"><skipped message="later"/></testcase>
<testcase name="test_set_up" file="tests/test_cart.py" line="3"><error>ValueError: no</error></testcase>
</testsuite></testsuites>
"""
SARIF = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {
                "driver": {
                    "name": "bandit",
                    "rules": [
                        {
                            "id": "B101",
                            "defaultConfiguration": {"level": "note"},
                            "messageStrings": {"default": {"text": "Use of assert."}},
                        }
                    ],
                }
            },
            "results": [
                {
                    "ruleId": "B602",
                    "level": "error",
                    "message": {"text": "A shell."},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "file:///workspace/src/cart.py"},
                                "region": {"startLine": 9},
                            }
                        }
                    ],
                },
                {"ruleId": "B101", "ruleIndex": 0, "message": {"id": "default"}},
                {"ruleId": "B1", "message": {"text": "hushed"}, "suppressions": [{"kind": "inSource"}]},
                {"ruleId": "B2", "kind": "pass", "message": {"text": "fine"}},
                {"message": {"text": "nameless"}},
            ],
        }
    ],
}


def collected(files: dict[str, bytes], wanted: Equipment, known: Known | None = None) -> Collected:
    gathering = Gathering(tuple(Gathered(path, content) for path, content in files.items()))
    return collect(gathering, wanted, paths=PATHS, known=known or Known())


def test_a_report_of_tests_is_counted() -> None:
    """Errors count as failures, and a time that is none counts nothing."""
    report, _ = junit.read("junit.xml", JUNIT)

    assert report == JUnitReport(
        path="junit.xml",
        passed=1,
        failed=2,
        skipped=1,
        seconds=1000.75,
        failures=(
            FailedTest("tests.test_cart::test_tax", "assert 3 == 4"),
            FailedTest("test_set_up", "ValueError: no"),
        ),
    )


def test_a_failed_test_is_annotated_where_it_failed() -> None:
    """The last place of a traceback that is in the tree; else where the test begins."""
    found = collected({"junit.xml": JUNIT.encode()}, Equipment(junit=("*.xml",)))

    assert [(each.path, each.line, each.message, each.title) for each in found.annotations] == [
        ("src/cart.py", 7, "assert 3 == 4", "tests.test_cart::test_tax"),
        ("tests/test_cart.py", 3, "ValueError: no", "test_set_up"),
    ]


def test_a_scan_is_counted_and_annotated() -> None:
    """Levels come from the result, then from its rule; what was suppressed or passed is nothing."""
    found = collected({"out.sarif": json.dumps(SARIF).encode()}, Equipment(sarif=("*.sarif",)))

    assert found.results.scans == (ScanReport("out.sarif", "bandit", errors=1, warnings=1, notes=1),)
    assert [(each.path, each.line, each.level, each.message, each.title) for each in found.annotations] == [
        ("src/cart.py", 9, Level.FAILURE, "A shell.", "B602")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<testsuite",
        "no xml",
        "<html/>",
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><testsuite>&a;</testsuite>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite/>',
        "<a>" * 20_000,
    ],
)
def test_what_is_no_report_of_tests_is_refused(text: str) -> None:
    """With a sentence that names the file; entities are never expanded."""
    with pytest.raises(UserError, match=r"^`junit.xml` was left out: it is "):
        junit.read("junit.xml", text)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"runs": 3}', "[" * 100_000, '{"runs": {"a": 1'])
def test_what_is_no_scan_is_refused(text: str) -> None:
    """With a sentence that names the file."""
    with pytest.raises(UserError, match=r"^`out.sarif` was left out"):
        sarif.read("out.sarif", text)


@pytest.mark.parametrize(
    "result",
    [
        {"locations": "x"},
        {"locations": [3]},
        {"message": 3, "level": []},
        {
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "src/cart.py"},
                        "region": {"startLine": -1},
                    }
                }
            ]
        },
    ],
)
def test_a_scan_of_odd_shapes_is_read_as_far_as_it_can_be(result: object) -> None:
    """Nothing that a box wrote makes hands stumble."""
    sarif.read("out.sarif", json.dumps({"runs": [3, {"results": [result, 4]}, {"results": {}, "tool": []}]}))


def test_artifacts_are_kept_as_they_are() -> None:
    """By file, by folder, and byte for byte; a report may be both."""
    files = {"dist/a.bin": bytes(range(256)), "junit.xml": JUNIT.encode()}

    found = collected(files, Equipment(artifacts=("dist", "junit.xml"), junit=("junit.xml",)))

    assert found.results.artifacts == (Artifact("dist/a.bin", 256), Artifact("junit.xml", len(JUNIT)))
    assert found.contents == tuple(files.values())
    assert len(found.results.tests) == 1


def test_an_artifact_with_a_secret_stays_behind() -> None:
    """Nobody downloads it; the sentence names the file, and a report that holds one is read without it."""
    own = "a-value-only-this-run-knows"
    with_token = JUNIT.replace("ValueError: no", f"ValueError: {TOKEN}")
    files = {"dist/env": f"x={own}".encode(), "dist/log": TOKEN.encode(), "junit.xml": with_token.encode()}

    found = collected(files, Equipment(artifacts=("dist",), junit=("junit.xml",)), Known([own]))

    assert found.results.artifacts == ()
    assert found.notes == tuple(
        f"`{path}` was left out: it holds what looks like a secret." for path in ("dist/env", "dist/log")
    )
    assert TOKEN not in repr(found)
    assert own not in repr(found)


def test_a_file_that_is_no_report_is_told_and_the_others_count() -> None:
    """One bad report costs nothing but itself."""
    found = collected({"a.xml": b"oops", "b.xml": JUNIT.encode()}, Equipment(junit=("*.xml",)))

    assert [report.path for report in found.results.tests] == ["b.xml"]
    assert found.notes == ("`a.xml` was left out: it is no JUnit XML that can be read.",)


def test_results_are_a_table_that_nobody_can_break() -> None:
    """Names come out of a box: they end no cell, begin no link and call nobody."""
    hostile = "a|b`c\n@everyone [x](https://evil.example)"
    report = JUnitReport(hostile, 1, 1, 0, 2.0, (FailedTest(hostile, hostile),))

    told = table(Results(tests=(report,), scans=(ScanReport(hostile, hostile, 1, 2, 3),)))

    rows = [line for line in told.splitlines() if line.startswith("| <code>")]
    assert [row.count("|") for row in rows] == [6, 6]
