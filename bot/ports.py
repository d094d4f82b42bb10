"""The seams: what the middle asks of the edges. Each has two or three verbs, a contract suite in
tests/contracts/, and raises only `UserError` (a person can fix it) or `Hiccup` (time can fix it)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import IO, Any, Protocol

from bot.actions.model import Command
from bot.equipment import Equipment
from bot.events import Comment
from bot.ids import InstallationId, Login, Person, Place, Repo, RunId, Sha
from bot.limits import Limits

# --- the forge: GitHub as the desk needs it ------------------------------------------------------------


class Role(StrEnum):
    """GitHub's `role_name`, folded to what we decide on. A custom role counts as what it is based on."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    def at_least(self, other: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


class Permissions(Protocol):
    def role(self, place: Place, login: Login) -> Role:
        """The live role of a person. Raises Hiccup when GitHub does not say: policy denies on that."""
        ...

    def member(self, place: Place, team: str, login: Login) -> bool | None:
        """Whether they are in `organisation/team` now; None when it is not the owner's, or not shown."""
        ...


class Accounts(Protocol):
    def login(self, installation: InstallationId, account: int) -> Login | None:
        """How an account is called now, by its id, which never changes; None when it is gone."""
        ...


class SignIns(Protocol):
    """How somebody who came from elsewhere shows who they are on GitHub. Nothing of it is kept."""

    def address(self, state: str) -> str:
        """Where a browser goes to show it. GitHub sends it back to us with this state and a code."""
        ...

    def person(self, code: str) -> Person:
        """Whom GitHub says has come back with this code, which is good for once.

        UserError when GitHub does not take the code.
        """
        ...


@dataclass(frozen=True)
class Pull:
    """A pull request as GitHub has it now. `head_repo` is None when the fork is gone."""

    number: int
    title: str
    open: bool
    draft: bool
    head_sha: Sha
    head_ref: str
    head_repo: Repo | None
    base_ref: str
    base_sha: Sha  # of the branch it goes into, as the pull request was last compared with it
    repo: Repo | None = None  # where it is now: the repository may have been renamed
    archived: bool = False
    author_id: int | None = None
    merged: bool = False


@dataclass(frozen=True)
class Whereabouts:
    """A repository as GitHub has it now: its name, and the installation that sees it."""

    place: Place
    archived: bool
    private: bool = False  # not everybody can read it: GitHub's private and internal ones


@dataclass(frozen=True)
class PullTitle:
    """A pull request as a list shows it."""

    number: int
    title: str


class DiffOf(StrEnum):
    """What a pull request does to a file, in GitHub's words."""

    ADDED = "added"
    REMOVED = "removed"
    MODIFIED = "modified"
    RENAMED = "renamed"
    COPIED = "copied"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class FileDiff:
    """One file of a pull request. `patch` is "" where GitHub shows none: a binary or a very large file."""

    path: str
    done: DiffOf
    patch: str


@dataclass(frozen=True)
class CheckOutput:
    """What a check run said, of us or of anybody: its words are whatever somebody's program wrote."""

    name: str
    conclusion: Conclusion | None  # None: it has not ended, or GitHub calls it by a word we do not know
    title: str
    summary: str
    text: str
    job: int | None = None  # that of GitHub Actions, whose log says the rest; None: another program's


class Code(Protocol):
    """Reading a repository without a checkout."""

    def pull(self, place: Place, number: int) -> Pull: ...

    def whereabouts(self, place: Place) -> Whereabouts | None:
        """None when we cannot act there any more: it is gone, or the App is not installed or suspended."""
        ...

    def author(self, place: Place, sha: Sha) -> str:
        """The login behind a commit; "" when GitHub knows nobody, or not the commit."""
        ...

    def default_branch(self, place: Place) -> tuple[str, Sha]:
        """Its name and the commit it points at."""
        ...

    def read(self, place: Place, path: str) -> bytes | None:
        """A file of the default branch; None when there is none. At most 1 MiB."""
        ...

    def read_organisation(self, place: Place, path: str) -> bytes | None:
        """The same path in the owner's `.github` repository; None when either is missing."""
        ...

    def read_at(self, place: Place, path: str, sha: Sha) -> bytes | None:
        """A file of this commit; None when there is no such file or commit. At most 1 MiB."""
        ...

    def paths(self, place: Place, sha: Sha) -> Sequence[str]:
        """The files of a commit, by path; of a very large repository not all. Empty without such a commit."""
        ...

    def diffs(self, place: Place, number: int) -> Sequence[FileDiff]:
        """What a pull request changes, at most its first hundred files."""
        ...

    def checks(self, place: Place, sha: Sha) -> Sequence[CheckOutput]:
        """The newest check run of each name at a commit, at most a hundred. Empty without such a commit."""
        ...

    def job_log(self, place: Place, job: int, most: int) -> bytes | None:
        """The last `most` bytes that a job of GitHub Actions wrote; None when they cannot be had: GitHub has
        thrown them away, the App may not read them, or they do not come in time."""
        ...


class Catalogue(Protocol):
    """Which repositories and pull requests there are: for finding what somebody means."""

    def named(self, repo: Repo) -> Whereabouts | None:
        """A repository by its name, through whatever installation sees it; None where we cannot act."""
        ...

    def pulls(self, place: Place) -> Sequence[PullTitle]:
        """The open pull requests, newest first, at most a hundred."""
        ...

    def repositories(self) -> Sequence[Whereabouts]:
        """All that we can act in, whoever installed the App, at most a thousand."""
        ...


class Ci(StrEnum):
    """How the checks and statuses of a commit stand together, without our own."""

    GREEN = "green"  # all of them have ended, none badly
    RED = "red"
    UNKNOWN = "unknown"  # some have not ended, or there are none


class Standing(Protocol):
    """What others think of a commit. None: GitHub does not let us see it, or there is too much of it."""

    def ci(self, place: Place, sha: Sha) -> Ci | None: ...

    def approvers(self, place: Place, number: int, head: Sha) -> Sequence[Login] | None:
        """Whose latest review of a pull request approves this very commit."""
        ...


class Conclusion(StrEnum):
    """How a check run ends, in GitHub's words."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    ACTION_REQUIRED = "action_required"
    SKIPPED = "skipped"


class Level(StrEnum):
    NOTICE = "notice"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True)
class Annotation:
    """A message on a line of a file. `path` is relative to the repository, lines count from 1."""

    path: str
    line: int
    level: Level
    message: str
    title: str = ""
    end_line: int | None = None


@dataclass(frozen=True)
class Button:
    """GitHub allows label ≤ 20, description ≤ 40, identifier ≤ 20 characters, three buttons a check run."""

    label: str
    description: str
    identifier: str


@dataclass(frozen=True)
class CheckRun:
    """What a check run should show. `conclusion` only together with status "completed"."""

    name: str
    head_sha: Sha
    external_id: str
    details_url: str
    status: str  # queued, in_progress, completed
    title: str
    summary: str  # Markdown, ≤ 65 535 bytes
    text: str  # Markdown, ≤ 65 535 bytes
    conclusion: Conclusion | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    annotations: Sequence[Annotation] = ()  # only those not sent before; ≤ 50
    buttons: Sequence[Button] = ()


class CheckRuns(Protocol):
    def find(self, place: Place, check: CheckRun) -> int | None:
        """The id of our check run with this name, head and external id, if one exists."""
        ...

    def create(self, place: Place, check: CheckRun) -> int: ...

    def update(self, place: Place, check_id: int, check: CheckRun) -> bool:
        """False when there is no such check run (any more)."""
        ...

    def stands(self, place: Place, check_id: int) -> tuple[str, Conclusion | None] | None:
        """Its status and conclusion as GitHub shows them; None when it is not there (any more)."""
        ...

    def annotated(self, place: Place, check_id: int) -> int:
        """How many annotations it has: asked before more are sent, because what came before may have failed
        after it arrived."""
        ...


class Comments(Protocol):
    def find(self, place: Place, number: int, marker: str) -> int | None:
        """The id of our own comment that carries the hidden marker, if one exists."""
        ...

    def create(self, place: Place, number: int, text: str) -> int: ...

    def update(self, place: Place, comment_id: int, text: str) -> bool:
        """False when there is no such comment (any more)."""
        ...


class Reactions(Protocol):
    def react(self, place: Place, comment: Comment, reaction: str) -> bool:
        """Put one of GitHub's eight reactions on a comment; False when there is no such comment (any more).
        Doing it twice leaves one."""
        ...


class FileMode(StrEnum):
    FILE = "100644"
    EXECUTABLE = "100755"
    SYMLINK = "120000"


@dataclass(frozen=True)
class FileChange:
    """One path of the result. `content` is None when the file is gone; a symlink's content is its target."""

    path: str
    mode: FileMode
    content: bytes | None


@dataclass(frozen=True)
class Changes:
    """What a run did to the work tree, as data: the files to write, and the same as one git patch.

    `patch` is `git diff --binary --full-index -M` against the pinned commit. `left_out` names what was
    not taken and why, a sentence each (a nested repository, say).
    """

    files: tuple[FileChange, ...]
    patch: bytes
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A pull request to be made. `parent` is the commit that the changes were made on."""

    branch: str
    base_ref: str
    parent: Sha
    message: str  # commit message
    title: str
    body: Callable[[str], str]  # made from the sentence about a base that moved meanwhile, "" if it did not
    marker: str  # hidden in the body: by it the pull request of this very run is found again
    changes: Changes


@dataclass(frozen=True)
class Published:
    """The pull request that exists now. `note` is a sentence when the base had moved meanwhile, else ""."""

    number: int
    url: str
    branch: str
    note: str = ""
    sha: Sha | None = None  # the commit that the branch was given


class Branch(StrEnum):
    """What became of a branch that was to be deleted."""

    DELETED = "deleted"
    GONE = "gone"  # it was not there any more
    KEPT = "kept"  # it does not end in our commit: somebody pushed to it


@dataclass(frozen=True)
class TakenBack:
    """A pull request that is closed now. `closed` tells that it was open until then."""

    closed: bool
    branch: Branch


class PullRequests(Protocol):
    def publish(self, place: Place, proposal: Proposal) -> Published:
        """Blobs, tree, commit, branch and pull request through the API; finds what it made before.

        UserError when the branch exists and is not this run's.
        """
        ...

    def take_back(self, place: Place, number: int, branch: str, sha: Sha | None) -> TakenBack:
        """Close it, and delete its branch where it still ends in `sha`. Harmless when it was done before.

        UserError when it is merged: then there is nothing to close.
        """
        ...


class Checkouts(Protocol):
    def token(self, place: Place) -> str:
        """A fresh token for one repository, whatever its name is by now: `contents: read` and nothing else,
        for one fetch."""
        ...


class Pace(Protocol):
    """GitHub's limits, kept: a request is made inside of `read` or `write`, for one installation.

    Both wait for room, and raise Crowded when it is farther away than the patience.
    """

    def read(self, installation: InstallationId, *, patience_s: float) -> AbstractContextManager[None]: ...

    def write(self, installation: InstallationId, *, patience_s: float) -> AbstractContextManager[None]: ...

    def close(self, installation: InstallationId, seconds: float) -> None:
        """GitHub itself asked for silence."""
        ...


@dataclass(frozen=True)
class Attempt:
    """One attempt of GitHub to deliver something to us. The attempts of one delivery share its GUID."""

    id: int
    guid: str
    at: datetime
    answered: bool  # with a 2xx


class DeliveryLog(Protocol):
    """What GitHub has tried to tell us. It never tries again by itself, and remembers for three days."""

    def attempts(self, since: datetime) -> Sequence[Attempt]:
        """Those that were made since then, the newest first."""
        ...

    def ask_again(self, attempt: int) -> None:
        """Let GitHub deliver this once more, under the same GUID. UserError when it has forgotten it."""
        ...


# --- the model: words in, words out, nothing done ------------------------------------------------------


@dataclass(frozen=True)
class Prompt:
    """What a model is asked. `system` is ours alone; whatever others wrote is in `user`, marked as such.

    `schema` is the JSON schema of the answer, None for prose. Nobody's secret is ever in it.
    """

    system: str
    user: str
    max_output_tokens: int
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Completion:
    """What it answered: text to be validated, never to be trusted. `cost_usd` is None when unknown."""

    text: str
    model: str  # as the provider calls it, such as `openai/gpt-5-mini`
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    seconds: float


class Model(Protocol):
    def tokens(self, text: str) -> int:
        """How many tokens this text is, roughly: for reservations, which are settled afterwards."""
        ...

    def complete(self, prompt: Prompt) -> Completion:
        """One answer, within a deadline of its own. Hiccup when no provider answers or all are limited,
        UserError when the provider refuses the key, the model or the words."""
        ...


class Models(Protocol):
    def called(self, name: str | None) -> Model:
        """The model that a repository's rules name; None is the server's usual one."""
        ...


# --- the hands: git and the sandbox --------------------------------------------------------------------


@dataclass(frozen=True)
class Origin:
    """Where a commit is fetched from. `token` is used for this fetch only and shown to nobody."""

    url: str
    sha: Sha
    token: str | None = field(default=None, repr=False)


class Snapshot(Protocol):
    """A commit as hands keep it: enough to fill a box and to tell what a box changed."""

    @property
    def sha(self) -> Sha: ...

    @property
    def paths(self) -> frozenset[str]:
        """Every file of the commit, relative to its root."""
        ...

    def excerpt(self, globs: Sequence[str]) -> Snapshot:
        """The files that these mean, and nothing else of the commit: no other file, no history."""
        ...

    def fingerprint(self, globs: Sequence[str]) -> str:
        """The same while those files have the same names, modes and contents."""
        ...


class Snapshots(Protocol):
    def fetch(self, origin: Origin) -> Snapshot:
        """The commit of that origin, from the local mirror when it is there already.

        UserError when the commit or the repository is gone or refused, Hiccup when the network is.
        """
        ...


class Stream(StrEnum):
    OUT = "out"
    ERR = "err"


class Ended(StrEnum):
    EXITED = "exited"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    BOX_LOST = "box_lost"  # the container or the engine went away under the step
    STOPPED = "stopped"  # somebody asked for it


@dataclass(frozen=True)
class Exit:
    """How a command ended. `code` is None unless it EXITED (by itself or by a signal of its own)."""

    ended: Ended
    code: int | None
    seconds: float


Hear = Callable[[Stream, str], None]


@dataclass(frozen=True)
class BoxSpec:
    """What is needed to start a box. `labels` find it again: instance, run and epoch."""

    run: RunId
    epoch: int
    image: str
    limits: Limits
    env: Mapping[str, str] = field(default_factory=dict)
    tree: Changes | None = None  # what an earlier attempt left, put over the commit
    equipment: Equipment = field(default_factory=Equipment)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # for steps that name them


@dataclass(frozen=True)
class Gathered:
    path: str  # relative to the repository
    content: bytes


@dataclass(frozen=True)
class Gathering:
    """Files of a box, in the order of their paths. `left_out` are sentences about others."""

    files: tuple[Gathered, ...]
    left_out: tuple[str, ...] = ()


class Box(Protocol):
    """One locked-down sandbox of one run, with the pinned commit as a git work tree in /workspace."""

    def run(self, command: Command, hear: Hear) -> Exit:
        """Run to its end or its timeout; every byte of output is heard in order, decoded as UTF-8.

        May be called from several threads at once. At the timeout the whole process tree is dead.
        """
        ...

    def changes(self) -> Changes:
        """What differs from the pinned commit. Ends everything that still runs in the box first.

        UserError when it is larger than the limits allow.
        """
        ...

    def gather(self, globs: Sequence[str]) -> Gathering:
        """The files that these mean, or that are in folders that these mean; of links none.

        Ends everything that still runs in the box first.
        """
        ...

    def bring(self, parcel: IO[bytes]) -> None:
        """Put in what `pack` took out of a box, over what is there. Before the first step.

        UserError when it does not fit.
        """
        ...

    def pack(self, folders: Sequence[str], out: IO[bytes]) -> bool:
        """Write these folders as one parcel, those that are there. `~` is HOME, others are of the workspace.

        False when they are larger than a parcel may be. Ends everything that still runs in the box first.
        """
        ...

    def remarks(self) -> Sequence[str]:
        """Sentences for the report: hosts that steps did not reach, services that went away."""
        ...

    def stop(self) -> None:
        """End everything now; running commands return Exit(STOPPED). Safe from any thread, twice."""
        ...


class Boxes(Protocol):
    def open(self, spec: BoxSpec, snapshot: Snapshot) -> AbstractContextManager[Box]:
        """Start a box and fill it; leaving the block removes every trace of it.

        UserError when the image is missing, Hiccup when the engine does not answer.
        """
        ...

    def pinned(self, image: str) -> str:
        """What the image's name means now: it changes when the image does. UserError when it is missing."""
        ...


class Parcels(Protocol):
    """What boxes left for later ones, by names with slashes. Any of it may be gone at any time."""

    def open(self, name: str) -> IO[bytes] | None: ...

    def newest(self, folder: str) -> IO[bytes] | None:
        """The one of that folder that was put there last."""
        ...

    def putting(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """It appears when the block ends well, whole."""
        ...


# --- between the processes -----------------------------------------------------------------------------


class Queue(Protocol):
    """Transport of ids, at least once, maybe lost: the ledger is the truth and the sweeper remembers."""

    def deliver(self, delivery: int) -> None: ...

    def perform(self, run: RunId) -> None: ...

    def publish(self, run: RunId) -> None: ...


class Signals(Protocol):
    """A tap on the shoulder between processes. Losing one costs a poll interval, never a fact."""

    def tell(self, topic: str) -> None: ...

    def wait(self, topic: str, timeout_s: float) -> bool:
        """True when somebody told since the last wait on this topic, False after the timeout."""
        ...


class Mailbox(Protocol):
    """How hands ask the desk for a clearance: sealed answers, kept for a minute at most."""

    def ask(self, run: RunId, epoch: int, timeout_s: float) -> bytes | None:
        """The desk's sealed answer (see bot/clearance.py), or None when it did not answer in time."""
        ...

    def answer(self, run: RunId, epoch: int, sealed: bytes) -> None: ...


class Enquiries(Protocol):
    """How web asks the desk while somebody waits: for lists to choose from, never for what decides."""

    def ask(self, question: bytes, timeout_s: float) -> bytes | None:
        """The desk's answer, or None when it did not answer in time."""
        ...


class OpenForms(Protocol):
    """How the desk hears of forms that people are filling in. Who sends a form is heard by a delivery."""

    def put(self, name: str, state: bytes) -> None:
        """The newest state of the form of this name, instead of any other. Raises Hiccup."""
        ...

    def put_back(self, name: str, state: bytes) -> None:
        """To be looked at again, unless there is a newer state by now."""
        ...

    def newest(self, name: str) -> AbstractContextManager[bytes | None]:
        """Its state, if it was changed since somebody looked; else None. Nobody else looks meanwhile.

        Underway when somebody else looks at it: then it is looked at again.
        """
        ...


class Clock(Protocol):
    def now(self) -> datetime: ...


Json = dict[str, Any]
