"""Forms and a member's home as Slack's views, and what somebody chose and typed in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.chat.enquiry import Pairs
from bot.chat.forms import (
    DENY_FORM,
    DRY,
    PLAN,
    PULL,
    REPOSITORY,
    RUN_FORM,
    WHY,
    DenyForm,
    Form,
    Home,
    RunForm,
)
from handlers.slack import limits
from handlers.slack.blocks import Page
from handlers.slack.pieces import BOLD, CODE, Piece
from handlers.slack.rich_text import rich_block, rich_text, section
from handlers.slack.texts import plain_text

Json = dict[str, Any]

WHY_LENGTH = 500
PREVIEW = 2_900
TICKED = "on"
TOO_LONG = f"What you chose is longer than the {limits.INPUT:,} characters that fit in here."
NO_PLAN_YET = "The plan appears here as soon as there is one."
NOTHING = "There is nothing here yet."


def modal(form: Form) -> Json:
    """A form, empty or with what is known of it by now."""
    return _run(form) if isinstance(form, RunForm) else _deny(form)


def home(home: Home) -> Json:
    """What a member sees of us. Plans are lists here: Slack shows its blocks for them in messages only."""
    shown = Page(version="home", plain=True, within=limits.VIEW).blocks(home.parts)
    return {"type": "home", "blocks": shown or [_hint("nothing", NOTHING)]}


def fields(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, str]:
    """What is chosen, ticked and typed, by the name of its field, from a view's `state.values`.

    A pull request that was chosen of another repository than the one chosen now is not chosen any more.
    """
    told = {
        name: text
        for there in values.values()
        for name, state in there.items()
        if (text := _told(state)) is not None
    }
    repository = told.get(REPOSITORY, "")
    if PULL in told and PULL not in values.get(_pull_block(repository), {}):
        del told[PULL]
    return told


def options(pairs: Pairs) -> Json:
    """What a list offers: (value, label). A value too long is left out, since a part of it means another."""
    whole = [(value, label) for value, label in pairs if 0 < len(value) <= limits.OPTION_VALUE]
    return {"options": [_option(value, label) for value, label in whole[: limits.OPTIONS]]}


# --- forms ---------------------------------------------------------------------------------------------


def _run(form: RunForm) -> Json:
    return _modal(
        RUN_FORM,
        form.origin,
        title="Run with agent",
        submit="Run",
        blocks=[
            _input(
                REPOSITORY,
                "Repository",
                _list(REPOSITORY, "Choose a repository", _known(form.repository)),
                tells=True,
            ),
            _input(
                _pull_block(form.repository),
                "Pull request",  # Slack itself writes "(optional)" behind it
                _list(PULL, "Choose a pull request", _known(form.pull, f"#{form.pull}")),
                optional=True,
            ),
            _plan(form.plan),
            _input(DRY, "Dry run", _dry(ticked=form.dry), optional=True, tells=True),
            _preview(form),
        ],
    )


def _deny(form: DenyForm) -> Json:
    why = {"type": "plain_text_input", "action_id": WHY, "multiline": True, "max_length": WHY_LENGTH}
    told = section(Piece("Run "), Piece(form.run or "…", CODE), Piece(" ends. Nothing of it is done."))
    return _modal(
        DENY_FORM,
        form.origin,
        title="Deny this run",
        submit="Deny",
        blocks=[
            {**rich_block([told]), "block_id": "run"},
            _input(WHY, "Why", why, optional=True),
        ],
    )


def _modal(name: str, origin: str, *, title: str, submit: str, blocks: list[Json]) -> Json:
    if len(origin) > limits.PRIVATE:
        raise ValueError(f"a form keeps at most {limits.PRIVATE} characters for us, not {len(origin)}")
    return {
        "type": "modal",
        "callback_id": name,
        "title": plain_text(title, 24),
        "submit": plain_text(submit, 24),
        "close": plain_text("Cancel", 24),
        "private_metadata": origin,
        "blocks": blocks,
    }


def _input(block: str, label: str, element: Json, *, optional: bool = False, tells: bool = False) -> Json:
    """`tells`: we hear of it while the form is still open."""
    return {
        "type": "input",
        "block_id": block,
        "label": plain_text(label, limits.HEADER),
        "element": element,
        "optional": optional,
        "dispatch_action": tells,
    }


def _list(name: str, placeholder: str, chosen: Json) -> Json:
    return {
        "type": "external_select",
        "action_id": name,
        "placeholder": plain_text(placeholder, limits.PLACEHOLDER),
        "min_query_length": 0,
        **chosen,
    }


def _known(value: str, label: str = "") -> Json:
    return {"initial_option": _option(value, label)} if 0 < len(value) <= limits.OPTION_VALUE else {}


def _plan(typed: str) -> Json:
    """Half of a plan is another plan, so one that is too long is not filled in."""
    too_long = len(typed) > limits.INPUT
    element = {
        "type": "plain_text_input",
        "action_id": PLAN,
        "multiline": True,
        "max_length": limits.INPUT,
        "dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]},
        **({"initial_value": typed} if typed and not too_long else {}),
    }
    hint = {"hint": plain_text(TOO_LONG, limits.TEXT)} if too_long else {}
    return {**_input(PLAN, "What shall be run", element, tells=True), **hint}


def _dry(*, ticked: bool) -> Json:
    only = _option(TICKED, "Only show the plan (dry run)")
    chosen = {"initial_options": [only]} if ticked else {}
    return {"type": "checkboxes", "action_id": DRY, "options": [only], **chosen}


def _preview(form: RunForm) -> Json:
    shown = rich_text(form.preview, limit=PREVIEW)
    if not shown:
        return _hint("preview", NO_PLAN_YET)
    wrong = [section(Piece("This cannot run yet:", BOLD))] if form.problem else []
    return {**rich_block([*wrong, *shown]), "block_id": "preview"}


def _hint(block: str, text: str) -> Json:
    return {"type": "context", "block_id": block, "elements": [plain_text(text, limits.TEXT)]}


def _pull_block(repository: str) -> str:
    """The list of pull requests has its repository in its name, so that whoever fills it knows of which."""
    return f"{PULL}:{repository}"[: limits.ID]


def _option(value: str, label: str = "") -> Json:
    return {"text": plain_text(label or value, limits.OPTION), "value": value}


def _told(state: Mapping[str, Any]) -> str | None:
    """None for what is not chosen, not typed, or no field of ours."""
    match state.get("type"):
        case "plain_text_input":
            return state.get("value")
        case "static_select" | "external_select":
            chosen = state.get("selected_option")
            return chosen["value"] if chosen else None
        case "checkboxes":
            return TICKED if state.get("selected_options") else None
    return None
