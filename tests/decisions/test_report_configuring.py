"""What is read about a change of the configuration before it is merged."""

from __future__ import annotations

from dataclasses import replace

from bot.ids import Sha
from bot.policy import Effect, Ruling
from bot.policy.replaying import Difference
from bot.ports import Conclusion
from bot.reports.configuring import MOST_BYTES, Review, unusable, usable
from bot.rules import check_file, effective
from bot.rules.file import ServerFile
from tests.decisions.report_samples import parked, step

HEAD = Sha("a" * 40)
URL = "https://agent.test"
SERVER = ServerFile.model_validate({"ceilings": {"step_timeout_s": 300}})


def review(now: str, then: str | None) -> Review:
    before, after = (effective(None if text is None else text.encode(), None, SERVER) for text in (now, then))
    return Review(before, after, examples=(), past=(), judged=0, deleted=then is None)


def test_a_file_that_changes_nothing_says_so() -> None:
    """Another order, a comment: people see at a glance that it is harmless."""
    told = usable("rules:1", HEAD, review("pull_request: false", "# Off.\npull_request: false"), URL)

    assert told.title == "0 changes; 0 past runs would have been decided otherwise."
    assert "Nothing that holds now would change." in told.summary
    assert told.conclusion is Conclusion.SUCCESS


def test_what_the_server_overrules_is_no_change() -> None:
    """It would hold 300 seconds before and after, and the report says why."""
    told = usable("rules:1", HEAD, review("{}", "limits: {step_timeout_s: 86000}"), URL)

    assert "| `limits.step_timeout_s` |" not in told.summary
    assert "`limits.step_timeout_s` is 300 instead of 86000" in told.summary


def test_a_bar_in_a_sentence_ends_no_cell() -> None:
    """Paths of past runs stand in the sentences of the policy, as code."""
    ruling = Ruling("protected", Effect.APPROVAL, "It changes `a|b`, and \\| is escaped.")
    past = [Difference(parked(step(0, "Run the tests")), ruling)]
    told = usable("rules:1", HEAD, replace(review("{}", "{}"), past=past, judged=1), URL)

    (row,) = [line for line in told.summary.splitlines() if "protected" in line]
    assert row.endswith(r"| `protected`: It changes `a\|b`, and \| is escaped. |")


def test_a_file_that_goes_away_is_a_change() -> None:
    """What it asked for is not asked for any more."""
    rules = "policy: {rules: [{name: no shell, when: {action: [run_command]}, then: deny}]}"
    told = usable("rules:1", HEAD, review(rules, None), URL)

    assert told.summary.startswith("`.github/agent.yml` is deleted")
    assert "| `policy.rules: no shell (repository)` |" in told.summary


def test_all_mistakes_are_listed_and_as_many_marked_as_github_takes() -> None:
    """Whatever a stranger calls their keys, nobody is mentioned and nothing becomes a link."""
    text = "".join(f'"@all <b>{number}": 1\n' for number in range(70))
    problems = check_file(text)

    told = unusable("rules:1", HEAD, "", problems, URL)

    assert (len(problems), len(told.annotations)) == (70, 50)
    assert told.title == "The configuration cannot be used: 70 mistakes."
    assert "- Line 70: `@all <b>69` " in told.summary
    assert len(told.summary.encode()) <= MOST_BYTES


def test_reasons_are_words_of_others() -> None:
    """They stand in code, and a bar does not end the cell."""
    text = 'policy: {rules: [{name: no shell, then: deny, because: "a | @all #1"}]}'
    told = usable("rules:1", HEAD, review("{}", text), URL)

    (row,) = [line for line in told.summary.splitlines() if "no shell" in line]
    assert row.count("|") == 4
    assert "a &#124; &#64;all &#35;1" in row
