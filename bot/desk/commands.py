"""Commands in a comment: each is heeded by itself, and answered under what the comment is about."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bot.desk.chat.announcing import announcing
from bot.desk.heeding import Command, heed, refuse
from bot.desk.model import Desk
from bot.desk.restraining import DROPPED, of_person
from bot.desk.rights import decide, rules_of
from bot.errors import UserError
from bot.events import Commented
from bot.ids import RunId
from bot.ledger.surfaces import NewSurface, SurfaceKind
from bot.policy import Came, Grant
from bot.reading import Ask, asks, new_asks
from bot.reports import refusals
from bot.reports.comment import repeats_us
from bot.restraint import Welcome
from bot.rules import Rules
from bot.verbs import chosen

EYES = "eyes"


@dataclass(frozen=True)
class _Comment:
    """The voice of whoever is answered below a comment."""

    desk: Desk
    event: Commented

    def see(self) -> None:
        """One reaction for a comment, however many commands it holds."""
        comment = self.event.comment
        self.desk.ledger.surfaces.add(
            NewSurface(
                key=f"eyes:{self.event.place.repo_id}:{comment.kind}:{comment.id}",
                kind=SurfaceKind.REACTION,
                place=self.event.place,
                number=self.event.number,
                content={"comment": asdict(comment) | {"text": ""}, "reaction": EYES},
            ),
            self.desk.clock.now(),
        )

    def thinks(self) -> None:
        """They have seen the reaction."""

    def say(self, key: str, text: str, *, about: RunId | None = None) -> None:
        self.desk.reply(self.event.place, self.event.number, key=key, text=text, about=about)

    def shows(self, run: RunId) -> Sequence[NewSurface]:
        return announcing(self.desk, self.event.place, self.event.number, run)


def attend_comment(desk: Desk, event: Commented) -> str:
    """Every new command of the comment, in order."""
    commands = _commands(desk, event)
    if not commands:
        return "No command in it."
    if event.author.app_id is not None and event.author.app_id not in desk.server.policy.bots:
        return "A bot wrote it, and the server's list does not have its App."
    if repeats_us(event.comment.text):
        return "It repeats what I said, and I do not answer to that."
    welcomes = [of_person(desk, command.verb, event.author, key=command.key) for command in commands]
    if set(welcomes) == {Welcome.DROPPED}:
        return f"All of it was {DROPPED}"
    try:
        rules = rules_of(desk, event.place)
    except UserError as problem:
        return _with_broken_rules(desk, commands[0], str(problem))
    return " ".join(
        heed(desk, command, rules, welcome=each) for command, each in zip(commands, welcomes, strict=True)
    )


def give_up_comment(desk: Desk, event: Commented) -> None:
    """Time did not fix what kept us from attending to it: say so, as soon as anything can be said."""
    for command in _commands(desk, event)[:1]:
        command.voice.say(f"unheard:{command.key}", refusals.github_silent())


def _commands(desk: Desk, event: Commented) -> list[Command]:
    text, before = event.comment.text, event.previous_text
    found = asks(text, slug=desk.slug) if before is None else new_asks(text, before, slug=desk.slug)
    stamp = int(event.at.timestamp() * 1000)
    base = f"{event.place.repo_id}:{event.comment.kind}:{event.comment.id}:{stamp}"
    if before is not None:  # GitHub counts in seconds, and in one second a comment can be made and edited
        edit = f"{len(before)}:{before}{text}"
        base += f":{hashlib.sha256(edit.encode()).hexdigest()[:12]}"
    voice = _Comment(desk, event)
    return [
        Command(
            ask=ask,
            key=f"{base}:{position}",
            person=event.author,
            place=event.place,
            number=event.number,
            on_pull=event.on_pull,
            subject=event.subject,
            edited=before is not None,
            url=event.comment.url,
            came=Came.GITHUB,
            voice=voice,
        )
        for position, ask in enumerate(found)
    ]


def _with_broken_rules(desk: Desk, command: Command, problem: str) -> str:
    """Nothing can be permitted under rules that cannot be read; whoever may read here is told why."""
    verdict = decide(desk, command.request(chosen(Ask("help"))), Rules())
    if isinstance(verdict, Grant):
        command.voice.see()
        command.voice.say(f"reply:{command.key}", problem)
    else:
        refuse(desk, command, verdict)
    return "The configuration cannot be used."
