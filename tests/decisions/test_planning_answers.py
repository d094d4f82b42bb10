"""What a model answers is exactly one object of the shape that was asked for, or nothing."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.actions import ACTIONS
from bot.errors import PlanError, UserError
from bot.limits import Limits
from bot.planning.answers import Answered, Cannot, TooLong, plan_answer, question_answer
from bot.planning.model import Citation
from bot.planning.schema import answer_schema
from bot.plans.build import build
from bot.plans.model import Draft, Plan
from tests.decisions.plans import GRANT, plan
from tests.decisions.prose import TESTS, answer_text, cannot_text, plan_text, step


def planned(text: str) -> Plan:
    draft = plan_answer(text)
    assert isinstance(draft, Draft)
    return build(draft, GRANT, limits=Limits())


def test_an_answer_is_the_plan_that_it_says() -> None:
    """With nulls where nothing is said it is the plan that a person would have written."""
    assert planned(TESTS).actions[0].parameters == plan("`make test`").actions[0].parameters
    assert planned(TESTS).reader == "model"


def test_what_may_be_null_may_be_missing() -> None:
    """It means the same, and a model that was asked for JSON in words forgets it."""
    step_alone = {"action_type": "run_command", "parameters": {"command": "make test"}}

    made = planned(json.dumps({"plan": {"actions": [step_alone]}}))

    assert made.actions[0].parameters == planned(TESTS).actions[0].parameters
    assert plan_answer('{"cannot": {"reason": "Too vague."}}') == Cannot("Too vague.", "")


def test_an_answer_alone_in_a_fence_is_an_answer() -> None:
    """Models that were asked for JSON write it so; there is nothing else it could mean."""
    assert planned(f"```json\n{TESTS}\n```\n") == planned(TESTS)


def test_a_model_can_say_that_nothing_can_be_planned() -> None:
    """With its reason, and a question if it has one."""
    assert plan_answer(cannot_text("Too vague.", "Which file?")) == Cannot("Too vague.", "Which file?")
    assert plan_answer(cannot_text("Too vague.")) == Cannot("Too vague.", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NaN",
        "null",
        "[]",
        '"make test"',
        "I am sorry, but I cannot help with that.",
        TESTS[:-20],
        TESTS + TESTS,
        f"Sure!\n```json\n{TESTS}\n```",
        f"```json\n{TESTS}\n```\nOr:\n```json\n{TESTS}\n```",
        "{“plan”: null, “cannot”: null}",
        '{"plan": null, "cannot": null}',
        "{}",
        '{"cannot": {"question": "Which?"}}',
        '{"plan": null, "plan": null, "cannot": {"reason": "", "question": ""}}',
        '{"actions": [{"action": "run_tests"}]}',
        '{"plan": {"actions": "run_command", "error_handling": null}, "cannot": null}',
        '{"plan": {"actions": {"0": "run"}, "error_handling": null}, "cannot": null}',
        '{"plan": {"actions": ["run"], "error_handling": null}, "cannot": null}',
        '{"plan": {"actions": [], "error_handling": "maybe"}, "cannot": null}',
        '{"plan": {"actions": [], "error_handling": null, "environment": "production"}, "cannot": null}',
        '{"plan": {"actions": [], "error_handling": NaN}, "cannot": null}',
        '{"plan": null, "cannot": {"reason": 3, "question": null}}',
        '{"plan": null, "cannot": {"reason": "\\ud800", "question": null}}',
        "[" * 5_000,
        '- !!python/object/apply:os.system ["touch /tmp/x"]',
        "a: &a [x, x]\nb: &b [*a, *a]\n",
    ],
)
def test_anything_else_is_invalid(text: str) -> None:
    """Nothing is guessed from prose, halves, several objects, smart quotes, tags or other keys."""
    with pytest.raises(PlanError):
        planned(text)


@pytest.mark.parametrize(
    "wrong",
    [
        step("host_exec", command="id"),
        step("write_file", path="a", content="b", mode="4755"),
        step("write_file", path=["a"], content={"x": 1}),
        step("write_file", path="a", content=None),
        step("run_command"),
        step(command="make test", user="root"),
        step(command="make test", depends_on=[1]),
        step("delete_path", path="../outside"),
        step("delete_path", path=".git/config"),
        {"__class__": "x", "action": "run"},
        {**step(command="make test"), "host": "me"},
    ],
)
def test_a_step_is_held_against_our_own_types(wrong: dict[str, Any]) -> None:
    """Unknown actions, unknown fields and wrong types refuse the whole plan."""
    with pytest.raises(PlanError):
        planned(plan_text(step(command="make test"), wrong))


def test_a_circle_is_refused() -> None:
    """Steps that wait for each other could never start."""
    circle = plan_text(step(command="a", depends_on=[1]), step(command="b", depends_on=[0]))
    with pytest.raises(PlanError, match="in a circle"):
        planned(circle)


def test_ten_thousand_steps_cost_nothing() -> None:
    """They are not even read."""
    text = plan_text(*[step(command="make test")] * 10_000)
    began = time.monotonic()

    with pytest.raises(UserError) as said:
        planned(text)

    assert isinstance(said.value, TooLong)
    assert time.monotonic() - began < 1


def test_too_many_steps_are_refused() -> None:
    """The limit of the repository holds for a model, too."""
    with pytest.raises(PlanError, match="at most 100 are allowed"):
        planned(plan_text(*[step(command="make test")] * 101))


def test_a_text_is_that_text() -> None:
    """Nothing that looks like a variable or an expression is expanded."""
    text = "${GITHUB_TOKEN} $OPENAI_API_KEY ${{ secrets.X }} {{ env.TOKEN }} %(token)s !!python/none"

    assert planned(plan_text(step("write_file", path="notes.txt", content=text))).actions[0].parameters[
        "content"
    ] == (text)


def test_an_answer_to_a_question_has_its_citations() -> None:
    """A text, and lines of files."""
    assert question_answer(answer_text("Three.", ("src/widgets.py", 1))) == Answered(
        "Three.", (Citation("src/widgets.py", 1),)
    )


@pytest.mark.parametrize(
    "text",
    ["Three.", '{"answer": "x"}', '{"answer": "x", "citations": [{"path": "a", "line": true}]}', TESTS],
)
def test_an_answer_of_another_shape_is_invalid(text: str) -> None:
    """The same strictness as for plans."""
    with pytest.raises(PlanError):
        question_answer(text)


# --- the schema ----------------------------------------------------------------------------------------

SCHEMA = answer_schema()


@pytest.mark.parametrize("text", [TESTS, cannot_text("No.", "What?"), cannot_text("No.")])
def test_what_we_read_fits_the_schema(text: str) -> None:
    """A model that keeps to it is understood."""
    assert list(Draft202012Validator(SCHEMA).iter_errors(json.loads(text))) == []


def test_the_schema_has_every_action() -> None:
    """It is made from the table: a new action type is offered by itself."""
    named = re.findall(r'"action_type": \{"type": "string", "enum": \["(\w+)"\]', json.dumps(SCHEMA))

    assert named == list(ACTIONS)


def objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every object that a schema describes, at any depth."""
    if schema.get("type") == "object":
        yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    for each in [*inner, *([schema["items"]] if "items" in schema else [])]:
        yield from objects(each)


def test_every_object_of_the_schema_is_closed() -> None:
    """Providers take a strict schema only when each object names all of its keys and requires them."""
    found = list(objects(SCHEMA))

    assert all(each["additionalProperties"] is False for each in found)
    assert all(each["required"] == list(each["properties"]) for each in found)
    assert len(found) > len(ACTIONS)
