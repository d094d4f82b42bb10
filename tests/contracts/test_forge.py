"""What every forge must do for the desk, shown on GitHub's adapter and the playground's GitHub over HTTP."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

import httpx
import pytest

from bot.errors import AgentError, ConversationLocked, Crowded, Hiccup, Uninstalled, UserError
from bot.events import Comment, CommentKind
from bot.ids import InstallationId, Login, Place, Repo, Sha
from bot.ports import (
    Annotation,
    Branch,
    Button,
    Changes,
    CheckOutput,
    CheckRun,
    Ci,
    Conclusion,
    DiffOf,
    FileChange,
    FileMode,
    Level,
    Proposal,
    PullTitle,
    Role,
    TakenBack,
    Whereabouts,
)
from handlers.github.client import GitHubForge
from handlers.github.tails import last_bytes
from playground import Playground, serve
from playground.driver import Driver

FEATURE = "feature/discounts"
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
USUAL = {
    "metadata": "read",
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "checks": "write",
    "actions": "read",
    "statuses": "read",
    "members": "read",
}
TAKEN = TakenBack(closed=True, branch=Branch.DELETED)
LOGS = "/repos/*/actions/jobs/*/logs"


@dataclass
class World:
    """A GitHub of our own with `acme/shop` and its pull request #1, and the forge that speaks to it."""

    github: Driver
    forge: GitHubForge
    place: Place
    head: Sha
    rests: list[float] = field(default_factory=list)

    def elsewhere(self, name: str) -> Place:
        """A repository of the same installation by another name."""
        return replace(self.place, repo=Repo("acme", name))

    def tip(self, branch: str = FEATURE) -> Sha:
        return Sha(self.github.sees_branches()[branch])

    def writes(self) -> int:
        """How many requests have changed something on GitHub, tokens not counted."""
        return sum(
            one["method"] != "GET" and "access_tokens" not in one["path"]
            for one in self.github.sees_requests()
        )


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    with serve() as it:
        yield it


def _forge(playground: Playground, rests: list[float]) -> GitHubForge:
    known = playground.credentials
    return GitHubForge(known.app_id, known.private_key, playground.url, pause=rests.append)


@pytest.fixture
def world(playground: Playground) -> Iterator[World]:
    github, rests = playground.driver, []  # type: Driver, list[float]
    github.reset()
    installation = InstallationId(int(next(iter(github.sees_state()["installations"]))))
    forge = _forge(playground, rests)
    place = Place(installation, Repo("acme", "shop"), 1001)
    yield World(github, forge, place, Sha(github.sees_branches()[FEATURE]), rests)
    forge.close()
    assert github.sees_trouble() == {"unknown_routes": [], "broken_contracts": []}


def check(world: World, **fields: object) -> CheckRun:
    shown = CheckRun(
        name="devops-agent / run",
        head_sha=world.head,
        external_id="run-1",
        details_url="https://agent.example/runs/1",
        status="in_progress",
        title="Running",
        summary="| step | state |",
        text="output",
        started_at=NOW,
    )
    return replace(shown, **fields)  # type: ignore[arg-type]


def proposal(world: World, *files: FileChange, **fields: object) -> Proposal:
    some = files or (FileChange("shop/prices.py", FileMode.FILE, b"fixed = True\n"),)
    made = Proposal(
        branch="agent/r1",
        base_ref=FEATURE,
        parent=world.head,
        message="Mend the discount",
        title="Mend the discount",
        body=lambda note: f"It was wrong. {note}\n\n<!-- run r1 -->",
        marker="<!-- run r1 -->",
        changes=Changes(some, b""),
    )
    return replace(made, **fields)  # type: ignore[arg-type]


# --- who may -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("login", "role"),
    [
        ("owner-olga", Role.ADMIN),
        ("maint-mia", Role.MAINTAIN),
        ("writer-will", Role.WRITE),
        ("triage-tom", Role.TRIAGE),
        ("reader-rita", Role.READ),
        ("outsider-oz", Role.NONE),
        ("nobody-at-all", Role.NONE),
        ("../../../user", Role.NONE),
    ],
)
def test_a_persons_live_role_is_read(world: World, login: str, role: Role) -> None:
    """The role is GitHub's own, maintain and triage told apart; who does not exist has none."""
    assert world.forge.permissions.role(world.place, Login(login)) is role


def test_a_membership_is_read_live(world: World) -> None:
    """Who is only invited is no member; of another organisation's team nothing is known."""
    world.github.joins_team("maint-mia", "acme/release")
    world.github.joins_team("writer-will", "acme/release", state="pending")

    def member(login: str, team: str) -> bool | None:
        return world.forge.permissions.member(world.place, team, Login(login))

    assert member("maint-mia", "acme/release") is True
    assert member("writer-will", "acme/release") is False
    assert member("maint-mia", "acme/nobody") is False
    assert member("maint-mia", "elsewhere/release") is None


def test_a_membership_that_we_may_not_see_is_not_known(world: World) -> None:
    """An App that has no `members: read` takes nobody for a member."""
    world.github.joins_team("maint-mia", "acme/release")
    world.github.sets_permissions(**{name: level for name, level in USUAL.items() if name != "members"})

    assert world.forge.permissions.member(world.place, "acme/release", Login("maint-mia")) is None

    world.github.sets_permissions(**USUAL)


@pytest.mark.parametrize(
    ("checks", "statuses", "ci"),
    [
        ([], [], Ci.UNKNOWN),
        (["success", "skipped"], [], Ci.GREEN),
        (["success", "failure"], ["success"], Ci.RED),
        ([], ["success"], Ci.GREEN),
        (["success"], ["pending"], Ci.UNKNOWN),
        (["success"], ["error"], Ci.RED),
    ],
)
def test_the_checks_and_statuses_of_others_are_one_word(
    world: World, checks: list[str], statuses: list[str], ci: Ci
) -> None:
    """Of a commit that only this test has; what we say of it ourselves does not count."""
    head = world.github.pushes({f"{uuid4()}.txt": "x\n"}, branch=FEATURE)["sha"]
    for number, conclusion in enumerate(checks):
        world.github.foreign_check_run(f"check {number}", ref=head, conclusion=conclusion)
    for number, state in enumerate(statuses):
        world.github.sets_status(state, ref=head, context=f"ci/{number}")

    assert world.forge.standing.ci(world.place, Sha(head)) is ci


def test_ci_that_we_may_not_see_is_not_known(world: World) -> None:
    """An App that has no `statuses: read` decides nothing on half of it."""
    world.github.sets_permissions(**{name: level for name, level in USUAL.items() if name != "statuses"})

    assert world.forge.standing.ci(world.place, world.head) is None

    world.github.sets_permissions(**USUAL)


def test_who_approves_a_pull_request_is_read(world: World) -> None:
    """The latest word of each counts, and only for the commit that it was said about."""
    head = Sha(world.github.pushes({f"{uuid4()}.txt": "x\n"}, branch=FEATURE)["sha"])
    for by, state in (
        ("maint-mia", "CHANGES_REQUESTED"),
        ("maint-mia", "APPROVED"),
        ("maint-mia", "COMMENTED"),
        ("owner-olga", "APPROVED"),
        ("owner-olga", "DISMISSED"),
        ("reader-rita", "APPROVED"),
    ):
        world.github.reviews_pull(state, by=by)

    assert world.forge.standing.approvers(world.place, 1, head) == ["maint-mia", "reader-rita"]

    moved = Sha(world.github.pushes({f"{uuid4()}.txt": "x\n"}, branch=FEATURE)["sha"])
    assert world.forge.standing.approvers(world.place, 1, moved) == []


def test_a_pull_request_is_taken_back_once(world: World) -> None:
    """Closed, and its branch deleted; the second time there is nothing left to do."""
    made = world.forge.pull_requests.publish(world.place, proposal(world))
    again = replace(TAKEN, closed=False, branch=Branch.GONE)

    for expected in (TAKEN, again):
        taken = world.forge.pull_requests.take_back(world.place, made.number, made.branch, made.sha)
        assert taken == expected

    assert world.github.sees_pull(made.number)["state"] == "closed"
    assert made.branch not in world.github.sees_branches()


@pytest.mark.parametrize("known", [True, False])
def test_a_branch_that_others_pushed_to_is_not_deleted(world: World, known: bool) -> None:
    """Nor one of which nobody knows any more in which commit it ended."""
    made = world.forge.pull_requests.publish(world.place, proposal(world))
    if known:
        world.github.pushes({"theirs.txt": "theirs\n"}, branch=made.branch)

    taken = world.forge.pull_requests.take_back(
        world.place, made.number, made.branch, made.sha if known else None
    )

    assert taken == TakenBack(closed=True, branch=Branch.KEPT)
    assert made.branch in world.github.sees_branches()


def test_what_is_merged_is_not_taken_back(world: World) -> None:
    """It says what to do; and only branches of ours are ever deleted."""
    made = world.forge.pull_requests.publish(world.place, proposal(world))
    world.github.merges(made.number)

    with pytest.raises(UserError, match="was merged meanwhile"):
        world.forge.pull_requests.take_back(world.place, made.number, made.branch, made.sha)
    with pytest.raises(ValueError, match="are ours"):
        world.forge.pull_requests.take_back(world.place, 1, FEATURE, world.head)


def test_a_role_taken_away_is_gone_at_once(world: World) -> None:
    """Nothing about rights is remembered between two questions."""
    world.forge.permissions.role(world.place, Login("writer-will"))
    world.github.sets_role("writer-will", "read")
    assert world.forge.permissions.role(world.place, Login("writer-will")) is Role.READ


@pytest.mark.parametrize("status", [403, 500, 502])
def test_no_answer_about_rights_is_never_a_yes(world: World, status: int) -> None:
    """When GitHub does not say what somebody may do, the question stays open, and policy denies on that."""
    world.github.fails("/repos/*/collaborators/*/permission", status=status, times=9)
    with pytest.raises(Hiccup):
        world.forge.permissions.role(world.place, Login("writer-will"))


# --- reading -------------------------------------------------------------------------------------------


def test_a_pull_request_is_read_as_it_is_now(world: World) -> None:
    """Number, state, head and base come from GitHub, not from the webhook."""
    pull = world.forge.code.pull(world.place, 1)
    assert (pull.number, pull.open, pull.draft, pull.base_ref) == (1, True, False, "main")
    assert (pull.head_sha, pull.head_ref, pull.head_repo) == (world.head, FEATURE, Repo("acme", "shop"))


def test_a_closed_pull_request_says_so(world: World) -> None:
    """Closing is seen at the next look."""
    world.github.closes(1)
    assert not world.forge.code.pull(world.place, 1).open


def test_a_pull_request_that_is_not_there_is_a_sentence(world: World) -> None:
    """A number without a pull request is something to tell the person."""
    with pytest.raises(UserError, match="cannot find pull request #99 in acme/shop"):
        world.forge.code.pull(world.place, 99)


def test_a_repository_is_found_under_its_new_name(world: World) -> None:
    """By the old name, with the installation that sees it."""
    world.github.renames("store")

    there = world.forge.code.whereabouts(world.place)

    assert there == Whereabouts(world.elsewhere("store"), archived=False)
    assert world.forge.code.pull(world.place, 1).repo == Repo("acme", "store")


def test_a_repository_that_belongs_to_another_owner_is_found_there(world: World) -> None:
    """Where the App is installed at both."""
    world.github.adds_repository("newcorp/tool")
    world.github.transfers("newcorp", install=True)

    there = world.forge.code.whereabouts(world.place)

    assert there is not None
    assert there.place.repo == Repo("newcorp", "shop")
    assert there.place.installation != world.place.installation


def test_an_archived_repository_says_so(world: World) -> None:
    """To whoever asks for it or for one of its pull requests."""
    world.github.archives()

    assert world.forge.code.whereabouts(world.place) == Whereabouts(world.place, archived=True)
    assert world.forge.code.pull(world.place, 1).archived


def test_a_repository_is_found_by_its_name(world: World) -> None:
    """However it is spelled, by its old name too, and through whichever installation sees it."""
    world.github.adds_repository("newcorp/tool")
    world.github.renames("store")

    shop = world.forge.code.named(Repo("ACME", "shop"))
    tool = world.forge.code.named(Repo("newcorp", "tool"))

    assert shop == Whereabouts(world.elsewhere("store"), archived=False)
    assert tool is not None
    assert tool.place.repo == Repo("newcorp", "tool")
    assert tool.place.installation != world.place.installation


def test_a_repository_that_not_everybody_may_read_says_so(world: World) -> None:
    """Wherever it is asked for."""
    world.github.adds_repository("acme/secret", private=True)

    secret = world.forge.code.named(Repo("acme", "secret"))
    listed = {str(each.place.repo): each.private for each in world.forge.code.repositories()}

    assert secret is not None
    assert secret.private
    assert world.forge.code.whereabouts(secret.place) == secret
    assert listed == {"acme/shop": False, "acme/secret": True}


@pytest.mark.parametrize("act", [Driver.uninstalls, Driver.suspends, Driver.removes_repository])
def test_a_name_that_we_may_not_see_is_nowhere(world: World, act: Callable[[Driver], None]) -> None:
    """Where the App is not installed, suspended, or not for this one; and a name that is nobody's."""
    act(world.github)

    assert world.forge.code.named(Repo("acme", "shop")) is None
    assert world.forge.code.named(Repo("acme", "..")) is None


def test_no_answer_about_a_name_does_not_mean_that_it_is_nobodys(world: World) -> None:
    """It stays an open question."""
    world.github.fails("/repos/acme/shop/installation", times=9)

    with pytest.raises(Hiccup):
        world.forge.code.named(Repo("acme", "shop"))


def test_all_that_the_app_sees_is_listed(world: World) -> None:
    """Behind the first page, and of every installation that is not suspended."""
    names = [f"acme/tool-{number}" for number in range(100)]
    list(map(world.github.adds_repository, [*names, "newcorp/tool", "oldcorp/tool"]))
    world.github.adds_repository("acme/not-ours", install=False)
    world.github.suspends("oldcorp")

    seen = world.forge.code.repositories()

    assert {str(each.place.repo) for each in seen} == {"acme/shop", *names, "newcorp/tool"}
    assert len({each.place.installation for each in seen}) == 2


def test_an_installation_that_goes_away_in_between_is_left_out(world: World) -> None:
    """GitHub gives no token for it any more; the others are there."""
    world.github.adds_repository("newcorp/tool")
    world.github.fails(f"/app/installations/{world.place.installation}/access_tokens", status=404)

    assert [str(each.place.repo) for each in world.forge.code.repositories()] == ["newcorp/tool"]


def test_the_open_pull_requests_are_listed(world: World) -> None:
    """The newest first, with their titles."""
    world.github.pushes({"a.txt": "a\n"}, branch="second")
    world.github.pushes({"b.txt": "b\n"}, branch="third")
    second = world.github.opens_pull("second", title="The second")
    third = world.github.opens_pull("third", title="The third")
    world.github.closes(second["number"])

    assert world.forge.code.pulls(world.place) == [
        PullTitle(third["number"], "The third"),
        PullTitle(1, "Discounts"),
    ]


def transfers(github: Driver) -> None:
    github.adds_account("newcorp")
    github.transfers("newcorp")


def takes_the_name(github: Driver) -> None:
    github.renames("store")
    github.adds_repository("acme/shop")


@pytest.mark.parametrize(
    "act",
    [
        Driver.uninstalls,
        Driver.suspends,
        Driver.removes_repository,
        Driver.deletes_repository,
        transfers,
        takes_the_name,
    ],
)
def test_a_repository_where_we_may_not_act_is_nowhere(world: World, act: Callable[[Driver], None]) -> None:
    """Uninstalled, suspended, taken away, deleted, transferred, or another one that took its name."""
    act(world.github)

    assert world.forge.code.whereabouts(world.place) is None


def test_a_commit_says_who_wrote_it(world: World) -> None:
    """A person by login, our App as its bot; a commit that is not there is nobody's."""
    published = world.forge.pull_requests.publish(world.place, proposal(world))

    authors = [
        world.forge.code.author(world.place, sha)
        for sha in (world.head, world.tip(published.branch), Sha("0" * 40))
    ]

    assert authors == ["writer-will", "devops-agent[bot]", ""]


def test_the_default_branch_is_read_with_its_commit(world: World) -> None:
    """An issue's run starts from here."""
    assert world.forge.code.default_branch(world.place) == ("main", world.tip("main"))


@pytest.mark.parametrize(
    ("path", "content"),
    [("CHANGELOG.md", b"# Changes\n\n- Carts have totals.\n"), ("shop/__init__.py", b""), ("no/such", None)],
)
def test_a_file_of_the_default_branch_is_read(world: World, path: str, content: bytes | None) -> None:
    """Its bytes, or None when there is no such file."""
    assert world.forge.code.read(world.place, path) == content


def test_a_folder_is_not_a_file(world: World) -> None:
    """Where a file is wanted and a folder is found, the person hears of it."""
    with pytest.raises(UserError, match="`shop` is not a file"):
        world.forge.code.read(world.place, "shop")


def test_a_file_over_a_megabyte_is_refused(world: World) -> None:
    """A configuration of that size is a mistake."""
    world.github.pushes({"big.yml": "x" * (1024 * 1024 + 1)}, branch="main")
    with pytest.raises(UserError, match="larger than 1 MiB"):
        world.forge.code.read(world.place, "big.yml")


def test_the_owners_shared_repository_is_read(world: World) -> None:
    """The same path in the owner's `.github` repository; None before there is one."""
    assert world.forge.code.read_organisation(world.place, ".github/agent.yml") is None
    world.github.adds_repository("acme/.github", files={".github/agent.yml": "enabled: true\n"})
    assert world.forge.code.read_organisation(world.place, ".github/agent.yml") == b"enabled: true\n"


def test_the_files_of_a_commit_are_listed(world: World) -> None:
    """By path, folders left out; a commit that is not there has none."""
    assert {"README.md", "shop/prices.py", "tests/test_discounts.py"} <= set(
        world.forge.code.paths(world.place, world.head)
    )
    assert "tests" not in world.forge.code.paths(world.place, world.head)
    assert world.forge.code.paths(world.place, Sha("0" * 40)) == []


def test_a_file_is_read_as_a_commit_has_it(world: World) -> None:
    """The pull request's file is there at its head and not on the default branch."""
    path = "tests/test_discounts.py"
    at_head = world.forge.code.read_at(world.place, path, world.head)

    assert at_head is not None
    assert b"class Discounts" in at_head
    assert world.forge.code.read_at(world.place, path, world.tip("main")) is None
    assert world.forge.code.read_at(world.place, path, Sha("0" * 40)) is None


def test_what_a_pull_request_changes_is_read(world: World) -> None:
    """Each file with what was done to it and its patch."""
    diffs = {diff.path: diff for diff in world.forge.code.diffs(world.place, 1)}

    assert {path: diff.done for path, diff in diffs.items()} == {
        "shop/prices.py": DiffOf.MODIFIED,
        "tests/test_discounts.py": DiffOf.ADDED,
    }
    assert "+def discounted(amount, percent):" in diffs["shop/prices.py"].patch


def test_what_checks_said_is_read(world: World) -> None:
    """Name, conclusion and words of each check run; one that goes on has no conclusion yet."""
    done = check(world, status="completed", conclusion=Conclusion.FAILURE, completed_at=NOW)
    world.forge.check_runs.create(world.place, done)
    world.forge.check_runs.create(world.place, check(world, name="other", external_id="run-2"))

    said = {each.name: each for each in world.forge.code.checks(world.place, world.head)}

    assert said["devops-agent / run"] == CheckOutput(
        "devops-agent / run", Conclusion.FAILURE, "Running", "| step | state |", "output"
    )
    assert said["other"].conclusion is None
    assert world.forge.code.checks(world.place, Sha("0" * 40)) == []


# --- what jobs of Actions wrote ------------------------------------------------------------------------


def job(world: World, log: str = "It failed.\n") -> int:
    """The id of a failed job, as its check run tells it."""
    world.github.fails_job("tests", log, ref=FEATURE)
    (check,) = [each for each in world.forge.code.checks(world.place, world.tip()) if each.name == "tests"]
    assert check.job is not None
    return check.job


def test_the_end_of_a_jobs_log_is_read(world: World) -> None:
    """From the host that keeps it, which is given no token: the playground's refuses one, and complains."""
    log = "".join(f"line {number}\n" for number in range(100_000))

    assert world.forge.code.job_log(world.place, job(world, log), 1_000) == log.encode()[-1_000:]


def test_a_short_log_is_read_whole(world: World) -> None:
    """However many bytes are asked for."""
    assert world.forge.code.job_log(world.place, job(world), 1_000) == b"It failed.\n"


def test_only_a_check_run_of_actions_is_a_job(world: World) -> None:
    """Of any other one there is no log."""
    world.github.foreign_check_run("theirs", ref=FEATURE, conclusion="failure")

    said = {each.name: each.job for each in world.forge.code.checks(world.place, world.tip())}
    assert said["theirs"] is None


@pytest.mark.parametrize("status", [403, 404, 410, 500])
def test_a_log_that_github_does_not_give_is_none(world: World, status: int) -> None:
    """Not allowed, never there, thrown away or in trouble: nobody waits for it, and nothing is lost."""
    failed = job(world)
    world.github.fails(LOGS, status=status, times=9)

    assert world.forge.code.job_log(world.place, failed, 1_000) is None
    assert world.forge.code.pull(world.place, 1).open


def test_an_app_without_the_permission_reads_no_log(world: World) -> None:
    """As one that was made before there was a use for it; when it is granted, it helps at once."""
    world.github.sets_permissions(**{name: level for name, level in USUAL.items() if name != "actions"})
    failed = job(world)
    assert world.forge.code.job_log(world.place, failed, 1_000) is None

    world.github.sets_permissions(**USUAL)
    assert world.forge.code.job_log(world.place, failed, 1_000) == b"It failed.\n"


@pytest.mark.parametrize("trouble", ["fails", "cuts"])
def test_a_host_of_logs_that_does_not_answer_is_no_reason_to_wait(world: World, trouble: str) -> None:
    """It is not GitHub's API, and may be where nobody lets us go."""
    failed = job(world)
    getattr(world.github, trouble)("/signedlogcontent/*", times=9)

    assert world.forge.code.job_log(world.place, failed, 1_000) is None


def test_a_log_without_end_is_let_go() -> None:
    """What came until then is not its end, so it is worth nothing."""
    endless = httpx.Response(200, content=(b"y\n" * 1_000 for _ in count()))

    with pytest.raises(Hiccup, match="too long to be read in time"):
        last_bytes(endless, 1_000, time.monotonic() + 0.05)


def test_a_limit_on_reading_logs_is_waited_for(world: World) -> None:
    """It is GitHub's word to us, not to the log."""
    failed = job(world)
    world.github.fails(LOGS, status=429, times=1)

    with pytest.raises(Crowded):
        world.forge.code.job_log(world.place, failed, 1_000)


# --- check runs ----------------------------------------------------------------------------------------


def test_a_check_run_goes_from_queued_to_success(world: World) -> None:
    """Created once, brought up to date in place, with its conclusion, times and buttons at the end."""
    ident = world.forge.check_runs.create(world.place, check(world, status="queued", started_at=None))
    world.forge.check_runs.update(world.place, ident, check(world))
    button = Button("Undo", "Close the pull request", "undo")
    done = check(
        world, status="completed", conclusion=Conclusion.SUCCESS, completed_at=NOW, buttons=(button,)
    )
    world.forge.check_runs.update(world.place, ident, done)
    (shown,) = world.github.sees_check_runs()
    assert [step["status"] for step in shown["history"]] == ["queued", "in_progress", "completed"]
    assert (shown["conclusion"], shown["completed_at"]) == ("success", "2026-11-21T10:00:00Z")
    assert shown["actions"] == [
        {"label": "Undo", "description": "Close the pull request", "identifier": "undo"}
    ]


def test_a_check_run_is_found_by_its_external_id(world: World) -> None:
    """Among many of one name, also behind the first page, the run's own is found, and no other."""
    made = [
        world.forge.check_runs.create(world.place, check(world, external_id=f"run-{number}"))
        for number in range(102)
    ]
    assert world.forge.check_runs.find(world.place, check(world, external_id="run-0")) == made[0]
    assert world.forge.check_runs.find(world.place, check(world, external_id="run-x")) is None


def test_a_check_run_of_a_commit_that_is_gone_is_not_found(world: World) -> None:
    """Looking on an unknown commit finds nothing and is no error."""
    assert world.forge.check_runs.find(world.place, check(world, head_sha="0" * 40)) is None


def test_annotations_are_sent_with_their_lines(world: World) -> None:
    """Path, lines, level, title and message arrive as they were found."""
    one = Annotation("shop/prices.py", 11, Level.FAILURE, "1990 != 1800", "test_ten_percent", 12)
    ident = world.forge.check_runs.create(world.place, check(world, annotations=(one,)))
    (shown,) = world.github.sees_check_runs()
    assert (shown["id"], shown["annotations"]) == (
        ident,
        [
            {
                "path": "shop/prices.py",
                "start_line": 11,
                "end_line": 12,
                "annotation_level": "failure",
                "message": "1990 != 1800",
                "title": "test_ten_percent",
            }
        ],
    )


def test_annotations_are_never_sent_twice_by_ourselves(world: World) -> None:
    """An update that failed after it was done is not repeated blindly when it carries annotations."""
    ident = world.forge.check_runs.create(world.place, check(world))
    world.github.fails_after("/repos/*/check-runs/*", method="PATCH")
    one = Annotation("a.py", 1, Level.NOTICE, "look")
    with pytest.raises(Hiccup):
        world.forge.check_runs.update(world.place, ident, check(world, annotations=(one,)))
    assert len(world.github.sees_check_runs()[0]["annotations"]) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"summary": "é" * 32_768},
        {"text": "x" * 65_536},
        {"annotations": (Annotation("a.py", 1, Level.NOTICE, "m"),) * 51},
        {"buttons": (Button("a", "b", "c"),) * 4},
        {"buttons": (Button("a" * 21, "b", "c"),)},
        {"status": "completed"},
        {"conclusion": Conclusion.SUCCESS},
    ],
    ids=["summary bytes", "text", "annotations", "buttons", "label", "no conclusion", "too early"],
)
def test_what_does_not_fit_is_our_mistake(world: World, fields: dict[str, object]) -> None:
    """A check run over GitHub's limits is never sent."""
    with pytest.raises(ValueError, match="check run"):
        world.forge.check_runs.create(world.place, check(world, **fields))
    assert world.writes() == 0


# --- comments and reactions ----------------------------------------------------------------------------


def test_a_locked_conversation_is_told_from_other_refusals(world: World) -> None:
    """It has an error of its own, because it is nobody's mistake."""
    world.github.locks(1)
    with pytest.raises(ConversationLocked, match="issue is locked"):
        world.forge.comments.create(world.place, 1, "Running.")


def test_our_comment_is_found_by_its_marker_and_edited_in_place(world: World) -> None:
    """One status comment: written once, found behind any number of others, changed where it stands."""
    world.github.comments("<!-- agent:run:1 --> copied by a person")
    ident = world.forge.comments.create(world.place, 1, "Running.\n<!-- agent:run:1 -->")
    assert world.forge.comments.find(world.place, 1, "<!-- agent:run:1 -->") == ident
    assert world.forge.comments.find(world.place, 1, "<!-- agent:run:2 -->") is None
    world.forge.comments.update(world.place, ident, "Done.\n<!-- agent:run:1 -->")
    assert [one["body"].split("\n")[0] for one in world.github.sees_comments()][-1] == "Done."


def test_a_comment_on_the_second_page_is_found(world: World) -> None:
    """GitHub shows a hundred comments a page, oldest first."""
    texts = [f"comment {number}" for number in range(101)]
    list(map(world.github.comments, texts))
    ident = world.forge.comments.create(world.place, 1, "Running. <!-- m -->")
    assert world.forge.comments.find(world.place, 1, "<!-- m -->") == ident


def test_what_is_gone_is_not_reached(world: World) -> None:
    """Changing what somebody deleted changes nothing, and says so without an error."""
    gone = Comment(CommentKind.ISSUE, 999_999, "", "")
    assert not world.forge.comments.update(world.place, gone.id, "text")
    assert not world.forge.check_runs.update(world.place, 999_999, check(world))
    assert not world.forge.reactions.react(world.place, gone, "eyes")
    assert world.forge.check_runs.annotated(world.place, 999_999) == 0


def test_a_comment_that_is_too_long_is_our_mistake(world: World) -> None:
    """Over 65,536 characters is never sent."""
    with pytest.raises(ValueError, match="65537"):
        world.forge.comments.create(world.place, 1, "x" * 65_537)


def test_a_reaction_given_twice_is_there_once(world: World) -> None:
    """👀 on a comment in the conversation; repeating it changes nothing."""
    said = world.github.comments("/agent run")
    comment = Comment(CommentKind.ISSUE, said["id"], "/agent run", "")
    world.forge.reactions.react(world.place, comment, "eyes")
    world.forge.reactions.react(world.place, comment, "eyes")
    (shown,) = world.github.sees_comments()
    assert shown["reacted"] == [{"user": "devops-agent[bot]", "content": "eyes"}]


def test_a_review_comment_takes_a_reaction_too(world: World) -> None:
    """Comments on lines live under another address."""
    said = world.github.comments_on_line("/agent run", "shop/prices.py")
    world.forge.reactions.react(world.place, Comment(CommentKind.REVIEW, said["id"], "", ""), "eyes")
    assert world.github.sees_comments()[0]["reacted"][0]["content"] == "eyes"


# --- pull requests -------------------------------------------------------------------------------------

KINDS = (
    FileChange("shop/prices.py", FileMode.FILE, b"fixed = True\n"),
    FileChange("run.sh", FileMode.EXECUTABLE, b"#!/bin/sh\n"),
    FileChange("link", FileMode.SYMLINK, b"shop/prices.py"),
    FileChange("empty", FileMode.FILE, b""),
    FileChange("logo.png", FileMode.FILE, b"\x89PNG\x00\xff"),
    FileChange("CHANGELOG.md", FileMode.FILE, None),
)


def test_every_kind_of_change_arrives(world: World) -> None:
    """Changed, executable, linked, empty, binary and deleted files become one signed commit of the App."""
    published = world.forge.pull_requests.publish(world.place, proposal(world, *KINDS))
    seen = world.github.sees_pull(published.number)
    assert {one["path"]: (one["status"], one["mode"]) for one in seen["files"]} == {
        "shop/prices.py": ("modified", "100644"),
        "run.sh": ("added", "100755"),
        "link": ("added", "120000"),
        "empty": ("added", "100644"),
        "logo.png": ("added", "100644"),
        "CHANGELOG.md": ("removed", None),
    }
    (commit,) = seen["commit_list"]
    assert (commit["verification"]["verified"], commit["parents"][0]["sha"]) == (True, world.head)
    assert (seen["base"]["ref"], seen["head"]["ref"], published.note) == (FEATURE, "agent/r1", "")


def test_publishing_twice_makes_one_pull_request(world: World) -> None:
    """The second time finds what the first time made, and writes nothing."""
    first = world.forge.pull_requests.publish(world.place, proposal(world))
    before = world.writes()
    assert world.forge.pull_requests.publish(world.place, proposal(world)) == first
    assert world.writes() == before


def test_a_pull_request_that_a_person_closed_is_not_made_again(world: World) -> None:
    """Closed is an answer."""
    first = world.forge.pull_requests.publish(world.place, proposal(world))
    world.github.closes(first.number)
    assert world.forge.pull_requests.publish(world.place, proposal(world)).number == first.number


@pytest.mark.parametrize("path", ["git/trees", "git/commits", "git/refs", "pulls"])
@pytest.mark.parametrize("done", [True, False], ids=["done all the same", "not done"])
def test_publishing_goes_on_after_a_failure_anywhere(world: World, path: str, done: bool) -> None:
    """Whatever step failed, done or not, the next try ends with exactly one pull request."""
    fault = {True: world.github.fails_after, False: world.github.fails}[done]
    fault(f"/repos/acme/shop/{path}", method="POST")
    with pytest.raises(Hiccup):
        world.forge.pull_requests.publish(world.place, proposal(world))
    published = world.forge.pull_requests.publish(world.place, proposal(world))
    ours = [one["number"] for one in world.github.sees_pulls() if one["head"]["ref"] == "agent/r1"]
    assert ours == [published.number]


def test_a_base_that_moved_elsewhere_is_built_upon(world: World) -> None:
    """When nobody touched what we change, the pull request stands on the new head and says so."""
    pushed = world.github.pushes({"docs.md": "new\n"}, branch=FEATURE)
    published = world.forge.pull_requests.publish(world.place, proposal(world))
    seen = world.github.sees_pull(published.number)
    assert seen["commit_list"][0]["parents"][0]["sha"] == pushed["sha"]
    assert [one["path"] for one in seen["files"]] == ["shop/prices.py"]
    assert published.note == (
        f"`{FEATURE}` has moved on since I started; nothing that I change was touched there, "
        f"so this is built on {pushed['sha'][:12]}."
    )


def test_a_base_that_moved_under_our_files_is_named(world: World) -> None:
    """When somebody changed the same file, the pinned commit stays and the file is named."""
    world.github.pushes({"shop/prices.py": "theirs = True\n"}, branch=FEATURE)
    published = world.forge.pull_requests.publish(world.place, proposal(world))
    assert world.github.sees_pull(published.number)["commit_list"][-1]["parents"][0]["sha"] == world.head
    assert "because `shop/prices.py` changed there too" in published.note


def test_a_base_that_was_rewritten_is_said(world: World) -> None:
    """After a force-push the pinned commit is not part of the branch any more."""
    world.github.pushes({"other.md": "x\n"}, branch=FEATURE, base="main", force=True)
    note = world.forge.pull_requests.publish(world.place, proposal(world)).note
    assert note.endswith(f"this is built on {world.head[:12]}, which is no longer part of it.")


def test_a_base_that_is_gone_is_a_sentence(world: World) -> None:
    """Without a branch there is nothing to open a pull request against."""
    world.github.deletes_branch(FEATURE)
    with pytest.raises(UserError, match=f"The branch `{FEATURE}` is gone"):
        world.forge.pull_requests.publish(world.place, proposal(world))


@pytest.mark.parametrize(
    ("path", "branch"),
    [
        (".github/workflows/ci.yml", "agent/r1"),
        (".GitHub/Workflows/ci.yml", "agent/r1"),
        (".github/workflows", "agent/r1"),
        (".github", "agent/r1"),
        ("fine.txt", "main"),
    ],
)
def test_workflows_and_foreign_branches_are_never_written(world: World, path: str, branch: str) -> None:
    """The last wall: no request leaves for a workflow file or a branch outside agent/."""
    files = FileChange(path, FileMode.FILE, b"on: push\n")
    with pytest.raises(ValueError, match=r"workflows run with secrets|only branches under"):
        world.forge.pull_requests.publish(world.place, proposal(world, files, branch=branch))
    assert world.writes() == 0


# --- checkouts -----------------------------------------------------------------------------------------


def test_a_checkout_token_reads_one_repository_and_nothing_else(world: World) -> None:
    """It fetches the contents of its repository; writing or another repository is refused by GitHub."""
    world.github.adds_repository("acme/secret", private=True)
    token = world.forge.checkouts.token(world.place)
    asked = world.github.act("see_requests")[-1]
    assert asked["path"].endswith("/access_tokens")
    assert token.startswith("ghs_")
    assert world.forge.checkouts.token(world.place) != token


def test_a_checkout_token_outlives_the_name_of_its_repository(world: World) -> None:
    """A repository that was renamed a moment ago is known by its id."""
    world.github.renames("shop-renamed")
    assert world.forge.checkouts.token(world.place)


# --- trouble on the wire -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["fails", "cuts"])
def test_reading_is_tried_again_by_itself(world: World, kind: str) -> None:
    """Two failures in a row are bridged, after waiting a little longer each time."""
    getattr(world.github, kind)("/repos/acme/shop/pulls/1", times=2)
    assert world.forge.code.pull(world.place, 1).number == 1
    assert len(world.rests) == 2
    assert max(world.rests) < 1.0


def test_reading_is_given_up_after_four_tries(world: World) -> None:
    """What stays broken is left to the queue."""
    world.github.fails("/repos/acme/shop/pulls/1", times=9)
    with pytest.raises(Hiccup, match=r"GitHub has trouble at the moment \(502\)"):
        world.forge.code.pull(world.place, 1)
    assert len(world.rests) == 3


@pytest.mark.parametrize("kind", ["fails_after", "cuts_after"])
def test_a_comment_is_never_posted_twice_blindly(world: World, kind: str) -> None:
    """A POST that failed after it was done is left to who can look first."""
    getattr(world.github, kind)("/repos/*/issues/*/comments", method="POST")
    with pytest.raises(Hiccup):
        world.forge.comments.create(world.place, 1, "Once. <!-- m -->")
    assert len(world.github.sees_comments()) == 1
    assert world.forge.comments.find(world.place, 1, "<!-- m -->") is not None


@pytest.mark.parametrize(("retry_after", "least"), [(17, 17.0), (None, 60.0)])
def test_a_secondary_limit_says_when_to_come_back(
    world: World, retry_after: int | None, least: float
) -> None:
    """With or without a Retry-After header, the wait is for the queue and never spent here."""
    world.github.limits(secondary=True, content_per_minute=0, retry_after=retry_after)
    with pytest.raises(Hiccup, match="slow down") as hiccup:
        world.forge.comments.create(world.place, 1, "text")
    assert hiccup.value.retry_after_s == least
    assert world.rests == []


def test_a_spent_hour_says_when_it_ends(world: World) -> None:
    """The primary limit tells its reset time."""
    world.forge.code.pull(world.place, 1)
    world.github.limits(primary=True, per_hour=1)
    with pytest.raises(Hiccup, match="slow down") as hiccup:
        world.forge.code.pull(world.place, 1)
    assert 3_000 < hiccup.value.retry_after_s <= 3_600


def test_a_token_that_github_forgot_is_minted_anew(world: World) -> None:
    """One 401 on a token is answered with a fresh one; the request is then done."""
    world.forge.code.pull(world.place, 1)
    world.github.fails("/repos/acme/shop/pulls/1", status=401, message="Bad credentials")
    assert world.forge.code.pull(world.place, 1).number == 1


def test_one_token_serves_many_requests_and_threads(world: World) -> None:
    """Sixteen questions at once from eight threads cost one token."""
    with ThreadPoolExecutor(8) as pool:
        pulls = list(pool.map(lambda _: world.forge.code.pull(world.place, 1), range(16)))
    assert {pull.number for pull in pulls} == {1}
    assert sum("access_tokens" in one["path"] for one in world.github.sees_requests()) == 1


Act = Callable[[World], object]


@pytest.mark.parametrize(
    "act",
    [
        lambda world: world.forge.code.pull(world.elsewhere("nowhere"), 1),
        lambda world: world.forge.check_runs.create(world.elsewhere("nowhere"), check(world)),
        lambda world: world.forge.check_runs.create(world.place, check(world, head_sha="0" * 40)),
        lambda world: world.forge.checkouts.token(replace(world.place, repo_id=5)),
        lambda world: world.forge.code.pull(replace(world.place, installation=InstallationId(5)), 1),
    ],
    ids=["unknown repository", "not installed", "unknown commit", "token elsewhere", "unknown installation"],
)
def test_githubs_no_is_a_whole_sentence(world: World, act: Act) -> None:
    """What cannot work however long one waits is told to the person, in a sentence."""
    with pytest.raises(UserError) as refusal:
        act(world)
    assert str(refusal.value).endswith(".")


def test_a_missing_permission_names_who_can_grant_it(world: World) -> None:
    """When the App lacks a right, an administrator is asked for it."""
    world.github.sets_permissions(metadata="read", contents="write", pull_requests="write", issues="write")
    with pytest.raises(UserError, match="Ask an administrator to look at the App's permissions"):
        world.forge.check_runs.create(world.place, check(world))


def test_a_permission_that_is_granted_helps_at_once(world: World) -> None:
    """A token keeps the permissions it was minted with, so one that was refused is not used again."""
    world.github.sets_permissions(**USUAL | {"checks": "read"})
    with pytest.raises(UserError):
        world.forge.check_runs.create(world.place, check(world))
    world.github.sets_permissions(**USUAL)

    assert world.forge.check_runs.create(world.place, check(world))


def test_a_suspended_installation_is_a_sentence(world: World) -> None:
    """Suspending the App stops it with a reason."""
    world.github.suspends()
    with pytest.raises(AgentError):
        world.forge.code.pull(world.place, 1)


def test_an_installation_that_is_gone_is_told_from_a_refusal(world: World) -> None:
    """Where GitHub gives us no token at all, nobody is left to speak to."""
    with pytest.raises(Uninstalled):
        world.forge.check_runs.update(replace(world.place, installation=InstallationId(5)), 1, check(world))


@pytest.mark.parametrize("kind", ["fails", "fails_after", "cuts", "cuts_after"])
def test_a_token_is_asked_for_again(world: World, kind: str) -> None:
    """A second token harms nobody, so asking for one is repeated like a question."""
    getattr(world.github, kind)("/app/installations/*/access_tokens", times=2)
    assert world.forge.checkouts.token(world.place)


def test_a_forge_that_cannot_be_reached_is_a_hiccup(playground: Playground, world: World) -> None:
    """Nobody listening is something that time can fix."""
    nobody = GitHubForge(
        4242, playground.credentials.private_key, "http://127.0.0.1:1", pause=world.rests.append
    )
    with pytest.raises(Hiccup, match="cannot be reached"):
        nobody.code.pull(world.place, 1)


@pytest.mark.parametrize("address", ["http://github.example/api/v3", "ftp://127.0.0.1", "github.example"])
def test_tokens_never_travel_in_the_open(playground: Playground, address: str) -> None:
    """Plain http is only for this machine."""
    with pytest.raises(UserError, match="use https"):
        GitHubForge(4242, playground.credentials.private_key, address)


@pytest.mark.parametrize("key", ["", "not a key", base64.b64encode(b"x" * 64).decode()])
def test_a_key_that_is_none_is_refused_at_the_start(key: str) -> None:
    """A wrong private key is found when the process starts, not at the first webhook."""
    with pytest.raises(UserError, match="not an RSA key in PEM form"):
        GitHubForge(4242, key)


def test_a_branch_that_another_run_made_is_not_ours(world: World) -> None:
    """Of two runs that name the same branch the second is told so, and claims nothing of the first."""
    world.forge.pull_requests.publish(world.place, proposal(world))
    second = proposal(
        world, message="Mend it otherwise", body=lambda _: "<!-- run r2 -->", marker="<!-- run r2 -->"
    )

    with pytest.raises(UserError, match="`agent/r1` exists already"):
        world.forge.pull_requests.publish(world.place, second)
