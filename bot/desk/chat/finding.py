"""What a command in a chat is about: what its words name, its thread, or what the channel is bound to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.chat.model import Announce, Binding, Link, Spot, number_of
from bot.desk.chat.knowing import today
from bot.desk.chat.telling import Asker
from bot.desk.model import Desk
from bot.desk.rights import role_of
from bot.errors import UserError
from bot.ids import Person, Place, Repo, RunId
from bot.ports import Role, Whereabouts
from bot.reading.refs import Ref, mentioned, perhaps, taken
from bot.reports import chat as words
from bot.rules import served
from bot.rules.file import ChannelPart
from bot.runs import Run

_RUN_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{10}\Z", re.ASCII)
ABOUT_A_RUN = frozenset({"status", "cancel", "retry", "explain", "approve", "deny", "undo"})


@dataclass(frozen=True)
class Site:
    """A repository, and an issue or a pull request of it, or neither (0)."""

    place: Place
    private: bool
    number: int = 0
    on_pull: bool = False


@dataclass(frozen=True)
class Found:
    """`site` is None when nobody can tell. `run` is the one whose thread it is. `words` are what is left."""

    site: Site | None
    words: str
    run: Run | None = None


def find(desk: Desk, asker: Asker, text: str, *, link: Link, verb: str = "") -> Found:
    """UserError when what the words name cannot be reached."""
    ref, rest = taken(text, forge=desk.git_url)
    if ref is not None and ref.sure:
        return Found(site_of(desk, ref, link=link), rest)
    if ref is not None:
        site = _seen_by(desk, link, ref.repo)
        if site is not None:
            return Found(site, rest)
    site = _of_named_run(desk, link, run_named(verb, text))
    if site is not None:
        return Found(site, text)
    run = run_here(desk, asker)
    if run is not None:
        return Found(site_of_run(desk, run), text, run)
    spot = asker.spot
    if spot.thread:
        where = desk.talk.people.direct(asker.user).in_thread(spot.thread) if spot.direct else spot
        site = _of_first_words(desk, link, desk.talk.channels.first_words(where))
        if site is not None:
            return Found(site, text)
    binding = binding_of(desk, spot)
    return Found(None if binding is None else _site_now(desk, binding.place), text)


def run_named(verb: str, text: str) -> str:
    """The run that a command names; "" when it names none."""
    first = (text.split() or [""])[0].strip("`")
    return first if verb in ABOUT_A_RUN and _RUN_ID.match(first) else ""


def _of_named_run(desk: Desk, link: Link, name: str) -> Site | None:
    """None for one that this person may not see, as for one that is not there."""
    run = desk.run(RunId(name)) if name else None
    if run is None:
        return None
    try:
        site = site_of_run(desk, run)
    except UserError:
        return None
    return site if _may_see(desk, link, site) else None


def _of_first_words(desk: Desk, link: Link, text: str) -> Site | None:
    """What a thread begins with: a link or `owner/repo#12`, or the one repository that is plainly named."""
    sure = mentioned(text, forge=desk.git_url)
    if sure is not None:
        return site_of(desk, sure, link=link)
    found = [_seen_by(desk, link, repo) for repo in perhaps(text)]
    sites = {site.place.repo_id: site for site in found if site is not None}
    return next(iter(sites.values())) if len(sites) == 1 else None


def _may_see(desk: Desk, link: Link, site: Site) -> bool:
    if not site.private:
        return True
    person = today(desk, link, site.place.installation)
    return role_of(desk, site.place, person).at_least(Role.READ)


def site_of(desk: Desk, ref: Ref, *, link: Link) -> Site:
    """UserError, with the name as it was written, where the App is not, or where they may not look."""
    site = _seen_by(desk, link, ref.repo)
    if site is None:
        raise UserError(words.cannot_reach(str(ref.repo)))
    return replace(site, number=ref.number, on_pull=desk.is_pull(site.place, ref.number))


def site_of_run(desk: Desk, run: Run) -> Site:
    return replace(_site_now(desk, run.target.place), number=run.target.number, on_pull=run.target.on_pull)


def _site_now(desk: Desk, place: Place) -> Site:
    """The same repository by its id, whatever its name is by now: the old name may be another one's."""
    there = desk.code.whereabouts(place)
    if there is None or not served(there.place.repo, desk.server):
        raise UserError(words.cannot_reach(str(place.repo)))
    return Site(there.place, there.private)


def run_here(desk: Desk, asker: Asker) -> Run | None:
    """The newest run that is shown in this thread."""
    thread = asker.spot.thread
    if not thread:
        return None
    found = desk.ledger.surfaces.run_in_thread(asker.line, thread, number_of(thread))
    return None if found is None else desk.run(found)


def binding_of(desk: Desk, spot: Spot) -> Binding | None:
    """What the channel is about: the server's file says it, or somebody who may has said so."""
    written = desk.server.slack.channels.get(spot.channel)
    if written is None or (written.workspace or desk.ledger.workspaces.own()) != spot.team:
        return desk.ledger.bindings.of(spot.team, spot.channel)
    there = _seen(desk, Repo(*written.repository.split("/", 1)))
    if there is None:
        return None
    return Binding(spot.team, spot.channel, there.place, Announce(written.announce), "")


def written_bindings(desk: Desk) -> Iterator[tuple[Spot, ChannelPart]]:
    """What the server's file says. Without a workspace it means the environment's own."""
    own = desk.ledger.workspaces.own()
    for channel, part in desk.server.slack.channels.items():
        team = part.workspace or own
        if team:
            yield Spot(team, channel), part


def may_be_read_in(desk: Desk, site: Site, spot: Spot) -> bool:
    """Whether what is said about it may be read by everybody in the channel."""
    if not site.private or spot.direct:
        return True
    binding = binding_of(desk, spot)
    is_its_own = binding is not None and binding.place.repo_id == site.place.repo_id
    return is_its_own and not _is_shared(desk, spot)


def may_be_posted_in(desk: Desk, place: Place, spot: Spot) -> bool:
    """The same some time later: the repository may have become private since. A minute old at most."""
    if spot.direct:
        return True
    there = desk.remembered.recall(("there", place.repo_id), lambda: desk.code.whereabouts(place))
    return there is not None and may_be_read_in(desk, Site(there.place, there.private), spot)


def _is_shared(desk: Desk, spot: Spot) -> bool:
    """Whether another workspace reads it, as far as we can see. Remembered for a minute."""
    key = ("shared", spot.team, spot.channel)
    try:
        return desk.remembered.recall(key, lambda: desk.talk.channels.channel(spot).shared)
    except UserError:  # we are not there
        return True


def hide_what_is_private(desk: Desk, site: Site, person: Person) -> None:
    """UserError for who cannot see it, as of one that is not there: that it is there is private, too."""
    if site.private and not role_of(desk, site.place, person).at_least(Role.READ):
        raise UserError(words.cannot_reach(str(site.place.repo)))


def _seen_by(desk: Desk, link: Link, repo: Repo) -> Site | None:
    """None also for a private one that they cannot see: that it is there, and its name, is private."""
    there = _seen(desk, repo)
    site = None if there is None else Site(there.place, there.private)
    return site if site is not None and _may_see(desk, link, site) else None


def _seen(desk: Desk, repo: Repo) -> Whereabouts | None:
    there = desk.catalogue.named(repo)
    return there if there is not None and served(there.place.repo, desk.server) else None
