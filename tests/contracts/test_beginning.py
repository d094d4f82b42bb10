"""Beginning a run at the desk: a command that has its run is not judged, or answered, a second time."""

from __future__ import annotations

from bot.desk.beginning import Wish, begin
from bot.equipment import Equipment
from bot.ledger import Ledger
from bot.limits import Limits
from bot.planning.model import Planned
from bot.policy import Policy
from bot.ports import Role
from bot.runs import Supersede
from tests.scripted import WILL, a_desk, a_run, begun, commands


def test_a_command_that_has_its_run_is_not_judged_again(ledger: Ledger) -> None:
    """The policy may be stricter by now, or GitHub away: it was told, and is judged again at its start."""
    plan = commands("one")
    run = begun(ledger, plan)  # under its own id as the key of the command
    desk = a_desk(ledger)
    wish = Wish(
        key=run,
        planned=Planned(plan),
        target=a_run(plan).target,
        requester=WILL,
        role=Role.NONE,
        request_url="https://github.test/acme/shop/pull/7#issuecomment-1",
        limits=Limits(),
        image="",
        equipment=Equipment(),
        supersede=Supersede.FINISH,
        policy=Policy(),
    )

    assert begin(desk, wish, shown_on=lambda _: ()) is None
    assert ledger.audit.lines() == ()
