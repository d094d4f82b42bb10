"""From a command to its answer, over a small set of facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.admission import Wait, Why
from bot.errors import NotUnderstood, PlanError, UserError
from bot.events import Subject
from bot.forecast import Outlook
from bot.ids import Digest, InstallationId, Place, PlanId, Repo, RunId, Sha
from bot.limits import Limits
from bot.locks import Lock
from bot.planning.model import Citation, Made, Planned, ShownPlan, Told
from bot.plans.model import Draft, ErrorHandling, Plan
from bot.policy import Grant, Provenance, permit
from bot.policy.verdict import Effect, Judgement, Ruling, StepJudgement
from bot.ports import CheckOutput, FileDiff, Pull, Role, Whereabouts
from bot.reading import asks
from bot.reports import planned as told
from bot.rules import Rules, ServerFile, effective
from bot.runs import Run, RunState, Step, StepState, Target
from bot.verbs import VERBS, chosen, nearest
from bot.verbs.model import Answer, Approve, Asked, Deny, Reply, Show, Start, Thinker, shown_here
from tests.decisions.plans import WIDGETS, WILL, plan
from tests.scripted import NOON

SHA = Sha("a" * 40)
PULL = Pull(7, "Mend the checkout", True, False, SHA, "mend", Repo("acme", "widgets"), "main", Sha("b" * 40))
ELSEWHERE = Place(InstallationId(11), Repo("acme", "secret"), 1002)


@dataclass
class SmallCode:
    """One pull request, what runs made of it, and one default branch; else the test is mistaken."""

    the_pull: Pull = PULL
    made: tuple[Pull, ...] = ()

    def pull(self, place: Place, number: int) -> Pull:
        assert place == WIDGETS
        (found,) = [each for each in (self.the_pull, *self.made) if each.number == number]
        return found

    def whereabouts(self, place: Place) -> Whereabouts | None:
        raise AssertionError("no verb asks where a repository is")

    def author(self, place: Place, sha: Sha) -> str:
        raise AssertionError("no verb asks who wrote a commit")

    def default_branch(self, place: Place) -> tuple[str, Sha]:
        assert place == WIDGETS
        return "main", Sha("b" * 40)

    def read(self, place: Place, path: str) -> bytes | None:
        raise AssertionError("no verb reads files")

    def read_organisation(self, place: Place, path: str) -> bytes | None:
        raise AssertionError("no verb reads files")

    def read_at(self, place: Place, path: str, sha: Sha) -> bytes | None:
        raise AssertionError("no verb reads files")

    def paths(self, place: Place, sha: Sha) -> Sequence[str]:
        raise AssertionError("no verb lists files")

    def diffs(self, place: Place, number: int) -> Sequence[FileDiff]:
        raise AssertionError("no verb reads a diff")

    def checks(self, place: Place, sha: Sha) -> Sequence[CheckOutput]:
        raise AssertionError("no verb reads what checks said")

    def job_log(self, place: Place, job: int, most: int) -> bytes | None:
        raise AssertionError("no verb reads what a job wrote")


@dataclass
class SmallFacts:
    code: SmallCode = field(default_factory=SmallCode)
    runs: tuple[Run, ...] = ()
    held: tuple[Lock, ...] = ()
    expects: dict[RunId, Outlook] = field(default_factory=dict)
    judgements: dict[RunId, Judgement] = field(default_factory=dict)
    thinker: Thinker | None = None
    kept: tuple[ShownPlan, ...] = ()
    patches: dict[RunId, bytes] = field(default_factory=dict)

    def shown_plan(self, plan: PlanId) -> ShownPlan | None:
        return next((each for each in self.kept if each.id == plan), None)

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

    def locks(self, place: Place) -> tuple[Lock, ...]:
        assert place == WIDGETS
        return self.held

    def environment_runs(self, place: Place) -> tuple[Run, ...]:
        return tuple(each for each in self.runs if each.target.place == place and each.plan.environment)

    def outlook(self, run: Run) -> Outlook | None:
        return self.expects.get(run.id)

    def latest_published(self, place: Place, number: int) -> Run | None:
        here = (place, number)
        found = [each for each in self.runs if (each.target.place, each.target.number) == here and each.pull]
        return found[-1] if found else None

    def latest_of(self, place: Place, digest: Digest) -> Run | None:
        found = [run for run in self.runs if (run.target.place, run.plan.digest) == (place, digest)]
        return found[-1] if found else None

    def patch(self, run: Run) -> bytes:
        return self.patches.get(run.id, b"")

    def judgement(self, run: Run) -> Judgement | None:
        return self.judgements.get(run.id)

    def page(self, run: Run) -> str:
        return f"https://bot.test/runs/{run.id}?key={run.page_key}"


def asked(text: str, *, role: Role = Role.WRITE, rules: Rules | None = None, edited: bool = False) -> Asked:
    rules = rules or Rules()
    ask = asks(text, slug="devops-agent")[0]
    grant = permit(chosen(ask), WILL, role, rules)
    assert isinstance(grant, Grant)
    return Asked(ask, WILL, WIDGETS, 7, True, Subject(), edited, grant, rules, "1001:issue:1:0")


def answer(question: Asked, facts: SmallFacts | None = None) -> Answer:
    return chosen(question.ask).answer(question, facts or SmallFacts())


def said(question: Asked, facts: SmallFacts | None = None) -> str:
    reply = answer(question, facts)
    assert isinstance(reply, Reply)
    return reply.text


def shown(question: Asked, facts: SmallFacts | None = None) -> str:
    show = answer(question, facts)
    assert isinstance(show, Show)
    return told.shown(shown_here(question, show.planned, NOON))


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
    assert start.planned.plan == plan("`pytest -q`")


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


def test_a_repository_under_a_new_name_is_no_fork_of_itself() -> None:
    """Its pull request says so before the news of the new name is heard."""
    renamed = replace(PULL, head_repo=Repo("acme", "gadgets"), repo=Repo("acme", "gadgets"))

    start = begun(asked("/agent run `ls`"), SmallFacts(SmallCode(renamed)))

    assert not start.target.from_fork


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

    silent = begun(asked("/agent run `ls`", rules=rules)).planned.plan
    spoken = begun(
        asked(
            "/agent run\n```yaml\npull_request: true\nerror_handling: stop\nactions: []\n```".replace(
                "[]", _LS
            ),
            rules=rules,
        )
    ).planned.plan
    step = begun(asked(f"/agent run\n```yaml\nactions: {_LS_AND_PULL}\n```", rules=rules)).planned.plan

    assert (silent.error_handling, len(silent.actions)) == (ErrorHandling.CONTINUE, 1)
    assert (spoken.error_handling, len(spoken.actions)) == (ErrorHandling.STOP, 2)
    assert len(step.actions) == 2


_LS = "[{action_type: run_command, parameters: {command: ls}}]"
_LS_AND_PULL = "[{action_type: run_command, parameters: {command: ls}}, {action_type: open_pull_request}]"


# --- plan ----------------------------------------------------------------------------------------------


def test_plan_shows_everything_and_runs_nothing() -> None:
    """Numbered steps, what they run, digest, and a canonical form to copy."""
    text = shown(asked("/agent plan `pytest -q`", role=Role.READ))

    assert text.startswith("This is a plan of 2 steps. Nothing was run.")
    assert "1. `Run pytest -q` (`run_command`, risk: write): `pytest -q`" in text
    assert "2. `Open a pull request` (`open_pull_request`, risk: write, by the desk, after the box)" in text
    assert f"Digest: `{plan('`pytest -q`').digest}`" in text
    assert "```yaml\nversion: 1\n" in text


def test_what_plan_shows_can_be_run() -> None:
    """The canonical form, copied under `run`, is the same plan."""
    text = shown(asked("/agent plan\n1. Run `a`\n2. Create a file `x` with\n   ```\n   b\n   ```"))
    canonical = text[text.index("```yaml") :]

    again = begun(asked(f"/agent run\n{canonical}")).planned.plan

    assert f"Digest: `{again.digest}`" in text


def test_a_plan_cannot_speak_through_the_bot() -> None:
    """Mentions, fences and markup in a plan come back as code."""
    text = shown(
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

    text = shown(asked(f"/agent plan\n{body}"))

    assert len(text.encode()) <= 65_000
    assert text.startswith("This is a plan of 101 steps.")
    assert "100. " in text


def test_a_plan_tells_how_it_was_read() -> None:
    """By fixed rules, for nothing, and where it can be run by its id."""
    text = shown(asked("/agent plan `pytest -q`"))

    assert re.search(r"`/agent run plan-\w{10}` runs exactly this, until 28 Nov 2026, 12:00 UTC\.", text)
    assert "The plan was read from sentences, without a model: 0 tokens." in text


def test_the_graph_shows_the_order() -> None:
    """As Mermaid, with nothing in it but letters, digits and a few signs."""
    text = shown(asked('/agent plan\n1. Run `echo "]; click s1 <b>`\n2. Run `b`'))

    assert text.split("```mermaid\n")[1].split("```")[0] == (
        "flowchart TD\n"
        '  s1["1. run_command: Run echo click s1 b"]\n'
        '  s2["2. run_command: Run b"]\n'
        '  s3["3. open_pull_request: Open a pull request"]\n'
        "  s1 --> s2\n"
        "  s2 --> s3\n"
    )


def test_steps_that_wait_for_nothing_stand_alone_in_the_graph() -> None:
    """A DAG is drawn as it is."""
    dag = "[{action_type: run_command, parameters: {command: a}, depends_on: []}, " + _LS[1:]

    text = shown(asked(f"/agent plan\n```yaml\nactions: {dag}\n```"))

    assert "  s1 --> s3\n  s2 --> s3\n```" in text
    assert "s1 --> s2" not in text


# --- by a model, and by an id --------------------------------------------------------------------------

PROSE = "/agent run please look after the tests"
MADE = Made("scripted/one", 1, 1_100, None, ({"command": Provenance.UNTRUSTED}, {}))


@dataclass
class OneThought:
    """Makes the same plan of everything, and gives the same answer."""

    action: Mapping[str, Any] = field(
        default_factory=lambda: {"action_type": "run_command", "parameters": {"command": "make"}}
    )
    heard: list[Asked] = field(default_factory=list)

    def propose(self, asked: Asked, check: Callable[[Draft], Plan]) -> Planned:
        self.heard.append(asked)
        return Planned(check(Draft((self.action,), reader="model")), MADE)

    def answer(self, asked: Asked) -> Told:
        self.heard.append(asked)
        return Told("It is @acme/all's.\n\nReally.", (Citation("a.py", 3),), 1, "scripted/one", 1_100, 0.0123)


def test_prose_goes_to_a_model() -> None:
    """Its plan is begun like any other, under the same rules."""
    start = begun(asked(PROSE, rules=Rules(pull_request=False)), SmallFacts(thinker=OneThought()))

    plan = start.planned.plan
    assert (plan.reader, [each.action_type for each in plan.actions]) == ("model", ["run_command"])


@pytest.mark.parametrize("words", ["`make`", "\n```sh\nmake\n```", f"\n```yaml\nactions: {_LS}\n```"])
def test_what_a_reader_understands_needs_no_model(words: str) -> None:
    """It is asked nothing, so it can be down or slow."""
    mind = OneThought()

    begun(asked(f"/agent run {words}"), SmallFacts(thinker=mind))

    assert mind.heard == []


def test_a_mistake_in_a_plan_is_not_a_models_business() -> None:
    """Who writes YAML is told what is wrong with it."""
    mind = OneThought()

    with pytest.raises(PlanError, match="Step 1"):
        answer(asked("/agent run\n```yaml\n- action_type: dance\n```"), SmallFacts(thinker=mind))
    assert mind.heard == []


def test_prose_without_a_model_is_told_which_forms_work() -> None:
    """One sentence, and no plan that was half understood."""
    with pytest.raises(NotUnderstood, match="I do not understand this as a plan"):
        answer(asked(PROSE))


def test_nobody_pays_for_a_plan_that_cannot_begin() -> None:
    """Whether the pull request is open is asked first."""
    mind = OneThought()
    facts = SmallFacts(SmallCode(replace(PULL, open=False)), thinker=mind)

    with pytest.raises(UserError, match="is closed"):
        answer(asked(PROSE), facts)
    assert mind.heard == []


def test_a_plan_of_a_model_shows_what_it_rests_on() -> None:
    """Model, price, and a warning where a stranger's text is in it."""
    text = shown(asked(PROSE.replace("run", "plan")), SmallFacts(thinker=OneThought()))

    assert "`make`\n   - `command` from text that anybody may have written\n" in text
    assert "**Step 1 holds text that anybody may have written." in text
    assert (
        "The plan was made by the model `scripted/one`: 1 call, 1,100 tokens, at a price that I do not know."
        in text
    )


def test_the_yaml_of_a_models_plan_is_the_same_plan() -> None:
    """Copied under `run`, it has the same digest and needs no model."""
    text = shown(asked(PROSE.replace("run", "plan")), SmallFacts(thinker=OneThought()))

    again = begun(asked(f"/agent run\n{text[text.index('```yaml') :]}")).planned.plan

    assert f"Digest: `{again.digest}`" in text


def kept(text: str = "/agent plan `make`") -> ShownPlan:
    show = answer(asked(text))
    assert isinstance(show, Show)
    return shown_here(asked(text), show.planned, NOON)


def test_a_shown_plan_is_run_by_its_id() -> None:
    """Exactly what was shown."""
    plan_shown = kept()

    start = begun(asked(f"/agent run {plan_shown.id}"), SmallFacts(kept=(plan_shown,)))

    assert start.planned.plan == plan_shown.planned.plan


@pytest.mark.parametrize("elsewhere", [{"repo_id": 1002}, {"number": 8}])
def test_a_plan_belongs_to_its_conversation(elsewhere: dict[str, int]) -> None:
    """Elsewhere it is as unknown as one that never was."""
    other = replace(kept(), **elsewhere)  # type: ignore[arg-type]

    with pytest.raises(UserError, match=f"I know no plan `{other.id}` here"):
        answer(asked(f"/agent run {other.id}"), SmallFacts(kept=(other,)))
    with pytest.raises(UserError, match="I know no plan `plan-0000000000` here"):
        answer(asked("/agent run plan-0000000000"))


def test_a_shown_plan_is_held_against_the_rules_of_today() -> None:
    """What is allowed no more is not run because it was shown."""
    plan_shown = kept("/agent plan\n```sh\na\nb\nc\n```")
    strict = Rules(limits=Limits(max_actions=2))

    with pytest.raises(PlanError, match="at most 2 are allowed here"):
        answer(asked(f"/agent run {plan_shown.id}", rules=strict), SmallFacts(kept=(plan_shown,)))


# --- ask -----------------------------------------------------------------------------------------------


def test_an_answer_rests_on_lines() -> None:
    """In words that call nobody, with its price, and with what was left out."""
    text = said(asked("/agent ask whose is it?", role=Role.READ), SmallFacts(thinker=OneThought()))

    assert text == (
        "It is `@acme/all's`.\n\nReally.\n\n"
        "It rests on these lines:\n\n- `a.py:3`\n\n"
        "It also named one line that was not shown to it; I left that out.\n\n"
        "Answered by the model `scripted/one`: 1,100 tokens, $0.0123. Models err: look at the lines. "
        "Nothing was changed."
    )


def test_without_a_model_nobody_answers() -> None:
    """And without a question there is nothing to answer."""
    with pytest.raises(UserError, match="No model is set up on this server"):
        answer(asked("/agent ask whose is it?"))
    with pytest.raises(UserError, match="There is no question yet"):
        answer(asked("/agent ask"), SmallFacts(thinker=OneThought()))


# --- status --------------------------------------------------------------------------------------------


def test_status_tells_about_the_latest_run_here() -> None:
    """Its state, its steps, and where its page is."""
    text = said(asked("/agent status"), SmallFacts(runs=(a_run(),)))

    assert text.startswith("Run `0123456789`: **Step 1 of 2 is running")
    assert "https://bot.test/runs/0123456789" in text


def test_status_tells_what_a_run_waits_for() -> None:
    """Its place, and the reason."""
    run = replace(a_run(), state=RunState.QUEUED)
    expects = {run.id: Outlook(Wait(Why.REPOSITORY, 2))}

    text = said(asked("/agent status"), SmallFacts(runs=(run,), expects=expects))

    assert "**Waiting for room in this repository: 2 steps. 2 runs are before it.**" in text
    assert "At most 10 runs of this repository may go at once" in text


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


def test_config_shows_whose_policy_holds() -> None:
    """Each rule that a file adds, with what follows and which file it is in."""
    rules = effective(
        b"policy: {lock_files: true, rules: [{name: docs, then: approval}]}",
        b"policy: {rules: [{name: docs, then: deny}]}",
        ServerFile(),
    )

    text = said(asked("/agent config", rules=rules))

    assert "| `policy.rules: docs` | `deny` | organisation file |" in text
    assert "| `policy.rules: docs` | `approval` | repository file |" in text
    assert "| `policy.lock_files` | `true` | repository file |" in text


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
    """It is not explained."""
    text = said(asked("/agent help run", role=Role.READ))

    assert text.startswith("I know no `run` that you may use here.")


@pytest.mark.parametrize(
    ("typo", "verb"),
    [("rnu", "run"), ("statsu", "status"), ("RUNN", "run"), ("plna", "plan"), ("configure", "config")],
)
def test_a_typo_is_answered_with_the_nearest_verb(typo: str, verb: str) -> None:
    """One sentence with a verb that the person may use, and where all of them are."""
    text = said(asked(f"/agent {typo} `ls`"))

    assert f"Did you mean `/agent {verb}`?" in text
    assert text.endswith("`/agent help` lists all that you may.")
    assert nearest(typo) == verb


@pytest.mark.parametrize("word", ["`@all`", "x" * 5000, "<b>", "\u202eevil", "|"])
def test_a_word_that_nobody_understands_comes_back_as_code_or_not_at_all(word: str) -> None:
    """An unknown verb is shown shortened, as code, with what is invisible spelled out."""
    text = said(asked(f"/agent {word}"))

    assert text.startswith("I know no `")
    assert "\u202e" not in text
    assert len(text) < 3000


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


# --- approve, deny and explain -------------------------------------------------------------------------


def test_an_approval_names_one_run_and_maybe_its_digest() -> None:
    """Both as they are shown, with or without backticks."""
    facts = SmallFacts(runs=(a_run(),))

    assert answer(asked("/agent approve `0123456789`"), facts) == Approve(facts.runs[0], "")
    assert answer(asked("/agent approve 0123456789 abcdef0"), facts) == Approve(facts.runs[0], "abcdef0")


@pytest.mark.parametrize("words", ["", "0123456789 abcdef0 all", "0123456789 abcdef0 9876543210"])
def test_nothing_is_approved_in_passing(words: str) -> None:
    """No run, or several at once: it says to name exactly one."""
    with pytest.raises(UserError, match="Say exactly which run"):
        answer(asked(f"/agent approve {words}"), SmallFacts(runs=(a_run(),)))


@pytest.mark.parametrize("name", ["*", "all", "latest", "zzzzzzzzzz"])
def test_what_is_no_run_is_not_approved(name: str) -> None:
    """No wildcard, and no run that is not there."""
    assert said(asked(f"/agent approve {name}"), SmallFacts(runs=(a_run(),))).startswith("I know no run")


def test_an_edited_comment_approves_nothing() -> None:
    """Whoever may edit somebody's comment must not speak in their name."""
    with pytest.raises(UserError, match="An edited comment approves nothing"):
        answer(asked("/agent approve 0123456789", edited=True), SmallFacts(runs=(a_run(),)))


def test_a_denial_has_a_reason() -> None:
    """All that stands behind the run, in one line."""
    facts = SmallFacts(runs=(a_run(),))

    assert answer(asked("/agent deny 0123456789 not  before Monday"), facts) == Deny(
        facts.runs[0], "not before Monday"
    )


def test_why_a_run_was_parked_is_explained() -> None:
    """A row a step: the rule, its sentence, and what it looked at."""
    run = a_run()
    allowed = Ruling("granted", Effect.ALLOW, "Its type may be in a plan.")
    parked = Ruling("protected", Effect.APPROVAL, "It touches `CODEOWNERS`.", {"path": "CODEOWNERS"})
    steps = (StepJudgement(0, allowed, (allowed,)), StepJudgement(1, parked, (allowed, parked)))
    facts = SmallFacts(runs=(run,), judgements={run.id: Judgement(parked, steps, "p" * 64)})

    text = said(asked("/agent explain"), facts)

    assert "Why run `0123456789` needed an approval, step by step:" in text
    assert "| 1 | `run_command` | allowed | built-in `granted` |" in text
    assert "| needs approval | built-in `protected` |" in text
    assert "`path` = `CODEOWNERS`" in text


def test_a_run_from_before_the_policy_has_nothing_to_explain() -> None:
    """It says so."""
    assert "older than the policy" in said(asked("/agent explain"), SmallFacts(runs=(a_run(),)))
