"""`undo_run`: the desk takes back what an earlier run did outside."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.actions.model import ActionType, Parameters, Reversal, Risk, Where


class UndoRun(Parameters):
    """What `undo_run` takes."""

    run: Annotated[str, Field(pattern=r"^[0-9a-hjkmnp-tv-z]{10}$")] = Field(
        description="The id of a run of this repository that has ended."
    )


UNDO_RUN = ActionType(
    name="undo_run",
    summary="Closes the pull request of an earlier run and deletes its branch, unless somebody pushed to it.",
    parameters=UndoRun,
    describe=lambda parameters: f"Undo run {parameters.run}",
    risk=Risk.WRITE,
    repeatable=True,  # the desk looks whether the pull request is open and the branch there
    reversal=Reversal.BY_HAND,  # GitHub reopens the pull request and restores the branch
    where=Where.DESK,
    touches=lambda _: (),
)
