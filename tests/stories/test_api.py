"""The HTTP API: who has a token asks, approves and denies as the person whom it names, with live rights."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.runs import Run, RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

SETTINGS = {"MODEL_TIMEOUT_S": "45"}
OWNERS = """\
/agent run
```yaml
- {action_type: write_file, parameters: {path: CODEOWNERS, content: '* @acme'}}
```"""
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Bearer:
    """Somebody's program, with a token."""

    world: World
    token: str

    def sends(self, path: str, body: Any, *, headers: Mapping[str, str] = NOTHING) -> httpx.Response:
        """The answer, for which it waits."""
        return httpx.post(
            f"{self.world.stage.web_url}{path}",
            json=body,
            headers={**self._bears, "Prefer": "wait=30", **headers},
            timeout=60,
            trust_env=False,
        )

    def looks(self, path: str) -> httpx.Response:
        url = f"{self.world.stage.web_url}{path}"
        return httpx.get(url, headers=self._bears, timeout=60, trust_env=False)

    @property
    def _bears(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def agent(world: World, *words: str) -> subprocess.CompletedProcess[str]:
    """`devops-agent …` where the desk's settings are."""
    environment = {**world.stage.environment, "PYTHONPATH": str(Path(__file__).parents[2])}
    argv = [sys.executable, "-m", "bot", *words]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=False)


def bearer(world: World, login: str) -> Bearer:
    made = agent(world, "token", "create", "--login", login, "--repo", world.repo)
    assert made.returncode == 0, made.stderr
    return Bearer(world, made.stdout.split()[-1])


def token_id(world: World) -> str:
    """Of the newest token."""
    return agent(world, "token", "list").stdout.splitlines()[-1].split()[0]


def parked(world: World) -> Run:
    world.comments(OWNERS)
    run = world.run_begins()
    world.until(lambda: [each for each in world.checks() if each["conclusion"] == "action_required"])
    return run


def told(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["state"], body["answer"]


@pytest.fixture
def shop(model_world: World) -> Iterator[World]:
    yield model_world
    assert model_world.stage.model.sees_trouble() == []


def test_a_question_is_answered_with_its_lines(shop: World) -> None:
    """As under a comment, and nothing is said on GitHub. Another token does not see it."""
    will, mia = bearer(shop, "writer-will"), bearer(shop, "maint-mia")
    cited = [{"path": "shop/prices.py", "line": 1}]
    shop.stage.model.answers({"answer": "Prices are in cents.", "citations": cited})

    answer = will.sends("/assist", {"repository": shop.repo, "question": "What is in shop/prices.py?"})

    status, state, text = told(answer)
    assert (status, state) == (200, "answered")
    assert "Prices are in cents." in text
    assert "- `shop/prices.py:1`" in text
    assert will.looks(answer.json()["url"]).json() == answer.json()
    assert mia.looks(answer.json()["url"]).status_code == 404
    assert shop.said() == []


def test_who_does_not_wait_looks_later(shop: World) -> None:
    """It is taken down at once, says where its answer will be, and the same key asks once."""
    will = bearer(shop, "writer-will")
    shop.stage.model.answers({"answer": "Two files.", "citations": []})
    question = {"repository": shop.repo, "number": 1, "question": "How large is it?"}
    once = {"Idempotency-Key": str(uuid.uuid4()), "Prefer": ""}

    first, again = (will.sends("/assist", question, headers=once) for _ in range(2))
    other = will.sends("/assist", {**question, "question": "And why?"}, headers=once)

    assert (first.status_code, first.json()["state"]) == (202, "waiting")
    assert first.headers["location"] == first.json()["url"] == again.json()["url"]
    shop.until(lambda: will.looks(first.json()["url"]).json()["state"] == "answered")
    assert (other.status_code, other.json()["detail"][:31]) == (422, "Another request was sent with t")
    assert len(shop.stage.model.sees_requests()) == 1


def test_a_parked_run_is_approved(shop: World) -> None:
    """By somebody else than who asked for it; the gate names them, and the audit says how it came."""
    run = parked(shop)

    own = bearer(shop, "writer-will").sends(f"/api/runs/{run.id}/approve", {})
    answer = bearer(shop, "owner-olga").sends(f"/api/runs/{run.id}/approve", {"digest": run.plan.digest[:12]})

    assert told(own)[:2] == (200, "refused")
    assert told(answer)[:2] == (200, "answered")
    assert shop.run_ends().state is RunState.SUCCEEDED
    gate = shop.ledger.gates.of(run)
    assert gate is not None
    assert [each.by.login for each in gate.approvals] == ["owner-olga"]
    lines = [(line.actor, line.what, line.verdict) for line in shop.ledger.audit.lines()]
    assert ("owner-olga", "approve by api", "allowed") in lines


def test_a_parked_run_is_denied_and_who_comes_second_is_told(shop: World) -> None:
    """The run ends with the reason, and an approval after that is refused with who was first."""
    run = parked(shop)

    denied = bearer(shop, "maint-mia").sends(f"/api/runs/{run.id}/deny", {"why": "Not this week."})
    late = bearer(shop, "owner-olga").sends(f"/api/runs/{run.id}/approve", {})

    assert told(denied)[:2] == (200, "answered")
    ended = shop.run_ends()
    assert (ended.state, "Not this week." in ended.reason) == (RunState.DENIED, True)
    status, state, text = told(late)
    assert (status, state) == (200, "refused")
    assert "maint-mia" in text


def test_rights_are_those_of_the_person_now(shop: World) -> None:
    """A token is no right: whoever lost theirs on GitHub is refused."""
    mia = bearer(shop, "maint-mia")
    run = parked(shop)
    shop.gives("maint-mia", "read")

    answer = mia.sends(f"/api/runs/{run.id}/approve", {})

    status, state, text = told(answer)
    assert (status, state) == (200, "refused")
    assert "needs the role `write`" in text


def test_a_token_that_does_not_count_opens_nothing(shop: World) -> None:
    """None, one of somebody's making, one with a letter changed, one that was revoked."""
    will = bearer(shop, "writer-will")
    question = {"repository": shop.repo, "question": "Who are you?"}
    changed = will.token[:-1] + ("a" if will.token[-1] != "a" else "b")

    others = [Bearer(shop, given).sends("/assist", question) for given in ("-", "dva_x", changed)]
    assert agent(shop, "token", "revoke", token_id(shop)).returncode == 0
    revoked = will.sends("/assist", question)

    assert {each.status_code for each in (*others, revoked)} == {401}
    assert revoked.headers["www-authenticate"] == "Bearer"
    assert "revoked on" in agent(shop, "token", "list").stdout.splitlines()[-1]


def test_a_token_knows_its_repositories_only(shop: World) -> None:
    """What is elsewhere looks as if it were not there."""
    run = parked(shop)
    elsewhere = bearer(shop.owned_by("elsewhere"), "owner-olga")

    found = elsewhere.sends(f"/api/runs/{run.id}/approve", {})
    asked = elsewhere.sends("/assist", {"repository": shop.repo, "question": "What is there?"})

    assert (found.status_code, found.json()["detail"]) == (404, "This token knows no such run.")
    assert (asked.status_code, shop.repo in asked.json()["detail"]) == (404, True)


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"question": "Why?"}, 422, "`repository` is missing."),
        ({"repository": "acme", "question": "Why?"}, 422, "`repository` must look like"),
        ({"repository": "a/b", "question": " "}, 422, "`question` must not be empty."),
        ({"repository": "a/b", "question": "?", "nr": 1}, 422, "`nr` is not known here."),
        (["Why?"], 422, "`The body` must be a mapping"),
        ({"repository": "a/b", "question": "?" * 70_000}, 413, "The body is larger than 64 KiB."),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(
    shop: World, body: Any, status: int, sentence: str
) -> None:
    """As RFC 9457 has it, and nothing is written down."""
    answer = bearer(shop, "writer-will").sends("/assist", body)

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == answer.json()["status"] == status
    assert answer.json()["detail"].startswith(sentence)


def test_a_token_is_nowhere(shop: World) -> None:
    """Not in the ledger, and not in what any process wrote, even if it is asked about."""
    will = bearer(shop, "writer-will")
    shop.stage.model.answers({"answer": "It is.", "citations": []})

    fine = will.sends("/assist", {"repository": shop.repo, "question": "Is it any good?"})
    asked = will.sends("/assist", {"repository": shop.repo, "question": f"Is {will.token} any good?"})

    assert (fine.status_code, asked.status_code) == (200, 422)
    assert asked.json()["detail"].startswith("This holds a token of our API")
    files = [file for file in shop.stage.folder.rglob("*") if file.is_file()]
    assert [file.name for file in files if will.token.encode() in file.read_bytes()] == []


def test_a_token_for_nobody_is_a_sentence(shop: World) -> None:
    """Who GitHub does not know, and where the App is not."""
    nobody = agent(shop, "token", "create", "--login", "no-such-person", "--repo", shop.repo)
    nowhere = agent(shop, "token", "create", "--login", "writer-will", "--repo", "acme/nothing")

    assert (nobody.returncode, nowhere.returncode) == (2, 2)
    assert nobody.stderr == "GitHub knows nobody called no-such-person. Check the login.\n"
    assert nowhere.stderr == (
        "The App is not installed on acme/nothing. Install it there, or check the name.\n"
    )
