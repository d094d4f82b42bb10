"""What holds of the policy for any facts at all, found out by trying many."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.actions import ACTIONS
from bot.actions.model import Risk
from bot.ids import Login, Repo
from bot.plans.model import Action, Plan
from bot.policy import (
    Came,
    Effect,
    Facts,
    Layer,
    Origin,
    Policy,
    Provenance,
    Reader,
    Site,
    State,
    Who,
    judge,
    judge_changes,
)
from bot.policy.rules_builtin.granted import BEGINS
from bot.policy.windows import Window
from bot.policy.written import ApprovalPart, PolicyPart, RulePart, When
from bot.ports import Ci, Role
from tests.decisions.judged import DELETE, PATCH, PUBLISH, RUN, USUAL, WRITE, step


def maybe(values: Any) -> Any:
    return st.none() | values


TEAMS = ["acme/shop", "acme/release"]
SOURCES = st.dictionaries(
    st.sampled_from(["command", "path", "content", "patch", "cwd"]), st.sampled_from(Provenance)
)
ACTION = st.sampled_from(
    [
        RUN,
        WRITE,
        DELETE,
        PUBLISH,
        *USUAL.actions,
        step("write_file", path=".github/CODEOWNERS", content=""),
        step("apply_patch", patch=PATCH.format("docs/CODEOWNERS")),
        step("format_disk", path="/"),
    ]
) | st.builds(
    Action,
    st.sampled_from([*ACTIONS, "nobody_knows"]),
    st.dictionaries(
        st.text(max_size=8), st.text(max_size=20) | st.integers() | st.none() | st.lists(st.text())
    ),
    st.just("x"),
)
PLAN = st.builds(Plan, st.lists(ACTION, max_size=6).map(tuple))
INSTANT = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
FACTS = st.builds(
    Facts,
    who=st.builds(
        Who,
        maybe(st.just(Login("writer-will"))),
        maybe(st.integers()),
        maybe(st.sampled_from(Role)),
        maybe(st.booleans()),
        maybe(st.sampled_from([1, 2])),
        maybe(st.integers()),
        maybe(st.sampled_from(Came)),
        st.dictionaries(st.sampled_from(TEAMS), st.booleans()),
    ),
    site=st.builds(
        Site,
        maybe(st.just(Repo("acme", "widgets"))),
        maybe(st.sampled_from(["main", "feature"])),
        maybe(st.sampled_from(["main", "feature"])),
        maybe(st.booleans()),
        maybe(st.booleans()),
        maybe(st.integers()),
        maybe(st.text(max_size=9)),
    ),
    state=st.builds(
        State, maybe(INSTANT), maybe(st.sampled_from(Ci)), maybe(st.integers()), maybe(st.text(max_size=9))
    ),
    verb=maybe(st.sampled_from([*sorted(BEGINS), "status", "deploy"])),
    granted=maybe(st.frozensets(st.sampled_from([*ACTIONS, "format_disk"]))),
    reader=maybe(st.sampled_from(Reader)),
    provenance=maybe(st.lists(SOURCES, max_size=7)),
)
GLOBS = maybe(st.lists(st.sampled_from(["**", "docs/**", "main", "acme/*", "*.txt"]), min_size=1, max_size=2))
WINDOWS = st.lists(
    st.builds(
        Window,
        begins=st.sampled_from(["fri 16:00", "mon 00:00"]),
        ends=st.sampled_from(["mon 08:00", "sun 23:59"]),
        timezone=st.sampled_from(["UTC", "Asia/Tokyo"]),
    ),
    max_size=1,
)
WHEN = st.builds(
    When,
    verb=maybe(st.just(["run"])),
    action=maybe(st.just(["run_command"])),
    risk=maybe(st.lists(st.sampled_from(Risk), min_size=1)),
    paths=GLOBS,
    branches=GLOBS,
    repositories=GLOBS,
    role_below=maybe(st.just("maintain")),
    outside_teams=maybe(st.lists(st.sampled_from(TEAMS), min_size=1, max_size=2)),
    ci=maybe(st.lists(st.sampled_from(Ci), min_size=1)),
    reviews_below=maybe(st.integers(1, 3)),
    locked=maybe(st.booleans()),
    came=maybe(st.lists(st.sampled_from(Came), min_size=1)),
    from_fork=maybe(st.booleans()),
    draft=maybe(st.booleans()),
    reader=maybe(st.lists(st.sampled_from(Reader), min_size=1)),
    provenance=maybe(st.lists(st.sampled_from(Provenance), min_size=1)),
    freeze=maybe(WINDOWS),
)
RULE = st.builds(
    RulePart,
    name=st.sampled_from(["a", "b", "c"]),
    when=WHEN,
    then=st.sampled_from(Effect),
    approval=st.builds(
        ApprovalPart,
        role=st.sampled_from(["write", "admin"]),
        count=st.integers(1, 3),
        team=maybe(st.sampled_from(TEAMS)),
    ),
    because=maybe(st.sampled_from(["Because.", "@all"])),
)
PART = st.builds(PolicyPart, rules=st.lists(RULE, max_size=3), freeze=WINDOWS, lock_files=st.booleans())
LAYER = st.builds(Layer, st.sampled_from([Origin.SERVER, Origin.ORGANISATION, Origin.REPOSITORY]), PART)
STRICTER = st.builds(Layer, st.sampled_from([Origin.ORGANISATION, Origin.REPOSITORY]), PART)
POLICY = st.builds(
    Policy, st.lists(LAYER, max_size=3).map(tuple), st.sampled_from([frozenset(), frozenset({1})])
)


@given(FACTS, PLAN, POLICY)
def test_there_is_always_a_judgement(facts: Facts, plan: Plan, policy: Policy) -> None:
    """Whatever the facts, it has a rule, a sentence, a version, and is as strict as its strictest step."""
    found = judge(facts, plan, policy)

    assert found.decided.rule
    assert found.decided.sentence.endswith((".", "`"))
    assert len(found.policy_version) == 64
    assert len(found.steps) == len(plan.actions)
    assert all(each.effect.strictness <= found.effect.strictness for each in found.steps)
    assert (found.needs != ()) >= (found.effect is Effect.APPROVAL)
    assert isinstance(judge_changes(facts, plan, ["a", "docs/CODEOWNERS"], policy), tuple)


@given(FACTS, PLAN, POLICY, st.lists(SOURCES, max_size=7))
def test_untrusted_text_never_allows_more(
    facts: Facts, plan: Plan, policy: Policy, others: list[dict[str, Provenance]]
) -> None:
    """A plan whose values came from other people's text is judged at least as strictly as the same plan."""
    length = len(plan.actions)
    before = [*(facts.provenance or ()), *({} for _ in range(length))][:length]
    marks = [*others, *({} for _ in range(length))][:length]
    tainted = [
        {**old, **dict.fromkeys(mark, Provenance.UNTRUSTED)} for old, mark in zip(before, marks, strict=True)
    ]
    clean = judge(replace(facts, provenance=before), plan, without_provenance(policy))
    dirty = judge(replace(facts, provenance=tainted), plan, without_provenance(policy))

    assert dirty.effect.strictness >= clean.effect.strictness


def without_provenance(policy: Policy) -> Policy:
    """A rule may be about values that came from elsewhere than from untrusted text, and then not apply."""
    parts = [
        layer.part.model_copy(
            update={"rules": [rule for rule in layer.part.rules if rule.when.provenance in (None, [])]}
        )
        for layer in policy.layers
    ]
    layers = tuple(Layer(layer.origin, part) for layer, part in zip(policy.layers, parts, strict=True))
    return replace(policy, layers=layers)


@given(FACTS, PLAN, POLICY, STRICTER)
def test_another_file_never_allows_more(facts: Facts, plan: Plan, policy: Policy, more: Layer) -> None:
    """Whatever a repository or its owner writes, no step is judged more mildly for it."""
    before = judge(facts, plan, policy)
    after = judge(facts, plan, replace(policy, layers=(*policy.layers, more)))

    pairs = zip(before.steps, after.steps, strict=True)
    assert all(new.decided.strictness >= old.decided.strictness for old, new in pairs)


@given(PLAN, POLICY)
def test_where_nothing_is_known_nothing_is_allowed(plan: Plan, policy: Policy) -> None:
    """No policy that anybody can write helps somebody of whom nothing is known."""
    assert judge(Facts(), plan, policy).effect is Effect.DENY


@given(FACTS, PLAN, POLICY)
def test_a_grant_is_never_widened(facts: Facts, plan: Plan, policy: Policy) -> None:
    """What is allowed is among what code granted, whoever else allows more."""
    found = judge(facts, plan, policy)

    allowed = {plan.actions[each.index].action_type for each in found.steps if each.effect is Effect.ALLOW}
    assert allowed <= (facts.granted or frozenset())


@given(FACTS, PLAN, POLICY)
def test_nobody_without_a_role_begins_anything(facts: Facts, plan: Plan, policy: Policy) -> None:
    """Also with an approval: a denial is stricter."""
    outsider = replace(facts, who=replace(facts.who, role=Role.READ, is_bot=False))

    assert judge(outsider, plan, policy).effect is Effect.DENY
