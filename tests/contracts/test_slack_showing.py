"""How a chat is made equal to the truth, step by step: a real ledger, our adapter, the playground's Slack."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.chat.message import says
from bot.chat.model import ChatUser, Spot
from bot.chat.placing import once, run_surfaces
from bot.chat.showing import ChatScreen
from bot.errors import Crowded
from bot.ids import RunId, new_run_id
from bot.journal import EntryKind
from bot.ledger import Ledger
from bot.ledger.runs import NewRun
from bot.limits import Limits
from bot.pace import Rates
from bot.runs import RunState, StepState
from bot.speaking import choose
from bot.surfaces import Reconciler, Voices
from playground.slack import SlackPlayground
from tests.contracts.slack_desk import SHOP, OurSide
from tests.scripted import PLACE, WILL, Nobody, a_run, commands, taken

Json = dict[str, Any]
PLAN = commands("one")


@dataclass
class Screen(OurSide):
    """One desk that shows what is due when it is told to."""

    may_read: bool = True  # whoever reads in a channel, what is said of the repository there
    limited: bool = False  # whether GitHub wants silence

    @property
    def reconciler(self) -> Reconciler:
        nobody: Any = Nobody()
        screen = ChatScreen(
            ledger=self.ledger,
            chat=self.ours,
            pacing=self.pacing,
            page=lambda run: f"https://agent.example/runs/{run.id}",
            check_page=lambda _: "",
            may_read=lambda *_: self._may_read(),
            interval=timedelta(seconds=3),
        )
        voices = Voices(nobody, nobody, nobody)
        return Reconciler(self.ledger, voices, self.clock, lambda _: "", timedelta(seconds=1), screen=screen)

    def _may_read(self) -> bool:
        if self.limited:
            raise Crowded(500, "GitHub wants silence.")
        return self.may_read

    def shows(self, *, times: int = 1, after_s: float = 10.0) -> None:
        """What is due and has room, again and again, each time a while later."""
        for _ in range(times):
            now = self.clock.now()
            due = self.ledger.surfaces.due(now)
            taken = self.pacing.look([each.surface for each in due], now)
            choice = choose(due, {}, Rates.of(1_000), now, taken=taken)
            for surface in self.ledger.surfaces.claim(choice.now, now):
                self.reconciler.show(surface)
            self.clock.goes_on(after_s)

    def asks(self, *, spot: Spot = SHOP) -> RunId:
        run = new_run_id()
        new = NewRun(run, run, a_run(PLAN).target, WILL, "https://slack.test/1", PLAN, Limits(), "key")
        shown = run_surfaces(PLACE, 7, run, spot, to="U_WILL")
        assert self.ledger.runs.begin(new, shown, self.clock.now()) is not None
        return run

    def ends(self, run: RunId, *, said: str = "") -> None:
        """It is taken, says something, line by line, and is done."""
        held = taken(self.ledger, run)
        now = self.clock.now()
        lines = [(EntryKind.OUT, 0, line) for line in said.splitlines(keepends=True)]
        self.ledger.journals.append(run, held.epoch, now, lines)
        done = replace(held.steps[0], state=StepState.SUCCEEDED, output_bytes=len(said))
        self.ledger.runs.end(run, held.epoch, RunState.SUCCEEDED, now, last_steps=[done])

    def whispers(self, to: str, text: str) -> None:
        self.ledger.surfaces.add(once("w1", says(text), SHOP, to=to), self.clock.now())

    def tells(self, to: str, text: str) -> None:
        """Directly: in the talk that only they read."""
        self.ledger.surfaces.add(once("d1", says(text), Spot("T_ACME", ""), to=to), self.clock.now())

    def waits_as_long_as_asked(self, seconds: float) -> None:
        """Nothing is asked of Slack while it wants silence, however often is looked for what is due."""
        asked = len(self.slack.sees_requests())
        self.shows(times=20, after_s=seconds / 20 - 0.1)
        assert len(self.slack.sees_requests()) == asked

    def seen(self, channel: str = "C_SHOP") -> list[str]:
        """The words of what we said there."""
        return [each["words"] for each in self.slack.sees_messages(channel) if each["ours"]]

    def errors(self) -> list[str]:
        return [error for _, _, error in self.ledger.surfaces.all() if error]

    def all_done(self) -> bool:
        return all(done for _, done, _ in self.ledger.surfaces.all())


@pytest.fixture
def screen(slack: SlackPlayground, slack_ledger: Ledger) -> Screen:
    return Screen(slack, slack_ledger)


def test_a_run_is_one_message_and_its_end_another(screen: Screen) -> None:
    """The first is changed in place, the second calls who asked, below it."""
    run = screen.asks()
    screen.shows()
    screen.ends(run)
    screen.shows(times=4)

    post, end = screen.slack.sees_messages()
    assert (post["edits"], "Done in" in post["words"]) == (1, True)
    assert (end["thread_ts"], end["mentions"]) == (post["ts"], ["user U_WILL"])
    assert screen.all_done()


def test_a_run_of_which_not_everybody_may_read_any_more_is_shown_there_no_more(screen: Screen) -> None:
    """A sentence takes the place of its message, and who asked is shown the run directly."""
    run = screen.asks()
    screen.shows()
    screen.may_read = False

    screen.ends(run)
    screen.shows(times=10)

    (post,) = screen.seen()
    assert post.startswith("This run is not shown here any more")
    talk = screen.ours.people.direct(ChatUser("T_ACME", "U_WILL"))
    assert any("Done in" in each for each in screen.seen(talk.channel))


def test_what_github_limits_is_no_limit_of_the_channel(screen: Screen) -> None:
    """Only what has to ask GitHub waits."""
    screen.asks()
    screen.limited = True
    screen.shows()

    screen.whispers("U_WILL", "Noted.")
    screen.shows(times=2)

    assert screen.seen() == []
    assert [each["words"] for each in screen.slack.sees_ephemerals("U_WILL")] == ["Noted."]


@pytest.mark.parametrize("trouble", ["cut", "500"])
def test_a_message_whose_answer_was_lost_is_found_and_changed(screen: Screen, trouble: str) -> None:
    """There is one, and it shows the truth in the end."""
    screen.slack.fails_after("chat.postMessage", trouble)
    run = screen.asks()
    screen.shows()
    screen.ends(run)
    screen.shows(times=5)

    assert len(screen.seen()) == 2
    assert "Done in" in screen.seen()[0]
    assert screen.all_done()


def test_a_message_that_was_found_is_looked_for_once(screen: Screen) -> None:
    """It is written down at once, also while there is no room to change it."""
    screen.slack.fails_after("chat.postMessage", "cut")
    screen.asks()
    screen.shows()
    screen.ledger.paces.close("update:T_ACME", screen.clock.now() + timedelta(seconds=60))

    screen.shows(times=20, after_s=1.0)

    assert len(screen.slack.sees_requests("conversations.history")) == 1


def test_who_is_asked_for_silence_asks_for_nothing_meanwhile(screen: Screen) -> None:
    """Not even whether a message is there."""
    screen.slack.fails_after("chat.postMessage", "cut")
    screen.slack.fails("conversations.history", "ratelimited", retry_after=30)
    screen.asks()
    screen.shows(times=2)
    asked = len(screen.slack.sees_requests())

    screen.shows(times=15, after_s=1.0)
    assert len(screen.slack.sees_requests()) == asked
    screen.shows(times=3, after_s=20.0)
    assert len(screen.seen()) == 1


def test_silence_about_a_talk_is_kept_by_whatever_is_said_in_it(screen: Screen) -> None:
    """Slack calls the talk by a name of its own. Whether something was said already is looked for later."""
    screen.slack.fails_after("chat.postMessage", "cut")
    screen.slack.fails("conversations.history", "ratelimited", retry_after=60)
    screen.tells("U_WILL", "Only you")
    screen.shows()
    screen.shows(after_s=1)

    screen.waits_as_long_as_asked(59)
    screen.shows(times=2)
    assert screen.seen("D_WILL") == ["Only you"]


@pytest.mark.parametrize("method", ["conversations.open", "chat.postMessage"])
def test_silence_is_kept_where_a_whisper_becomes_direct(screen: Screen, method: str) -> None:
    """It stands in line for its channel, and nothing of that line asks for the talk meanwhile."""
    screen.slack.leaves("U_WILL")
    screen.slack.fails(method, "ratelimited", retry_after=60)
    screen.whispers("U_WILL", "Only you")
    screen.shows(after_s=1)

    screen.waits_as_long_as_asked(59)
    screen.shows(times=2)
    assert screen.seen("D_WILL") == ["Only you"]


@pytest.mark.parametrize("seconds", [1_200, 999_999_999], ids=["20 minutes", "for ever"])
def test_who_is_asked_for_a_long_silence_asks_again_after_ten_minutes(screen: Screen, seconds: int) -> None:
    """A moment further off than that can only come from a wrong clock, and would count as now."""
    screen.slack.fails("chat.postMessage", "ratelimited", retry_after=seconds)
    screen.asks()
    screen.shows(after_s=1)

    screen.waits_as_long_as_asked(599)
    screen.shows(times=2)
    assert len(screen.seen()) == 1


def test_a_log_whose_answer_was_lost_is_attached_once(screen: Screen) -> None:
    """It is found by its name in the thread."""
    run = screen.asks()
    screen.shows()
    screen.ends(run, said="x" * 2_000)
    screen.slack.fails_after("files.completeUploadExternal", "cut")
    screen.shows(times=6)

    shared = [file for each in screen.slack.sees_messages() for file in each["files"]]
    assert [file["name"] for file in shared] == [f"agent-{run}-1.log.txt"]
    assert screen.all_done()


def test_the_file_of_a_long_log_has_its_end(screen: Screen) -> None:
    """What went wrong stands there, however much was said before."""
    run = screen.asks()
    screen.shows()
    screen.ends(run, said="".join(f"line {number}\n" for number in range(900)) + "the cause\n")
    screen.shows(times=6)

    (file,) = screen.slack.sees_files()
    assert (file["text"][:7], file["text"][-19:]) == ("line 0\n", "line 899\nthe cause\n")


def test_a_message_that_somebody_deleted_stays_deleted(screen: Screen) -> None:
    """They meant it. How the run ended is still said below it, to who asked."""
    run = screen.asks()
    screen.shows()
    screen.slack.deletes_message(screen.slack.sees_messages()[0]["ts"])
    screen.ends(run)
    screen.shows(times=4)

    (end,) = screen.slack.sees_messages()
    assert end["mentions"] == ["user U_WILL"]
    assert screen.errors() == ["Slack says message_not_found to chat.update."]


@pytest.mark.parametrize("lost", [False, True], ids=["at once", "after a lost answer"])
def test_who_asked_where_we_are_not_is_shown_all_of_it_directly(screen: Screen, lost: bool) -> None:
    """The run, its log and its end, as in a channel, with the reason and the way to mend it."""
    screen.slack.fails("chat.postMessage", "service_unavailable", times=int(lost))
    run = screen.asks(spot=Spot("T_ACME", "C_GENERAL"))
    screen.shows(times=4)
    screen.ends(run, said="x" * 2_000)
    screen.shows(times=6)

    post, *below = screen.slack.sees_messages("D_WILL")
    assert "Done in" in post["words"]
    assert "I am not in the channel where you asked" in post["words"]
    assert "/invite @agent" in post["words"]
    assert {each["thread_ts"] for each in below} == {post["ts"]}
    assert (len(below), [call for each in below for call in each["mentions"]]) == (2, ["user U_WILL"])
    assert screen.all_done()


def test_who_asked_where_we_are_no_more_is_told_the_end_directly(screen: Screen) -> None:
    """Once, and nothing of what went before."""
    run = screen.asks()
    screen.shows()
    screen.slack.leaves("U_AGENT")
    screen.ends(run)
    screen.shows(times=6)

    (told,) = screen.seen("D_WILL")
    assert "Done in" in told
    assert "I cannot write any more where this was asked for" in told
    assert screen.all_done()


def test_who_asked_in_a_thread_where_we_are_not_is_shown_it_directly_once(screen: Screen) -> None:
    """As a shortcut on a message can."""
    run = screen.asks(spot=Spot("T_ACME", "C_GENERAL", "1.000001"))
    screen.shows(times=4)
    screen.ends(run)
    screen.shows(times=4)

    assert len(screen.seen("D_WILL")) == 2
    assert screen.all_done()


@pytest.mark.parametrize("lost", [False, True], ids=["at once", "after a lost answer"])
def test_who_cannot_be_whispered_to_is_told_directly_once(screen: Screen, lost: bool) -> None:
    """Where they or we are not, nobody hears a whisper."""
    screen.slack.leaves("U_WILL")
    screen.slack.fails_after("chat.postMessage", "cut", times=int(lost))
    screen.whispers("U_WILL", "Only you")
    screen.shows(times=4)

    assert screen.seen("D_WILL") == ["Only you"]
    assert screen.all_done()


def test_a_workspace_that_left_us_is_told_nothing_more(screen: Screen) -> None:
    """Everything there ends quietly, and Slack is asked once."""
    screen.slack.revokes_token()
    screen.asks()
    screen.whispers("U_WILL", "Only you")
    screen.shows(times=4)

    assert len(screen.slack.sees_requests()) == 1
    kept = screen.ledger.workspaces.of("T_ACME")
    assert kept is not None
    assert kept.revoked_at is not None
