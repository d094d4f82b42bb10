"""A message of ours as Slack's blocks: what each part becomes, and that Slack takes whatever comes."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from bot.chat.message import (
    Buttons,
    Choice,
    Confirm,
    Footnote,
    Heading,
    Listing,
    Look,
    Message,
    Open,
    Output,
    Part,
    Press,
    Prose,
    Steps,
    Task,
    TaskState,
    When,
    Where,
    Who,
    says,
)
from bot.reports import safe
from bot.reports.phrases import moment
from handlers.slack.blocks import blocks, notification
from handlers.slack.limits import MESSAGE, fits, weight
from handlers.slack.markdown import REST
from tests.decisions.slack_elements import plain, section, text, things, words_in
from tests.scripted import NOON

Json = dict[str, Any]


def shown(*parts: Part, plain: bool = False, mentions: str = "") -> list[Json]:
    return blocks(Message("News.", parts, mentions), version="v1", plain=plain)[1]


def task(number: int, state: TaskState = TaskState.COMPLETE, *, note: str = "") -> Task:
    return Task(
        f"t{number}", f"Step {number}", state, "done" if state is TaskState.COMPLETE else "failed", note
    )


def many(count: int, *, note: str = "") -> tuple[Task, ...]:
    return tuple(task(number, note=note) for number in range(1, count + 1))


# --- each part -----------------------------------------------------------------------------------------


def test_a_heading_is_a_header() -> None:
    """One line of plain text, in which nothing has a meaning."""
    assert shown(Heading("Run <!here>\nfailed")) == [
        {"type": "header", "text": plain("Run <!here> failed"), "block_id": "v1.0"}
    ]


def test_a_long_heading_is_cut() -> None:
    """A header has room for 150 characters."""
    (header,) = shown(Heading("x" * 200))

    assert header["text"]["text"] == "x" * 149 + "…"


def test_prose_is_rich_text() -> None:
    """Markdown of ours keeps its styles."""
    assert shown(Prose("It is **done**.")) == [
        {
            "type": "rich_text",
            "elements": [section(text("It is "), text("done", "bold"), text("."))],
            "block_id": "v1.0",
        }
    ]


def test_steps_are_a_plan() -> None:
    """Each step is a card with its state; the exact word and the note are inside."""
    steps = Steps("2 steps", (task(1), task(2, TaskState.ERROR, note="Exit code 1.")))

    assert shown(steps) == [
        {
            "type": "plan",
            "title": "2 steps",
            "tasks": [
                {
                    "type": "task_card",
                    "task_id": "t1",
                    "title": "Step 1",
                    "status": "complete",
                    "details": {"type": "rich_text", "elements": [section(text("done"))]},
                },
                {
                    "type": "task_card",
                    "task_id": "t2",
                    "title": "Step 2",
                    "status": "error",
                    "details": {"type": "rich_text", "elements": [section(text("failed · Exit code 1."))]},
                },
            ],
            "block_id": "v1.0",
        }
    ]


def test_where_nobody_knows_plans_steps_are_a_list() -> None:
    """The word for the state comes first."""
    assert shown(Steps("1 step", (task(1, TaskState.ERROR, note="Exit code 1."),)), plain=True) == [
        {
            "type": "rich_text",
            "elements": [
                section(text("1 step", "bold")),
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "elements": [section(text("failed", "bold"), text(": Step 1 · Exit code 1."))],
                },
            ],
            "block_id": "v1.0",
        }
    ]


def test_of_output_the_end_is_shown() -> None:
    """Twelve lines, as a terminal would show them."""
    (output,) = shown(Output("".join(f"\x1b[31mline {number}\x1b[0m\n" for number in range(1, 31))))

    assert output["elements"][0]["type"] == "rich_text_preformatted"
    assert words_in(output) == "\n".join(f"line {number}" for number in range(19, 31))


def test_long_lines_of_output_are_cut() -> None:
    """At most 1,500 characters, from the beginning of a line on."""
    (output,) = shown(Output("\n".join(f"{number} " + "x" * 400 for number in range(10))))

    assert words_in(output) == "\n".join(f"{number} " + "x" * 400 for number in (7, 8, 9))


def test_no_output_is_no_block() -> None:
    """A step that printed nothing shows nothing."""
    assert shown(Output("\n\n"), Prose("<!-- nothing -->"), Footnote(""), Buttons(())) == []


def test_a_footnote_is_small() -> None:
    """Plain text, unless something in it can be clicked."""
    first, second = shown(Footnote("Plan `ab`."), Footnote("[Log](<https://a.test/x>) <!here>"))

    assert first == {"type": "context", "elements": [plain("Plan ab.")], "block_id": "v1.0"}
    assert second["elements"] == [{"type": "mrkdwn", "text": "<https://a.test/x|Log>", "verbatim": True}]


def test_a_list_shows_members_channels_and_moments_as_each_reader_knows_them() -> None:
    """Slack hides the names of channels that the reader is not in, and tells the time where they are."""
    (block,) = shown(
        Listing(((Where("C1"), " is about `acme/shop` since ", When(NOON)), (Who("U1"), " left")))
    )

    date = {
        "type": "date",
        "timestamp": int(NOON.timestamp()),
        "format": "{date_short_pretty}, {time}",
        "fallback": moment(NOON),
    }
    channel, member = {"type": "channel", "channel_id": "C1"}, {"type": "user", "user_id": "U1"}
    assert block["elements"][0]["elements"] == [
        section(channel, text(" is about "), text("acme/shop", "code"), text(" since "), date),
        section(member, text(" left")),
    ]


def test_a_list_that_is_too_long_says_that_it_goes_on() -> None:
    """What fits is whole."""
    (block,) = shown(Listing((("x" * 100,),) * 200))

    *items, last = block["elements"][0]["elements"]
    assert last == section(text("…"))
    assert {item["elements"][0]["text"] for item in items} == {"x" * 100}


def test_a_press_comes_back_as_it_is() -> None:
    """A button has our verb, its value, its look, and what is asked before it counts."""
    deny = Press(
        "Deny", "deny", "k3v9 ab", Look.DANGER, Confirm("Deny it?", "Nothing of it is done.", "Deny")
    )

    (actions,) = shown(Buttons((Press("Approve", "approve", "k3v9", Look.GOOD), deny)))

    assert actions["elements"] == [
        {
            "type": "button",
            "text": plain("Approve"),
            "action_id": "approve",
            "value": "k3v9",
            "style": "primary",
        },
        {
            "type": "button",
            "text": plain("Deny"),
            "action_id": "deny",
            "value": "k3v9 ab",
            "style": "danger",
            "confirm": {
                "title": plain("Deny it?"),
                "text": plain("Nothing of it is done."),
                "confirm": plain("Deny"),
                "deny": plain("Not now"),
                "style": "danger",
            },
        },
    ]


def test_every_action_is_there_once() -> None:
    """The same verb a second time has a number, and so has every link."""
    page = Open("Log", "https://a.test/x")
    parts = (Buttons((Press("Go", "go", "1"), page)), Buttons((Press("Go", "go", "2"), page)))

    assert [thing["action_id"] for thing in things(shown(*parts)) if "action_id" in thing] == [
        "go",
        "open:1",
        "go:2",
        "open:2",
    ]


def test_what_cannot_be_whole_is_no_button() -> None:
    """A part of a value or of an address would be another one."""
    buttons = (
        Press("Go", "go", "x" * 2_001),
        Open("Log", "https://a.test/" + "x" * 3_000),
        Open("Run", "file:x"),
    )

    assert shown(Buttons(buttons)) == []


def test_many_buttons_are_several_blocks() -> None:
    """A block has room for 25."""
    made = shown(Buttons(tuple(Press(str(number), "go", str(number)) for number in range(30))))

    assert [len(block["elements"]) for block in made] == [25, 5]


def test_a_choice_is_a_list() -> None:
    """What is chosen comes back with the key as the block's name."""
    assert shown(Choice("Which one?", "pick", "chat:1", ("acme/shop", "acme/shop", "acme/" + "x" * 200))) == [
        {
            "type": "actions",
            "block_id": "chat:1",
            "elements": [
                {
                    "type": "static_select",
                    "action_id": "pick",
                    "placeholder": plain("Which one?"),
                    "options": [{"text": plain("acme/shop"), "value": "acme/shop"}],
                }
            ],
        }
    ]


def test_one_person_is_called() -> None:
    """The mention stands in front of the first words, and is the only one."""
    made = shown(Heading("Run"), Prose("Your run by <@U2> is done."), Prose("More."), mentions="U1")

    assert (
        made[1]["elements"]
        == [section({"type": "user", "user_id": "U1"}, text(" "), text("Your run by <@U2> is done."))]
        or words_in(made[1]) == " Your run by  is done."
    )
    assert [thing["user_id"] for thing in things(made) if thing.get("type") == "user"] == ["U1"]


def test_one_person_is_called_where_there_are_no_words() -> None:
    """Without Prose the mention comes first."""
    made = shown(Heading("Run"), mentions="U1")

    assert made[0]["elements"] == [section({"type": "user", "user_id": "U1"})]


def test_what_is_no_member_is_not_called() -> None:
    """Only an id of Slack's can be a mention."""
    assert [block["type"] for block in shown(Heading("Run"), mentions="U1> <!channel>")] == ["header"]


def test_the_notification_is_one_line() -> None:
    """A phone shows the summary, in which nothing has a meaning, and never half of an entity."""
    assert notification("<!here>\n  done & \u202e") == "&lt;!here&gt; done &amp; U+202E"
    assert notification("&" * 400) == "&amp;" * 59 + "…"


def test_another_version_has_other_names() -> None:
    """Slack wants new names for the blocks of a message that has changed."""
    first = blocks(says("A"), version="1")[1]
    second = blocks(says("A"), version="2")[1]

    assert (first[0]["block_id"], second[0]["block_id"]) == ("1.0", "2.0")


# --- what gives way ------------------------------------------------------------------------------------

LONG = Prose("\n\n".join(["word " * 40] * 30))
NOISE = Output("\n".join(["x" * 120] * 12))
GO = Buttons((Press("Go", "go", "1"),))


def test_output_gives_way_first() -> None:
    """While shorter output is enough, the words stay whole."""
    short, words, noise, go = shown(Heading("Run"), Prose("word " * 1_580), NOISE, GO)

    assert REST not in words_in(words)
    assert 0 < len(words_in(noise)) < 1_000
    assert (short["type"], go["type"]) == ("header", "actions")


def test_then_the_longest_words_give_way() -> None:
    """What is short stays whole, what is long says that there is more."""
    first, second, _, _ = shown(Prose("Short."), LONG, LONG, GO)

    assert words_in(first) == "Short."
    assert words_in(second).endswith(REST)


def test_then_the_notes_of_tasks_give_way() -> None:
    """A step keeps its title and its word."""
    (plan,) = shown(Steps("Plan", many(50, note="n" * 200)))

    assert len(plan["tasks"]) == 50
    assert len(words_in(plan["tasks"][0]["details"])) < 60


def test_then_tasks_in_the_middle_give_way() -> None:
    """The first and the last stay, and one tells how many more there are."""
    (plan,) = shown(Steps("Plan", many(200)))

    titles = [each["title"] for each in plan["tasks"]]
    assert len(titles) == 50
    assert (titles[0], titles[-1]) == ("Step 1", "Step 200")
    assert "151 more steps on the run's page." in titles


def test_what_went_wrong_in_the_middle_stays() -> None:
    """Nobody has to look for the step that failed."""
    steps = (*many(100), task(101, TaskState.ERROR), *many(100))

    (plan,) = shown(Steps("Plan", steps))

    assert [each["title"] for each in plan["tasks"] if each["status"] == "error"] == ["Step 101"]


def test_of_too_many_parts_what_people_press_stays() -> None:
    """A message has room for fifty blocks, the mention among them."""
    notes = [Footnote(str(number)) for number in range(60)]

    made = shown(Heading("Run"), *notes, GO, mentions="U1")

    assert [block["type"] for block in made] == ["rich_text", "header", *["context"] * 47, "actions"]


# --- whatever comes ------------------------------------------------------------------------------------

HOSTILE = st.one_of(
    st.sampled_from(
        [
            "<!channel>",
            "<@U123>",
            "<#C1>",
            "a & b",
            "```",
            "\u202etxt",
            "\u200b",
            "[x](<https://a.test/|>)",
            "😀",
            "\x1b[2J",
            "",
            "\n",
        ]
    ),
    st.text(max_size=20),
)
TEXT = st.builds(
    lambda words, times: " ".join(words) * times,
    st.lists(HOSTILE, max_size=6),
    st.sampled_from([1, 1, 1, 1, 40, 900]),
)
SHORT = st.builds("".join, st.lists(HOSTILE, max_size=3))
TASKS = st.builds(
    lambda tasks, times: tasks * times,
    st.lists(st.builds(Task, SHORT, TEXT, st.sampled_from(TaskState), SHORT, TEXT), max_size=4).map(tuple),
    st.sampled_from([1, 1, 1, 60]),
)
CONFIRM = st.none() | st.builds(Confirm, TEXT, TEXT, TEXT, TEXT)
PRESS = st.builds(Press, TEXT, SHORT, TEXT, st.sampled_from(Look), CONFIRM)
BUTTON = PRESS | st.builds(
    Open, TEXT, st.sampled_from(["https://a.test/x", "javascript:x", "https://" + "x" * 4_000])
)
BUTTONS = st.builds(
    lambda buttons, times: Buttons(buttons * times),
    st.lists(BUTTON, max_size=4).map(tuple),
    st.sampled_from([1, 1, 1, 10]),
)
OPTIONS = st.lists(TEXT, max_size=120).map(tuple)
PIECES = st.one_of(TEXT, st.builds(Where, st.just("C9")), st.builds(When, st.just(NOON)))
PARTS = st.one_of(
    st.builds(Heading, TEXT),
    st.builds(Prose, TEXT),
    st.builds(Steps, TEXT, TASKS),
    st.builds(Output, TEXT),
    st.builds(Footnote, TEXT),
    st.builds(Listing, st.lists(st.lists(PIECES, max_size=4).map(tuple), max_size=8).map(tuple)),
    st.builds(Choice, TEXT, SHORT, SHORT, OPTIONS),
    BUTTONS,
)
MESSAGES = st.builds(
    lambda summary, parts, times, mentions: Message(summary, parts * times, mentions),
    TEXT,
    st.lists(PARTS, max_size=8).map(tuple),
    st.sampled_from([1, 1, 1, 12]),
    st.sampled_from(["", "U1", "<!channel>"]),
)
MOST = {
    "header": ("text", 150),
    "button": ("text", 75),
    "plan": ("title", 150),
    "task_card": ("title", 150),
    "plain_text": ("text", 3_000),
    "mrkdwn": ("text", 3_000),
}
OUR_LINK = re.compile(r"<https?://[^<>|]+\|[^<>]*>")


def length(value: Any) -> int:
    return len(value["text"] if isinstance(value, dict) else value)


def too_much(made: list[Json]) -> list[Json]:
    """What is longer or more than Slack says that it may be, or empty."""
    found = list(things(made))
    return [
        *(thing for thing in found if thing.get("type") in MOST and not _is_in(thing)),
        *(
            thing
            for thing in found
            if len(thing.get("value", "")) > 2_000 or len(thing.get("url", "")) > 3_000
        ),
        *(thing for thing in found if not 1 <= len(thing.get("options", "x")) <= 100),
        *(thing for thing in found if "options" in thing and max(map(_option, thing["options"])) > 1),
        *(
            thing
            for thing in found
            if thing.get("type") == "actions" and not 1 <= len(thing["elements"]) <= 25
        ),
        *(thing for thing in found if "confirm" in thing and _confirm(thing) > 1),
        *(thing for thing in found if thing.get("type") == "text" and not thing["text"]),
        *(
            thing
            for thing in found
            if max(len(thing.get("action_id", "")), len(thing.get("block_id", ""))) > 255
        ),
    ]


def _is_in(thing: Json) -> bool:
    key, most = MOST[thing["type"]]
    return 1 <= length(thing[key]) <= most


def _option(option: Json) -> float:
    return max(length(option["text"]) / 75, len(option["value"]) / 150)


def _confirm(thing: Json) -> float:
    asked = thing["confirm"]
    if asked.get("type") == "plain_text":
        return 0
    return max(
        length(asked[key]) / most
        for key, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30))
    )


def twice(made: list[Json], key: str) -> list[str]:
    given_ = [thing[key] for thing in things(made) if key in thing]
    return [name for name in given_ if given_.count(name) > 1]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(MESSAGES, st.booleans())
def test_slack_takes_whatever_comes(message: Message, plainly: bool) -> None:
    """Every message is within all limits, has every name once, and is made of what slack_sdk knows."""
    text_, made = blocks(message, version="v1", plain=plainly)

    assert fits(text_, made, MESSAGE)
    assert len(made) <= 50
    assert len(text_) + len(words_in(made)) <= 8_900
    assert 1 <= len(text_) <= 300
    assert "\n" not in text_
    assert too_much(made) == []
    assert [twice(made, key) for key in ("block_id", "action_id", "task_id")] == [[], [], []]
    parsed = Block.parse_all(made)
    assert [block.to_dict()["type"] for block in parsed] == [block["type"] for block in made]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(MESSAGES, st.booleans())
@example(Message("", (Listing((("\r",),)),)), False)
def test_nobody_is_called_by_what_others_wrote(message: Message, plainly: bool) -> None:
    """Outside of rich text every mark is escaped, and nothing anywhere is hidden."""
    text_, made = blocks(message, version="v1", plain=plainly)

    marked = [thing["text"] for thing in things(made) if thing.get("type") == "mrkdwn"]
    bare = [text_, *(OUR_LINK.sub("", words) for words in marked)]
    assert not [words for words in bare if re.search(r"[<>]|&(?!amp;|lt;|gt;)|```", words)]
    called = [
        thing for thing in things(made) if thing.get("type") in ("user", "usergroup", "channel", "broadcast")
    ]
    by_others = [thing for thing in called if thing != {"type": "channel", "channel_id": "C9"}]
    assert by_others in ([], [{"type": "user", "user_id": "U1"}])
    seen = [
        text_,
        words_in(made),
        *(thing["title"] for thing in things(made) if isinstance(thing.get("title"), str)),
    ]
    assert not [words for words in seen if safe.reveal(words) != words]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(PARTS.filter(lambda part: not isinstance(part, Buttons | Heading)), max_size=20), TEXT, TEXT)
def test_headings_and_buttons_stay(parts: list[Part], heading: str, label: str) -> None:
    """However much there is to say, what it is about and what can be done is there."""
    press = Press(label, "go", "1", Look.GOOD, Confirm(label, label, label))

    made = shown(Heading(heading), *parts, Buttons((press, Open(label, "https://a.test/x"))))

    assert made[0]["type"] == "header"
    assert [element["type"] for element in made[-1]["elements"]] == ["button", "button"]


def test_what_weighs() -> None:
    """Bytes count and not characters, details of tasks twice, and the addresses behind links."""
    assert weight([{"type": "header", "text": plain("é<")}]) == 6
    assert weight({"title": "ab", "details": {"elements": [text("abc")]}}) == 8
    assert weight({"type": "link", "url": "https://a.test", "text": "a"}) == 15
