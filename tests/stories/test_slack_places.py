"""What a command in Slack is about, and who may read what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.runs import Run, RunState
from tests.chat import LOGINS, ChatWorld, Json, said
from tests.stories.conftest import BY_FILE

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def of_first_shop(chat: ChatWorld) -> list[Run]:
    """The runs of the shop that all stories of this stage share, in whatever order they come."""
    return replace(chat.world, repo="acme/shop").runs()


def commanded(run: Run) -> str:
    return str(run.steps[0].action.parameters.get("command"))


def becomes_shared(chat: ChatWorld) -> None:
    """People of another workspace read the channel from now on."""
    members = ["U_AGENT", *LOGINS, "U_EXT"]
    chat.slack.adds_channel(chat.channel, name=chat.channel.lower(), members=members, ext_shared=True)


def test_a_bound_channel_knows_its_repository(chat: ChatWorld) -> None:
    """Without a number it is the default branch, and there is no conversation on GitHub to comment in."""
    chat.links("U_MIA", "U_WILL")
    chat.binds()

    chat.commands("run `python3 -m unittest`")

    run = chat.world.run_begins()
    assert (run.target.on_pull, run.target.base_ref) == (False, "main")
    assert chat.ended(run).state is RunState.SUCCEEDED
    assert f"{chat.world.repo}, branch main" in said(chat.post("Done in"))


def test_only_who_maintains_the_repository_binds_a_channel_to_it(chat: ChatWorld) -> None:
    """A channel's readers read of its runs."""
    chat.links("U_WILL")

    chat.commands(f"link channel {chat.world.repo}")

    chat.whispered("U_WILL", "needs the role maintain or higher")


def test_the_channel_can_be_unbound(chat: ChatWorld) -> None:
    """By who could bind it; then it is asked again which repository is meant."""
    chat.links("U_MIA")
    chat.binds()

    chat.commands("unlink channel", by="U_MIA")
    chat.whispered("U_MIA", "about no repository any more")
    chat.commands("status", by="U_MIA")

    chat.whispered("U_MIA", "Which repository do you mean?")


def test_all_in_a_channel_hear_what_it_is_about(chat: ChatWorld) -> None:
    """Who said so, which repository it is, and what is announced; and again when it is taken back."""
    chat.links("U_MIA")
    chat.binds(announce="failures")
    chat.commands("unlink channel", by="U_MIA")

    bound, unbound = chat.until(lambda: chat.told() if len(chat.told()) > 1 else None)

    assert f"about {chat.world.repo} now" in bound
    assert "that are started on GitHub and fail. maint-mia on GitHub said so." in bound
    assert unbound == "This channel is about no repository any more. maint-mia on GitHub said so."


def test_nobody_takes_over_a_channel_of_others(chat: ChatWorld) -> None:
    """Who maintains another repository has no right to what this one's people are told."""
    chat.links("U_MIA", "U_WENDY")
    chat.binds()
    other = chat.world.owned_by("acme")
    other.gives("writer-wendy", "maintain")

    chat.commands(f"link channel {other.repo}", by="U_WENDY")

    chat.whispered("U_WENDY", f"needs the role maintain or higher in {chat.world.repo}")
    chat.commands(f"link channel {other.repo}", by="U_MIA")
    chat.whispered("U_MIA", f"This channel is about {other.repo} now")


def test_of_a_repository_that_is_gone_an_administrator_unbinds(chat: ChatWorld) -> None:
    """Nobody can see any more who maintains it."""
    chat.links("U_MIA", "U_OLGA")
    gone = replace(chat, world=chat.world.owned_by("acme"))
    gone.binds()
    chat.world.stage.driver.uninstalls(gone.world.repo.split("/")[0])

    chat.commands(f"link channel {chat.world.repo}", by="U_MIA")
    chat.whispered("U_MIA", "Ask an administrator of this workspace")
    chat.commands("unlink channel", by="U_OLGA")

    chat.whispered("U_OLGA", "about no repository any more")


def test_a_channel_without_us_is_not_bound(chat: ChatWorld) -> None:
    """Nothing could be announced there: who asked is told how to let us in."""
    chat.links("U_MIA")
    chat.slack.leaves("U_AGENT", channel=chat.channel)

    chat.commands(f"link channel {chat.world.repo} all", by="U_MIA")

    told = chat.until(lambda: [e for e in chat.directly("U_MIA") if chat.channel.lower() in said(e)])
    assert "/invite @agent" in said(told[0])
    assert chat.world.ledger.bindings.of("T_ACME", chat.channel) is None


def test_binding_tells_nobody_that_a_private_repository_is_there(chat: ChatWorld) -> None:
    """Who cannot see it gets the answer for one that is not there."""
    chat.links("U_RITA")
    chat.world.makes_private()
    chat.world.gives("reader-rita", "none")

    chat.commands(f"link channel {chat.world.repo}", by="U_RITA")

    chat.whispered("U_RITA", f"I cannot reach {chat.world.repo}. Check its name")


def test_what_the_words_name_goes_before_what_the_channel_is_about(chat: ChatWorld) -> None:
    """A link to GitHub counts like `owner/repo#12`."""
    chat.links("U_MIA", "U_WILL")
    chat.binds()
    other = chat.world.owned_by("acme")

    chat.commands(f"run {chat.world.stage.playground_url}/{other.repo}/pull/1 `true`")

    run = other.run_begins()
    assert (str(run.target.place.repo), run.target.number) == (other.repo, 1)
    assert chat.world.runs() == []


def test_a_thread_about_a_pull_request_is_about_it(chat: ChatWorld) -> None:
    """Its first message has the link."""
    chat.links("U_WILL")
    first = chat.slack.says(f"Look at {chat.world.repo}#1, please", channel=chat.channel)

    chat.mentions("status", thread=first["ts"])

    told = chat.until(lambda: [e for e in chat.thread(first) if "no run" in said(e).lower()])
    assert told[0]["thread_ts"] == first["ts"]


def test_a_thread_that_names_a_repository_plainly_is_about_it(chat: ChatWorld) -> None:
    """Before what the channel is bound to; what only looks like a name is none."""
    chat.links("U_MIA", "U_WILL")
    chat.binds()
    other = chat.world.owned_by("acme")
    first = chat.slack.says(f"src/main of {other.repo}, and/or its docs: who looks?", channel=chat.channel)

    chat.mentions("run `true`", thread=first["ts"])

    assert str(other.run_begins().target.place.repo) == other.repo


def test_of_two_repositories_in_a_thread_neither_is_meant(chat: ChatWorld) -> None:
    """Nobody can tell which one."""
    chat.links("U_WILL")
    first = chat.slack.says(f"As in {chat.world.repo} and in acme/shop.", channel=chat.channel)

    chat.mentions("status", thread=first["ts"])

    chat.whispered("U_WILL", "Which repository do you mean?")


def test_a_private_repository_in_a_thread_is_nothing_for_who_cannot_see_it(chat: ChatWorld) -> None:
    """It is as a name of nothing, and not among what they may choose from."""
    chat.links("U_RITA")
    chat.world.makes_private()
    chat.world.gives("reader-rita", "none")
    first = chat.slack.says(f"Something is odd in {chat.world.repo}", channel=chat.channel)

    chat.mentions("status", thread=first["ts"], by="U_RITA")

    asked = chat.whispered("U_RITA", "Which repository do you mean")
    assert f"'{chat.world.repo}'" not in str(asked["blocks"])


def test_a_run_names_its_repository(chat: ChatWorld) -> None:
    """Where nothing else does, its id is enough to cancel it."""
    chat.links("U_WILL")
    chat.world.comments("/agent run `sleep 600`")
    run = chat.world.step_runs()

    chat.commands(f"cancel {run.id}")

    assert chat.ended(run).state is RunState.CANCELLED


def test_a_run_that_one_cannot_see_is_as_one_that_is_not_there(chat: ChatWorld) -> None:
    """Its id does not tell that there is a private repository."""
    chat.links("U_RITA")
    chat.world.makes_private()
    chat.world.gives("reader-rita", "none")
    chat.world.comments("/agent run `true`")
    run = chat.world.run_ends()

    chat.commands(f"status {run.id}", by="U_RITA")
    chat.commands("status 0000000000", by="U_RITA")

    chat.whispered("U_RITA", f"I know no run {run.id} that you may see.")
    chat.whispered("U_RITA", "I know no run 0000000000 that you may see.")


def test_in_the_thread_of_a_run_that_run_is_meant(chat: ChatWorld) -> None:
    """`@agent cancel` below it needs no name."""
    chat.links("U_WILL")
    chat.commands(f"run {chat.world.repo}#1 `sleep 600`")
    run = chat.world.step_runs()
    post = chat.post("running")

    chat.mentions("cancel", thread=post["ts"])

    assert chat.ended(run).state is RunState.CANCELLED
    assert "Cancelled by writer-will" in said(chat.post())


def test_where_nobody_can_tell_one_chooses(chat: ChatWorld) -> None:
    """From the repositories that this person may use; and what was written is not lost."""
    chat.links("U_WILL")

    chat.commands("run `echo chosen`")
    asked = chat.whispered("U_WILL", "Which repository do you mean?")
    for _ in range(2):  # whoever chooses twice means one run
        chat.presses("pick", asked, by="U_WILL", value="acme/shop")

    chat.until(lambda: [run for run in of_first_shop(chat) if commanded(run) == "echo chosen"])
    chat.world.is_quiet()
    assert len([run for run in of_first_shop(chat) if commanded(run) == "echo chosen"]) == 1


def test_what_was_chosen_is_run_where_it_was_asked_for(chat: ChatWorld) -> None:
    """The list stands in the channel, where Slack shows it; the run in the thread of who called us."""
    chat.links("U_WILL")

    asked = chat.mentions("run `echo below`")
    choice = chat.whispered("U_WILL", "Which repository do you mean?")
    chat.presses("pick", choice, by="U_WILL", value="acme/shop")

    chat.until(lambda: [run for run in of_first_shop(chat) if commanded(run) == "echo below"])
    assert choice["thread_ts"] is None
    chat.until(lambda: [each for each in chat.thread(asked) if "echo below" in said(each)])


def test_who_may_use_nothing_has_nothing_to_choose_from(chat: ChatWorld) -> None:
    """They are told how to name what they mean."""
    chat.links("U_RITA")

    chat.commands("run `true`", by="U_RITA")

    chat.whispered("U_RITA", "I do not know which repository you mean")


def test_a_private_repository_is_not_talked_about_where_others_read(chat: ChatWorld) -> None:
    """In a channel that is not bound to it, the run is shown to who asked alone."""
    chat.links("U_WILL")
    private = chat.world.owned_by("acme")
    private.makes_private()

    chat.commands(f"run {private.repo}#1 `echo quiet`")
    run = private.run_begins()
    private.until(lambda: private.shown(run.id))

    assert chat.posts() == []
    about = [run.id, "Done in"]  # other stories are told to the same person
    (post,) = chat.until(
        lambda: [e for e in chat.directly("U_WILL") if all(word in said(e) for word in about) and e["edits"]]
    )
    assert private.repo in said(post)


@pytest.mark.parametrize(
    "text", ["status {}#1", "status {}", "ask {} what is new?", "link channel {} all", "run {}#1 `true`"]
)
def test_who_cannot_see_a_private_repository_does_not_learn_that_it_is_there(
    chat: ChatWorld, text: str
) -> None:
    """The answer is that of a repository that does not exist, and has the name that they wrote."""
    chat.links("U_RITA")
    private = chat.world.owned_by("acme")
    private.makes_private()
    private.gives("reader-rita", "none")
    named = str(private.repo).upper()

    there, nowhere = (told_alone(chat, text.format(repo)) for repo in (named, "ACME/NOTHING"))

    assert there.replace(named, "ACME/NOTHING") == nowhere


def told_alone(chat: ChatWorld, text: str) -> str:
    """What a reader is answered to this."""

    def answers() -> list[dict[str, object]]:
        found = chat.slack.sees_ephemerals("U_RITA")
        here = [each for each in found if each["channel"] == chat.channel]
        return [each for each in here if not said(each).startswith("Noted")]

    before = len(answers())
    chat.commands(text, by="U_RITA")
    return said(chat.until(lambda: answers()[before:])[0])


def test_a_private_repository_is_talked_about_in_its_own_channel(chat: ChatWorld) -> None:
    """Who maintains it said that its readers may know."""
    chat.links("U_WILL", "U_MIA")
    chat.world.makes_private()
    chat.binds()

    chat.commands("run `echo loud`")
    run = chat.world.run_begins()

    chat.ended(run)
    assert chat.world.repo in said(chat.post("Done in"))


def test_a_private_run_is_not_shown_in_a_channel_that_became_shared(chat: ChatWorld) -> None:
    """What was true when it was bound may have changed: it is shown to who asked alone, as anywhere else."""
    chat.links("U_MIA", "U_WILL")
    chat.binds()
    chat.world.makes_private()
    becomes_shared(chat)

    chat.mentions("run `echo secret`")
    run = chat.world.run_begins()

    chat.until(lambda: [e for e in chat.directly("U_WILL") if run.id in said(e) and "Done in" in said(e)])
    assert chat.posts() == []


def test_a_private_run_is_not_announced_in_a_channel_that_became_shared(chat: ChatWorld) -> None:
    """Also a run of GitHub."""
    chat.links("U_MIA")
    chat.binds(announce="all")
    chat.world.makes_private()
    becomes_shared(chat)

    chat.world.comments("/agent run `echo secret`")
    run = chat.ended(chat.world.run_ends())

    assert chat.posts() == []
    whys = [why for key, _, why in chat.world.ledger.surfaces.all() if run.id in key]
    assert "Not everybody who reads the channel may know of the repository." in whys


def test_failures_are_announced_where_only_failures_are_wanted(chat: ChatWorld) -> None:
    """A run that is started on GitHub and goes well is not heard of."""
    chat.links("U_MIA")
    chat.binds(announce="failures")

    chat.world.comments("/agent run `true`")
    chat.world.run_ends()
    chat.world.comments("/agent run `false`")
    bad = chat.world.run_ends(number=2)

    assert bad.id in said(chat.post("failed"))
    assert len(chat.posts()) == 1


def test_the_servers_file_goes_before_what_people_bind(chat: ChatWorld) -> None:
    """An operator says what a channel is about, and which runs are announced in it."""
    chat.links("U_MIA")
    first = replace(chat, channel=BY_FILE)
    first.commands(f"link channel {chat.world.repo} all", by="U_MIA")
    first.whispered("U_MIA", "The server's file says what this channel is about.")

    first.commands("run `echo file`", by="U_MIA")
    chat.until(lambda: [run for run in of_first_shop(chat) if commanded(run) == "echo file"])
    chat.world.stage.driver.comments("/agent run `echo announced`", on=1, by="writer-will", repo="acme/shop")

    first.until(lambda: [each for each in first.posts() if "echo announced" in said(each)])


def test_nothing_is_announced_where_nobody_wants_it(chat: ChatWorld) -> None:
    """`none` is what a channel begins with."""
    chat.links("U_MIA")
    chat.binds()

    chat.world.comments("/agent run `true`")
    chat.ended(chat.world.run_ends())

    assert chat.posts() == []


def test_a_channel_without_us_gets_nothing_and_who_asked_is_shown_it_directly(chat: ChatWorld) -> None:
    """The run goes on, and its requester reads how it ended."""
    chat.links("U_WILL")
    chat.slack.leaves("U_AGENT", channel=chat.channel)

    chat.commands(f"run {chat.world.repo}#1 `false`")
    run = chat.world.run_ends()

    def told() -> list[Json]:
        return [each for each in chat.directly("U_WILL") if run.id in str(each)]

    post, end = chat.until(lambda: told() if len(told()) == 2 else [])
    assert "I am not in the channel" in said(post)
    assert (end["mentions"], "failed" in said(end)) == (["user U_WILL"], True)
