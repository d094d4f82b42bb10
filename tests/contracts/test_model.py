"""The model behind its port: real litellm over real HTTP, asked by us and answered by a script."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count, repeat
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bot.errors import AgentError, Hiccup, UserError
from bot.ports import Completion, Model, Prompt
from bot.settings import DeskSettings, ModelSettings
from playground.model.driver import GARBAGE, HALF, ModelDriver
from playground.model.server import serve
from runners.llm import open_model
from runners.llm.providers import provided
from runners.llm.wire import MeteredTransport

KEY = "sk-canary-0123456789"
OURS = "You plan. (system canary)"
THEIRS = "Please run the tests. (user canary)"
SCHEMA = {"type": "object", "properties": {"plan": {"type": "string"}}}
DEADLINE_S = 4.0  # enough for a busy machine to answer in
OUT_OF_ORDER = "cannot be reached, or is out of order at the moment."
LATE_S = DEADLINE_S + 3.0  # what a busy machine may add
_names = count(1)


@dataclass(frozen=True)
class World:
    """A provider with a script, and our side of the line. Each story has a model of its own name."""

    script: ModelDriver
    name: str

    def settings(self, **chosen: Any) -> DeskSettings:
        usual = {"model": self.name, "model_api_key": KEY, "model_api_base": self.script.api_base}
        return DeskSettings(
            github_app_id=1, github_app_slug="agent", **{**usual, "model_timeout_s": DEADLINE_S, **chosen}
        )

    def opens(self, *choices: str, **chosen: Any) -> Any:
        return open_model(self.settings(**chosen), choices)

    def wears_out(self, model: Model) -> AgentError:
        """Asks until it is left alone, which it is a moment after its third failure."""
        return next(told for told in map(self._told, repeat(model, 20)) if "alone" in str(told))

    def _told(self, model: Model) -> AgentError:
        with pytest.raises(AgentError) as told:
            ask(model)
        time.sleep(0.05)
        return told.value

    def fails(self, **chosen: Any) -> AgentError:
        """What is said of a question that gets no answer."""
        return self._told(self.opens(**chosen))


def ask(model: Model, text: str = THEIRS, schema: dict[str, Any] | None = None) -> Completion:
    return model.complete(Prompt(OURS, text, max_output_tokens=500, schema=schema))


@pytest.fixture(scope="module")
def provider() -> Iterator[ModelDriver]:
    with serve(KEY) as script:
        script.answers("Yes.")  # a first question, which costs the library more than any other
        ask(World(script, "openai/warm").opens(model_timeout_s=60))
        script.forgets()
        yield script
        assert script.sees_trouble() == []


@pytest.fixture
def world(provider: ModelDriver) -> Iterator[World]:
    yield World(provider, f"openai/scripted-{next(_names)}")
    provider.forgets()


# --- asked and answered ---------------------------------------------------------------------------------


def test_a_question_has_an_answer(world: World) -> None:
    """With the words, what they cost in tokens, and who said them."""
    world.script.answers("Here is your plan.")

    answer = ask(world.opens())

    assert (answer.text, answer.model) == ("Here is your plan.", world.name)
    assert (answer.input_tokens, answer.output_tokens) == (10, 4)
    assert 0 < answer.seconds < DEADLINE_S


def test_our_words_and_theirs_stay_apart(world: World) -> None:
    """The system's part is ours alone, and an answer has at most the tokens that were reserved."""
    world.script.answers("Yes.")

    ask(world.opens())

    (request,) = world.script.sees_requests()
    assert request["messages"] == [
        {"role": "system", "content": OURS},
        {"role": "user", "content": THEIRS},
    ]
    assert request["max_tokens"] == 500


def test_the_cost_of_an_unknown_model_is_unknown(world: World) -> None:
    """It is not free: whoever counts dollars has to count tokens then."""
    world.script.answers("Yes.", "Yes.")

    assert ask(world.opens()).cost_usd is None
    assert ask(world.opens()).cost_usd is None


def test_the_cost_of_a_known_model_is_told(world: World) -> None:
    """By the prices that come with the library; no price is asked for over the network."""
    world.script.answers("Yes.")

    assert 0 < (ask(world.opens(model="openai/gpt-4o-mini")).cost_usd or 0) < 0.001


def test_tokens_are_rather_counted_too_high(world: World) -> None:
    """An estimate that needs nobody: three bytes each."""
    model = world.opens()

    assert [model.tokens(text) for text in ("", "a", "four words of English", "日本語")] == [0, 1, 7, 3]


@pytest.mark.parametrize("words", ["", GARBAGE, HALF, "{}{}", "null"])
def test_what_a_model_says_is_handed_on_as_it_is(world: World, words: str) -> None:
    """To judge it is the business of whoever asked."""
    world.script.answers(words)

    assert ask(world.opens(), schema=SCHEMA).text == words


# --- answers of a shape ---------------------------------------------------------------------------------


def test_a_model_that_takes_a_schema_is_given_it(world: World) -> None:
    """As a schema, and the words stay as they were."""
    world.script.answers("{}")

    ask(world.opens(model="openai/gpt-4o-mini"), schema=SCHEMA)

    (request,) = world.script.sees_requests()
    assert request["response_format"]["json_schema"]["schema"] == SCHEMA
    assert request["messages"][0]["content"] == OURS


def test_a_setting_says_what_a_server_of_ones_own_can(world: World) -> None:
    """Nobody else knows it."""
    world.script.answers("{}")

    ask(world.opens(model_structured="always"), schema=SCHEMA)

    assert "response_format" in world.script.sees_requests()[0]


@pytest.mark.parametrize("chosen", [{}, {"model": "openai/gpt-4o-mini", "model_structured": "never"}])
def test_any_other_model_is_asked_for_json_in_words(world: World, chosen: dict[str, str]) -> None:
    """The schema stands in the system's part."""
    world.script.answers("{}")

    ask(world.opens(**chosen), schema=SCHEMA)

    (request,) = world.script.sees_requests()
    assert "response_format" not in request
    assert '"properties": {"plan": {"type": "string"}}' in request["messages"][0]["content"]


def test_a_schema_is_given_only_if_every_fallback_takes_it(world: World) -> None:
    """Else the one who answers in the end might not have seen it."""
    world.script.answers("{}")

    ask(world.opens(model="openai/gpt-4o-mini", model_fallbacks=(world.name,)), schema=SCHEMA)

    assert "response_format" not in world.script.sees_requests()[0]


# --- no answer ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "saying", "sentence"),
    [
        (400, "", "does not take my question as it was asked."),
        (400, "This model's maximum context length is 8192 tokens.", "That is more text than the model"),
        (
            400,
            "Rejected by our safety system: content_policy_violation.",
            "does not answer this, by its own rules.",
        ),
        (402, "", "is used up."),
        (403, "", "My key may not use the model"),
        (404, "The model does not exist.", "The provider has no model"),
        (413, "", "That is more text than the model"),
    ],
)
def test_what_a_person_can_mend_is_said_to_the_person(
    world: World, status: int, saying: str, sentence: str
) -> None:
    """In one sentence that names the model and the way out."""
    world.script.fails(status, saying=saying)

    told = world.fails()

    assert isinstance(told, UserError)
    assert sentence in str(told)
    assert f"`{world.name}`" in str(told)


def test_a_wrong_key_is_told_by_the_name_of_its_setting(world: World) -> None:
    """And not by its value."""
    told = world.fails(model_api_key="sk-wrong")

    assert str(told) == (
        f"The model `{world.name}` refuses my key. Whoever runs this server can correct "
        "DEVOPS_AGENT_MODEL_API_KEY."
    )


def test_a_refusal_is_said_to_the_person(world: World) -> None:
    """It is no plan, and asking again would not help."""
    world.script.refuses()

    told = world.fails()

    assert isinstance(told, UserError)
    assert "refuses to answer this. Say it in other words" in str(told)


@pytest.mark.parametrize(
    ("accident", "sentence"),
    [
        (lambda script: script.fails(500), OUT_OF_ORDER),
        (lambda script: script.fails(502), OUT_OF_ORDER),
        (lambda script: script.fails(503), OUT_OF_ORDER),
        (lambda script: script.fails(422, times=None), OUT_OF_ORDER),
        (lambda script: script.fails(429), "has too much to do at the moment."),
        (lambda script: script.answers_html(), OUT_OF_ORDER),
        (lambda script: script.answers_without_choices(), OUT_OF_ORDER),
        (lambda script: script.is_cut(), OUT_OF_ORDER),
        (lambda script: script.answers_packed(), OUT_OF_ORDER),
        (lambda script: script.is_silent(LATE_S), "did not answer in time."),
        (lambda script: script.drips(0.1), "did not answer in time."),
        (lambda script: script.floods(50), "answered without end, so I stopped listening."),
    ],
    ids=["500", "502", "503", "422", "429", "html", "empty", "cut", "packed", "silent", "drip", "flood"],
)
def test_what_time_can_mend_is_left_to_time(
    world: World, accident: Callable[[ModelDriver], None], sentence: str
) -> None:
    """In a sentence, and within the deadline of the whole question, however a server behaves."""
    accident(world.script)
    model, began = world.opens(), time.monotonic()

    with pytest.raises(Hiccup, match=sentence):
        ask(model)

    assert time.monotonic() - began < LATE_S


def test_a_server_that_is_not_there_is_a_matter_of_time(world: World) -> None:
    """Nobody listens at that port."""
    told = world.fails(model_api_base="http://127.0.0.1:9/v1")

    assert isinstance(told, Hiccup)
    assert "cannot be reached" in str(told)


@pytest.mark.parametrize(("asked", "seconds"), [(7, 7.0), (None, 10.0), (999_999, 3600.0)])
def test_a_limit_says_for_how_long(world: World, asked: int | None, seconds: float) -> None:
    """As long as the provider asked for, but not for ever."""
    world.script.fails(429, retry_after=asked)

    told = world.fails()

    assert isinstance(told, Hiccup)
    assert told.retry_after_s == seconds


@pytest.mark.parametrize(
    "name", ["openai/gpt-5", "anthropic/claude-haiku-4-5", "ollama/llama3", "gemini/gemini-2.5-flash"]
)
def test_the_deadline_holds_for_every_provider(world: World, name: str) -> None:
    """Each is spoken to in another way, and each of these ways is watched."""
    with dripping() as address:
        model, began = world.opens(model=name, model_api_base=address), time.monotonic()
        with pytest.raises(Hiccup, match="did not answer in time"):
            ask(model)

    assert time.monotonic() - began < LATE_S


@contextmanager
def dripping() -> Iterator[str]:
    """A server that begins any answer and never ends it."""

    def drip(caller: socket.socket) -> None:
        with caller, suppress(OSError):
            caller.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
            while caller.send(b" "):
                time.sleep(0.05)

    def listen(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=drip, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=listen, args=(server,), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def test_outside_of_a_question_nobody_is_reached(world: World) -> None:
    """Whatever the library would like to look up."""
    with httpx.Client(transport=MeteredTransport()) as client, pytest.raises(httpx.ConnectError):
        client.get(f"{world.script.api_base}/models")


def test_a_flood_is_not_kept(world: World) -> None:
    """50 MB of answer cost less than 30 MB of memory."""
    world.script.answers("Yes.")
    model = world.opens()
    ask(model)
    before = peak_mb()
    world.script.floods(50)

    with pytest.raises(Hiccup):
        ask(model)

    assert peak_mb() - before < 30


def peak_mb() -> int:
    """The most memory that this process has held since the last look."""
    (line,) = [each for each in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in each]
    Path("/proc/self/clear_refs").write_text("5")
    return int(line.split()[1]) // 1024


def test_questions_that_are_asked_together_have_a_deadline_each(world: World) -> None:
    """One that drips takes nothing from the others."""
    world.script.drips(0.1, contains="slowly")
    world.script.always_answers("Yes.", contains="quickly")
    model = world.opens()

    with ThreadPoolExecutor(5) as pool:
        slow = pool.submit(ask, model, "slowly")
        quick = [pool.submit(ask, model, "quickly") for _ in range(8)]

    assert [each.result().text for each in quick] == ["Yes."] * 8
    assert isinstance(slow.exception(), Hiccup)


# --- fallbacks, and who is left alone -------------------------------------------------------------------


def test_a_fallback_answers_when_the_model_fails(world: World) -> None:
    """And the answer says who gave it."""
    spare = f"{world.name}-spare"
    world.script.fails(500, model=world.name.removeprefix("openai/"))
    world.script.answers("I can.", model=spare.removeprefix("openai/"))

    answer = ask(world.opens(model_fallbacks=spare))

    assert (answer.text, answer.model) == ("I can.", spare)


def test_a_fallback_has_its_share_of_the_time(world: World) -> None:
    """A model that is silent does not use up the whole deadline."""
    spare = f"{world.name}-spare"
    world.script.is_silent(LATE_S, model=world.name.removeprefix("openai/"))
    world.script.answers("I can.", model=spare.removeprefix("openai/"))

    answer = ask(world.opens(model_fallbacks=spare))

    assert answer.text == "I can."
    assert answer.seconds < DEADLINE_S


def test_when_all_fail_the_first_one_is_named(world: World) -> None:
    """Each was asked once."""
    world.script.fails(500, times=None)

    told = world.fails(model_fallbacks=f"{world.name}-b, {world.name}-c")

    assert str(told) == f"The model `{world.name}` {OUT_OF_ORDER}"
    assert [each["model"][-2:] for each in world.script.sees_requests()][1:] == ["-b", "-c"]


def test_a_model_that_keeps_failing_is_left_alone(world: World) -> None:
    """For half a minute nobody asks it; whoever wants to is told for how long."""
    world.script.fails(500, times=None)
    model = world.opens()

    told = world.wears_out(model)
    asked = len(world.script.sees_requests())

    assert isinstance(told, Hiccup)
    assert str(told) == f"The model `{world.name}` is out of order, so I leave it alone for a moment."
    assert 0 < told.retry_after_s <= 30
    with pytest.raises(Hiccup, match="alone"):
        ask(model)
    assert len(world.script.sees_requests()) == asked


def test_a_repository_has_the_model_that_it_chose(world: World) -> None:
    """One of the server's list; without a choice it is the usual one."""
    world.script.answers("Yes.", "Yes.")
    models = world.opens(f"{world.name}-large")

    assert ask(models.called(f"{world.name}-large")).model == f"{world.name}-large"
    assert ask(models.called(None)).model == world.name
    with pytest.raises(UserError, match="none of the models of this server"):
        models.called("openai/another")


# --- secrets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 418])
def test_no_error_tells_the_key_or_the_question(
    world: World, status: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """What a provider repeats of it is in no sentence, traceback or log of any level."""
    caplog.set_level(logging.DEBUG)
    world.script.fails(status)

    told = world.fails()

    out, err = capfd.readouterr()
    heard = [str(told), "".join(traceback.format_exception(told)), caplog.text, out, err]
    assert [text for text in heard if KEY in text or "canary" in text] == []


def test_the_key_is_in_no_picture_of_the_settings(world: World) -> None:
    """Nor of what was made of them."""
    settings = world.settings(model_fallback_api_key=KEY)

    assert KEY not in repr(settings)
    assert KEY not in repr(provided(settings, ()))
    assert KEY not in repr(open_model(settings))


def test_a_key_goes_to_its_own_provider_only(world: World) -> None:
    """A model of somebody else is asked with what its own variables say."""
    settings = world.settings(model_fallbacks="anthropic/claude, openai/spare")

    found = provided(settings, ("ollama/llama3", "openai/large"))

    knowing = {name for name, each in found.items() if each.api_key or each.api_base}
    assert knowing == {world.name, "openai/spare", "openai/large"}


def test_fallbacks_may_have_a_key_of_their_own(world: World) -> None:
    """Then they are not told the first one."""
    settings = world.settings(model_fallbacks="anthropic/claude", model_fallback_api_key="sk-other")

    fallback = provided(settings, ())["anthropic/claude"]

    assert fallback.api_key == SecretStr("sk-other")
    assert fallback.api_base is None


def test_the_key_may_stand_in_a_file(world: World, tmp_path: Path) -> None:
    """Its name is told when it cannot be read."""
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")

    assert ModelSettings(model_api_key_file=file).model_key() == SecretStr(KEY)
    with pytest.raises(UserError, match=r"cannot be read from \S+missing: No such file"):
        ModelSettings(model_api_key_file=tmp_path / "missing").model_key()


def test_what_the_compose_file_leaves_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a list has commas between its names."""
    monkeypatch.setenv("DEVOPS_AGENT_MODEL", "")
    monkeypatch.setenv("DEVOPS_AGENT_MODEL_API_KEY", "")
    monkeypatch.setenv("DEVOPS_AGENT_MODEL_API_BASE", "")
    monkeypatch.setenv("DEVOPS_AGENT_MODEL_FALLBACKS", "openai/a, ollama/b,")

    settings = ModelSettings()

    assert (settings.model, settings.model_key(), settings.model_api_base) == ("", None, None)
    assert settings.model_fallbacks == ("openai/a", "ollama/b")


# --- opening --------------------------------------------------------------------------------------------


def test_without_a_model_there_is_none(world: World) -> None:
    """The agent works without one."""
    assert world.opens(model="") is None


@pytest.mark.parametrize("name", ["gpt-5", "openai/", "/gpt-5"])
def test_a_model_is_named_with_its_provider(world: World, name: str) -> None:
    """Else nobody knows whom to ask, and for whom the key is."""
    with pytest.raises(UserError, match=f"`{name}` does not say whose model it is"):
        world.opens(model=name)


def test_a_provider_that_nobody_knows_is_told_at_once(world: World) -> None:
    """When the desk starts, not when somebody asks."""
    with pytest.raises(UserError, match="`nobody/x` names a provider that I do not know"):
        world.opens(model="nobody/x", model_api_base=None)


@pytest.mark.parametrize(
    "chosen",
    [{"model": "groq/x", "model_api_key": None, "model_api_base": None}, {"model_fallbacks": "groq/x"}],
)
def test_a_missing_key_is_told_at_once(
    world: World, chosen: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model's, and a fallback's, whose provider is another one."""
    monkeypatch.delenv("GROQ_API_KEY", raising=False)

    with pytest.raises(UserError, match="I have no key for `groq/x`"):
        world.opens(**chosen)


def test_a_server_without_a_key_is_not_told_another_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key of OpenAI's own variable is OpenAI's, not that of whoever speaks as OpenAI does."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    with pytest.raises(UserError, match="refuses my key"):
        ask(world.opens(model_api_key=None))


def test_who_needs_no_model_pays_nothing() -> None:
    """None of the processes, nor the command line, loads the library before a model is configured."""
    loaded = "import bot.cli, bot.processes.desk, bot.processes.web, bot.processes.hands, sys; "
    asked = f"{loaded}print('litellm' in sys.modules)"

    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert told.stdout == "False\n"
