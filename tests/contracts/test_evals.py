"""`python -m evals` from its words to its table: real litellm over real HTTP, answered by a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bot.errors import UserError
from bot.planning.context import marked
from evals.__main__ import main
from evals.model import Case
from playground.model.driver import ModelDriver
from playground.model.server import serve
from tests.decisions.evaluated import CANNOT, CASES, QUESTIONS, case_of, good_answer, in_words
from tests.decisions.prose import answer_text, cannot_text, plan_text, step

KEY = "sk-canary-0123456789"
Ask = Callable[..., tuple[int, str]]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelDriver]:
    """A model with a script, which the settings name as those of a desk do."""
    with serve(KEY) as script:
        monkeypatch.setenv("DEVOPS_AGENT_MODEL", "openai/scripted")
        monkeypatch.setenv("DEVOPS_AGENT_MODEL_API_KEY", KEY)
        monkeypatch.setenv("DEVOPS_AGENT_MODEL_API_BASE", script.api_base)
        monkeypatch.setenv("DEVOPS_AGENT_MODEL_FALLBACKS", "openai/never-asked")
        monkeypatch.setenv("COLUMNS", "200")
        yield script
        assert script.sees_trouble() == []


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    def asked(*words: str) -> tuple[int, str]:
        return main(words), capsys.readouterr().out

    return asked


def knows(model: ModelDriver, case: Case) -> None:
    """It has a good answer to this case."""
    model.answers(good_answer(case), contains=marked("command", {"words": case.words}))


def test_a_perfect_planner_passes_every_case(model: ModelDriver, ask: Ask) -> None:
    """The harness asks for all of them, questions too, and finds nothing wrong with good answers."""
    for case in CASES:
        knows(model, case)
    for question in QUESTIONS:
        model.answers(in_words(question.sample), contains=marked("command", {"words": question.words}))

    status, told = ask("--least", "100")

    count = len(CASES) + len(QUESTIONS)
    assert f"openai/scripted: {count} of {count} answers are good, 100 %." in told
    assert status == 0


def test_a_wrong_plan_is_told_what_is_wrong(model: ModelDriver, ask: Ask) -> None:
    """The table has a sentence for it, and what it cost; the theme has its score."""
    knows(model, case_of("order-in-the-title"))
    model.always_answers(plan_text(step("delete_path", path="tests")))

    status, told = ask("--only", "order-in-the-title", "--only", "delete-one-file", "--at-once", "1")

    assert "No step has path `docs/install\\.md$`." in told
    assert "openai/scripted: 1 of 2 answers are good, 50 %." in told
    assert "unknown" in told  # nobody knows the price of a scripted model
    assert status == 0


def test_a_wrong_answer_is_told_in_the_same_table(model: ModelDriver, ask: Ask) -> None:
    """A question has its verdict, its price and its theme's score beside the plans."""
    model.always_answers(answer_text("With Sphinx.", ("Makefile", 5)))

    _, told = ask("--only", "how-documents-are-built", "--only", "run-the-tests")

    assert "It does not say `mkdocs`." in told
    assert "questions  │ 0 of 1" in told
    assert "openai/scripted: 0 of 2 answers are good, 0 %." in told


def test_what_a_model_wrote_commands_no_terminal(model: ModelDriver, ask: Ask) -> None:
    """Colours, titles and markup in its reason are shown as text or left out."""
    model.always_answers(cannot_text("\x1b]0;mine\x07[red]No\x1b[31m network[/red]."))

    _, told = ask("--only", "run-the-tests")

    assert "[red]No network[/red]." in told
    assert "\x1b" not in told


def test_fewer_good_plans_than_were_asked_for_end_badly(model: ModelDriver, ask: Ask) -> None:
    """`--least` is for whoever wants to be told by a status."""
    model.always_answers(CANNOT)

    status, told = ask("--only", "one_liners", "--least", "80")

    assert "one_liners │ 0 of 12" in told
    assert status == 1


def test_the_model_is_the_one_that_was_asked_for(model: ModelDriver, ask: Ask) -> None:
    """The command's word goes before the settings', and nobody else answers in its name."""
    model.fails(400, model="other", times=None)

    _, told = ask("--model", "openai/other", "--only", "run-the-tests")

    assert "openai/other: 0 of 1 answers are good, 0 %." in told
    assert {request["model"] for request in model.sees_requests()} == {"other"}


@pytest.mark.usefixtures("model")
def test_an_unknown_case_is_named(ask: Ask) -> None:
    """With the themes that there are."""
    with pytest.raises(UserError, match=r"no case or theme called dogs\. Themes are ambiguous, dags"):
        ask("--only", "dogs")


@pytest.mark.usefixtures("model")
def test_without_a_model_nobody_is_asked(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says how to name one."""
    monkeypatch.setenv("DEVOPS_AGENT_MODEL", "")

    with pytest.raises(UserError, match=r"Say `--model provider/model`, or set DEVOPS_AGENT_MODEL\."):
        ask()
