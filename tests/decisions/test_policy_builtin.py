"""The built-in rules of the policy: each with what it stops, and with what it lets pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.actions import ACTIONS
from bot.ids import Login
from bot.plans.model import Action, Plan
from bot.policy import Approval, Effect, Facts, Policy, Provenance, Reader, judge, judge_changes
from bot.policy.rules_builtin import BUILT_IN
from bot.policy.rules_builtin.granted import BEGINS
from bot.ports import Role
from bot.verbs import VERBS
from tests.decisions.judged import (
    DELETE,
    FRIDAY,
    HERE,
    LISTED,
    MIA,
    MONDAY,
    ORDINARY,
    PATCH,
    PUBLISH,
    RUN,
    TERMINATE,
    USUAL,
    WILL,
    WRITE,
    judged,
    repository,
    step,
)

FROZEN = repository("{freeze: [{begins: 'fri 16:00', ends: 'mon 08:00'}]}")
FORK = replace(HERE, from_fork=True)
BY_MODEL = replace(ORDINARY, reader=Reader.MODEL)


@pytest.mark.parametrize("verb", sorted(BEGINS))
@pytest.mark.parametrize("role", [Role.WRITE, Role.MAINTAIN, Role.ADMIN])
def test_what_is_ordinary_is_allowed(verb: str, role: Role) -> None:
    """Whoever may push may run every action of today on their own repository, without asking anybody."""
    found = judged(replace(ORDINARY, verb=verb, who=replace(WILL, role=role)), *USUAL.actions)

    assert found.effect is Effect.ALLOW
    assert found.decided.rule == "granted"
    assert found.needs == ()


def test_every_rule_has_its_name_and_a_sentence() -> None:
    """The table names each rule as it names itself, and says what it does."""
    assert {name: rule.name for name, rule in BUILT_IN.items()} == {name: name for name in BUILT_IN}
    assert all(rule.summary.endswith(".") for rule in BUILT_IN.values())


def test_the_verbs_that_begin_something_exist() -> None:
    """The policy speaks of no verb that nobody can write."""
    assert set(VERBS) >= BEGINS


@pytest.mark.parametrize("verb", ["status", "deploy", "Run", "", None])
def test_a_verb_that_no_rule_allows_is_denied(verb: str | None) -> None:
    """Silence is a denial."""
    found = judged(replace(ORDINARY, verb=verb), RUN)

    assert (found.effect, found.decided.rule) == (Effect.DENY, "default")


def test_an_action_that_no_rule_allows_is_denied() -> None:
    """A type that nobody knows is not run, whoever asks for it."""
    found = judged(replace(ORDINARY, who=MIA, granted=frozenset({"format_disk"})), step("format_disk"))

    assert (found.effect, found.decided.rule) == (Effect.DENY, "granted")


def test_a_plan_without_steps_is_denied() -> None:
    """There is nothing to allow in it."""
    assert judge(ORDINARY, Plan(()), Policy()).effect is Effect.DENY


def test_nothing_outside_of_the_grant_is_allowed() -> None:
    """`granted`: what a text asks for more than code gave is denied, and takes the whole plan with it."""
    found = judged(replace(ORDINARY, granted=frozenset({"run_command"})), RUN, WRITE)

    assert found.effect is Effect.DENY
    assert [each.decided.rule for each in found.steps] == ["granted", "granted"]
    assert [each.effect for each in found.steps] == [Effect.ALLOW, Effect.DENY]
    assert found.decided.sentence == "`write_file` is not among the actions that may be used here."


@pytest.mark.parametrize("role", [None, Role.NONE, Role.READ, Role.TRIAGE])
def test_no_outsider_begins_anything(role: Role | None) -> None:
    """`outsiders`: less than `write`, or a role that nobody could tell, is not enough."""
    found = judged(replace(ORDINARY, who=replace(WILL, role=role)), RUN)

    assert (found.effect, found.decided.rule) == (Effect.DENY, "outsiders")
    assert "role `write` or higher" in found.decided.sentence


@pytest.mark.parametrize("app_id", [None, 0, 77, 29111])
def test_a_bot_that_the_server_does_not_list_is_denied(app_id: int | None) -> None:
    """`bots`: another id, or none, is another App, whatever role and name it has."""
    bot = replace(WILL, is_bot=True, app_id=app_id, role=Role.ADMIN, login=Login("dependabot[bot]"))

    found = judged(replace(ORDINARY, who=bot), RUN, policy=LISTED)

    assert (found.effect, found.decided.rule) == (Effect.DENY, "bots")


def test_a_listed_bot_may_begin() -> None:
    """The exact id in the server's file stands for the role that an App does not have."""
    bot = replace(WILL, is_bot=True, app_id=29110, role=Role.NONE)

    assert judged(replace(ORDINARY, who=bot), RUN, policy=LISTED).effect is Effect.ALLOW


def test_a_person_with_the_id_of_a_listed_app_gains_nothing() -> None:
    """Type and id are compared, both."""
    person = replace(WILL, is_bot=False, app_id=29110, id=29110, login=Login("dependabot"), role=Role.NONE)

    assert judged(replace(ORDINARY, who=person), RUN, policy=LISTED).effect is Effect.DENY


def test_who_may_be_a_bot_is_denied() -> None:
    """An account of a kind that nobody knows is no person."""
    assert judged(replace(ORDINARY, who=replace(WILL, is_bot=None)), RUN).decided.rule == "bots"


@pytest.mark.parametrize("from_fork", [True, None])
def test_the_code_of_a_fork_needs_a_maintainer(from_fork: bool | None) -> None:
    """`forks`: asked for by a writer it waits for someone who maintains the repository."""
    found = judged(replace(ORDINARY, site=replace(HERE, from_fork=from_fork)), RUN)

    assert (found.effect, found.decided.rule) == (Effect.APPROVAL, "forks")
    assert found.decided.approval == Approval(Role.MAINTAIN, count=1, by_another=True)


def test_a_maintainer_who_runs_a_fork_has_looked_at_it() -> None:
    """Their own `/agent run` on that commit is the approval."""
    assert judged(replace(ORDINARY, who=MIA, site=FORK), RUN).effect is Effect.ALLOW


def test_a_bot_is_no_maintainer_of_a_fork() -> None:
    """No App looks at a commit as a person does."""
    bot = replace(MIA, is_bot=True, app_id=29110)

    assert judged(replace(ORDINARY, who=bot, site=FORK), RUN, policy=LISTED).effect is Effect.APPROVAL


SECRET = step("run_command", command="npm publish", secrets=["NPM_TOKEN"])


def test_a_secret_needs_a_yes_of_somebody_who_maintains() -> None:
    """`secrets`: a writer's step waits for it, a maintainer's own does not, and without one nothing waits."""
    by_will, by_mia = judged(ORDINARY, SECRET), judged(replace(ORDINARY, who=MIA), SECRET)

    assert [(need.rule, need.role) for need in by_will.needs] == [("secrets", Role.MAINTAIN)]
    assert by_mia.effect is Effect.ALLOW
    assert judged(ORDINARY, step("run_command", command="ls", secrets=[])).effect is Effect.ALLOW


@pytest.mark.parametrize("from_fork", [True, None])
def test_the_code_of_a_fork_is_given_no_secret_by_anybody(from_fork: bool | None) -> None:
    """`secrets`: nobody can approve it either, and what may be a fork is one."""
    site = replace(HERE, from_fork=from_fork)

    found = judged(replace(ORDINARY, who=MIA, site=site), RUN, SECRET)

    assert (found.effect, found.decided.rule) == (Effect.DENY, "secrets")


PROTECTED = [
    step("write_file", path=".github/CODEOWNERS", content="* @me"),
    step("write_file", path=".github/dependabot.yml", content=""),
    step("write_file", path=".GitHub/agent.yml", content=""),
    step("write_file", path="docs/CODEOWNERS", content=""),
    step("write_file", path="Codeowners", content=""),
    step("delete_path", path=".github"),
    step("delete_path", path="CODEOWNERS"),
    step("create_directory", path=".github/ISSUE_TEMPLATE"),
    step("apply_patch", patch=PATCH.format(".github/agent.yml")),
    step("apply_patch", patch=PATCH.format("README.md") + PATCH.format("a/CODEOWNERS")),
]


@pytest.mark.parametrize("action", PROTECTED, ids=lambda action: str(dict(action.parameters))[:50])
def test_a_protected_path_needs_approval(action: Action) -> None:
    """`protected`: whichever action names it, and however it is spelled, also for a maintainer."""
    found = judged(replace(ORDINARY, who=MIA), RUN, action)

    assert (found.effect, found.decided.rule) == (Effect.APPROVAL, "protected")
    assert [need.steps for need in found.needs] == [(1,)]


@pytest.mark.parametrize("path", ["github/a", "docs/.github.md", "CODEOWNERS.md", "src/.github/x", "uv.lock"])
def test_a_path_that_only_looks_protected_is_free(path: str) -> None:
    """Lock files are free, too, unless a file says otherwise."""
    assert judged(ORDINARY, step("write_file", path=path, content="")).effect is Effect.ALLOW


@pytest.mark.parametrize("path", ["uv.lock", "web/package-lock.json", "Cargo.lock", "go.sum"])
def test_lock_files_are_protected_by_choice(path: str) -> None:
    """`policy.lock_files` of any file is enough."""
    chosen = repository("{lock_files: true}")

    found = judged(ORDINARY, step("write_file", path=path, content=""), policy=chosen)

    assert (found.effect, found.decided.rule) == (Effect.APPROVAL, "protected")


def test_workflows_stay_what_nobody_may_write() -> None:
    """`workflows`: also among what a command changed, no approval helps."""
    (first, *_) = judge_changes(ORDINARY, Plan((RUN, PUBLISH)), [".github/Workflows/x.yml"], Policy())

    assert (first.rule, first.effect) == ("workflows", Effect.DENY)


@pytest.mark.parametrize("path", [".github/CODEOWNERS", "docs/codeowners"])
def test_a_command_that_changes_a_protected_path_is_a_surprise(path: str) -> None:
    """What no step named was not judged before, and is judged at the end."""
    found = judge_changes(ORDINARY, Plan((RUN, PUBLISH)), ["a.txt", path], Policy())

    assert [(each.rule, each.effect) for each in found] == [("protected", Effect.APPROVAL)]


def test_what_the_plan_named_is_no_surprise() -> None:
    """Its approval was asked for before the run began, for a folder together with all in it."""
    plan = Plan((step("delete_path", path=".github"), PUBLISH))

    assert judge_changes(ORDINARY, plan, [".github/CODEOWNERS", "a.txt"], Policy()) == ()


def test_a_protected_file_in_a_folder_that_is_deleted_is_a_surprise() -> None:
    """Naming the free folder around it was not asking for it."""
    plan = Plan((step("delete_path", path="docs"), PUBLISH))

    assert [each.rule for each in judge_changes(ORDINARY, plan, ["docs/CODEOWNERS"], Policy())] == [
        "protected"
    ]


def test_what_cannot_be_taken_back_needs_another_person() -> None:
    """`destructive`: a step outside of the box that destroys waits for a second person."""
    ruling = BUILT_IN["destructive"].says(ORDINARY, TERMINATE, Policy())

    assert ruling is not None
    assert ruling.effect is Effect.APPROVAL
    assert ruling.approval == Approval(Role.MAINTAIN, count=1, by_another=True)


def test_a_deletion_in_the_box_can_be_read_before_it_counts() -> None:
    """`delete_path` removes a file from a copy; what comes of it is a line of a pull request."""
    assert judged(ORDINARY, DELETE, PUBLISH).effect is Effect.ALLOW


def test_a_freeze_window_holds_what_writes() -> None:
    """`freeze`: inside of it someone who maintains has to agree; before and after it nobody has."""
    inside = judged(replace(ORDINARY, state=replace(ORDINARY.state, at=FRIDAY)), RUN, policy=FROZEN)
    outside = judged(replace(ORDINARY, state=replace(ORDINARY.state, at=MONDAY)), RUN, policy=FROZEN)

    assert (inside.effect, inside.decided.rule) == (Effect.APPROVAL, "freeze")
    assert inside.decided.approval == Approval(Role.MAINTAIN)
    assert outside.effect is Effect.ALLOW


def test_a_time_that_nobody_knows_is_frozen() -> None:
    """Where there are windows at all."""
    timeless = replace(ORDINARY, state=replace(ORDINARY.state, at=None))

    assert judged(timeless, RUN, policy=FROZEN).effect is Effect.APPROVAL
    assert judged(timeless, RUN).effect is Effect.ALLOW


def from_model(**provenance: Provenance) -> Facts:
    return replace(BY_MODEL, provenance=(provenance,))


@pytest.mark.parametrize(
    ("action", "provenance"),
    [
        (RUN, {"command": Provenance.UNTRUSTED}),
        (RUN, {}),
        (WRITE, {"path": Provenance.UNTRUSTED, "content": Provenance.MODEL}),
        (step("apply_patch", patch=PATCH.format("a")), {"patch": Provenance.UNTRUSTED}),
        (step("run_command", command="ls", cwd="x"), {"command": Provenance.AUTHOR}),
        (step("run_command", command="ls", env={"A": "$(id)"}), {"command": Provenance.AUTHOR}),
    ],
)
def test_a_command_out_of_other_peoples_text_is_looked_at(
    action: Action, provenance: dict[str, Provenance]
) -> None:
    """`untrusted`: so is one that came from nobody knows where."""
    found = judged(from_model(**provenance), action)

    assert (found.effect, found.decided.rule) == (Effect.APPROVAL, "untrusted")


@pytest.mark.parametrize(
    ("action", "provenance"),
    [
        (RUN, {"command": Provenance.MODEL}),
        (RUN, {"command": Provenance.AUTHOR, "shell": Provenance.MODEL}),
        (WRITE, {"path": Provenance.MODEL, "content": Provenance.UNTRUSTED}),
        (step("open_pull_request", title="x"), {"title": Provenance.UNTRUSTED}),
    ],
)
def test_prose_may_come_from_anywhere(action: Action, provenance: dict[str, Provenance]) -> None:
    """What a file or a title says decides neither what is done nor where."""
    assert judged(from_model(**provenance), action).effect is Effect.ALLOW


def test_one_thing_hidden_among_many_decides() -> None:
    """The five hundredth step counts as much as the first, and is named."""
    steps = [step("run_command", command=f"echo {number}") for number in range(499)]

    found = judged(ORDINARY, *steps, PROTECTED[0])

    assert found.effect is Effect.APPROVAL
    (need,) = found.needs
    assert need.steps == (499,)
    assert need.sentence == "`.github/CODEOWNERS` is protected here."


def test_a_rule_is_one_need_for_all_its_steps() -> None:
    """Whoever approves sees each reason once."""
    found = judged(replace(ORDINARY, site=FORK), RUN, PROTECTED[0], PROTECTED[3])

    assert [(need.rule, need.steps, need.role, need.by_another) for need in found.needs] == [
        ("forks", (0, 1, 2), Role.MAINTAIN, True),
        ("protected", (1, 2), Role.MAINTAIN, True),
    ]


def test_a_verdict_can_be_explained() -> None:
    """It keeps the name of the rule, what it looked at, and the digest of the policy."""
    found = judged(replace(ORDINARY, site=FORK), RUN)

    assert found.decided.inputs == {"from fork": "yes", "role": "write"}
    assert found.policy_version == Policy().version
    assert {ruling.rule for ruling in found.steps[0].rulings} == {"granted", "forks"}


def test_all_actions_of_the_table_are_covered() -> None:
    """An action whose paths are known before tells them: those that write files do."""
    assert {name for name, kind in ACTIONS.items() if kind.touches is None} == {"run_command"}
