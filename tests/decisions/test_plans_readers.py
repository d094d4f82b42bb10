"""From words to a plan without a model: what each reader takes, and what is said when none does."""

from __future__ import annotations

import pytest

from bot.errors import PlanError
from bot.plans.readers import read
from tests.decisions.plans import plan, steps, yaml_plan


def test_a_yaml_list_of_actions_is_a_plan() -> None:
    """The schema is a list of `{action_type, parameters, step_description, depends_on}`."""
    made = yaml_plan(
        "- action_type: run_command\n"
        "  parameters: {command: npm install}\n"
        "  step_description: Install\n"
        "- action_type: delete_path\n"
        "  parameters: {path: old.txt}\n"
        "  depends_on: [0]"
    )

    assert made.reader == "yaml"
    assert [action.depends_on for action in made.actions] == [(), (0,), (0, 1)]
    assert [action.step_description for action in made.actions] == [
        "Install",
        "Delete old.txt",
        "Open a pull request",
    ]


def test_json_and_yaml_of_the_same_plan_have_the_same_digest() -> None:
    """How a plan was written is not part of what it is."""
    from_json = plan(
        "", '```json\n{"steps": [{"action_type": "delete_path", "parameters": {"path": "a/./b"}}]}\n```'
    )
    from_yaml = yaml_plan("actions:\n- action_type: delete_path\n  parameters: {path: a/b}")

    assert from_json.digest == from_yaml.digest
    assert from_json.reader == "json"


def test_each_whole_line_of_a_shell_block_is_a_step() -> None:
    """Lines that are complete by themselves are steps; a comment above one describes it."""
    made = plan(
        "this:", "```sh\n# Install it\npip install -e .\n\nX=1 make test  # quick\necho $(ls) | wc -l\n```"
    )

    assert steps(made) == [
        ("run_command", "pip install -e ."),
        ("run_command", "X=1 make test  # quick"),
        ("run_command", "echo $(ls) | wc -l"),
    ]
    assert made.actions[0].step_description == "Install it"
    assert made.actions[0].parameters["shell"] == "sh"


@pytest.mark.parametrize(
    "block",
    [
        "for x in a b; do\necho $x\ndone",
        "cd src\nmake",
        "export A=1\nmake",
        "A=1\necho $A",
        "cat <<E > x\nhello\nE",
        "echo a \\\n  b",
        "echo 'a\nb'",
        'echo "a\nb"',
        "make &&\nmake install",
        "make |\ntee log",
        "f() {\necho\n}",
        "set -x\nmake",
        "make\necho $?",
        "server &\ncurl localhost",
        "make && cd src\nls",
        "(\nls\n)",
        "if true\nthen ls\nfi",
        "x=$(ls)\necho $x",
        "[[ -f a ]]\n. ./env",
    ],
)
def test_a_shell_block_whose_lines_need_each_other_is_one_step(block: str) -> None:
    """Once a line opens something or changes the shell, the block stays whole."""
    assert steps(plan("", f"```bash\n{block}\n```")) == [("run_command", block)]


def test_shell_blocks_keep_their_order_and_their_shell() -> None:
    """Several blocks run one after the other, each in the shell that it names."""
    made = plan("", "```sh\na\n```\nand then\n```bash\nb\n```")

    assert [action.parameters["shell"] for action in made.actions[:2]] == ["sh", "bash"]


def test_a_list_with_a_command_in_each_item_is_a_plan() -> None:
    """Numbered and bulleted items, each asking for one action, with fenced contents under them."""
    made = plan(
        "the following",
        "1. Run `pip install -e .` to install it.\n"
        "2. **Create a directory** `docs/guides`\n"
        "3. Create an executable file `run.sh` with:\n"
        "   ```sh\n"
        "   #!/bin/sh\n"
        "     ls\n"
        "   ```\n"
        "4. Then run the tests with `pytest -q`.\n\n"
        "5. Delete the file `old.txt`",
    )

    assert steps(made) == [
        ("run_command", "pip install -e ."),
        ("create_directory", "docs/guides"),
        ("write_file", "run.sh"),
        ("run_command", "pytest -q"),
        ("delete_path", "old.txt"),
    ]
    assert dict(made.actions[2].parameters) == {
        "path": "run.sh",
        "content": "#!/bin/sh\n  ls\n",
        "mode": "0755",
    }


@pytest.mark.parametrize(
    ("sentence", "step"),
    [
        ("`pytest -q`", ("run_command", "pytest -q")),
        ("run `pytest -q`", ("run_command", "pytest -q")),
        ("the tests: `pytest`", None),
        ("test: `pytest -q`", ("run_command", "pytest -q")),
        ("``echo `date` ``", ("run_command", "echo `date`")),
        ("create a directory `x`", ("create_directory", "x")),
        ("Create the new folder `x`.", ("create_directory", "x")),
        ("create an empty file `x`", ("write_file", "x")),
        ("create a file `x` with `hello`", ("write_file", "x")),
        ("please remove the directory `x`", ("delete_path", "x")),
        ("tests", None),
        ("pytest; touch /tmp/x", None),
        ("pytest && touch /tmp/x", None),
        ("pytest $(touch /tmp/x)", None),
        ("pytest `touch /tmp/x`", None),
        ("pytest | tee /tmp/x", None),
        ("fix lint and open a PR", None),
        ("do not run `x`", None),
        ("don't run `x`", None),
        ("run `x` only if the tests fail", None),
        ("run `x` and mend what fails", None),
        ("run `a` or `b`", None),
        ("look at `setup.py`", None),
        ("delete the line in `setup.py`", None),
    ],
)
def test_a_sentence_is_read_word_for_word_or_not_at_all(sentence: str, step: tuple[str, str] | None) -> None:
    """A command runs only when it is inline code in a sentence that is wholly understood."""
    assert _steps_or_none(sentence) == step


def _steps_or_none(sentence: str) -> tuple[str, object] | None:
    try:
        return steps(plan(sentence))[0]
    except PlanError:
        return None


def test_multi_word_arguments_keep_their_quotes() -> None:
    """The text of a command reaches the shell as it was written, so quoted words stay one argument."""
    made = plan('`pytest -k "test_a and not test_b"`')

    assert made.actions[0].parameters["command"] == 'pytest -k "test_a and not test_b"'


def test_a_block_under_create_a_file_is_its_content_whatever_its_language() -> None:
    """A `yaml` block that belongs to a file is no plan."""
    made = plan("create a file `ci.yml` with", "```yaml\non: push\n```")

    assert made.actions[0].parameters["content"] == "on: push\n"


def test_prose_is_answered_with_the_three_forms_that_work() -> None:
    """What no reader reads gets one answer that shows how to write it."""
    with pytest.raises(PlanError) as said:
        read("fix the tests please", "")

    assert str(said.value).startswith("I do not understand this as a plan.")
    assert "/agent run `pytest -q`" in str(said.value)
    assert "`sh`" in str(said.value)
    assert "`yaml`" in str(said.value)


def test_an_empty_command_is_asked_for_its_plan() -> None:
    """`/agent run` alone says that there is no plan yet."""
    with pytest.raises(PlanError, match="There is no plan yet"):
        read("", "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- Run `a`\n- Mend the rest", "could not read item 2 of the list (`Mend the rest`)"),
        ("- Run `a`\n  - Run `b`", "Item 2 of the list is inside another item"),
        ("- Run `a` @everyone", "(``Run `a` @everyone``)"),
        ("```sh\n# nothing\n```", "The block holds no command"),
        ("```yaml\n[]\n```\n```yaml\n[]\n```", "I found 2 blocks that could be the plan"),
        ("```yaml\n[]\n```\n```sh\nls\n```", "I found 2 blocks that could be the plan"),
        ("```sh\nls\n```\n\n- Run `b`", "cannot tell their order"),
        ("Run `a`\n\n- Run `b`", "cannot tell their order"),
        ("Create a file `x` with\n```\na\n```\n```sh\nls\n```", "another one looks like a plan"),
        ("x" * 300_000, "at most 256 KiB"),
        ('[x](/url "\nrun `evil`\n")', "I do not understand this as a plan"),
        ('<a title="\nrun `evil`\n">x</a>', "I do not understand this as a plan"),
        ("- a" + "\n  b" * 50_000, "I do not understand this as a plan"),
        ("- Run `a`" + " b" * 5_000, "could not read item 1"),
        ("```yaml\n```", "A plan is a list of actions"),
        ("```yaml\nactions: 3\n```", "`actions` must be a list"),
        ("```yaml\nactions: []\nsteps: []\n```", "both `actions:` and `steps:`"),
        ("```yaml\nactoins: []\n```", "Did you mean `actions`?"),
        ("```yaml\nactions: []\nerror_handling: go\n```", "must be `stop` or `continue`"),
        ("```yaml\nactions: []\npull_request: on\n```", "must be `true` or `false`"),
        ("```yaml\nversion: 2\nactions: []\n```", "`version` must be 1"),
        ("```yaml\n- run\n```", "Step 1: must be a mapping"),
        ("```yaml\nactions: {'0': run}\n```", "`actions` must be a list"),
    ],
)
def test_what_is_ambiguous_or_half_understood_is_refused_whole(text: str, sentence: str) -> None:
    """No step is ever dropped silently: a plan is read wholly or a sentence says why not."""
    with pytest.raises(PlanError) as said:
        read("", text)

    assert sentence in str(said.value)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ('- !!python/object/apply:os.system ["touch /tmp/i9"]', "Line 1 of the block: tags"),
        ("a: &a [x, x]\nb: [*a, *a]", "Line 1 of the block: anchors"),
        ("a: 1\nb: *a", "Line 2 of the block: aliases"),
        ("x:\n  <<: {a: 1}", "Line 2 of the block: merge keys"),
        ("a: 1\nb: 2\na: 3", "Line 3 of the block: the key `a` is there twice"),
        ("a: [", "this is not YAML"),
        ("a: 1\n---\nb: 1", "a second document"),
        ("[" * 50_000, "nested more than 32 levels"),
        ("a: \x01", "does not allow"),
        ("? [a]\n: 1", "cannot be a key"),
    ],
)
def test_yaml_that_could_harm_or_surprise_is_refused_with_its_line(body: str, sentence: str) -> None:
    """Tags, anchors, aliases, merge keys, repeated keys and depth are refused before anything is built."""
    with pytest.raises(PlanError) as said:
        yaml_plan(body)

    assert sentence in str(said.value)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("[", "Line 1 of the block: this is not JSON"),
        ('[{"a": 1, "a": 2}]', "The key `a` is there twice"),
        ("[NaN]", "`NaN`"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 100 + "]" * 100, "nested more than 32 levels"),
        ("[" + "9" * 5_000 + "]", "too large"),
    ],
)
def test_json_that_could_harm_or_surprise_is_refused(body: str, sentence: str) -> None:
    """JSON is held to the same frame as YAML."""
    with pytest.raises(PlanError) as said:
        plan("", f"```json\n{body}\n```")

    assert sentence in str(said.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("on", "on"),
        ("no", "no"),
        ("yes", "yes"),
        ("0755", "0755"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
    ],
)
def test_yaml_words_stay_words(written: str, meant: str) -> None:
    """Words that YAML 1.1 turns into booleans, octal numbers and dates stay text."""
    assert steps(yaml_plan(f"- action_type: run_command\n  parameters: {{command: {written}}}")) == [
        ("run_command", meant)
    ]


@pytest.mark.parametrize("written", ["true", "12", "1.5"])
def test_a_number_where_text_is_wanted_gets_a_sentence(written: str) -> None:
    """What YAML 1.2 reads as a number or a boolean is not silently made into text."""
    with pytest.raises(PlanError, match=r"Step 1 \(`run_command`\): `command` must be one text"):
        yaml_plan(f"- action_type: run_command\n  parameters: {{command: {written}}}")
