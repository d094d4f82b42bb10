"""What GitHub's payloads mean to us, and what makes two of them the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.events import (
    AuthorizationRevoked,
    CheckPressed,
    Comment,
    CommentDeleted,
    Commented,
    CommentKind,
    InstallationChanged,
    Pinged,
    PullChange,
    PullChanged,
    RepositoryChanged,
    Subject,
    SuiteRerun,
    from_json,
    to_json,
)
from bot.ids import InstallationId, Login, Person, Place, Repo, Sha
from handlers.github.payloads import MOST_OF_A_TEXT, Heard, Ignored, Malformed, hear
from tests.fixtures.webhooks import (
    AT,
    MIA,
    SHA,
    WILL,
    Example,
    Payload,
    check_run,
    comment,
    examples,
    here,
    issue_comment,
    press,
)

PLACE = Place(InstallationId(42), Repo("acme", "shop"), 1001)
AUTHOR = Person(2, Login("writer-will"))
BOT: Payload = {"id": 6, "login": "echo-app[bot]", "type": "Bot"}
VIA: Payload = {"id": 29110, "slug": "echo-app"}
LATER = "2026-11-21T10:00:05Z"
DEEP = 100_000


def bot_comment(through: Any = VIA, **changes: Any) -> Payload:
    """Of the bot of an App."""
    said = comment(user=BOT, performed_via_github_app=through)
    return issue_comment(**{"sender": BOT, "comment": said, **changes})


def listen(event: str, payload: object) -> Heard | Ignored:
    return hear(event, json.dumps(payload).encode(), app_id=4242, app_slug="devops-agent")


def heard(event: str, payload: object) -> Heard:
    said = listen(event, payload)
    assert isinstance(said, Heard), said
    return said


def test_a_comment_on_a_pull_request_is_heard_with_its_text() -> None:
    """A new comment becomes an event with place, author, number and the text as it was delivered."""
    event = heard("issue_comment", issue_comment()).event
    assert isinstance(event, Commented)
    said = Comment(CommentKind.ISSUE, 901, "/agent run tests", "https://github.example/c/901")
    assert event == Commented(PLACE, AUTHOR, 7, True, said, None, event.at, Subject("Discounts", "Ten %."))
    assert event.at.isoformat() == "2026-11-21T10:00:00+00:00"


def test_what_a_bot_writes_is_heard_with_the_id_of_its_app() -> None:
    """Who may, the server's list of ids says; what the bot is called is nobody's business."""
    event = heard("issue_comment", bot_comment()).event
    assert isinstance(event, Commented)
    assert event.author == Person(6, Login("echo-app[bot]"), 29110)


def test_a_person_who_uses_an_app_is_a_person() -> None:
    """They are asked for their own role, listed App or not."""
    event = heard("issue_comment", issue_comment(comment=comment(performed_via_github_app=VIA))).event
    assert isinstance(event, Commented)
    assert event.author == AUTHOR


def test_a_comment_on_an_issue_is_not_on_a_pull_request() -> None:
    """Without a pull_request field the conversation is an issue."""
    event = heard("issue_comment", issue_comment(issue={"number": 8})).event
    assert isinstance(event, Commented)
    assert (event.number, event.on_pull) == (8, False)


@pytest.mark.parametrize(
    ("told", "subject"),
    [
        ({"title": "Help", "body": None}, Subject("Help", "")),
        ({"title": "Help", "body": "x" * 70_000}, Subject("Help", "x" * MOST_OF_A_TEXT)),
        ({}, Subject()),
    ],
)
def test_a_comment_comes_with_what_it_is_about(told: Payload, subject: Subject) -> None:
    """As it was when the comment was written: what is edited afterwards changes nothing."""
    event = heard("issue_comment", issue_comment(issue={"number": 8, **told})).event

    assert isinstance(event, Commented)
    assert event.subject == subject
    assert from_json(to_json(event)) == event


def test_an_event_of_an_older_version_is_about_nothing() -> None:
    """It was stored without that, and is still read."""
    stored = json.loads(to_json(heard("issue_comment", issue_comment()).event))
    del stored["subject"]

    event = from_json(json.dumps(stored).encode())

    assert isinstance(event, Commented)
    assert event.subject == Subject()


def test_an_edit_carries_the_text_before() -> None:
    """Of an edited comment the old text is known, so that only new commands count."""
    payload = issue_comment(action="edited", changes={"body": {"from": "/agent plan tests"}})
    event = heard("issue_comment", payload).event
    assert isinstance(event, Commented)
    assert event.previous_text == "/agent plan tests"


def test_a_review_comment_is_heard_on_its_pull_request() -> None:
    """A comment on a line counts like one in the conversation."""
    payload = here(action="created", comment=comment(), pull_request={"number": 7})
    event = heard("pull_request_review_comment", payload).event
    assert isinstance(event, Commented)
    assert (event.number, event.on_pull, event.comment.kind) == (7, True, CommentKind.REVIEW)


@pytest.mark.parametrize(
    ("action", "change"),
    [
        ("opened", PullChange.OPENED),
        ("synchronize", PullChange.PUSHED),
        ("closed", PullChange.CLOSED),
        ("converted_to_draft", PullChange.DRAFTED),
    ],
)
def test_a_pull_requests_life_is_heard(action: str, change: PullChange) -> None:
    """Opened, pushed to, closed and drafted are events; the head commit comes with them."""
    pull = {"number": 7, "head": {"sha": SHA}, "updated_at": AT}
    event = heard("pull_request", here(action=action, pull_request=pull)).event
    assert event == PullChanged(PLACE, AUTHOR, 7, change, Sha(SHA))


@pytest.mark.parametrize("sender", [WILL, MIA])
def test_a_deleted_comment_is_heard_whoever_deleted_it(sender: Payload) -> None:
    """Its author, or somebody who may."""
    event = heard("issue_comment", issue_comment(action="deleted", sender=sender)).event
    assert isinstance(event, CommentDeleted)
    assert (event.number, event.comment.id, event.comment.text) == (7, 901, "/agent run tests")


def test_a_deleted_review_comment_is_heard() -> None:
    """Also one on a line."""
    payload = here(action="deleted", comment=comment(), pull_request={"number": 7})
    event = heard("pull_request_review_comment", payload).event
    assert isinstance(event, CommentDeleted)
    assert event.comment.kind is CommentKind.REVIEW


@pytest.mark.parametrize("action", ["renamed", "transferred", "archived", "deleted"])
@pytest.mark.parametrize("sender", [WILL, BOT])
def test_what_becomes_of_a_repository_is_heard(action: str, sender: Payload) -> None:
    """Whoever did it."""
    event = heard("repository", here(action=action, sender=sender)).event
    assert isinstance(event, RepositoryChanged)
    assert (event.place, event.change) == (PLACE, action)


def test_what_a_bot_does_to_a_pull_request_is_heard() -> None:
    """A bot commands nothing, but a pull request that a bot has closed is closed."""
    pull = {"number": 7, "head": {"sha": SHA}, "updated_at": AT}
    event = heard("pull_request", here(action="closed", sender=BOT, pull_request=pull)).event
    assert isinstance(event, PullChanged)
    assert event.actor.login == "echo-app[bot]"


@pytest.mark.parametrize(("action", "button"), [("requested_action", "cancel"), ("rerequested", None)])
def test_a_button_of_our_check_run_is_heard(action: str, button: str | None) -> None:
    """Our own buttons come with their identifier, GitHub's "Re-run" without one."""
    event = heard("check_run", press(action=action)).event
    assert isinstance(event, CheckPressed)
    assert event == CheckPressed(PLACE, AUTHOR, 500, "r1", Sha(SHA), button, event.at)


def test_rerunning_our_suite_is_heard() -> None:
    """ "Re-run all checks" on our suite is an event."""
    suite = {"id": 77, "head_sha": SHA, "updated_at": AT, "app": {"id": 4242}}
    event = heard("check_suite", here(action="rerequested", check_suite=suite)).event
    assert isinstance(event, SuiteRerun)
    assert (event.suite_id, event.head_sha) == (77, SHA)


@pytest.mark.parametrize(
    ("event_name", "action", "change"),
    [
        ("installation", "created", "created"),
        ("installation", "deleted", "deleted"),
        ("installation", "suspend", "suspend"),
        ("installation", "unsuspend", "unsuspend"),
        ("installation", "new_permissions_accepted", "new_permissions_accepted"),
        ("installation_repositories", "added", "repositories_added"),
        ("installation_repositories", "removed", "repositories_removed"),
    ],
)
def test_an_installations_life_is_heard(event_name: str, action: str, change: str) -> None:
    """Installing, removing, suspending and changing repositories or permissions are events."""
    installation = {"id": 42, "account": {"login": "acme"}, "updated_at": 1_700_000_000}
    event = heard(event_name, {"action": action, "installation": installation, "sender": WILL}).event
    assert event == InstallationChanged(InstallationId(42), "acme", change, AUTHOR)


@pytest.mark.parametrize(
    ("event_name", "action", "field", "change"),
    [
        ("installation", "created", "repositories", "created"),
        ("installation_repositories", "added", "repositories_added", "repositories_added"),
    ],
)
def test_the_repositories_that_an_installation_was_given_are_heard(
    event_name: str, action: str, field: str, change: str
) -> None:
    """A repository is known by its id, whoever owned it when we last spoke there."""
    installation = {"id": 42, "account": {"login": "acme"}, "updated_at": 1_700_000_000}
    told = {"action": action, "installation": installation, "sender": WILL, field: [{"id": 7}]}
    event = heard(event_name, told).event
    assert event == InstallationChanged(InstallationId(42), "acme", change, AUTHOR, repositories=(7,))


def test_a_revoked_authorization_is_heard_each_time() -> None:
    """GitHub says who, in the same words each time; without a repository, and without an installation."""
    first, second = (
        heard("github_app_authorization", {"action": "revoked", "sender": WILL}) for _ in range(2)
    )
    assert isinstance(first.event, AuthorizationRevoked)
    assert first.event.person == AUTHOR
    assert first.content_key != second.content_key


def test_a_ping_is_heard() -> None:
    """GitHub's first word after the App was made is heard, so that doctor can say it arrived."""
    event = heard("ping", {"zen": "Keep it logically awesome.", "hook_id": 5}).event
    assert event == Pinged("Keep it logically awesome.")


def test_a_hook_id_makes_nobody_a_person() -> None:
    """What comes without a sender is never a command, whatever else it carries."""
    said = listen("issue_comment", issue_comment(sender=None, hook_id=5))
    assert isinstance(said, Ignored)
    assert said.reason.startswith("sender: ")


US: Payload = {"id": 8, "login": "devops-agent[bot]", "type": "User"}


@pytest.mark.parametrize(
    ("event_name", "payload", "reason"),
    [
        (
            "issue_comment",
            issue_comment(comment=comment(performed_via_github_app={"id": 4242})),
            "this is our own comment",
        ),
        ("issue_comment", issue_comment(comment=comment(user=US), sender=MIA), "this is our own comment"),
        (
            "issue_comment",
            issue_comment(action="deleted", comment=comment(user=US), sender=MIA),
            "this is our own comment",
        ),
        ("issue_comment", issue_comment(sender=US), "we did this ourselves"),
        (
            "issue_comment",
            issue_comment(sender={**US, "login": "DevOps-Agent[bot]"}),
            "we did this ourselves",
        ),
        ("check_run", here(action="rerequested", sender=US), "we did this ourselves"),
        ("issue_comment", issue_comment(sender={**BOT, "type": "User"}), "a bot did this"),
        ("issue_comment", issue_comment(sender=BOT), "a bot did this"),
        ("issue_comment", bot_comment(action="edited", changes={"body": {"from": ""}}), "a bot did this"),
        ("issue_comment", bot_comment(action="deleted"), "a bot did this"),
        ("issue_comment", bot_comment(through=None), "a bot did this"),
        ("issue_comment", bot_comment(through={"id": "29110"}), "a bot did this"),
        ("issue_comment", bot_comment(through={"id": True}), "a bot did this"),
        ("issue_comment", bot_comment(through={"id": 0}), "comment.performed_via_github_app.id: "),
        ("issue_comment", bot_comment(sender={**BOT, "id": 7}), "somebody else changed this comment"),
        ("issue_comment", {"action": 5, "sender": BOT}, "a bot did this"),
        ("never_heard_of", {"sender": BOT}, "a bot did this"),
        ("pull_request", here(action="synchronize", sender=US), "we did this ourselves"),
        ("issue_comment", issue_comment(sender=None), "nobody sent this: the account is gone"),
        ("issue_comment", issue_comment(comment=comment(user=None)), "the comment's author is gone"),
        (
            "issue_comment",
            issue_comment(action="edited", sender=MIA, changes={"body": {"from": ""}}),
            "somebody else changed this comment",
        ),
        ("issue_comment", issue_comment(action="edited", changes={}), "the text did not change"),
        ("issue_comment", issue_comment(action="transferred"), "this action is not for us"),
        ("issue_comment", issue_comment(action=["created"]), "this action is not for us"),
        ("sponsorship", here(action="created"), "this event is not for us"),
        ("issue_comment", issue_comment(installation=None), "installation: "),
        ("issue_comment", here(action="created", issue={"number": 7}), "comment: field required"),
        ("issue_comment", issue_comment(comment=comment(id=2**64)), "comment.id: "),
        ("issue_comment", issue_comment(comment=comment(body=None)), "comment.body: "),
        ("check_run", issue_comment(action="rerequested"), "check_run: field required"),
        ("check_run", press(check_run=check_run(app={"id": 1})), "this check run is not ours"),
        ("check_run", press(check_run=check_run(external_id="")), "check_run.external_id: "),
        ("check_run", press(requested_action=None), "no button is named"),
        ("check_run", press(check_run=check_run(head_sha="main; rm -rf /")), "check_run.head_sha: "),
        (
            "check_suite",
            here(
                action="rerequested",
                check_suite={"id": 1, "head_sha": SHA, "updated_at": AT, "app": {"id": 1}},
            ),
            "this check suite is not ours",
        ),
    ],
)
def test_what_is_not_for_us_is_ignored_with_a_reason(event_name: str, payload: Payload, reason: str) -> None:
    """Own comments, bots, ghosts, strangers' edits, foreign checks and missing fields are no events."""
    said = listen(event_name, payload)
    assert isinstance(said, Ignored)
    assert said.reason.startswith(reason)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"a": "\\ud800"}',
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    ],
    ids=["empty", "cut", "list", "null", "not UTF-8", "half a character", "deep lists", "deep objects"],
)
def test_what_is_no_json_object_is_malformed(body: bytes) -> None:
    """A body that is not a JSON object of sane depth is refused, and nothing falls over."""
    with pytest.raises(Malformed):
        hear("issue_comment", body, app_id=4242, app_slug="devops-agent")


SAME_AGAIN = [
    ("issue_comment", issue_comment()),
    ("issue_comment", issue_comment(action="edited", changes={"body": {"from": "x"}})),
    ("check_run", press()),
]


@pytest.mark.parametrize(("event_name", "payload"), SAME_AGAIN)
def test_the_same_told_twice_has_one_key(event_name: str, payload: Payload) -> None:
    """The key depends on what happened, not on when or how often it is told."""
    assert heard(event_name, payload).content_key == heard(event_name, payload).content_key


@pytest.mark.parametrize(
    ("event_name", "one", "other"),
    [
        ("issue_comment", issue_comment(), issue_comment(comment=comment(id=902))),
        ("issue_comment", issue_comment(), issue_comment(comment=comment(body="/agent run lint"))),
        (
            "issue_comment",
            issue_comment(),
            issue_comment(action="edited", changes={"body": {"from": "/agent"}}),
        ),
        (
            "issue_comment",
            issue_comment(action="edited", changes={"body": {"from": "a"}}),
            issue_comment(
                action="edited", changes={"body": {"from": "a"}}, comment=comment(updated_at=LATER)
            ),
        ),
        (
            "pull_request",
            here(action="closed", pull_request={"number": 7, "head": {"sha": SHA}, "updated_at": AT}),
            here(action="closed", pull_request={"number": 7, "head": {"sha": SHA}, "updated_at": LATER}),
        ),
        ("check_run", press(), press(requested_action={"identifier": "undo"})),
        ("check_run", press(), press(sender=MIA)),
        ("check_run", press(), press(action="rerequested")),
        ("check_run", press(), press(check_run=check_run(completed_at=LATER))),
        ("check_run", press(), press(check_run=check_run(output={"title": "Refused"}))),
    ],
)
def test_a_second_event_has_a_key_of_its_own(event_name: str, one: Payload, other: Payload) -> None:
    """Another comment, text, edit, moment, button, person, or an answered press is another event."""
    assert heard(event_name, one).content_key != heard(event_name, other).content_key


def test_a_comment_and_a_review_comment_with_one_number_differ() -> None:
    """GitHub counts the two kinds of comment separately, so the kind is part of the key."""
    review = here(action="created", comment=comment(), pull_request={"number": 7})
    in_talk = heard("issue_comment", issue_comment())
    on_line = heard("pull_request_review_comment", review)
    assert in_talk.content_key != on_line.content_key


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_every_example_of_githubs_own_is_understood_or_ignored(example: Example) -> None:
    """None of the 329 collected payloads is malformed to us, and every event survives being stored."""
    said = hear(example.event, example.body, app_id=29310, app_slug="devops-agent")
    event = said.event if isinstance(said, Heard) else Pinged(said.reason)
    assert from_json(to_json(event)) == event
