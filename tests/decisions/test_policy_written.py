"""Rules of the policy that people write: when they apply, whose count, and what is said about a mistake."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest

from bot.actions import ACTIONS
from bot.plans.model import Plan
from bot.policy import (
    Approval,
    Came,
    Effect,
    Facts,
    Origin,
    Provenance,
    Reader,
    Site,
    State,
    Who,
    judge_changes,
)
from bot.policy.conditions import CONDITIONS
from bot.policy.globs import matches
from bot.policy.rules_builtin.granted import BEGINS
from bot.policy.windows import Window
from bot.policy.written import ActionName, BeginsName, When
from bot.ports import Role
from bot.rules import check_file, check_server_file
from tests.decisions.judged import (
    FRIDAY,
    HERE,
    MIA,
    MONDAY,
    ORDINARY,
    PUBLISH,
    RUN,
    WILL,
    WRITE,
    judged,
    repository,
)


def rule(when: str, then: str = "deny", more: str = "") -> str:
    return f"{{rules: [{{name: mine, when: {when}, then: {then}{more}}}]}}"


def effect(when: str, facts: Facts = ORDINARY) -> Effect:
    return judged(facts, WRITE, policy=repository(rule(when))).effect


def test_the_words_of_the_rules_are_those_there_are() -> None:
    """Every action and every verb that begins something can be named, and every condition is understood."""
    assert set(get_args(ActionName)) == set(ACTIONS)
    assert set(get_args(BeginsName)) == BEGINS
    assert set(When.model_fields) == set(CONDITIONS)


HOLD = [
    "{}",
    "{verb: [run]}",
    "{action: [write_file, apply_patch]}",
    "{risk: [write]}",
    "{paths: ['docs/**']}",
    "{paths: ['*.py', '**/A.MD']}",
    "{branches: [main]}",
    "{branches: ['feat*']}",
    "{repositories: ['acme/*']}",
    "{role_below: maintain}",
    "{came: [github]}",
    "{from_fork: false}",
    "{draft: false}",
    "{reader: [data, words]}",
    "{provenance: [author]}",
    "{freeze: [{begins: 'mon 08:00', ends: 'mon 10:00'}]}",
    "{ci: [green]}",
    "{reviews_below: 2}",
    "{outside_teams: [acme/release]}",
    "{locked: false}",
    "{verb: [run], risk: [write, destructive], branches: [main]}",
]
HOLD_NOT = [
    "{verb: [retry]}",
    "{action: [run_command]}",
    "{risk: [read, destructive]}",
    "{paths: ['docs/*.txt', '*.md']}",
    "{branches: ['release/**']}",
    "{repositories: ['*', 'acme/other']}",
    "{role_below: write}",
    "{came: [slack, api, alert]}",
    "{from_fork: true}",
    "{draft: true}",
    "{reader: [model]}",
    "{provenance: [untrusted, model]}",
    "{freeze: [{begins: 'mon 08:00', ends: 'mon 10:00', timezone: Asia/Tokyo}]}",
    "{ci: [red, unknown]}",
    "{reviews_below: 1}",
    "{outside_teams: [acme/release, acme/shop]}",
    "{locked: true}",
    "{verb: [run], risk: [destructive]}",
]


@pytest.mark.parametrize("when", HOLD)
def test_a_rule_applies_when_all_that_it_names_holds(when: str) -> None:
    """A rule that names nothing always applies."""
    assert effect(when) is Effect.DENY


@pytest.mark.parametrize("when", HOLD_NOT)
def test_a_rule_does_not_apply_when_one_thing_does_not_hold(when: str) -> None:
    """Then it is as if it were not there."""
    assert effect(when) is Effect.ALLOW


UNKNOWN = replace(
    ORDINARY, site=Site(), state=State(), who=replace(WILL, came=None, teams={}), provenance=({},)
)


@pytest.mark.parametrize(
    "when",
    [
        "{branches: [x]}",
        "{repositories: [x/y]}",
        "{draft: true}",
        "{came: [alert]}",
        "{provenance: [untrusted]}",
        "{ci: [red]}",
        "{reviews_below: 1}",
        "{outside_teams: [acme/shop]}",
        "{locked: true}",
    ],
)
def test_what_is_not_known_counts_for_what_is_stricter(when: str) -> None:
    """A rule that denies applies where nobody knows whether it should."""
    assert effect(when, UNKNOWN) is Effect.DENY


def test_a_lock_of_ones_own_is_in_nobodys_way() -> None:
    """`locked` asks about the locks of others."""
    mine = replace(ORDINARY, state=replace(ORDINARY.state, lock_holder="writer-will"))
    others = replace(ORDINARY, state=replace(ORDINARY.state, lock_holder="maint-mia"))

    assert effect("{locked: true}", mine) is Effect.ALLOW
    assert effect("{locked: true}", others) is Effect.DENY


@pytest.mark.parametrize("text", ["{draft: false}", "{came: [github]}", "{ci: [green]}", "{locked: false}"])
def test_what_is_not_known_never_allows(text: str) -> None:
    """Not even by a rule of the server."""
    facts = replace(UNKNOWN, verb="status")
    server = rule(text, "allow")

    assert judged(facts, WRITE, policy=repository("{}", server=server)).effect is Effect.DENY


def test_an_approval_says_by_whom() -> None:
    """Its role and count are the rule's, and never is it whoever asked."""
    policy = repository(
        rule(
            "{paths: ['docs/**']}", "approval", ", approval: {role: admin, count: 2}, because: Docs are law."
        )
    )

    found = judged(replace(ORDINARY, who=MIA), RUN, WRITE, policy=policy)

    assert found.effect is Effect.APPROVAL
    assert found.decided.origin is Origin.REPOSITORY
    assert found.decided.approval == Approval(Role.ADMIN, 2, by_another=True)
    assert [(need.steps, need.count, need.sentence) for need in found.needs] == [((1,), 2, "Docs are law.")]
    assert found.decided.inputs == {"paths": "docs/a.md"}


def test_without_a_sentence_the_rule_names_itself() -> None:
    """And whose policy it is in."""
    found = judged(ORDINARY, RUN, policy=repository(rule("{}"), organisation=""))

    assert found.decided.sentence == "The rule `mine` of the repository's policy denies it."


def test_the_sentence_of_a_rule_calls_nobody() -> None:
    """It is shown to people as words."""
    found = judged(ORDINARY, RUN, policy=repository(rule("{}", more=", because: 'Ask @owner-olga, see #1.'")))

    assert found.decided.sentence == "Ask `@owner-olga`, see `#1`."


def test_the_strictest_of_all_that_apply_holds() -> None:
    """Deny over approval over allow, in whatever order and file they stand."""
    policy = repository(
        "{rules: [{name: a, then: allow}, {name: b, then: approval}]}",
        organisation="{rules: [{name: c, then: deny}]}",
    )

    found = judged(ORDINARY, RUN, policy=policy)

    assert (found.effect, found.decided.rule, found.decided.origin) == (Effect.DENY, "c", Origin.ORGANISATION)


@pytest.mark.parametrize("where", ["repository", "organisation", "server"])
def test_no_file_takes_back_what_is_built_in(where: str) -> None:
    """A rule that allows everything allows no outsider and no fork."""
    allow = rule("{}", "allow")
    files = {"organisation": "", "server": "", where: allow}
    policy = repository(files.pop("repository", "{}"), **files)

    fork = judged(replace(ORDINARY, site=replace(HERE, from_fork=True)), RUN, policy=policy)
    outsider = judged(replace(ORDINARY, who=replace(WILL, role=Role.READ)), RUN, policy=policy)

    assert (fork.effect, outsider.effect) == (Effect.APPROVAL, Effect.DENY)


@pytest.mark.parametrize("where", ["repository", "organisation"])
def test_only_the_server_can_allow_what_is_denied_by_default(where: str) -> None:
    """What a repository or its owner writes makes it stricter, never wider."""
    allow = rule("{action: [run_command]}", "allow")
    files = {"organisation": "", "server": "", where: allow}
    policy = repository(files.pop("repository", "{}"), **files)
    facts = replace(ORDINARY, verb="nightly")

    assert judged(facts, RUN, policy=policy).effect is Effect.DENY
    assert judged(facts, RUN, policy=repository("{}", server=allow)).effect is Effect.ALLOW


def test_the_servers_rules_hold_whatever_a_repository_says() -> None:
    """So do those of the organisation, also where the repository has a file of its own."""
    deny = rule("{branches: [main]}")

    assert judged(ORDINARY, RUN, policy=repository("{}", server=deny)).effect is Effect.DENY
    assert judged(ORDINARY, RUN, policy=repository("{}", organisation=deny)).effect is Effect.DENY


def test_a_rule_about_paths_is_asked_again_when_the_run_has_ended() -> None:
    """The paths of a command are not known before; what it changed in the end is."""
    policy = repository(rule("{paths: ['secret/**']}", "approval"))

    assert judged(ORDINARY, RUN, PUBLISH, policy=policy).effect is Effect.ALLOW
    found = judge_changes(ORDINARY, Plan((RUN, PUBLISH)), ["a.txt", "secret/key"], policy)
    assert [each.rule for each in found] == ["mine"]


def test_the_version_of_a_policy_is_what_it_says() -> None:
    """Two files that say the same have the same digest, and any change another one."""
    one, same = repository(rule("{}")), repository("{rules: [{then: deny, name: mine}]}")

    assert one.version == same.version
    assert len({one.version, repository("{}").version, repository("{lock_files: true}").version}) == 3


@pytest.mark.parametrize(
    ("path", "glob", "like"),
    [
        ("docs/a.md", "docs/**", True),
        ("docs", "docs/**", True),
        ("docs/a/b/c.md", "docs/**/c.md", True),
        ("docs/c.md", "docs/**/c.md", True),
        ("docs/a.md", "docs/*", True),
        ("docs/a/b.md", "docs/*", False),
        ("a/CODEOWNERS", "**/CODEOWNERS", True),
        ("DOCS/A.md", "docs/a.MD", True),
        ("docsx/a", "docs/**", False),
        ("a" * 1000, "*a" * 60 + "b", False),
    ],
)
def test_a_pattern_reads_like_those_of_git(path: str, glob: str, like: bool) -> None:
    """`*` stays within a name, `**` is any number of folders, case is no matter, and none takes long."""
    assert matches(path, glob) is like


@pytest.mark.parametrize(
    ("begins", "ends", "at", "frozen"),
    [
        ("fri 16:00", "mon 08:00", FRIDAY, True),
        ("fri 16:00", "mon 08:00", MONDAY, False),
        ("fri 16:00", "mon 08:00", datetime(2026, 11, 29, 23, 59, tzinfo=UTC), True),
        ("fri 16:00", "fri 17:00", FRIDAY, False),
        ("fri 17:00", "fri 17:01", FRIDAY, True),
    ],
)
def test_a_window_may_go_over_the_end_of_the_week(begins: str, ends: str, at: datetime, frozen: bool) -> None:
    """It begins at its first minute and ends before its last."""
    assert Window(begins=begins, ends=ends).holds(at) is frozen


def test_a_window_is_meant_in_its_own_time_zone() -> None:
    """Nine in the evening in Berlin is eight in the evening in UTC, in winter."""
    window = Window(begins="fri 18:00", ends="fri 19:00", timezone="Europe/Berlin")

    assert window.holds(FRIDAY)
    assert not window.holds(FRIDAY.replace(hour=18))


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        (
            "{rules: [{name: a, then: alow}]}",
            "policy.rules.0.then",
            "must be one of `allow`, `approval`, `deny`",
        ),
        (
            "{rules: [{name: a, then: deny, when: {pahts: [a]}}]}",
            "policy.rules.0.when.pahts",
            "mean `paths`?",
        ),
        (
            "{rules: [{name: a, then: deny, when: {paths: [/a]}}]}",
            "policy.rules.0.when.paths.0",
            "like `docs/**`",
        ),
        ("{rules: [{name: A b, then: deny}]}", "policy.rules.0.name", "must look like"),
        ("{rules: [{then: deny}]}", "policy.rules.0.name", "is missing"),
        (
            "{rules: [{name: a, then: approval, approval: {role: read}}]}",
            "policy.rules.0.approval.role",
            "one of",
        ),
        (
            "{rules: [{name: a, then: approval, approval: {count: 0}}]}",
            "policy.rules.0.approval.count",
            "at least 1",
        ),
        ("{freeze: [{begins: friday, ends: 'mon 08:00'}]}", "policy.freeze.0.begins", "like `fri 16:00`"),
        (
            "{freeze: [{begins: 'fri 16:00', ends: 'mon 08:00', timezone: ../x}]}",
            "policy.freeze.0.timezone",
            "UTC",
        ),
        ("{bots: [3]}", "policy.bots", "is not known here"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_key(text: str, key: str, message: str) -> None:
    """As in the rest of the file; only the server lists bots."""
    (problem,) = check_file(f"version: 1\npolicy: {text}")

    assert (problem.line, problem.key) == (2, key)
    assert message in problem.message


def test_a_bot_is_listed_by_the_number_of_its_app() -> None:
    """A name is no number, and so never enough."""
    assert check_server_file("policy: {bots: [29110]}") == []
    assert [each.key for each in check_server_file("policy: {bots: ['dependabot[bot]']}")] == [
        "policy.bots.0"
    ]


def test_a_rule_can_be_about_how_a_request_came() -> None:
    """What an alert began may be held to more than what a person did."""
    alert = replace(ORDINARY, who=Who(role=Role.ADMIN, is_bot=False, came=Came.ALERT))

    assert effect("{came: [alert]}", alert) is Effect.DENY


def test_a_rule_can_be_about_models() -> None:
    """And about where they took a value from."""
    facts = replace(
        ORDINARY,
        reader=Reader.MODEL,
        provenance=({"path": Provenance.MODEL, "content": Provenance.UNTRUSTED},),
    )

    assert effect("{reader: [model]}", facts) is Effect.DENY
    assert effect("{provenance: [untrusted]}", facts) is Effect.DENY
    assert effect("{provenance: [configuration]}", facts) is Effect.ALLOW
