"""Comments, reactions and what the webhooks say about them."""

from __future__ import annotations

import hashlib
import hmac
import json

import httpx
import pytest

from playground import Playground
from playground.driver import Driver
from playground.github.hooks import PATIENCE
from tests.contracts.playground.conftest import REPO, Listener

pytestmark = pytest.mark.usefixtures("clean")


def test_a_comment_is_delivered_signed_and_whole(
    playground: Playground, driver: Driver, listener: Listener
) -> None:
    """One POST, signed over the exact bytes, with GitHub's headers."""
    written = driver.comments("/agent run", by="writer-wendy")
    driver.until_hooks_are_idle()
    (headers, body) = listener.heard[0]
    secret = playground.credentials.webhook_secret.encode()
    assert headers["X-Hub-Signature-256"] == f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert headers["X-GitHub-Hook-Installation-Target-ID"] == "4242"
    said = json.loads(body)
    assert (said["action"], said["comment"]["id"]) == ("created", written["id"])
    assert said["issue"]["pull_request"]["url"].endswith("/pulls/1")
    assert (said["sender"]["login"], said["repository"]["full_name"]) == ("writer-wendy", "acme/shop")
    assert said["installation"]["id"] == int(next(iter(driver.sees_state()["installations"])))


def test_an_edit_tells_what_was_there_before(driver: Driver, listener: Listener) -> None:
    """`changes.body.from` is the old text."""
    comment = driver.comments("before")["id"]
    driver.edits(comment, "after", by="maint-mia")
    driver.deletes(comment, by="maint-mia")
    driver.until_hooks_are_idle()
    actions = [said["action"] for said in listener.payloads("issue_comment")]
    assert actions == ["created", "edited", "deleted"]
    assert listener.payloads("issue_comment")[1]["changes"] == {"body": {"from": "before"}}


def test_an_app_hears_its_own_comment(api: httpx.Client, driver: Driver, listener: Listener) -> None:
    """The echo carries `performed_via_github_app`, by which a bot knows itself."""
    api.post(f"{REPO}/issues/1/comments", json={"body": "I am on it."})
    driver.until_hooks_are_idle()
    comment = listener.payloads("issue_comment")[0]["comment"]
    assert comment["performed_via_github_app"]["id"] == 4242
    assert (comment["user"]["type"], comment["user"]["login"]) == ("Bot", "devops-agent[bot]")


def test_a_comment_can_be_edited_listed_and_deleted(api: httpx.Client, driver: Driver) -> None:
    """The life of a status comment."""
    comment = api.post(f"{REPO}/issues/1/comments", json={"body": "one"}).json()
    path = f"{REPO}/issues/comments/{comment['id']}"
    assert api.patch(path, json={"body": "two"}).json()["body"] == "two"
    assert [c["body"] for c in api.get(f"{REPO}/issues/1/comments").json()] == ["two"]
    assert driver.sees_comments()[0]["edits"][0]["was"] == "one"
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_a_comment_has_a_longest_length(api: httpx.Client) -> None:
    """65,536 characters."""
    path = f"{REPO}/issues/1/comments"
    assert api.post(path, json={"body": "x" * 65_536}).status_code == 201
    assert api.post(path, json={"body": "x" * 65_537}).status_code == 422


def test_a_reaction_exists_once(api: httpx.Client, driver: Driver) -> None:
    """201 when new, 200 when it was there."""
    path = f"{REPO}/issues/comments/{driver.comments('hello')['id']}/reactions"
    assert api.post(path, json={"content": "eyes"}).status_code == 201
    assert api.post(path, json={"content": "eyes"}).status_code == 200
    assert [r["content"] for r in api.get(path).json()] == ["eyes"]
    assert driver.sees_comments()[0]["reacted"] == [{"user": "devops-agent[bot]", "content": "eyes"}]


def test_a_review_comment_is_answered_in_its_thread(
    api: httpx.Client, driver: Driver, listener: Listener
) -> None:
    """Review comments have their own event, reactions and replies."""
    first = driver.comments_on_line("/agent fix", "shop/prices.py", line=11)
    reply = api.post(f"{REPO}/pulls/1/comments/{first['id']}/replies", json={"body": "Looking."}).json()
    assert reply["in_reply_to_id"] == first["id"]
    reactions = f"{REPO}/pulls/comments/{first['id']}/reactions"
    assert api.post(reactions, json={"content": "rocket"}).status_code == 201
    assert [c["body"] for c in api.get(f"{REPO}/pulls/1/comments").json()] == ["/agent fix", "Looking."]
    driver.until_hooks_are_idle()
    assert listener.events == ["pull_request_review_comment"] * 2


def test_a_locked_conversation_takes_no_comment(api: httpx.Client, driver: Driver) -> None:
    """403, also for the App."""
    driver.locks(1)
    assert api.post(f"{REPO}/issues/1/comments", json={"body": "hi"}).status_code == 403


def test_a_failed_delivery_is_not_retried_but_can_be_redelivered(
    as_app: httpx.Client, driver: Driver, listener: Listener
) -> None:
    """One attempt, logged with its status; a redelivery has the same GUID."""
    listener.answers.append(500)
    driver.comments("hello")
    driver.until_hooks_are_idle()
    failed = as_app.get("/app/hook/deliveries").json()[0]
    assert (failed["status_code"], len(listener.heard)) == (500, 1)
    assert as_app.post(f"/app/hook/deliveries/{failed['id']}/attempts").status_code == 202
    driver.until_hooks_are_idle()
    (first, body), (second, again) = listener.heard
    assert first["X-GitHub-Delivery"] == second["X-GitHub-Delivery"]
    assert body == again
    log = as_app.get("/app/hook/deliveries").json()
    assert [(d["redelivery"], d["status_code"]) for d in log] == [(True, 202), (False, 500)]
    whole = as_app.get(f"/app/hook/deliveries/{failed['id']}").json()
    assert whole["request"]["payload"]["comment"]["body"] == "hello"


def test_a_delivery_to_nobody_is_logged_as_failed(driver: Driver) -> None:
    """When the door is closed GitHub notes it and goes on."""
    driver.sets_webhook("http://127.0.0.1:1/")
    driver.comments("hello")
    driver.until_hooks_are_idle()
    assert driver.sees_deliveries()[0]["status"] == "failed to connect to host"


def test_deliveries_can_be_doubled_and_swapped(driver: Driver, listener: Listener) -> None:
    """Networks do this; the GUID tells."""
    driver.disturbs_hooks("duplicate")
    driver.comments("one")
    driver.disturbs_hooks("reorder")
    driver.comments("two")
    driver.comments("three")
    driver.until_hooks_are_idle()
    bodies = [said["comment"]["body"] for said in listener.payloads("issue_comment")]
    assert bodies == ["one", "one", "three", "two"]


def test_what_is_overtaken_arrives_later_however_slow_the_listener_is(
    driver: Driver, listener: Listener
) -> None:
    """What overtook it has arrived first, even where a delivery would else no longer have waited."""
    listener.delays.append(PATIENCE + 0.5)
    driver.disturbs_hooks("reorder")
    driver.comments("two")
    driver.comments("three")
    driver.until_hooks_are_idle()
    bodies = [said["comment"]["body"] for said in listener.payloads("issue_comment")]
    assert bodies == ["three", "two"]


def test_installing_and_uninstalling_are_told(driver: Driver, listener: Listener) -> None:
    """The App hears of its own beginning and end."""
    driver.pings()
    driver.suspends()
    driver.unsuspends()
    driver.uninstalls()
    driver.until_hooks_are_idle()
    assert listener.events == ["ping", "installation", "installation", "installation"]
    actions = [said["action"] for said in listener.payloads("installation")]
    assert actions == ["suspend", "unsuspend", "deleted"]
