"""From a command to its answer, over a small set of facts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from bot.errors import PlanError, UserError
from bot.ids import InstallationId, Place, Repo, RunId, Sha
from bot.limits import Limits
from bot.plans.model import ErrorHandling
from bot.policy import Grant, permit
from bot.ports import Pull, Role
from bot.reading import asks
from bot.rules import Rules, ServerFile, effective
from bot.runs import Run, RunState, Step, StepState, Target
from bot.verbs import VERBS, chosen, nearest
from bot.verbs.model import Answer, Asked, Reply, Start
from tests.decisions.plans import WIDGETS, WILL, plan

SHA = Sha("a" * 40)
PULL = Pull(7, "Mend the checkout", True, False, SHA, "mend", Repo("acme", "widgets"), "main")
ELSEWHERE = Place(InstallationId(11), Repo("acme", "secret"), 1002)


@dataclass
class SmallCode:
    """One pull request and one default branch; anything else is a mistake of the test."""

    the_pull: Pull = PULL

    def pull(self, place: Place, number: int) -> Pull:
        assert (place, number) == (WIDGETS, self.the_pull.number)
        return self.the_pull

    def default_branch(self, place: Place) -> tuple[str, Sha]:
        assert place == WIDGETS
        return "main", Sha("b" * 40)

    def read(self, place: Place, path: str) -> bytes | None:
        raise AssertionError("no verb reads files")

    def read_organisation(self, place: Place, path: str) -> bytes | None:
        raise AssertionError("no verb reads files")


@dataclass
class SmallFacts:
    code: SmallCode = field(default_factory=SmallCode)
    runs: tuple[Run, ...] = ()

    def run(self, run: RunId) -> Run | None:
        return next((each for each in self.runs if each.id == run), None)

    def latest_run(self, place: Place, number: int) -> Run | None:
        here = [each for each in self.runs if (each.target.place, each.target.number) == (place, number)]
        return here[-1] if here else None

    def open_runs(self, place: Place, number: int) -> tuple[Run, ...]:
        here = (place, number)
        return tuple(
            each
            for each in self.runs
            if (each.target.place, each.target.number) == here and not each.state.final
        )

    def page(self, run: Run) -> str:
        return f"https://bot.test/runs/{run.id}?key={run.page_key}"


def asked(text: str, *, role: Role = Role.WRITE, rules: Rules | None = None) -> Asked:
    rules = rules or Rules()
    ask = asks(text, slug="devops-agent")[0]
    grant = permit(chosen(ask), WILL, role, rules)
    assert isinstance(grant, Grant)
    return Asked(ask, WILL, WIDGETS, 7, True, grant, rules)


def answer(question: Asked, facts: SmallFacts | None = None) -> Answer:
    return chosen(question.ask).answer(question, facts or SmallFacts())


def said(question: Asked, facts: SmallFacts | None = None) -> str:
    reply = answer(question, facts)
    assert isinstance(reply, Reply)
    return reply.text


def begun(question: Asked, facts: SmallFacts | None = None) -> Start:
    start = answer(question, facts)
    assert isinstance(start, Start)
    return start


def a_run(place: Place = WIDGETS) -> Run:
    made = plan("`pytest -q`")
    return Run(
        id=RunId("0123456789"),
        version=1,
        epoch=0,
        state=RunState.RUNNING,
        target=Target(place, 7, True, SHA, "mend", place.repo),
        requester=WILL,
        request_url="https://github.test/acme/widgets/pull/7#issuecomment-1",
        plan=made,
        limits=Limits(),
        steps=(Step(0, made.actions[0], StepState.RUNNING), Step(1, made.actions[1])),
        page_key="key",
        queued_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


# --- run -----------------------------------------------------------------------------------------------


def test_run_on_a_pull_request_works_on_its_head() -> None:
    """The commit is pinned, and the new pull request goes against the head branch."""
    start = begun(asked("/agent run `pytest -q`"))

    assert start.target == Target(WIDGETS, 7, True, SHA, "mend", Repo("acme", "widgets"), "Mend the checkout")
    assert start.plan == plan("`pytest -q`")


def test_run_on_an_issue_works_on_the_default_branch() -> None:
    """An issue has no code of its own."""
    start = begun(replace(asked("/agent run `ls`"), on_pull=False))

    assert (start.target.sha, start.target.base_ref, start.target.on_pull) == ("b" * 40, "main", False)


def test_run_on_a_fork_knows_where_the_code_lives() -> None:
    """The source of a fork's pull request is the fork."""
    fork = replace(PULL, head_repo=Repo("oz", "widgets"))

    start = begun(asked("/agent run `ls`"), SmallFacts(SmallCode(fork)))

    assert start.target.source == Repo("oz", "widgets")
    assert start.target.from_fork


@pytest.mark.parametrize(
    ("pull", "sentence"),
    [
        (replace(PULL, open=False), "Pull request 7 is closed, so I did not start."),
        (replace(PULL, head_repo=None), "The fork that pull request 7 comes from is gone"),
        (replace(PULL, head_ref=""), "The branch of pull request 7 is gone"),
    ],
)
def test_run_says_why_it_cannot_begin(pull: Pull, sentence: str) -> None:
    """A closed pull request, a deleted fork, a deleted branch: one sentence each."""
    with pytest.raises(UserError) as told:
        answer(asked("/agent run `ls`"), SmallFacts(SmallCode(pull)))

    assert str(told.value).startswith(sentence)


def test_run_without_a_plan_asks_for_one() -> None:
    """`/agent run` alone, and prose, are answered with the forms that work."""
    with pytest.raises(PlanError, match="There is no plan yet"):
        answer(asked("/agent run"))
    with pytest.raises(PlanError, match="I do not understand this as a plan"):
        answer(asked("/agent run tests"))


def test_what_a_plan_leaves_open_the_rules_say() -> None:
    """`error_handling` and `pull_request` of the repository hold unless the plan says otherwise."""
    rules = Rules(pull_request=False, error_handling=ErrorHandling.CONTINUE)

    silent = begun(asked("/agent run `ls`", rules=rules)).plan
    spoken = begun(
        asked(
            "/agent run\n```yaml\npull_request: true\nerror_handling: stop\nactions: []\n```".replace(
                "[]", _LS
            ),
            rules=rules,
        )
    ).plan
    step = begun(asked(f"/agent run\n```yaml\nactions: {_LS_AND_PULL}\n```", rules=rules)).plan

    assert (silent.error_handling, len(silent.actions)) == (ErrorHandling.CONTINUE, 1)
    assert (spoken.error_handling, len(spoken.actions)) == (ErrorHandling.STOP, 2)
    assert len(step.actions) == 2


_LS = "[{action_type: run_command, parameters: {command: ls}}]"
_LS_AND_PULL = "[{action_type: run_command, parameters: {command: ls}}, {action_type: open_pull_request}]"


# --- plan ----------------------------------------------------------------------------------------------


def test_plan_shows_everything_and_runs_nothing() -> None:
    """Numbered steps, what they run, digest, and a canonical form to copy."""
    text = said(asked("/agent plan `pytest -q`", role=Role.READ))

    assert text.startswith("This is a plan of 2 steps. Nothing was run.")
    assert "1. `Run pytest -q` (`run_command`): `pytest -q`" in text
    assert "2. `Open a pull request` (`open_pull_request`, by the desk, after the box)" in text
    assert f"Digest: `{plan('`pytest -q`').digest}`" in text
    assert "```yaml\nversion: 1\n" in text


def test_what_plan_shows_can_be_run() -> None:
    """The canonical form, copied under `run`, is the same plan."""
    text = said(asked("/agent plan\n1. Run `a`\n2. Create a file `x` with\n   ```\n   b\n   ```"))
    canonical = text[text.index("```yaml") :]

    again = begun(asked(f"/agent run\n{canonical}")).plan

    assert f"Digest: `{again.digest}`" in text


def test_a_plan_cannot_speak_through_the_bot() -> None:
    """Mentions, fences and markup in a plan come back as code."""
    text = said(
        asked(
            "/agent plan\n````yaml\n- action_type: run_command\n  parameters: {command: 'echo @acme/all ``` "
            "#1'}\n````"
        )
    )

    assert "1. ````Run echo @acme/all ``` #1````" in text
    assert "\n~~~yaml\n" in text


def test_a_huge_plan_still_fits_into_a_comment() -> None:
    """The reply stays under GitHub's limit, whatever it shows."""
    body = "\n".join(f"- Run `echo {'x' * 900} {n}`" for n in range(100))

    assert len(said(asked(f"/agent plan\n{body}")).encode()) <= 65_000


# --- status --------------------------------------------------------------------------------------------


def test_status_tells_about_the_latest_run_here() -> None:
    """Its state, its steps, and where its page is."""
    text = said(asked("/agent status"), SmallFacts(runs=(a_run(),)))

    assert text.startswith("Run `0123456789`: **Step 1 of 2 is running")
    assert "https://bot.test/runs/0123456789" in text


def test_status_knows_a_run_by_its_name() -> None:
    """Upper case and backticks around the name do no harm."""
    assert "Run `0123456789`" in said(asked("/agent status `0123456789`"), SmallFacts(runs=(a_run(),)))


@pytest.mark.parametrize("name", ["0123456789", "zzzzzzzzzz", "@all", "../../x", "x" * 5000])
def test_status_knows_no_run_of_another_repository(name: str) -> None:
    """A run elsewhere does not exist for whoever asks here, nor does a name that is none."""
    text = said(asked(f"/agent status {name}"), SmallFacts(runs=(a_run(ELSEWHERE),)))

    assert text.startswith("I know no run `")
    assert "running" not in text
    assert len(text) < 300


def test_status_before_any_run() -> None:
    """It says so, and how to begin one."""
    assert said(asked("/agent status")).startswith("There has been no run on this pull request yet.")


# --- config --------------------------------------------------------------------------------------------


def test_config_shows_values_and_where_they_come_from() -> None:
    """Every key, its value, its source, and what was cut."""
    rules = effective(b"limits: {pids: 64, cpus: 64}\nverbs: {run: {needs: maintain}}", None, ServerFile())

    text = said(asked("/agent config", rules=rules))

    assert "| `limits.pids` | `64` | repository file |" in text
    assert "| `limits.cpus` | `2.0` | server ceiling |" in text
    assert "| `error_handling` | `stop` | built-in |" in text
    assert "| `verbs.run.needs` | `maintain` | repository file |" in text
    assert "- `limits.cpus` is 2.0 instead of 64.0: that is the most this server allows." in text


# --- help ----------------------------------------------------------------------------------------------


def test_help_shows_only_what_this_person_may_use() -> None:
    """A reader is not shown `run`."""
    assert "/agent run <plan>" in said(asked("/agent help"))
    assert "/agent run <plan>" not in said(asked("/agent help", role=Role.READ))
    assert "/agent run <plan>" not in said(asked("/agent help", rules=Rules(needs={"run": Role.ADMIN})))


def test_help_with_one_verb() -> None:
    """Usage, who may use it here, and an example."""
    text = said(asked("/agent help RUN", rules=Rules(needs={"run": Role.WRITE})))

    assert text.startswith("`/agent run <plan>`: Runs a plan")
    assert "Who may use it: everybody with the role `write` or higher." in text
    assert "/agent run `pytest -q`" in text


def test_help_with_a_verb_that_this_person_may_not_use() -> None:
    """It is not explained, and the others are listed."""
    text = said(asked("/agent help run", role=Role.READ))

    assert text.startswith("I know no `run` that you may use here.")


@pytest.mark.parametrize(
    ("typo", "verb"),
    [("rnu", "run"), ("statsu", "status"), ("RUNN", "run"), ("plna", "plan"), ("configure", "config")],
)
def test_a_typo_is_answered_with_the_nearest_verb_and_the_help(typo: str, verb: str) -> None:
    """The nearest verb that the person may use, then the list."""
    text = said(asked(f"/agent {typo} `ls`"))

    assert f"Did you mean `/agent {verb}`?" in text
    assert "| `/agent help [verb]` |" in text
    assert nearest(typo) == verb


@pytest.mark.parametrize("word", ["`@all`", "x" * 5000, "<b>", "\u202eevil", "|"])
def test_a_word_that_nobody_understands_comes_back_as_code_or_not_at_all(word: str) -> None:
    """An unknown verb is shown shortened, as code, with what is invisible spelled out."""
    text = said(asked(f"/agent {word}"))

    assert text.startswith("I know no `")
    assert "\u202e" not in text
    assert len(text) < 1500


@pytest.mark.parametrize("text", ["/agent", "/agent help", "@devops-agent"])
def test_a_call_without_a_verb_is_a_call_for_help(text: str) -> None:
    """Calling is enough to be told what there is."""
    assert said(asked(text)).startswith("This is what I can do for you here:")


def test_the_sixth_command_is_answered_with_its_problem() -> None:
    """What must only be answered is answered by help, whatever its verb was."""
    last = asks("/agent run `ls`\n" * 6, slug="devops-agent")[-1]
    question = replace(asked("/agent help"), ask=last)

    assert chosen(last) is VERBS["help"]
    assert said(question) == last.problem


def test_the_table_names_its_rows() -> None:
    """Each verb stands under its name, and its usage and example begin with the call."""
    assert {name: verb.name for name, verb in VERBS.items()} == {name: name for name in VERBS}
    assert all(verb.usage.startswith(f"/agent {name}") for name, verb in VERBS.items())
    assert all(chosen(asks(verb.example, slug="x")[0]) is verb for verb in VERBS.values())
