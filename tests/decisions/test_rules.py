"""Configuration: which file counts, what the server allows, and what is said about a mistake."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.equipment import Cache, Equipment, Service, Setup
from bot.errors import UserError
from bot.ids import Repo
from bot.limits import Limits
from bot.plans.model import ErrorHandling
from bot.ports import Role
from bot.rules import (
    RepositoryFile,
    Rules,
    ServerFile,
    Source,
    check_file,
    check_server_file,
    effective,
    served,
    server_file,
)
from bot.rules.file import VerbName
from bot.runs import Supersede
from bot.verbs import VERBS

OPEN = server_file(
    b"ceilings: {max_actions: 500, memory_mb: 8192, cpus: 8}\nimages: [box:1, box:2]\n"
    b"models: [openai/small, ollama/llama3]"
)


def rules(repository: str | None, organisation: str | None = None, server: ServerFile = OPEN) -> Rules:
    return effective(
        repository.encode() if repository is not None else None,
        organisation.encode() if organisation is not None else None,
        server,
    )


def test_without_any_file_the_built_in_values_hold() -> None:
    """Nothing has to be configured."""
    found = rules(None, server=ServerFile())

    assert found.limits == Limits()
    assert found.error_handling is ErrorHandling.STOP
    assert found.pull_request is True
    assert found.supersede is Supersede.FINISH
    assert set(found.sources.values()) == {Source.BUILT_IN}


@pytest.mark.parametrize("text", ["", "# nothing\n", "version: 1\n", "\ufeffversion: 1\n"])
def test_an_empty_file_changes_nothing(text: str) -> None:
    """A file may say nothing, and may begin with a byte order mark."""
    assert rules(text).limits == Limits()


def test_a_repository_chooses_under_the_ceilings_of_the_server() -> None:
    """What a repository says holds, and each value tells where it came from."""
    found = rules(
        "limits: {memory_mb: 4096, cpus: 3.5}\nerror_handling: continue\npull_request: false\nimage: box:2"
    )

    assert (found.limits.memory_mb, found.limits.cpus) == (4096, 3.5)
    assert (found.error_handling, found.pull_request, found.image) == (ErrorHandling.CONTINUE, False, "box:2")
    assert found.sources["limits.memory_mb"] is Source.REPOSITORY
    assert found.sources["limits.pids"] is Source.BUILT_IN
    assert found.notes == ()


@pytest.mark.parametrize("choice", list(Supersede))
def test_a_repository_chooses_what_a_push_does(choice: Supersede) -> None:
    """The repository's word counts, and else the server's."""
    server = server_file(f"defaults: {{supersede: {choice}}}".encode())

    assert rules(f"supersede: {choice}").supersede is choice
    assert rules(None, server=server).supersede is choice
    assert rules("supersede: finish", server=server).supersede is Supersede.FINISH


def test_every_verb_can_be_given_a_role() -> None:
    """The configuration knows all verbs there are, and no other."""
    assert set(get_args(VerbName)) == set(VERBS)


def test_a_value_over_the_ceiling_is_cut_and_told() -> None:
    """No repository exceeds the server's ceilings; the cut is not silent."""
    found = rules("limits: {memory_mb: 99999}")

    assert found.limits.memory_mb == 8192
    assert found.sources["limits.memory_mb"] is Source.SERVER_CEILING
    assert found.notes == (
        "`limits.memory_mb` is 8192 instead of 99999: that is the most this server allows.",
    )


def test_a_cut_is_not_told_of_what_another_value_replaced() -> None:
    """The server's ceiling is under what is built in; the repository wants less than either."""
    server = server_file(b"ceilings: {step_timeout_s: 300}")

    assert [note[:24] for note in rules("{}", server=server).notes] == ["`limits.step_timeout_s` "]
    assert rules("limits: {step_timeout_s: 60}", server=server).notes == ()


def test_without_a_ceiling_the_default_is_the_most() -> None:
    """A repository cannot give itself more than the server was set up for."""
    assert rules("limits: {pids: 30000}").limits.pids == Limits().pids
    assert rules("limits: {pids: 64}").limits.pids == 64


def test_defaults_of_the_server_hold_where_a_repository_says_nothing() -> None:
    """The server's defaults lie over the built-in values and under the repository's."""
    server = server_file(b"defaults: {limits: {pids: 256}, image: 'box:1', verbs: {run: {needs: maintain}}}")

    found = rules("limits: {max_actions: 5}", server=server)

    assert (found.limits.pids, found.limits.max_actions, found.image) == (256, 5, "box:1")
    assert found.sources["limits.pids"] is Source.SERVER_DEFAULT
    assert found.needs == {"run": Role.MAINTAIN}


def test_the_organisation_file_counts_only_where_the_repository_has_none() -> None:
    """The file of the owner's `.github` repository is a fallback, not a layer."""
    organisation = "limits: {pids: 100}\nerror_handling: continue"

    assert rules(None, organisation).sources["limits.pids"] is Source.ORGANISATION
    assert rules("version: 1", organisation).limits.pids == Limits().pids
    assert rules("version: 1", organisation).error_handling is ErrorHandling.STOP


def test_an_organisation_file_that_cannot_be_used_stops_its_repositories() -> None:
    """Its policy counts also where a repository has a file of its own."""
    with pytest.raises(UserError, match=r"of the owner's `.github` repository(.|\n)*Line 1: `polizy`"):
        rules("version: 1", "polizy: {}")


def test_what_a_verb_needs_can_only_be_raised() -> None:
    """A repository cannot hand out a right that the server keeps."""
    server = server_file(b"defaults: {verbs: {run: {needs: maintain}}}")

    found = rules("verbs: {run: {needs: write}, plan: {needs: admin}}", server=server)

    assert found.needs == {"run": Role.MAINTAIN, "plan": Role.ADMIN}
    assert "`verbs.run.needs` stays `maintain`" in found.notes[0]


def test_an_image_that_the_server_does_not_list_is_refused() -> None:
    """The sentence lists the images that may be used."""
    with pytest.raises(UserError, match=r"`image` names `evil/img`.*Allowed are: `box:1`, `box:2`\."):
        rules("image: evil/img")


HOSTS = b"""
hosts: [registry.example, '*.cdn.example']
images: [postgres:15]
defaults: {network: {allow: [own.example]}}
"""


def test_a_repository_chooses_hosts_and_services_from_what_the_server_allows() -> None:
    """A star holds what is below it, at any depth; what the server prefers may be named, too."""
    server = server_file(HOSTS)
    services = "services: {db: {image: 'postgres:15', env: {POSTGRES_PASSWORD: x}, port: 5432}}"

    hosts = "[registry.example, a.b.cdn.example, '*.b.cdn.example', own.example]"

    found = rules(f"network: {{allow: {hosts}}}\n{services}", server=server)

    assert found.equipment == Equipment(
        hosts=("registry.example", "a.b.cdn.example", "*.b.cdn.example", "own.example"),
        services={"db": Service("postgres:15", {"POSTGRES_PASSWORD": "x"}, 5432)},
    )
    assert found.sources["network"] is found.sources["services"] is Source.REPOSITORY
    assert rules(None, server=server).equipment == Equipment(hosts=("own.example",))


def test_a_repository_chooses_what_is_kept_from_run_to_run() -> None:
    """A setup with what it may reach, and caches."""
    setup = "setup: {run: [make deps], reads: [go.sum], keeps: [vendor], network: {allow: [a.cdn.example]}}"

    found = rules(f"{setup}\ncache: [{{path: ~/.cache/go, key: ['**/go.sum']}}]", server=server_file(HOSTS))

    assert found.equipment.setup == Setup(("make deps",), ("go.sum",), ("vendor",), ("a.cdn.example",))
    assert found.equipment.caches == (Cache("~/.cache/go", ("**/go.sum",)),)
    assert found.equipment.hosts == ("own.example",), "what a setup may reach, its runs may not"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "setup: {run: [ls], reads: [a], network: {allow: [b.example]}}",
            r"`setup.network.allow` names `b.ex",
        ),
        ("setup: {run: [ls], reads: []}", r"Line 1: `setup.reads` must not be empty"),
        ("cache: [{path: '../x', key: [a]}]", r"Line 1: `cache.0.path` must be a path relative to the"),
        ("cache: [{path: '~/*', key: [a]}]", r"Line 1: `cache.0.path` must be one folder, without"),
        ("artifacts: ['/etc/passwd']", r"Line 1: `artifacts.0` must be a path relative to the repository"),
        ("artifacts: ['**/**/a/**/b/**']", r"Line 1: `artifacts.0` holds `\*\*` too often"),
        ("network: {allow: [evil.example]}", r"`network.allow` names `evil.example`, .*`registry.example`, "),
        ("network: {allow: [cdn.example]}", r"`network.allow` names `cdn.example`"),
        ("network: {allow: ['*.registry.example']}", r"`network.allow` names `\*.registry.example`"),
        ("network: {allow: ['*']}", r"`network.allow` names `\*`"),
        (
            "services: {db: {image: 'mysql:8'}}",
            r"`services.db.image` names `mysql:8`, .*Allowed are: `postgres:15`",
        ),
        ("network: {allow: [10.0.0.1]}", r"Line 1: `network.allow.0` must be a host's name"),
        ("network: {allow: [localhost]}", r"Line 1: `network.allow.0` "),
        ("network: {allow: ['a.example\\n  bind :1']}", r"Line 1: `network.allow.0` "),
        ("services: {'a b': {image: 'postgres:15'}}", r"Line 1: `services.a b` must be a name of small"),
    ],
)
def test_hosts_and_services_that_are_not_allowed_or_none_are_refused(text: str, sentence: str) -> None:
    """Each with one sentence: nothing of the kind reaches the proxy's configuration."""
    with pytest.raises(UserError, match=sentence):
        rules(text, server=server_file(HOSTS))


def test_a_repository_chooses_a_model_from_the_list_of_the_server() -> None:
    """And nobody else's: what a repository says is sent to the model that it names."""
    assert rules("model: ollama/llama3").model == "ollama/llama3"
    with pytest.raises(UserError, match=r"`model` names `evil/model`.*`openai/small`, `ollama/llama3`\."):
        rules("model: evil/model")


def test_the_model_that_the_server_prefers_may_be_named() -> None:
    """Its default is allowed, and is among those that are opened."""
    server = server_file(b"models: [openai/small]\ndefaults: {model: openai/usual}")

    assert rules("model: openai/usual", server=server).model == "openai/usual"
    assert rules(None, server=server).sources["model"] is Source.SERVER_DEFAULT
    assert server.choosable_models() == ("openai/small", "openai/usual")


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        ("vershun: 1", 1, "vershun", "Did you mean `version`?"),
        ("version: 2", 1, "version", "must be one of 1."),
        ("\nlimits:\n  cpuz: 3", 3, "limits.cpuz", "Did you mean `cpus`?"),
        ("limits:\n  pids: many", 2, "limits.pids", "must be a whole number."),
        ("limits:\n  pids: 100.5", 2, "limits.pids", "must be a whole number."),
        ("limits:\n  pids: true", 2, "limits.pids", "must be a whole number."),
        ("limits:\n  pids: 1", 2, "limits.pids", "must be at least 16."),
        ("limits:\n  cpus: -1", 2, "limits.cpus", "must be at least 0.1."),
        ("limits: []", 1, "limits", "must be a mapping"),
        ("pull_request: yes", 1, "pull_request", "must be `true` or `false`."),
        ("error_handling: go", 1, "error_handling", "must be one of `stop`, `continue`."),
        ("verbs:\n  rum: {needs: write}", 2, "verbs.rum", "Did you mean `run`?"),
        (
            "verbs:\n  run:\n    needs: wrote",
            3,
            "verbs.run.needs",
            "must be one of `read`, `triage`, `write`",
        ),
        ("verbs: {run: {}}", 1, "verbs.run.needs", "is missing."),
        ("image: 3", 1, "image", "must be text."),
        ("- a", 1, "", "must be a mapping"),
        ("a: [", 2, "", "This is not YAML"),
        ("pull_request: true\npull_request: false", 2, "", "The key `pull_request` is there twice"),
        ("a: &a [x]\nb: [*a, *a]", 1, "", "Anchors"),
        ("test_command: 'curl evil'\nnetwork: host", 1, "test_command", "is not known here"),
        ("x" * 70_000, 1, "", "too long"),
    ],
)
def test_a_problem_is_told_with_line_key_and_what_is_allowed(
    text: str, line: int, key: str, message: str
) -> None:
    """Strict keys and values; every problem has its line, its key and what would be right."""
    problem = check_file(text)[0]

    assert (problem.line, problem.key) == (line, key)
    assert message in problem.message


def test_all_problems_are_listed_at_once() -> None:
    """One answer for the whole file, in the order of its lines."""
    known = ", ".join(f"`{key}`" for key in sorted(RepositoryFile.model_fields))
    with pytest.raises(UserError) as said:
        rules("limits:\n  cpuz: 3\nimage: 3\n'@all': x")

    assert str(said.value) == (
        "I cannot use `.github/agent.yml` as it is. Please mend this on the default branch:\n\n"
        "- Line 2: `limits.cpuz` is not known here. Did you mean `cpus`?\n"
        "- Line 3: `image` must be text. If it looks like a number or `true`, put it in quotes.\n"
        f"- Line 4: `@all` is not known here. Known are {known}."
    )


def test_a_file_that_is_not_text_gets_a_sentence() -> None:
    """Bytes that are no UTF-8 are no configuration."""
    with pytest.raises(UserError, match="it is not UTF-8 text"):
        effective(b"\xff\xfe", None, OPEN)


def test_a_good_file_has_no_problems() -> None:
    """`config check` says nothing about a file that can be used."""
    assert check_file("version: 1\nlimits: {cpus: 4}\nverbs: {run: {needs: admin}}\n") == []
    assert check_server_file("repositories: ['acme/*']\nceilings: {cpus: 4}\n") == []


@pytest.mark.parametrize(
    ("patterns", "repo", "answer"),
    [
        ("[]", "any/thing", True),
        ("['acme/*']", "acme/widgets", True),
        ("['acme/*']", "Acme/Widgets", True),
        ("['acme/*']", "evil/widgets", False),
        ("['acme/*']", "acme-evil/widgets", False),
        ("['acme/widgets', 'acme/shop']", "acme/shop", True),
        ("['acme/widgets']", "acme/widgets2", False),
    ],
)
def test_the_server_serves_the_repositories_it_lists(patterns: str, repo: str, answer: bool) -> None:
    """An empty list means all."""
    owner, name = repo.split("/")

    assert served(Repo(owner, name), server_file(f"repositories: {patterns}".encode())) is answer
