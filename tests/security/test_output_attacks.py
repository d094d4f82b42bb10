"""What a step prints, on every surface that shows it: the corpus's cases in the area `output`, for real."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping

import pytest

from bot.runs import Run, RunState
from tests.decisions.test_safe import REFERENCE, outside_code, tags
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

CANARIES = {
    "GitHub": "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8",
    "AWS": "AKIA" + "Z7Q4N2M8K6J1H3G5",
    "Slack": "xoxb-" + "123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
    "model": "sk-ant-" + "api03-" + "Ab1" * 31,
}
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\U000e0000-\U000e007f]")
HARMLESS = {
    "p",
    "a",
    "code",
    "pre",
    "em",
    "strong",
    "sub",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "h3",
    "hr",
    "br",
} | {"table", "thead", "tbody", "tr", "th", "td", "details", "summary"}


def prints(world: World, text: str, *, then: str = "true") -> Run:
    """A run of one step that writes these bytes, and how it ended."""
    octal = "".join(f"\\0{byte:03o}" for byte in text.encode("utf-8", "surrogatepass"))
    world.comments(f"/agent run\n```sh\nprintf %b {shlex.quote(octal)}; {then}\n```")
    return world.run_ends()


def markdown(world: World, run: Run) -> dict[str, str]:
    """What GitHub renders of it."""
    output = world.check(run)["output"]
    return {
        "title": output["title"],
        "summary": output["summary"],
        "text": output["text"],
        **{f"comment {number}": said for number, said in enumerate(world.said())},
    }


def everywhere(world: World, run: Run) -> Mapping[str, str]:
    """Every place that keeps or shows it."""
    journal = "".join(entry.text for entry in world.ledger.journals.read(run.id))
    logs = {name: world.log(name) for name in ("web", "desk", "hands")}
    check = {"annotations": json.dumps(world.check(run).get("annotations"))}
    return {
        **markdown(world, run),
        **logs,
        **check,
        "journal": journal,
        "page": world.page(run),
        "log.txt": world.page(run, "/log.txt"),
    }


def test_known_forms_of_secrets_are_shown_nowhere(world: World) -> None:
    """O001: four kinds in one line, each told by its kind."""
    run = prints(world, " ".join(f"{name}={value}" for name, value in CANARIES.items()) + "\n")

    shown = everywhere(world, run)
    assert not [
        (where, name) for where, said in shown.items() for name, value in CANARIES.items() if value in said
    ]
    assert shown["log.txt"].count("[redacted") == len(CANARIES)


def test_a_secret_that_is_cut_anywhere_is_shown_nowhere(world: World) -> None:
    """O003: over two writes, over both borders of blocks, and with the other stream in between."""
    token = CANARIES["GitHub"]
    program = (
        "import sys, time\n"
        f"token = {token[::-1]!r}[::-1]\n"  # the page shows the plan, too
        "a, b = token[:11], token[11:]\n"
        "o, e = sys.stdout, sys.stderr\n"
        "for size in (4096, 65536):\n"
        "    o.write('x' * (size - 6) + '\\n' + a); o.flush(); time.sleep(.2)\n"
        "    e.write('between\\n'); e.flush(); time.sleep(.2)\n"
        "    o.write(b + '\\n'); o.flush()\n"
    )
    world.comments(f"/agent run\n```sh\npython3 -c {shlex.quote(program)}\n```")
    run = world.run_ends()

    shown = everywhere(world, run)
    assert not [
        where for where, said in shown.items() if token in said.replace("\\n", "") or token[11:] in said
    ]
    assert shown["log.txt"].count("[redacted: a GitHub token]") == 2


def test_what_cannot_be_seen_is_named(world: World) -> None:
    """O005: text that would read otherwise than it runs."""
    run = prints(
        world, 'if access != "user\u202e \u2066// check\u2069 \u2066": pass\nzero\u200bwidth \U000e0041\n'
    )

    shown = {**markdown(world, run), "page": world.page(run)}
    assert not [where for where, said in shown.items() if BIDI.search(said)]
    assert "U+202E" in shown["text"]
    assert "U+202E" in shown["page"]


def test_output_refers_to_nothing(world: World) -> None:
    """O007: neither issues, nor commits, nor other repositories, nor people, on any surface of GitHub."""
    sha = "0123456789abcdef" * 2 + "01234567"
    said = f"fixes #1 closes acme/secret#2 GH-4 acme/secret@{sha} @wendy https://github.com/acme/secret/issues/3\n"
    run = prints(world, said, then="exit 3")

    shown = markdown(world, run)
    ours = re.compile(r"\[[^\]]*\]\(<[^>]*>\)|<!--.*?-->")  # links and markers of our own
    found = {where: REFERENCE.search(outside_code(ours.sub("", text))) for where, text in shown.items()}
    assert not [where for where, hit in found.items() if hit and hit[0] not in run.target.sha]


@pytest.mark.parametrize(
    "said",
    [
        "![x](https://evil.example/b.png?d=1)\n",
        "![x][r]\n\n[r]: https://evil.example/b.png\n",
        '<img src="https://evil.example/b.png">\n',
        '<picture><source srcset="https://evil.example/b.png"><img></picture>\n',
        '<script>fetch("//evil.example")</script><a href="javascript:alert(1)">x</a><svg onload=alert(1)>\n',
        "<iframe src=//evil.example><form action=//evil.example>\n````\n</pre><img src=//evil.example>\n",
    ],
)
def test_output_is_never_markup(world: World, said: str) -> None:
    """O009, O011: no image, no script, no frame, however it is written; the page has its own script only."""
    run = prints(world, said, then="exit 3")

    for where, text in markdown(world, run).items():
        assert tags(re.sub(r"<!--.*?-->", "", text)) <= HARMLESS, where
    page = world.page(run)
    assert page.count("<script") == 0, "a run that has ended needs none"
    assert not re.search(r"<(?:img|svg|iframe|form|picture|source)\b", page)
    assert "javascript:" not in re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)


def test_a_line_without_end_has_a_bound(world: World) -> None:
    """O013: 200 MB of it; the run goes on meanwhile and the page stays small."""
    world.configures("limits: {log_bytes: 1000000}\n")
    world.comments("/agent run `head -c 209715200 /dev/zero | tr '\\0' a; echo; echo THE END`")

    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert run.seconds is not None
    assert run.seconds < 30
    assert "THE END" in world.check(run)["output"]["text"]
    assert len(world.page(run)) < 2 * 1024 * 1024


def test_annotations_are_counted_and_point_into_the_tree(world: World) -> None:
    """O015: hundreds of them with hostile paths and impossible lines; GitHub refuses none that we send."""
    program = (
        "for n in range(500):\n"
        "    print(f'../../etc/passwd:-1: error: <b>{n}</b>')\n"
        "    print(f'cart.py:{n}999999999999:0: error: @all {n}')\n"
        "    print(f'README.md:{n}: error: in the tree {n}')\n"
    )
    world.comments(f"/agent run\n```sh\npython3 -c {shlex.quote(program)}; exit 1\n```")
    run = world.run_ends()

    found = world.check(run)["annotations"]
    assert found
    assert {each["path"] for each in found} <= {"README.md", "cart.py"}
    assert all(1 <= each["start_line"] < 2**31 for each in found)
    assert not [
        each
        for each in world.stage.driver.sees_requests()
        if "check-runs" in each["path"] and each["status"] == 422
    ]


def test_output_gives_no_command(world: World) -> None:
    """O017: shown in a fence, and not heard when it is quoted back."""
    run = prints(world, "\n/agent run deploy prod\n/agent approve run-1\n", then="exit 3")
    quoted = "\n".join(f"> {line}" for line in world.check(run)["output"]["text"].splitlines())
    world.comments(f"On Monday devops-agent wrote:\n{quoted}\n\nWhat is that?")

    world.is_heard()
    assert [each.id for each in world.runs()] == [run.id]


def test_a_secret_in_a_change_is_told_by_its_place(world: World) -> None:
    """O019: no branch, no pull request; file and line, and not the value."""
    lines = f'NAME = "shop"\nAWS_KEY = "{CANARIES["AWS"]}"\nTOKEN = "{CANARIES["GitHub"]}"\n'
    octal = "".join(f"\\0{byte:03o}" for byte in lines.encode())
    world.comments(f"/agent run\n```sh\nprintf %b {shlex.quote(octal)} > config.py\n```")
    run = world.run_ends()

    assert run.state is RunState.FAILED
    assert "config.py line 2" in run.reason
    assert "config.py line 3" in run.reason
    assert not [
        name for name in world.stage.driver.sees_branches(repo=world.repo) if name.startswith("agent/")
    ]
    shown = everywhere(world, run)
    assert not [
        (where, name) for where, said in shown.items() for name, value in CANARIES.items() if value in said
    ]


def test_colours_are_no_obstacle(world: World) -> None:
    """O021: what a person reads in a terminal stands there as text."""
    run = prints(world, "\x1b[32m5 passed\x1b[0m in 0.10s\n")

    assert "5 passed in 0.10s" in world.check(run)["output"]["text"]
    assert "5 passed in 0.10s" in world.page(run, "/log.txt")
