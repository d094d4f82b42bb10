"""The desk's way to a model: who pays, what happens when it is handled again, and what is said without it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.desk.thinking import Thinking
from bot.errors import BudgetExhausted, Hiccup, Underway, UserError
from bot.ledger import Ledger
from bot.ledger.calls import NewCall
from bot.limits import Limits
from bot.planning.model import Planned, Told
from bot.plans.build import build
from bot.plans.readers import read
from bot.policy import Grant, permit
from bot.ports import Model, Role
from bot.reading import asks
from bot.rules import Rules
from bot.spending import Allowances, Spent
from bot.verbs import chosen
from bot.verbs.model import Asked
from tests.decisions.plans import GRANT, WIDGETS, WILL
from tests.decisions.prose import MENDING, TESTS, SmallRepository, answer_text, plan_text, step
from tests.scripted import Clock, ScriptedModel, claimed

PROSE = "/agent plan please run the tests and tell me"
AWAY = Hiccup("The model is away.")
LONGEST = timedelta(seconds=150)


@dataclass(frozen=True)
class Only:
    """The server's usual model; nobody names another one."""

    model: ScriptedModel

    def called(self, name: str | None) -> Model:
        assert name is None
        return self.model


@dataclass
class Scene:
    """A desk with a scripted model and a ledger of its own."""

    ledger: Ledger
    repository: SmallRepository = field(default_factory=SmallRepository)
    clock: Clock = field(default_factory=Clock)
    budget: Allowances = field(default_factory=Allowances)

    def asked(self, text: str = PROSE, *, key: str = "one") -> Asked:
        rules = Rules(budget=self.budget)
        ask = asks(text, slug="devops-agent")[0]
        grant = permit(chosen(ask), WILL, Role.WRITE, rules)
        assert isinstance(grant, Grant)
        return Asked(ask, WILL, WIDGETS, 7, True, MENDING, False, grant, rules, key)

    def plans(self, model: ScriptedModel, text: str = PROSE, *, key: str = "one") -> Planned:
        return self.thinking(model).propose(
            self.asked(text, key=key), lambda draft: build(draft, GRANT, limits=Limits())
        )

    def answers(self, model: ScriptedModel, text: str) -> Told:
        return self.thinking(model).answer(self.asked(text))

    def thinking(self, model: ScriptedModel) -> Thinking:
        return Thinking(self.ledger, self.repository, Only(model), self.clock, LONGEST)

    def refuses(self, model: ScriptedModel, text: str = PROSE, *, key: str = "one") -> str:
        with pytest.raises(UserError) as said:
            self.plans(model, text, key=key)
        return str(said.value)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield Scene(ledger)
    ledger.close()


def test_a_plan_is_paid_for(scene: Scene) -> None:
    """The call is in the ledger with its tokens and its price, and its prompt by a hash."""
    planned = scene.plans(ScriptedModel([TESTS]))

    (call,) = scene.ledger.calls.of("one")
    assert planned.plan.actions[0].parameters["command"] == "make test"
    assert (call.outcome, call.input_tokens, call.output_tokens, call.cost_usd) == (
        "answered",
        1_000,
        100,
        0.01,
    )


def test_a_command_that_is_handled_again_is_not_paid_for_twice(scene: Scene) -> None:
    """The plan of the first time is the plan, and nobody asks the model."""
    first = scene.plans(ScriptedModel([TESTS]))

    again = scene.plans(ScriptedModel([]))

    assert again == first
    assert len(scene.ledger.calls.of("one")) == 1


def test_a_used_up_budget_is_a_sentence(scene: Scene) -> None:
    """Which one, until when, and what works meanwhile; the model is not asked."""
    scene.budget = Allowances(user_tokens=3_000)

    said = scene.refuses(ScriptedModel([]))

    assert said.startswith(
        "The model's budget for you today has no room for another call: it is 3,000 tokens, of which 0 are "
        "used or reserved. It begins anew on 22 Nov 2026, 00:00 UTC."
    )
    assert "So this ended in `budget_exhausted`: nothing was run." in said
    assert "A plan in another form needs no model." in said
    assert scene.ledger.calls.of("one") == ()


ALMOST = plan_text(
    step(command="make test", cwd="../widgets"), step("write_file", path="a.txt", content="a: b")
)


def test_a_budget_that_ends_before_a_correction_leaves_the_draft(scene: Scene) -> None:
    """With its exact error, as YAML that can be mended and run; no other call is made."""
    scene.budget = Allowances(command_calls=1)

    said = scene.refuses(ScriptedModel([ALMOST]))

    assert "The model's budget for one command has no room for another call: it is 1 call" in said
    assert "A new command has a new one: ask for less at once." in said
    assert "It cannot be used as it is: Step 1 (`run_command`): `cwd` must stay inside" in said
    draft = said.partition("```yaml\n")[2].partition("```")[0]
    assert "\n  step_description: Do write_file\n" in draft
    mended = read("", f"```yaml\n{draft.replace('../widgets', 'widgets')}```")
    assert [action.action_type for action in build(mended, GRANT, limits=Limits()).actions] == [
        "run_command",
        "write_file",
        "open_pull_request",
    ]


def test_the_best_draft_is_the_latest_that_is_a_plan(scene: Scene) -> None:
    """A correction that made it worse is not what is shown."""
    scene.budget = Allowances(command_calls=2)

    said = scene.refuses(ScriptedModel([ALMOST, "I am sorry."]))

    assert "It cannot be used as it is: Step 1 (`run_command`): `cwd` must stay inside" in said
    assert "I am sorry" not in said


def test_a_model_that_made_no_plan_leaves_none(scene: Scene) -> None:
    """What it answered is not shown as one."""
    scene.budget = Allowances(command_calls=1)

    said = scene.refuses(ScriptedModel(["no plan"]))

    assert said.endswith(
        "There is no plan to show: what the model answered at last is none. I could not read "
        "the plan. Line 1 of the block: this is not JSON: Expecting value."
    )


def test_a_draft_with_a_secret_in_it_is_not_shown(scene: Scene) -> None:
    """As no answer with one is."""
    scene.budget = Allowances(command_calls=1)
    token = "ghp_" + "a1B2" * 9

    said = scene.refuses(ScriptedModel([plan_text(step(command=f"echo {token}", cwd=".."))]))

    assert said.endswith("The model's answer holds what looks like a secret, so I do not show it.")


def test_a_draft_is_shown_as_text_and_nothing_else(scene: Scene) -> None:
    """Whatever is in it ends no block and calls nobody."""
    scene.budget = Allowances(command_calls=1)

    said = scene.refuses(ScriptedModel([plan_text(step(command="```\n@acme/all", cwd=".."))]))

    assert said.partition("~~~yaml\n")[2].count("~~~") == 1


def test_a_budget_that_ends_before_an_answer_can_be_used_leaves_its_words(scene: Scene) -> None:
    """A warning stands before them, and they call nobody."""
    scene.budget = Allowances(command_calls=1)
    half = json.dumps({"answer": "It is three, says @acme/all.", "citations": "src/widgets.py"})

    with pytest.raises(BudgetExhausted) as end:
        scene.answers(ScriptedModel([half]), "/agent ask What is SIZE?")

    assert str(end.value).endswith(
        "It cannot be checked, so do not rely on it: `citations` must be a list.\n\n"
        "It is three, says `@acme/all`."
    )
    assert "All other commands need no model" in str(end.value)
    assert end.value.budget.startswith("The model's budget for one command has no room for another call")


def test_an_answer_in_mere_prose_is_what_there_is(scene: Scene) -> None:
    """Many models answer a question like that."""
    scene.budget = Allowances(command_calls=1)

    with pytest.raises(BudgetExhausted, match=r"do not rely on it: .*\n\nSIZE is three\.$"):
        scene.answers(ScriptedModel(["SIZE is three."]), "/agent ask What is SIZE?")


def test_a_silent_model_is_asked_twice_and_no_more(scene: Scene) -> None:
    """Time may mend it once; after that the person hears which forms need no model."""
    model = ScriptedModel([AWAY, AWAY])
    with pytest.raises(Hiccup):
        scene.plans(model)
    with pytest.raises(Hiccup):
        scene.plans(model)

    said = scene.refuses(model)

    assert said.startswith("The model did not answer, so nothing was done.")
    assert "`sh`, with one command a line" in said
    assert len(model.prompts) == 2


def test_a_model_that_refuses_says_why(scene: Scene) -> None:
    """An operator can mend a key; the person can use another form."""
    said = scene.refuses(ScriptedModel([UserError("The provider does not accept the key.")]))

    assert said.startswith("The provider does not accept the key.\n\nA plan in another form needs no model.")


def test_two_desks_do_not_ask_for_one_command(scene: Scene) -> None:
    """The second comes again when the first must be over; that is no failed attempt."""
    new = NewCall("one", WILL, WIDGETS, "f" * 64, Spent(1, 10, 10), LONGEST)
    scene.ledger.calls.reserve(new, Allowances(), scene.clock.now())

    with pytest.raises(Underway) as later:
        scene.plans(ScriptedModel([]))

    assert later.value.retry_after_s == LONGEST.total_seconds()


def test_a_crash_in_the_middle_is_over_some_time_later(scene: Scene) -> None:
    """Then the command is planned after all, and the lost call stays counted."""
    new = NewCall("one", WILL, WIDGETS, "f" * 64, Spent(1, 10, 10), LONGEST)
    scene.ledger.calls.reserve(new, Allowances(), scene.clock.now())
    scene.clock.goes_on(LONGEST.total_seconds())

    scene.plans(ScriptedModel([TESTS]))

    assert [call.outcome for call in scene.ledger.calls.of("one")] == ["reserved", "answered"]


def test_a_whole_book_costs_nothing(scene: Scene) -> None:
    """Ten thousand words are refused before anything is read."""
    said = scene.refuses(ScriptedModel([]), "/agent run explain " + "lorem " * 10_000)

    assert said.startswith("This is too long for a model: at most 20,000 characters")
    assert (scene.repository.reads, scene.ledger.calls.of("one")) == ([], ())


def test_a_hundred_commands_spend_no_more_than_the_budget(scene: Scene) -> None:
    """Whoever asks for ever is told so, and the model hears nothing of it."""
    scene.budget = Allowances(user_calls=20)
    model = ScriptedModel([TESTS] * 20)
    made = [scene.plans(model, key=f"command-{number}") for number in range(20)]

    said = [scene.refuses(model, key=f"late-{number}") for number in range(80)]

    assert len(made) == len(model.prompts) == 20
    assert all("it is 20 calls, of which 20 are used" in each for each in said)


def test_a_question_is_answered_from_the_files_that_it_names(scene: Scene) -> None:
    """With the lines it rests on; those that were not shown are dropped."""
    model = ScriptedModel([answer_text("Three.", ("src/widgets.py", 1), ("src/widgets.py", 99))])

    told = scene.answers(model, "/agent ask What is SIZE in src/widgets.py?")

    assert [f"{each.path}:{each.line}" for each in told.citations] == ["src/widgets.py:1"]
    assert told.dropped == 1
    assert '"1: SIZE = 3"' in model.prompts[0].user


def test_a_question_can_be_about_the_latest_run(scene: Scene) -> None:
    """How it went is shown as data."""
    run = claimed(scene.ledger)
    model = ScriptedModel([answer_text("It runs.")])

    scene.answers(model, "/agent ask How is the run?")

    assert f"Run {run.id} is running." in model.prompts[0].user
