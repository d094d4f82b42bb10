"""The forge under GitHub's limits, with a clock of its own: it waits by itself, and heeds what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.budget import Budget
from bot.errors import Crowded
from bot.ids import InstallationId, Place, Repo, Sha
from bot.ledger import Ledger
from bot.pace import Rates
from bot.ports import Changes, FileChange, FileMode, Proposal
from handlers.github.client import GitHubForge
from playground import serve
from playground.driver import Driver
from tests.scripted import Clock

FEATURE = "feature/discounts"
BLOBS = 23


@dataclass
class World:
    """A GitHub with a pull request #1, and a forge in front of it whose time goes on while it waits."""

    github: Driver
    forge: GitHubForge
    place: Place
    clock: Clock
    began: datetime

    def comments(self) -> None:
        self.forge.comments.create(self.place, 1, "Here I am.")

    def proposes(self) -> int:
        """A pull request with many binary files, each of which is a request."""
        files = tuple(FileChange(f"{n}.bin", FileMode.FILE, b"\0%d" % n) for n in range(BLOBS))
        head = Sha(self.github.sees_branches()[FEATURE])
        changes = Changes(files, b"")
        wish = Proposal(
            "agent/r1",
            FEATURE,
            head,
            "Mend",
            "Mend",
            lambda note: f"<!-- r1 -->{note}",
            "<!-- r1 -->",
            changes,
        )
        return self.forge.pull_requests.publish(self.place, wish).number

    def waited_s(self) -> float:
        return (self.clock.now() - self.began).total_seconds()

    def requests(self, end: str) -> int:
        return sum(one["path"].endswith(end) for one in self.github.sees_requests())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    # The playground tells when an hour of its own clock ends: ours begins at the same time.
    clock = Clock(datetime.now(UTC))
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    budget = Budget(ledger, clock, Rates.of(75), pause=clock.goes_on)
    with serve() as playground:
        known, github = playground.credentials, playground.driver
        installation = InstallationId(int(next(iter(github.sees_state()["installations"]))))
        forge = GitHubForge(known.app_id, known.private_key, playground.url, pause=clock.goes_on, pace=budget)
        place = Place(installation, Repo("acme", "shop"), 1001)
        yield World(github, forge, place, clock, clock.now())
        forge.close()
        assert github.sees_trouble() == {"unknown_routes": [], "broken_contracts": []}
    ledger.close()


def test_a_pull_request_of_many_files_waits_in_place(world: World) -> None:
    """Fifteen requests at once, then one a second: it takes longer, and it succeeds."""
    number = world.proposes()

    assert len(world.github.sees_pull(number)["files"]) == BLOBS
    assert BLOBS + 4 - 15 <= world.waited_s() < BLOBS + 4 - 13


def test_a_pull_request_goes_on_where_it_was_interrupted(world: World) -> None:
    """What was uploaded before GitHub said no is not uploaded again."""
    world.github.limits(secondary=True, content_per_minute=10)
    with pytest.raises(Crowded):
        world.proposes()
    world.github.limits(secondary=False)
    world.clock.goes_on(61)

    number = world.proposes()

    assert len(world.github.sees_pull(number)["files"]) == BLOBS
    assert world.requests("/git/blobs") == BLOBS + 1  # the one that was refused


@pytest.mark.parametrize(("retry_after", "silence_s"), [(17, 17), (None, 60)])
def test_after_a_limit_github_is_left_alone(world: World, retry_after: int | None, silence_s: int) -> None:
    """For as long as it says, or for a minute: no request leaves, and then all is well."""
    world.github.limits(secondary=True, content_per_minute=0, retry_after=retry_after)
    with pytest.raises(Crowded):
        world.comments()
    world.github.limits(secondary=False)
    world.clock.goes_on(silence_s - 1.5)
    with pytest.raises(Crowded):
        world.comments()
    assert world.requests("/issues/1/comments") == 1

    world.clock.goes_on(2)
    world.comments()

    assert len(world.github.sees_comments()) == 1


def test_the_hour_is_left_before_github_ends_it(world: World) -> None:
    """When few requests of the hour are left, we stop by ourselves: nothing is refused."""
    world.github.limits(primary=True)
    world.github.spends(4_995)
    world.comments()

    with pytest.raises(Crowded) as crowded:
        world.comments()

    assert crowded.value.retry_after_s > 3_000
    assert [each["refused"] for each in world.github.sees_limits().values()] == [0]
