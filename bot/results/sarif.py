"""SARIF 2.1.0, as scanners write it: https://docs.oasis-open.org/sarif/sarif/v2.1.0/."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from bot.errors import UserError
from bot.ports import Level
from bot.reports import safe
from bot.reports.formats.model import Finding, Places
from bot.results.model import ScanReport

_LEVELS = {"error": Level.FAILURE, "warning": Level.WARNING, "note": Level.NOTICE, "none": Level.NOTICE}


def read(path: str, text: str) -> tuple[ScanReport, list[Places]]:
    """What it tells, and the place of each result. UserError when it is none."""
    try:
        told = json.loads(text)
        runs = [each for each in told["runs"] if isinstance(each, dict)]
    except (ValueError, RecursionError, TypeError, KeyError) as refusal:
        raise UserError(f"`{path}` was left out: it is no SARIF file that can be read.") from refusal
    found = [(level, place) for run in runs for level, place in _results(run)]
    counted = Counter(level for level, _ in found)
    tools = dict.fromkeys(_text(_in(run, "tool", "driver", "name")) for run in runs)
    report = ScanReport(
        path=path,
        tool=safe.one_line(", ".join(filter(None, tools)), limit=100),
        errors=counted[Level.FAILURE],
        warnings=counted[Level.WARNING],
        notes=counted[Level.NOTICE],
    )
    return report, [place for _, place in found if place]


def _results(run: Mapping[str, Any]) -> Iterator[tuple[Level, Places]]:
    rules = _rules(run)
    results = run.get("results")
    for result in results if isinstance(results, list) else ():
        if not isinstance(result, dict) or result.get("suppressions"):
            continue
        if result.get("kind", "fail") != "fail":
            continue
        rule = _rule(result, rules)
        level = _LEVELS.get(
            _text(result.get("level")) or _text(_in(rule, "defaultConfiguration", "level")), Level.WARNING
        )
        title = _text(result.get("ruleId")) or _text(rule.get("id"))
        yield level, tuple(_places(result, level, _message(result, rule), title))


def _rules(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rules = _in(run, "tool", "driver", "rules")
    return [each if isinstance(each, dict) else {} for each in rules] if isinstance(rules, list) else []


def _rule(result: Mapping[str, Any], rules: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    index = result.get("ruleIndex")
    if isinstance(index, int) and 0 <= index < len(rules):
        return rules[index]
    return next((each for each in rules if each.get("id") == result.get("ruleId")), {})


def _message(result: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    return (
        _text(_in(result, "message", "text"))
        or _text(_in(rule, "messageStrings", _text(_in(result, "message", "id")), "text"))
        or _text(_in(rule, "shortDescription", "text"))
    )


def _places(result: Mapping[str, Any], level: Level, message: str, title: str) -> Iterator[Finding]:
    locations = result.get("locations")
    for location in locations if isinstance(locations, list) else ():
        path = unquote(_text(_in(location, "physicalLocation", "artifactLocation", "uri")))
        line = _in(location, "physicalLocation", "region", "startLine")
        if path:
            line = line if isinstance(line, int) and line > 0 else 1
            yield Finding(path.removeprefix("file://"), str(line), level, message, title)


def _in(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
