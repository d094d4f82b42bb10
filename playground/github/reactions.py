"""Reactions on issues, comments and review comments: each content once per person."""

from __future__ import annotations

from playground.github import shapes
from playground.github.answers import Answer, Call, not_found, page_of, unprocessable
from playground.github.callers import actor
from playground.github.comments import comment_of
from playground.github.issues import find_issue
from playground.github.state import Account, Comment, Issue, Reaction, World, now


def react(world: World, on: Comment | Issue, content: str, *, user: Account) -> tuple[Reaction, bool]:
    """The reaction, and whether it is new."""
    if content not in shapes.REACTIONS:
        raise unprocessable(f"Invalid reaction content: {content}")
    for reaction in on.reactions:
        if reaction.user is user and reaction.content == content:
            return reaction, False
    reaction = Reaction(id=world.new_id(), user=user, content=content, created_at=now())
    on.reactions.append(reaction)
    world.changed()
    return reaction, True


def _subject(call: Call) -> Comment | Issue:
    if "comment_id" in call.params:
        return comment_of(call.world, call.repo, call.number("comment_id"))
    return find_issue(call.repo, call.number("issue_number"))


def listed(call: Call) -> Answer:
    wanted = call.query.get("content")
    found = [r for r in _subject(call).reactions if wanted in {None, r.content}]
    some, headers = page_of(call, found, f"/repos/{call.repo.full_name}/reactions")
    return Answer(200, [shapes.reaction(call.world, reaction) for reaction in some], headers)


def create(call: Call) -> Answer:
    reaction, new = react(call.world, _subject(call), call.body["content"], user=actor(call))
    return Answer(201 if new else 200, shapes.reaction(call.world, reaction))


def delete(call: Call) -> Answer:
    subject, wanted = _subject(call), call.number("reaction_id")
    for reaction in subject.reactions:
        if reaction.id == wanted:
            subject.reactions.remove(reaction)
            call.world.changed()
            return Answer(204)
    raise not_found()
