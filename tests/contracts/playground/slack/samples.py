"""Blocks, forms and pages as our App may send them: small, and all that Slack takes."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def plain(text: str = "x") -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str = "x", **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(name: str = "go", text: str = "Go", **more: Any) -> Json:
    return {"type": "button", "action_id": name, "text": plain(text), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def options(count: int, text: str = "x") -> list[Json]:
    return [{"text": plain(text), "value": str(number)} for number in range(count)]


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "pick", **more}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def asked(element: Json, label: str = "x", **more: Any) -> Json:
    return {"type": "input", "label": plain(label), "element": element, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain("Ask"), "submit": plain("Go"), "blocks": list(blocks), **more}


# A message with a button, and a home tab.
ASKING = [section("Shall I?"), actions(button("approve", "Approve"))]
HOME: Json = {"type": "home", "blocks": [section("Shall I?")]}

# A modal with one input, and one with a select that searches.
MODAL = modal(
    asked({"type": "plain_text_input", "action_id": "name"}, "Who", block_id="who"), callback_id="ask"
)
REPO = {"type": "external_select", "action_id": "repo", "min_query_length": 0}
VERB = {"type": "plain_text_input", "action_id": "verb", "max_length": 9}
FORM = modal(
    asked(REPO, "…", block_id="where", dispatch_action=True),
    asked(VERB, "…", block_id="what"),
    callback_id="ask",
    notify_on_close=True,
)
SHOP = {"text": plain("acme/shop"), "value": "1001"}  # what can be found in it

# Every block that our App may want to use.
CONFIRM = {"title": plain("Sure?"), "text": plain("It runs."), "confirm": plain("Yes"), "deny": plain("No")}
TASK = {"type": "task_card", "task_id": "1", "title": "Test", "status": "in_progress"}
WORDS = {"type": "text", "text": "42 passed", "style": {"bold": True}}
GOOD = [
    {"type": "header", "text": plain("A plan")},
    section("*2* steps", fields=[plain("branch"), plain("main")], accessory=button("why", "Why?")),
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "by <@U_WILL>"}]},
    {"type": "divider"},
    rich(WORDS, {"type": "link", "url": "https://x.test", "text": "the page"}),
    {"type": "plan", "title": "Steps", "tasks": [{**TASK, "output": rich(WORDS)}]},
    {**TASK, "task_id": "2", "details": rich(WORDS)},
    {"type": "markdown", "text": "**Done**"},
    actions(button("approve", "Approve", style="primary", confirm=CONFIRM), select(options=options(2))),
]
