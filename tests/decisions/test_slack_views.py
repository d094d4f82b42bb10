"""Forms and homes as Slack's views, and what comes back of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.views import View

from bot.chat.forms import DenyForm, Home, RunForm
from bot.chat.message import Buttons, Heading, Part, Press, Prose, Steps, Task, TaskState
from handlers.slack.views import NO_PLAN_YET, NOTHING, TOO_LONG, fields, home, modal, options
from tests.decisions.slack_elements import plain, words_in

Json = dict[str, Any]
ORIGIN = '{"channel":"C1"}'


def block(view: Json, name: str) -> Json:
    (found,) = (each for each in view["blocks"] if each["block_id"] == name)
    return dict(found)


def checked(view: Json) -> Json:
    """Slack's own library finds nothing wrong with it."""
    View(**view).validate_json()
    return view


# --- the form to run something -------------------------------------------------------------------------


def test_an_empty_form_asks_where_and_what() -> None:
    """Four fields, in the order in which somebody thinks of them, and where the plan will be."""
    view = checked(modal(RunForm(ORIGIN)))

    assert {
        key: view[key] for key in ("type", "callback_id", "title", "submit", "close", "private_metadata")
    } == {
        "type": "modal",
        "callback_id": "run",
        "title": plain("Run with agent"),
        "submit": plain("Run"),
        "close": plain("Cancel"),
        "private_metadata": ORIGIN,
    }
    assert [each["block_id"] for each in view["blocks"]] == ["repository", "pull:", "plan", "dry", "preview"]
    assert words_in(block(view, "preview")) == NO_PLAN_YET


def test_the_repository_is_chosen_from_a_list_that_we_fill() -> None:
    """We are asked before anything is typed, and told what was chosen."""
    assert block(modal(RunForm(ORIGIN)), "repository") == {
        "type": "input",
        "block_id": "repository",
        "label": plain("Repository"),
        "element": {
            "type": "external_select",
            "action_id": "repository",
            "placeholder": plain("Choose a repository"),
            "min_query_length": 0,
        },
        "optional": False,
        "dispatch_action": True,
    }


def test_the_list_of_pull_requests_knows_its_repository() -> None:
    """Whoever fills it is told of which repository, and what is known already is chosen."""
    view = checked(modal(RunForm(ORIGIN, repository="acme/shop", pull="12")))

    pull = block(view, "pull:acme/shop")
    assert pull["element"]["initial_option"] == {"text": plain("#12"), "value": "12"}
    assert (pull["optional"], pull["dispatch_action"]) == (True, False)
    assert block(view, "repository")["element"]["initial_option"] == {
        "text": plain("acme/shop"),
        "value": "acme/shop",
    }


def test_every_character_of_a_plan_is_heard() -> None:
    """The plan is shown while it is typed, and stays what was typed."""
    assert block(modal(RunForm(ORIGIN, plan="run the tests")), "plan") == {
        "type": "input",
        "block_id": "plan",
        "label": plain("What shall be run"),
        "element": {
            "type": "plain_text_input",
            "action_id": "plan",
            "multiline": True,
            "max_length": 3_000,
            "dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]},
            "initial_value": "run the tests",
        },
        "optional": False,
        "dispatch_action": True,
    }


def test_half_a_plan_is_not_filled_in() -> None:
    """A message too long for the form is left out, and the form says so."""
    plan = block(checked(modal(RunForm(ORIGIN, plan="x" * 3_001))), "plan")

    assert "initial_value" not in plan["element"]
    assert plan["hint"] == plain(TOO_LONG)


def test_a_dry_run_is_ticked() -> None:
    """What was ticked stays ticked."""
    option = {"text": plain("Only show the plan (dry run)"), "value": "on"}

    assert block(modal(RunForm(ORIGIN)), "dry")["element"] == {
        "type": "checkboxes",
        "action_id": "dry",
        "options": [option],
    }
    assert block(modal(RunForm(ORIGIN, dry=True)), "dry")["element"]["initial_options"] == [option]


def test_a_plan_is_previewed() -> None:
    """What would be run is shown below what was typed."""
    preview = block(checked(modal(RunForm(ORIGIN, preview="1. `pytest -q`"))), "preview")

    assert preview["type"] == "rich_text"
    assert words_in(preview) == "pytest -q"


def test_a_problem_is_introduced() -> None:
    """Whoever types sees what is wrong before they send it."""
    preview = block(checked(modal(RunForm(ORIGIN, preview="Choose a repository.", problem=True))), "preview")

    assert words_in(preview["elements"][0]) == "This cannot run yet:"
    assert words_in(preview["elements"][1]) == "Choose a repository."


def test_an_origin_is_never_cut() -> None:
    """Half of what comes back would be worth nothing, so it is a mistake of ours."""
    with pytest.raises(ValueError, match="at most 3000 characters"):
        modal(RunForm("x" * 3_001))


# --- the form to deny ----------------------------------------------------------------------------------


def test_a_denial_asks_why() -> None:
    """A reason is welcome, and nobody has to give one."""
    view = checked(modal(DenyForm(ORIGIN, "k3v9x2m4ab", "acme/shop")))

    assert (view["callback_id"], view["title"], view["submit"]) == (
        "deny",
        plain("Deny this run"),
        plain("Deny"),
    )
    assert words_in(block(view, "run")) == "Run k3v9x2m4ab ends. Nothing of it is done."
    assert block(view, "why") == {
        "type": "input",
        "block_id": "why",
        "label": plain("Why"),
        "element": {"type": "plain_text_input", "action_id": "why", "multiline": True, "max_length": 500},
        "optional": True,
        "dispatch_action": False,
    }


# --- what comes back -----------------------------------------------------------------------------------


def chosen(value: str | None) -> Json:
    option = {"text": plain(value), "value": value} if value else None
    return {"type": "external_select", "selected_option": option}


def typed(value: str | None) -> Json:
    return {"type": "plain_text_input", "value": value}


def test_fields_are_what_was_chosen_and_typed() -> None:
    """By the names that we gave them."""
    assert fields(
        {
            "repository": {"repository": chosen("acme/shop")},
            "pull:acme/shop": {"pull": chosen("12")},
            "plan": {"plan": typed("pytest -q\n")},
            "dry": {"dry": {"type": "checkboxes", "selected_options": [{"value": "on"}]}},
        }
    ) == {"repository": "acme/shop", "pull": "12", "plan": "pytest -q\n", "dry": "on"}


def test_what_is_empty_is_no_field() -> None:
    """Nothing chosen, nothing typed, nothing ticked."""
    assert (
        fields(
            {
                "repository": {"repository": chosen(None)},
                "pull:": {"pull": chosen(None)},
                "plan": {"plan": typed(None)},
                "dry": {"dry": {"type": "checkboxes", "selected_options": []}},
                "why": {"why": {"type": "datepicker", "selected_date": "2026-11-21"}},
            }
        )
        == {}
    )


def test_a_pull_request_of_another_repository_is_not_chosen() -> None:
    """Whoever changes the repository and sends at once does not mean the same number over there."""
    assert fields(
        {"repository": {"repository": chosen("acme/till")}, "pull:acme/shop": {"pull": chosen("12")}}
    ) == {"repository": "acme/till"}


def test_a_reason_is_a_field() -> None:
    """The form of a denial has one."""
    assert fields({"why": {"why": typed("Too late.")}}) == {"why": "Too late."}


# --- lists and homes -----------------------------------------------------------------------------------


def test_a_list_offers_what_fits() -> None:
    """A long label is cut, a long value is left out, and a hundred are enough."""
    long = [(str(number), f"#{number}") for number in range(120)]

    assert options([("12", "#12 " + "x" * 100), ("y" * 151, "too long"), ("", "nothing")]) == {
        "options": [{"text": plain("#12 " + "x" * 70 + "…"), "value": "12"}]
    }
    assert len(options(long)["options"]) == 100
    assert options([]) == {"options": []}


def test_a_home_has_no_plans() -> None:
    """Slack shows plans in messages only, so steps are a list; every button is there once."""
    steps = Steps("1 step", (Task("1", "Tests", TaskState.ERROR, "failed"),))
    cancel = Buttons((Press("Cancel", "cancel", "k3v9"),))

    view = checked(home(Home((Heading("Your runs"), Prose("One."), steps, cancel, cancel))))

    assert view["type"] == "home"
    assert [each["type"] for each in view["blocks"]] == [
        "header",
        "rich_text",
        "rich_text",
        "actions",
        "actions",
    ]
    assert [each["elements"][0]["action_id"] for each in view["blocks"][3:]] == ["cancel", "cancel:2"]


def test_a_home_has_room_for_more_than_a_message() -> None:
    """A hundred blocks fit into a view."""
    assert len(checked(home(Home((Heading("Run"),) * 60)))["blocks"]) == 60


def test_a_home_is_never_empty() -> None:
    """Slack takes no view without blocks."""
    assert words_in(checked(home(Home(())))) == NOTHING


TEXT = st.builds(lambda text, times: text * times, st.text(max_size=20), st.sampled_from([1, 1, 400]))
FORMS = st.one_of(
    st.builds(RunForm, st.just(ORIGIN), TEXT, TEXT, TEXT, st.booleans(), TEXT, st.booleans()),
    st.builds(DenyForm, st.just(ORIGIN), TEXT),
)
PARTS: st.SearchStrategy[Part] = st.one_of(st.builds(Heading, TEXT), st.builds(Prose, TEXT))


@settings(max_examples=60, deadline=None)
@given(FORMS, st.lists(PARTS, max_size=150).map(tuple))
def test_slack_takes_every_view(form: RunForm | DenyForm, parts: tuple[Part, ...]) -> None:
    """Whatever is in it, a view is within its limits."""
    checked(modal(form))
    assert 1 <= len(checked(home(Home(parts)))["blocks"]) <= 100
