"""Secrets: none is where it does not belong, while a run goes and after it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import redis

from bot.processes.supervise import PROCESSES
from bot.runs import RunState
from bot.settings import PREFIX
from tests.stories.conftest import SECRET, StrictStage
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

TOKEN = b"ghs_"


def canaries(world: World) -> list[bytes]:
    """What nobody may find: a line of the App's key, the webhook secret, and any installation token."""
    key = Path(world.stage.environment[f"{PREFIX}GITHUB_PRIVATE_KEY_FILE"]).read_bytes()
    return [key.splitlines()[5], world.stage.webhook_secret.encode(), TOKEN]


def found(secrets: list[bytes], places: Mapping[str, bytes]) -> list[str]:
    """Which place holds which of them; the values themselves are not told."""
    return [
        f"{place}: secret {number}"
        for place, content in places.items()
        for number, secret in enumerate(secrets)
        if secret in content
    ]


READERS = {
    "string": ("GET",),
    "hash": ("HVALS",),
    "set": ("SMEMBERS",),
    "list": ("LRANGE", 0, -1),
    "zset": ("ZRANGE", 0, -1),
    "stream": ("XRANGE", "-", "+"),
}


def kept_in_redis(world: World) -> bytes:
    """Every key with all its values, unpacked where RQ has packed them."""
    client: Any = redis.Redis.from_url(world.stage.redis.url)
    told = b""
    for name in client.scan_iter(count=1000):
        command, *rest = READERS[str(client.execute_command("TYPE", name), "ascii")]
        told += name + unpacked(client.execute_command(command, name, *rest))
    client.close()
    return told


def unpacked(value: Any) -> bytes:
    """All that is in an answer of Redis, however deep."""
    match value:
        case dict():
            return unpacked([*value, *value.values()])
        case list() | set() | tuple():
            return b"".join(unpacked(each) for each in value)
        case bytes():
            try:
                return zlib.decompress(value)
            except zlib.error:
                return value
        case _:
            return str(value).encode()


def command_lines() -> bytes:
    """Of every process of this machine, whole: what `ps` prints may be cut to a terminal's width."""
    told = b""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            told += file.read_bytes().replace(b"\0", b" ") + b"\n"
    return told


def ledger_files(world: World) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(world.stage.folder.glob("ledger.db*")))


def mirrors(world: World) -> bytes:
    state = world.stage.folder / "state"
    return b"".join(
        file.read_bytes()
        for file in sorted(state.rglob("*"))
        if file.is_file() and "objects" not in file.parts
    )


def test_no_secret_is_anywhere_while_a_run_goes(world: World) -> None:
    """Not in the containers' configuration, not in Redis, not in the arguments of any process."""
    world.comments("/agent run `env; sleep 3`")
    run = world.step_runs()

    boxes = world.boxes(run)
    places = {
        "containers": json.dumps(boxes).encode(),
        "redis": kept_in_redis(world),
        "arguments": command_lines(),
    }

    assert len(boxes) == 2
    assert run.id.encode() in places["redis"]
    assert found(canaries(world), places) == []
    assert PREFIX.encode() not in places["containers"]
    assert world.run_ends().state is RunState.SUCCEEDED


def test_no_secret_is_left_after_a_run(world: World) -> None:
    """Not in the ledger, Redis, a log, the folder of the mirrors, or what the run could see."""
    world.comments("/agent run `env; cat .git/config; cat /proc/self/cmdline; echo x > x`")

    run = world.run_ends()

    logs = {name: world.log(name).encode() for name in PROCESSES}
    places = {
        **logs,
        "ledger": ledger_files(world),
        "redis": kept_in_redis(world),
        "mirrors": mirrors(world),
        "page": world.page(run).encode(),
        "log of the run": world.page(run, "/log.txt").encode(),
    }
    assert run.pull is not None
    assert found(canaries(world), places) == []
    assert found([PREFIX.encode()], {"log of the run": places["log of the run"]}) == []
    assert world.boxes(run) == []


def test_a_secret_that_a_step_prints_is_shown_to_nobody(world: World) -> None:
    """Printed in two pieces, only its kind is told: on the page, on GitHub, in the ledger."""
    first, last = "abcdefghij0123456789", "ABCDEFGHIJ012345"
    world.comments(f"/agent run `printf 'key: gh'; sleep 0.3; printf 'p_%s%s.' {first} {last}; false`")

    run = world.run_ends()

    log = world.page(run, "/log.txt")
    places = {
        "log": log.encode(),
        "page": world.page(run).encode(),
        "check": json.dumps(world.check(run)["output"]).encode(),
        "journal": b"".join(entry.text.encode() for entry in world.ledger.journals.read(run.id)),
    }
    assert "key: [redacted: a GitHub token]" in log
    assert found([f"{first}{last}".encode()], places) == []


def test_the_page_keys_of_runs_are_in_no_log(world: World) -> None:
    """A run's page opens to whoever has its key, so no process writes the key down."""
    world.comments("/agent run `true`")
    run = world.run_ends()
    world.page(run)

    assert found([run.page_key.encode()], {name: world.log(name).encode() for name in PROCESSES}) == []


@pytest.mark.parametrize(
    ("process", "unknown"),
    [
        ("web", ["GITHUB_PRIVATE_KEY", "GITHUB_PRIVATE_KEY_FILE"]),
        ("desk", ["GITHUB_WEBHOOK_SECRET"]),
        ("hands", ["GITHUB_PRIVATE_KEY", "GITHUB_PRIVATE_KEY_FILE", "GITHUB_WEBHOOK_SECRET"]),
    ],
)
def test_each_process_is_told_only_what_it_may_know(world: World, process: str, unknown: list[str]) -> None:
    """A secret is in the environment of the one process that needs it."""
    pid = world.stage.processes.pid(process)

    names = [line.split(b"=")[0].decode() for line in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")]

    assert f"{PREFIX}REDIS_URL" in names
    assert not {f"{PREFIX}{name}" for name in unknown} & set(names)


PUBLISH = """\
/agent run
```yaml
actions:
- action_type: run_command
  parameters:
    command: wc -c < $NPM_TOKEN_FILE; cat $NPM_TOKEN_FILE; base64 $NPM_TOKEN_FILE
    secrets: [NPM_TOKEN]
pull_request: false
```
"""


def test_a_secret_reaches_the_step_that_was_approved_and_nobody_else(strict_stage: StrictStage) -> None:
    """The step reads it from a file; whatever it says of it, nobody reads it."""
    world = strict_stage.world()
    world.comments(PUBLISH)
    (parked,) = world.until(lambda: [run for run in world.runs() if run.state is RunState.PARKED])
    world.until(lambda: [check for check in world.checks() if "has to agree" in check["output"]["summary"]])

    world.comments(f"/agent approve {parked.id}", by="maint-mia")
    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    text = world.check(run)["output"]["text"]
    assert f"{len(SECRET)}\n[redacted][redacted]" in text
    told = [
        text,
        world.page(run),
        world.page(run, "/log.txt"),
        *world.said(),
        world.log("hands"),
        world.log("desk"),
    ]
    assert not [each for each in told if SECRET in each or "bnBtLXZhbHVl" in each]


def test_a_change_that_holds_a_secret_of_its_run_is_not_kept(strict_stage: StrictStage) -> None:
    """Whoever looks at the page or the pull request would read it there."""
    world = strict_stage.world()
    plan = PUBLISH.replace("wc -c < $NPM_TOKEN_FILE; cat $NPM_TOKEN_FILE", "cp $NPM_TOKEN_FILE .npmrc")
    world.comments(plan, by="maint-mia")

    run = world.run_ends()

    assert run.state is RunState.FAILED
    assert run.reason.startswith("The changes hold a secret that this run was given: .npmrc line 1.")
    assert strict_stage.ledger.runs.changes(run.id) is None


def test_a_run_with_secrets_leaves_no_cache(strict_stage: StrictStage) -> None:
    """What it was given may be in the folder, and the next run may be anybody's."""
    world = strict_stage.world()
    world.configures("cache: [{path: kept, key: [README.md]}]\npull_request: false\n")
    plan = PUBLISH.replace(
        "wc -c < $NPM_TOKEN_FILE; cat $NPM_TOKEN_FILE", "mkdir kept; rev $NPM_TOKEN_FILE > kept/x"
    )
    world.comments(plan, by="maint-mia")
    assert world.run_ends().state is RunState.SUCCEEDED

    world.comments("/agent run `ls kept || mkdir kept && touch kept/y`", by="maint-mia")
    assert "cannot access 'kept'" in world.page(world.run_ends(number=2), "/log.txt")
    world.comments("/agent run `ls kept`", by="maint-mia")
    assert world.run_ends(number=3).state is RunState.SUCCEEDED
