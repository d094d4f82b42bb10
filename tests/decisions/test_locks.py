"""Locks: how one is asked for, whom it keeps waiting, and what is said about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import PlanError, UserError
from bot.ids import Login, Person, RunId
from bot.locks import Holder, Lock, lock_name, read, written
from bot.plans.model import from_data
from bot.ports import Role
from bot.reading.options import options
from bot.rules import Rules
from bot.runs import RunState
from bot.verbs.model import Answer, ReleaseLock, Start, TakeLock
from tests.decisions.plans import WIDGETS, WILL, plan
from tests.decisions.test_verbs import SmallFacts, a_run, answer, asked, begun, said, shown
from tests.scripted import NOON

WENDY = Person(9, Login("wendy"))
HOUR = timedelta(hours=1)
HELD = Lock(WIDGETS.repo_id, "production", Holder(WENDY, 12, "The release goes out"), NOON, NOON + HOUR)
DEPLOY = """/agent run
```yaml
environment: production
actions: [{action_type: run_command, parameters: {command: ls}}]
```"""


# --- how it is asked for -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        'production --reason "The release" --for 2h',
        "production --for 2h --reason The release",
        "production --reason The release --for 2h",
        "Production --reason='The release' --for=120m",
        "`production` —reason “The release” —for 2 hours",
    ],
)
def test_a_lock_is_asked_for_in_many_ways(words: str) -> None:
    """Quotes or none, either order, and what a phone makes of dashes and quotes."""
    assert answer(asked(f"/agent lock {words}")) == TakeLock("production", "The release", 2 * HOUR)


def test_a_lock_is_held_for_eight_hours_unless_one_says_otherwise() -> None:
    """Nobody has to think about it."""
    assert answer(asked("/agent lock production --reason x")) == TakeLock("production", "x", 8 * HOUR)


def test_an_option_inside_quotes_is_text() -> None:
    """Quotes hold what they hold."""
    assert options('p --reason "use --for later"', ("reason", "for")) == ("p", {"reason": "use --for later"})


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "Which lock? Please write its name, like `/agent lock production"),
        ("production", "Please say why, so that whoever waits knows"),
        ("production --reason", "Please say why, so that whoever waits knows"),
        ('production --reason ""', "Please say why, so that whoever waits knows"),
        (f"production --reason {'x' * 301}", "The reason is too long: at most 300 characters, please."),
        ("production --reason x --for 8d", "I cannot use `8d` as the time of a lock."),
        ("production --reason x --for ever", "I cannot use `ever` as the time of a lock."),
        ("production --reason x --for 0m", "I cannot use `0m` as the time of a lock."),
        ("production --raeson x", "The option `--raeson` is not known here. Did you mean `reason`?"),
        ("my production --reason x", "The name of a lock or an environment is up to 64 letters"),
        (f"{'x' * 65} --reason x", "The name of a lock or an environment is up to 64 letters"),
        ("../etc --reason x", "The name of a lock or an environment is up to 64 letters"),
    ],
)
def test_what_is_missing_or_wrong_is_said_in_one_sentence(words: str, sentence: str) -> None:
    """Nothing is locked by halves."""
    with pytest.raises(UserError) as told:
        answer(asked(f"/agent lock {words}"))

    assert str(told.value).startswith(sentence)


@pytest.mark.parametrize(("text", "name"), [("Prod", "prod"), ("eu-west.1_a", "eu-west.1_a"), (" `x` ", "x")])
def test_a_name_has_one_spelling(text: str, name: str) -> None:
    """`Production` and `production` are one lock."""
    assert lock_name(text) == name


# --- unlock --------------------------------------------------------------------------------------------


def unlock(lock: Lock, role: Role = Role.WRITE) -> Answer:
    return answer(asked("/agent unlock Production", role=role), SmallFacts(held=(lock,)))


def test_the_holder_gives_it_back() -> None:
    """Whoever took it needs no further right."""
    mine = replace(HELD, held=Holder(WILL, 7, "x"))

    assert unlock(mine) == ReleaseLock(mine)


def test_a_maintainer_takes_away_any_lock() -> None:
    """Also one that nobody can read."""
    broken = replace(HELD, held=None)

    assert unlock(HELD, Role.MAINTAIN) == ReleaseLock(HELD)
    assert unlock(broken, Role.MAINTAIN) == ReleaseLock(broken)


def test_nobody_else_unlocks() -> None:
    """They are told who holds it, since when, until when and why."""
    text = said(asked("/agent unlock production"), SmallFacts(held=(HELD,)))

    assert text == (
        "I did not unlock it: only its holder and people with the role `maintain` can. `wendy` holds "
        "`production` since 21 Nov 2026, 12:00 UTC (in #12) until 21 Nov 2026, 13:00 UTC: "
        "The release goes out."
    )


def test_what_nobody_holds_cannot_be_unlocked() -> None:
    """It is no mistake to try."""
    assert said(asked("/agent unlock production")) == (
        "Nobody holds `production` here, so there was nothing to unlock."
    )


# --- locks ---------------------------------------------------------------------------------------------


def test_the_list_shows_who_holds_and_who_waits() -> None:
    """People and runs that hold an environment, and each waiting run with its position."""
    made = replace(a_run(), plan=replace(plan("`ls`"), environment="production"), started_at=NOON)
    runs = (
        made,
        replace(made, id=RunId("1111111111"), state=RunState.QUEUED),
        replace(made, id=RunId("2222222222"), state=RunState.QUEUED),
    )

    text = said(asked("/agent locks", role=Role.READ), SmallFacts(runs=runs, held=(HELD,)))

    assert text.startswith("**`production`**\n\n- `wendy` holds `production` since 21 Nov 2026, 12:00 UTC")
    assert "- Since 21 Nov 2026, 12:00 UTC: [run `0123456789`]" in text
    assert "- Waiting at position 2: [run `2222222222`](<https://bot.test/runs/2222222222?key=key>)" in text


def test_an_empty_list_says_so() -> None:
    """Nothing is held, nothing waits."""
    assert said(asked("/agent locks")) == "Nobody holds a lock here, and no run needs one."


def test_a_lock_that_cannot_be_read_says_how_to_get_rid_of_it() -> None:
    """Whoever waits for it knows whom to ask for what."""
    text = said(asked("/agent locks"), SmallFacts(held=(replace(HELD, held=None),)))

    assert "cannot be read, so it keeps everybody waiting" in text
    assert "`/agent unlock production`" in text


# --- how it is written down ----------------------------------------------------------------------------


def test_a_holder_reads_back_as_written() -> None:
    """Whatever the reason holds."""
    holder = Holder(WENDY, 12, 'Say "hi"\n')

    assert read(written(holder)) == holder


@pytest.mark.parametrize("text", ["", "{", "null", "[]", '{"person": 1}', '{"person": {"id": 1}}'])
def test_what_cannot_be_read_has_no_holder(text: str) -> None:
    """And so blocks everybody, whenever it was to end."""
    lock = replace(HELD, held=read(text))

    assert lock.held is None
    assert lock.blocks(WENDY.id, NOON + 100 * HOUR)


# --- which plan needs one ------------------------------------------------------------------------------


def test_a_plan_names_its_environment() -> None:
    """In its one spelling, and as a part of what is digested, stored and shown."""
    made = begun(asked(DEPLOY)).planned.plan

    assert made.environment == "production"
    assert from_data(made.as_data(), reader="yaml") == made
    assert made.digest != replace(made, environment="").digest


def test_a_plan_without_one_keeps_its_digest() -> None:
    """What was digested before there were environments has the same digest now."""
    assert "environment" not in plan("`ls`").canonical_json()


def test_the_rules_name_the_environment_that_a_plan_leaves_open() -> None:
    """The plan's own name comes first."""
    rules = Rules(environment="Staging")

    assert begun(asked("/agent run `ls`", rules=rules)).planned.plan.environment == "staging"
    assert begun(asked(DEPLOY, rules=rules)).planned.plan.environment == "production"


@pytest.mark.parametrize("value", ["[a]", "1", "true", '""', "a b"])
def test_a_wrong_environment_is_told(value: str) -> None:
    """It is a name, or there is none."""
    with pytest.raises(PlanError, match="environment"):
        answer(asked(DEPLOY.replace("environment: production", f"environment: {value}")))


def test_plan_tells_of_the_environment() -> None:
    """Whoever looks before running knows that runs will wait for each other."""
    text = shown(asked(DEPLOY.replace("/agent run", "/agent plan")))

    assert "Of the runs that need `production`, one goes at a time." in text


def test_a_run_of_the_plan_is_begun() -> None:
    """The environment is the plan's, so whatever begins a run of it needs it."""
    assert isinstance(answer(asked(DEPLOY)), Start)
