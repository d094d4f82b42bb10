"""From a draft to a plan: what is checked, how it is said, and that equal plans have equal digests."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import PlanError
from bot.limits import Limits
from bot.plans.build import build
from bot.plans.cycles import cycle
from bot.plans.model import Draft, ErrorHandling, Plan, from_data
from bot.plans.readers import read
from bot.reports.replies import canonical_yaml
from tests.decisions.plans import GRANT, plan, steps, yaml_plan


def made(*actions: dict[str, Any], **draft: Any) -> Plan:
    return build(Draft(actions=actions, **draft), GRANT, limits=Limits())


def command(text: str = "ls", **more: Any) -> dict[str, Any]:
    return {"action_type": "run_command", "parameters": {"command": text}, **more}


def test_a_step_may_choose_an_image_that_the_server_allows() -> None:
    """No other one, and without one its digest is what it was before there was a choice."""
    draft = Draft(
        actions=(command(), {"action_type": "run_command", "parameters": {"command": "ls", "image": "go:1"}})
    )

    plan_ = build(draft, GRANT, limits=Limits(), images=("go:1", "node:20"))

    assert [each.parameters.get("image") for each in plan_.actions[:2]] == [None, "go:1"]
    assert "image" not in plan_.actions[0].parameters
    with pytest.raises(PlanError, match=r"Step 2: `image` is `go:1`.*Allowed are: `node:20`\."):
        build(draft, GRANT, limits=Limits(), images=("node:20",))
    with pytest.raises(PlanError, match="Allowed are: none, so please leave `image` out"):
        build(draft, GRANT, limits=Limits())


def test_a_step_may_name_secrets_that_the_server_has_for_its_repository() -> None:
    """No other ones; and a name is a name, nothing that could be a path."""
    draft = Draft(
        actions=({"action_type": "run_command", "parameters": {"command": "ls", "secrets": ["NPM_TOKEN"]}},)
    )

    plan_ = build(draft, GRANT, limits=Limits(), secrets=("NPM_TOKEN",))

    assert plan_.actions[0].parameters["secrets"] == ["NPM_TOKEN"]
    with pytest.raises(PlanError, match=r"Step 1: `secrets` names `NPM_TOKEN`.* It has: none, so please"):
        build(draft, GRANT, limits=Limits())
    odd = {"action_type": "run_command", "parameters": {"command": "ls", "secrets": ["../x"]}}
    with pytest.raises(PlanError, match=r"Step 1 \(`run_command`\): `secrets.0` must look like"):
        build(Draft(actions=(odd,)), GRANT, limits=Limits(), secrets=("../x",))


PULL = {"action_type": "open_pull_request"}


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ({"action_type": "host_exec"}, "Step 1: the `action_type` `host_exec` is not known here."),
        ({"action_type": "run_comand"}, "Did you mean `run_command`?"),
        ({"action": "run_command"}, "Step 1: `action` is not known here. Did you mean `action_type`?"),
        ({"__class__": "x", "action_type": "run_command"}, "Step 1: `__class__` is not known here."),
        ({}, "Step 1: `action_type` is missing."),
        ({"action_type": ["x"]}, "Step 1: `action_type` is missing."),
        ({"action_type": "run_command"}, "Step 1 (`run_command`): `command` is missing."),
        ({"action_type": "run_command", "parameters": []}, "`parameters` must be a mapping"),
        (
            {"action_type": "run_command", "parameters": {"comand": "ls"}},
            "Step 1 (`run_command`): `comand` is not known here. Did you mean `command`?",
        ),
        (
            {"action_type": "run_command", "parameters": {"command": "ls", "timeout_s": 0}},
            "`timeout_s` must be at least 1.",
        ),
        (
            {"action_type": "run_command", "parameters": {"command": "ls", "timeout_s": "9"}},
            "`timeout_s` must be a whole number.",
        ),
        (
            {"action_type": "run_command", "parameters": {"command": "ls", "timeout_s": 601}},
            "`timeout_s` is 601, and a step may take at most 600 seconds here.",
        ),
        (
            {"action_type": "run_command", "parameters": {"command": "ls", "env": {"A": 1}}},
            "`env.A` must be text.",
        ),
        (
            {"action_type": "write_file", "parameters": {"path": "a", "content": "b", "mode": "4755"}},
            "Step 1 (`write_file`): `mode` must be one of `0644`, `0755`.",
        ),
        (
            {"action_type": "write_file", "parameters": {"path": ["a"], "content": {"x": 1}}},
            "Step 1 (`write_file`): `path` must be text.",
        ),
        (
            {"action_type": "write_file", "parameters": {"path": ".git/config", "content": ""}},
            "Step 1 (`write_file`): `path` names `.git`",
        ),
        (
            {"action_type": "write_file", "parameters": {"path": "a", "content": "\ud800"}},
            "half of a character",
        ),
        (command(step_description=3), "`step_description` must be text."),
        (command(step_description="\u202eevil"), "`step_description` holds an invisible"),
        (command(depends_on=[True]), "`depends_on` must be a list of whole numbers, counted from 0."),
        (command(depends_on="0"), "`depends_on` must be a list of whole numbers, counted from 0."),
        (command(depends_on=[7]), "`depends_on` names 7, but it counts from 0, and this plan has 0 to 0"),
        (command(depends_on=[-1]), "`depends_on` names -1"),
        (command(depends_on=[0]), "`depends_on` names 0, which is this step itself"),
    ],
)
def test_a_refusal_names_the_step_and_the_field(action: dict[str, Any], sentence: str) -> None:
    """Each mistake is told with the step, counted from 1, the field, and what is wrong, in plain words."""
    with pytest.raises(PlanError) as said:
        made(action)

    assert sentence in str(said.value)
    assert not re.search(r"pydantic|validation|Input should|\[type=", str(said.value))


@pytest.mark.parametrize(
    ("actions", "sentence"),
    [
        ([], "The plan has no steps."),
        ([command(), command(depends_on=[0, 0])], "Step 2: `depends_on` names 0 (step 1) twice."),
        (
            [command(depends_on=[1]), command(depends_on=[2]), command(depends_on=[0])],
            "Steps 1 → 2 → 3 → 1 wait for each other",
        ),
        ([command()] * 101, "The plan has 101 steps, and at most 100 are allowed here."),
        ([PULL, command()], "Step 1 opens the pull request, so it must be the last step."),
        ([PULL, PULL], "Steps 1 and 2 both open a pull request."),
        ([command(depends_on=[1]), PULL], "Step 1: `depends_on` names 1 (step 2), the pull request"),
    ],
)
def test_a_plan_that_cannot_work_is_refused_whole(actions: list[dict[str, Any]], sentence: str) -> None:
    """Circles, too many steps, a pull request in the midst: one sentence, and nothing is run."""
    with pytest.raises(PlanError) as said:
        made(*actions)

    assert sentence in str(said.value)


def test_an_action_that_was_not_granted_is_refused() -> None:
    """A plan holds only the action types of its grant."""
    grant = replace(GRANT, actions=frozenset({"run_command"}))

    with pytest.raises(PlanError, match="Step 1: `delete_path` is not among the actions you may use here"):
        build(read("delete `x`", ""), grant, limits=Limits())


def test_a_pull_request_is_implied_at_the_end() -> None:
    """Without a word about it, a plan ends with a pull request."""
    assert [action.action_type for action in made(command()).actions] == ["run_command", "open_pull_request"]


def test_pull_request_false_leaves_it_out() -> None:
    """`pull_request: false` implies none, and contradicts a step that opens one."""
    assert steps(made(command(), pull_request=False)) == [("run_command", "ls")]
    with pytest.raises(
        PlanError, match="Step 1 opens a pull request, but the plan says `pull_request: false`"
    ):
        made(PULL, pull_request=False)


def test_in_a_graph_the_pull_request_waits_for_everything() -> None:
    """When steps name `depends_on`, the last step depends on all others, implied or written."""
    written = made(command(depends_on=[]), command("b"), {**PULL, "depends_on": [0]})
    implied = made(command(depends_on=[]), command("b"))

    assert [action.depends_on for action in written.actions] == [(), (), (0, 1)]
    assert written.digest == implied.digest


def test_error_handling_is_stop_unless_said() -> None:
    """`stop` is the default, `continue` is the choice, anything else a sentence."""
    assert made(command()).error_handling is ErrorHandling.STOP
    assert made(command(), error_handling="continue").error_handling is ErrorHandling.CONTINUE
    with pytest.raises(PlanError, match="must be `stop` or `continue`"):
        made(command(), error_handling="ignore")


def test_the_canonical_form_of_a_plan_never_changes() -> None:
    """Digests are stored and shown, so the canonical form is fixed: this is its golden example."""
    golden = plan("", "- Run `pytest -q`\n- Create a file `a.txt` with `é`")

    assert golden.canonical_json() == (
        '{"actions":[{"action_type":"run_command","parameters":{"command":"pytest -q","cwd":"","env":{},'
        '"shell":"sh","timeout_s":null},"step_description":"Run `pytest -q`"},{"action_type":"write_file",'
        '"parameters":{"content":"é\\n","mode":null,"path":"a.txt"},"step_description":"Create a file '
        '`a.txt` with `é`"},{"action_type":"open_pull_request",'
        '"parameters":{"body":null,"branch":null,"title":null},'
        '"step_description":"Open a pull request"}],"error_handling":"stop","version":1}'
    )
    assert golden.digest == "39c6b810c0c4508685a18f28ba3aed8de56d6ceac52002b78e87e057fc9a6e6b"


_words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)
_paths = st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,2}", fullmatch=True)
_action = st.one_of(
    st.fixed_dictionaries(
        {"action_type": st.just("run_command"), "parameters": st.fixed_dictionaries({"command": _words})}
    ),
    st.fixed_dictionaries(
        {
            "action_type": st.just("write_file"),
            "parameters": st.fixed_dictionaries(
                {"path": _paths, "content": st.text(st.characters(exclude_categories=["Cs"]), max_size=40)}
            ),
            "step_description": _words,
        }
    ),
    st.fixed_dictionaries(
        {
            "action_type": st.just("run_command"),
            "parameters": st.fixed_dictionaries({"command": st.lists(_words, min_size=1, max_size=3)}),
        }
    ),
)
_drafts = st.builds(
    Draft,
    actions=st.lists(_action, min_size=1, max_size=4).map(tuple),
    error_handling=st.sampled_from([None, "stop", "continue"]),
    pull_request=st.sampled_from([None, True, False]),
)


def _built(draft: Draft) -> Plan:
    return build(draft, GRANT, limits=Limits())


@given(_drafts, _drafts)
def test_digests_are_equal_exactly_when_plans_are(one: Draft, other: Draft) -> None:
    """Two plans have one digest if and only if they have one canonical form."""
    first, second = _built(one), _built(other)

    assert (first.digest == second.digest) == (first.canonical_json() == second.canonical_json())


@given(_drafts)
def test_a_plan_survives_the_ledger(draft: Draft) -> None:
    """The canonical form is enough to make the plan again."""
    built = _built(draft)

    assert from_data(json.loads(built.canonical_json()), reader=built.reader) == built


@given(_drafts)
def test_the_canonical_yaml_that_is_shown_reads_back_to_the_same_plan(draft: Draft) -> None:
    """What `plan` shows can be copied under `run` and has the same digest."""
    built = _built(replace(draft, pull_request=None))
    fence = "`" * 40

    assert _built(read("", f"{fence}yaml\n{canonical_yaml(built)}{fence}")).digest == built.digest


@pytest.mark.parametrize("break_", ["\x85", "\u2028", "\u2029"])
def test_the_canonical_yaml_keeps_rare_line_breaks(break_: str) -> None:
    """They are written as escapes: a YAML reader takes a bare one for a fold."""
    parameters = {"path": "a", "content": f"one{break_}two{break_}"}
    built = made({"action_type": "write_file", "parameters": parameters})

    assert break_ not in canonical_yaml(built)
    assert _built(read("", f"```yaml\n{canonical_yaml(built)}```")).digest == built.digest


@given(_drafts)
def test_building_a_built_plan_changes_nothing(draft: Draft) -> None:
    """Normal form is reached at once."""
    built = _built(draft)
    again = _built(
        Draft(
            actions=tuple(built.as_data()["actions"]),
            error_handling=str(built.error_handling),
            pull_request=draft.pull_request,
        )
    )

    assert again.digest == built.digest


@given(st.lists(st.lists(st.integers(0, 7), max_size=3), min_size=8, max_size=8))
def test_a_circle_that_is_named_is_one(needs: list[list[int]]) -> None:
    """Every step of a named circle needs the next, and it ends where it began."""
    circle = cycle(needs)

    assert all(later in needs[earlier] for earlier, later in pairwise(circle))
    assert circle[:1] == circle[-1:]


@given(st.data())
def test_what_only_looks_back_has_no_circle(data: st.DataObject) -> None:
    """Steps that depend only on earlier ones never wait for each other."""
    needs = [
        data.draw(st.lists(st.integers(0, max(0, index - 1)), max_size=3)) if index else []
        for index in range(8)
    ]

    assert cycle(needs) == ()


def test_the_largest_plan_with_every_dependency_is_checked_at_once() -> None:
    """A thousand steps that each need all before them are no trouble."""
    assert cycle([list(range(index)) for index in range(1000)]) == ()


def test_the_limit_of_steps_comes_from_the_rules() -> None:
    """`max_actions` of the repository holds, and does not count the implied step."""
    few = Limits(max_actions=1)

    assert len(yaml_plan("- {action_type: run_command, parameters: {command: ls}}", limits=few).actions) == 2
    with pytest.raises(PlanError, match="2 steps, and at most 1 are allowed"):
        plan("", "- Run `a`\n- Run `b`", limits=few)
