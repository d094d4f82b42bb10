"""What people write and what is answered: verbs, typos, plans shown, configuration, what is no command."""

from __future__ import annotations

import re

import pytest

from bot.processes.demo.story import COMMENT as MEND
from bot.runs import Run, RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def test_help_shows_what_one_may_use(world: World) -> None:
    """`/agent help` lists the verbs that this person may use."""
    world.comments("/agent help", by="reader-rita")

    said = world.answers()

    assert "`/agent plan <plan>`" in said
    assert "`/agent run <plan>`" not in said


def test_help_with_a_verb_says_who_may_use_it(world: World) -> None:
    """`/agent help run` shows usage, the needed role and an example."""
    world.comments("/agent help run")

    said = world.answers()

    assert "Who may use it: everybody with the role `write` or higher." in said
    assert "/agent run `pytest -q`" in said


def test_a_typo_is_answered_with_the_nearest_verb(world: World) -> None:
    """A misspelt verb runs nothing; the nearest one is named."""
    world.comments("/agent rnu `ls`")

    said = world.answers()

    assert "I know no `rnu` that you may use here. Did you mean `/agent run`?" in said
    assert world.runs() == []


def test_a_plan_is_shown_and_its_copy_has_the_same_digest(world: World) -> None:
    """`/agent plan` runs nothing, and its canonical form under `/agent run` is the very same plan."""
    world.comments("/agent plan\n\n1. Run `ls`\n2. Create a file `a.txt` with `hello`")
    said = world.answers()
    assert "This is a plan of 3 steps. Nothing was run." in said
    assert world.runs() == []
    copied = re.search(r"(`{3,})yaml\n.*?\n\1", said, re.DOTALL)
    assert copied is not None

    world.comments(f"/agent run\n\n{copied[0]}")

    run = world.run_ends()
    assert run.state is RunState.SUCCEEDED
    assert f"Digest: `{run.plan.digest}`" in said
    assert run.plan.digest in world.check(run)["output"]["summary"]


def test_status_tells_of_the_latest_run(world: World) -> None:
    """`/agent status` says how the latest run is doing, and that there is none yet."""
    world.comments("/agent status")
    assert "There has been no run on this pull request yet." in world.answers()
    world.comments("/agent run `true`")
    run = world.run_ends()

    world.comments("/agent status", by="reader-rita")

    assert f"Run `{run.id}`: **Done in" in world.answers(3)


def test_configuration_is_shown_with_where_each_value_came_from(world: World) -> None:
    """`/agent config` shows the default branch's file, and what is built in."""
    world.configures("limits: {step_timeout_s: 77}\nerror_handling: continue\n")

    world.comments("/agent config")

    said = world.answers()
    assert "| `limits.step_timeout_s` | `77` | repository file |" in said
    assert "| `limits.pids` | `512` | built-in |" in said


def test_a_limit_over_the_ceiling_is_cut_and_said(world: World) -> None:
    """No repository exceeds what the server allows."""
    world.configures("limits: {step_timeout_s: 86000}\n")

    world.comments("/agent config")

    said = world.answers()
    assert "| `limits.step_timeout_s` | `600` | server ceiling |" in said
    assert "`limits.step_timeout_s` is 600 instead of 86000: that is the most this server allows." in said


def test_a_broken_configuration_is_answered_with_line_and_key(world: World) -> None:
    """Nothing runs under a file that cannot be read; the answer says what to mend."""
    world.configures("version: 1\nlimits:\n  memroy_mb: 100\n")

    world.comments("/agent run `ls`")

    said = world.answers()
    assert "Line 3: `limits.memroy_mb`" in said
    assert "memory_mb" in said
    assert world.runs() == []


def test_a_pull_request_cannot_change_its_own_rules(world: World) -> None:
    """Only the default branch's file counts."""
    world.pushes({".github/agent.yml": "limits: {step_timeout_s: 5}\n"})

    world.comments("/agent config")

    assert "| `limits.step_timeout_s` | `600` | built-in |" in world.answers()


def test_the_owner_has_a_configuration_for_all(world: World) -> None:
    """Without a file of its own a repository follows the owner's `.github` repository."""
    owned = world.owned_by("umbrella")
    rules = {".github/agent.yml": "limits: {pids: 99}\n"}
    owned.stage.driver.adds_repository(f"{owned.owner}/.github", files=rules)

    owned.comments("/agent config")

    assert "| `limits.pids` | `99` | organisation file |" in owned.answers()


@pytest.mark.parametrize(
    "text",
    [
        "> /agent run `ls`",
        "```\n/agent run `ls`\n```",
        "Write `/agent run` and it goes.",
        "    /agent run `ls`",
        "<!-- /agent run `ls` -->",
        "Please do /agent run `ls`",
        "@devops-agents run `ls`",
    ],
)
def test_what_is_only_quoted_is_no_command(world: World, text: str) -> None:
    """Quotes, code blocks, inline code and hidden text are never obeyed, and nobody is bothered."""
    comment = world.comments(text)

    world.is_quiet()

    assert world.said() == []
    assert world.reactions(comment) == []


def test_the_app_can_be_called_by_its_name(world: World) -> None:
    """`@devops-agent run` is `/agent run`."""
    world.comments("Hello!\n\n@devops-agent run `ls`")

    assert world.run_ends().state is RunState.SUCCEEDED


def test_a_comment_holds_five_commands_at_most(world: World) -> None:
    """Five are answered, with one receipt; the sixth is told why it was left alone."""
    comment = world.comments("\n".join(f"/agent status {name * 10}" for name in "abcdef"))

    world.is_quiet()

    said = world.said()
    assert len(said) == 6
    assert "A comment can hold at most 5 commands." in "".join(said)
    assert "ffffffffff" not in "".join(said)
    assert world.reactions(comment) == ["eyes"]


def test_two_plans_in_one_comment_are_two_runs(world: World) -> None:
    """Each command has its own plan, its own run and its own check run."""
    world.comments("/agent run `echo one`\n\n/agent run\n```sh\necho two\n```")

    both = [world.run_ends(number=1), world.run_ends(number=2)]

    assert [run.plan.actions[0].parameters["command"] for run in both] == ["echo one", "echo two"]
    assert sorted(check["external_id"] for check in world.checks()) == sorted(run.id for run in both)


def test_of_an_edited_comment_only_the_new_command_counts(world: World) -> None:
    """What the old text held already is not done again."""
    comment = world.comments("/agent run `echo old`")
    world.run_ends()

    world.edits(comment, "/agent run `echo old`\n\n/agent run `echo new`")

    assert world.run_ends(number=2).plan.actions[0].parameters["command"] == "echo new"
    world.is_quiet()
    assert len(world.runs()) == 2


def test_a_command_that_somebody_else_edited_in_is_ignored(world: World) -> None:
    """Nobody can put words in another person's mouth."""
    comment = world.comments("Looks good.", by="writer-wendy")

    world.edits(comment, "/agent run `ls`", by="maint-mia")

    world.is_quiet()
    assert world.runs() == []
    assert world.said() == []


def test_a_command_on_a_line_of_the_diff_works(world: World) -> None:
    """A review comment is a comment: it gets its receipt and its run."""
    comment = world.reviews("/agent run `ls`")

    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert world.reactions(comment) == ["eyes"]


def test_an_issue_gets_its_pull_request_against_the_default_branch(world: World) -> None:
    """A comment on an issue runs on the default branch."""
    issue = world.opens_issue()
    world.comments(
        "/agent run\n\n1. Run `test ! -e tests/test_discounts.py`\n2. Create a file `b` with `b`", on=issue
    )

    run = world.run_ends()

    assert run.pull is not None
    assert world.pull(run.pull.number)["base"]["ref"] == "main"
    assert f"#{run.pull.number}" in world.said(on=issue)[0]


def commands(run: Run) -> list[str]:
    return [step.action.parameters.get("command", step.action.action_type) for step in run.steps[:-1]]


JSON = '```json\n[{"action_type": "run_command", "parameters": {"command": "echo j"}}]\n```'


@pytest.mark.parametrize(
    ("plan", "wanted"),
    [
        ("```sh\n# Look\nls\necho two\n```", ["ls", "echo two"]),
        ("1. Run `echo a`\n2. create a directory `d`\n3. create a file `d/f` with\n   ```\n   x\n   ```",
         ["echo a", "create_directory", "write_file"]),
        (JSON, ["echo j"]),
        ("```yaml\nactions:\n- action_type: run_command\n  parameters: {command: echo y}\n```", ["echo y"]),
    ],
    ids=["sh", "list", "json", "yaml"],
)  # fmt: skip
def test_plans_are_read_in_many_shapes(world: World, plan: str, wanted: list[str]) -> None:
    """Shell blocks, lists, JSON and YAML all become plans, without a model."""
    world.comments(f"/agent run\n\n{plan}")

    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert commands(run) == wanted


def test_prose_gets_a_clear_sentence(world: World) -> None:
    """What no reader understands is refused as a whole, and nothing runs."""
    world.comments("/agent run please make the tests green")

    assert "`pytest -q`" in world.answers()
    assert world.runs() == []


def test_the_pull_request_says_who_asked_and_what_ran(world: World) -> None:
    """Its body has the requester, the digest, the steps, the files and how to undo."""
    world.comments(MEND)
    run = world.run_ends()

    assert run.pull is not None
    body = world.pull(run.pull.number)["body"]

    assert "`writer-will` asked for this" in body
    assert run.plan.digest in body
    assert "- `shop/prices.py`" in body
    assert "close this pull request and delete its branch" in body
