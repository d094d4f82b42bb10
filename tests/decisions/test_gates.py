"""What an approval needs to count, and what makes it void."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gates import OPEN_FOR, Approval, Bar, Bound, Gate, bar, changed, fresh, names, still_needed
from bot.ids import Digest, Login, Person, Sha
from bot.policy import Need
from bot.ports import Role
from tests.scripted import NOON, WILL

MIA = Person(2, Login("maint-mia"))
BOUND = Bound(Digest("d" * 64), Sha("a" * 40), Sha("b" * 40), "p1")
ONE = Need((0,), Role.MAINTAIN, 1, by_another=True, sentence="It is destructive.", rule="destructive")


def gate(*needs: Need, given: tuple[Approval, ...] = ()) -> Gate:
    return Gate(needs or (ONE,), BOUND, NOON + OPEN_FOR, approvals=given)


@pytest.mark.parametrize(
    ("person", "role", "why"),
    [
        (MIA, Role.MAINTAIN, None),
        (MIA, Role.ADMIN, None),
        (MIA, Role.WRITE, Bar.ROLE),
        (MIA, Role.NONE, Bar.ROLE),
        (WILL, Role.ADMIN, Bar.OWN),
    ],
)
def test_who_may_approve(person: Person, role: Role, why: Bar | None) -> None:
    """Another person than who asked, with the role that is needed."""
    assert bar(gate(), Approval(person, role, NOON), WILL) is why


def test_nobody_approves_twice() -> None:
    """Where two are needed, the same person does not count as the second."""
    two = replace(ONE, count=2)
    yes = Approval(MIA, Role.ADMIN, NOON)
    assert bar(gate(two, given=(yes,)), yes, WILL) is Bar.TWICE


@pytest.mark.parametrize(
    ("teams", "role", "why"),
    [
        (("acme/release",), Role.MAINTAIN, None),
        (("acme/release",), Role.WRITE, Bar.ROLE),
        (("acme/other",), Role.ADMIN, Bar.TEAM),
        ((), Role.ADMIN, Bar.TEAM),
    ],
)
def test_a_team_is_asked_for_beside_the_role(teams: tuple[str, ...], role: Role, why: Bar | None) -> None:
    """Neither stands for the other, and what GitHub does not tell of a team is no membership."""
    need = replace(ONE, team="acme/release")
    yes = Approval(MIA, role, NOON, teams)

    assert bar(gate(need), yes, WILL) is why
    assert still_needed((need,), [yes], WILL) == (() if why is None else (need,))


def test_who_asked_may_approve_what_only_needs_their_role() -> None:
    """A rule that asks for a maintainer's own word is content with a maintainer's."""
    own = replace(ONE, by_another=False)
    assert bar(gate(own), Approval(WILL, Role.MAINTAIN, NOON), WILL) is None


def test_an_approval_grows_old() -> None:
    """It counts for as long as a gate is open, and not a moment longer."""
    given = [Approval(MIA, Role.ADMIN, NOON)]
    assert fresh(given, NOON + OPEN_FOR - timedelta(seconds=1)) == given
    assert fresh(given, NOON + OPEN_FOR) == []


@given(st.sampled_from([each.name for each in fields(Bound)]), st.text(min_size=1))
def test_whatever_changed_voids_it(field: str, value: str) -> None:
    """An approval is for this plan, these commits and this policy, and for nothing else."""
    other = Bound(**{**asdict(BOUND), field: f"{getattr(BOUND, field)}{value}"})
    assert changed(BOUND, other)
    assert not changed(BOUND, replace(BOUND))


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from(list(Role))), max_size=12))
def test_the_requester_never_counts(given_by: list[tuple[int, Role]]) -> None:
    """Whoever else has approved, taking the requester's own away changes nothing."""
    given_ = [Approval(Person(number, Login(f"p{number}")), role, NOON) for number, role in given_by]
    without = [each for each in given_ if each.by.id != WILL.id]
    assert still_needed((ONE,), given_, WILL) == still_needed((ONE,), without, WILL)


@pytest.mark.parametrize(
    ("word", "same"),
    [
        ("d" * 64, True),
        (f"sha256:{'d' * 12}", True),
        ("`ddddddd`", True),
        ("D" * 12, True),
        ("dddddd", False),
        ("", False),
        ("e" * 12, False),
        ("d" * 65, False),
    ],
)
def test_a_digest_may_be_cut_short(word: str, same: bool) -> None:
    """Seven characters tell it, as they do for a commit; fewer do not."""
    assert names(BOUND.digest, word) is same
