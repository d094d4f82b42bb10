"""The audit trail: what was written is all there, in order, as it was; whatever was done by hand is found."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import NoResultFound

from bot.ledger import Ledger
from bot.ledger.audit import AuditLine, append
from bot.ledger.chain import GENESIS, Broken, Head
from bot.ledger.engine import open_engine, writing
from bot.settings import PREFIX
from tests.scripted import NOON, WILL

LINE = AuditLine(
    at=NOON + timedelta(microseconds=123_457),
    actor=WILL.login,
    actor_id=WILL.id,
    place="acme/shop",
    number=7,
    what="run",
    verdict="allowed",
    reason="“Sí” — 好",
    rule="role",
    digest="d" * 64,
    details={"approver": "maintainer-mia", "base": "b" * 40},
)


def filled(ledger: Ledger, rows: int = 5) -> Ledger:
    for number in range(1, rows + 1):
        ledger.audit.write(replace(LINE, number=number, at=NOON + timedelta(hours=number)))
    return ledger


def by_hand(url: str, *statements: str) -> None:
    """What somebody with the database's password does past us."""
    engine = open_engine(url)
    with writing(engine) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def void_approval(url: str) -> None:
    """Something that is told in the trail and then does not happen."""
    with writing(open_engine(url)) as connection:
        append(connection, LINE)
        raise RuntimeError("The approval was void.")


def sentence(ledger: Ledger) -> str:
    found = ledger.audit.verify()
    assert isinstance(found, Broken)
    return found.sentence


def agent(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`devops-agent audit …` with the ledger's address as its only setting."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
    return subprocess.run(
        [sys.executable, "-m", "bot", "audit", *arguments],
        cwd=Path(__file__).parents[2],
        env={**kept, f"{PREFIX}LEDGER_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# --- writing -------------------------------------------------------------------------------------------


def test_an_empty_trail_is_whole(ledger: Ledger) -> None:
    """It has no rows, and its first row will follow nothing."""
    assert ledger.audit.verify() == Head(0, GENESIS)


def test_a_line_is_read_as_it_was_written(ledger: Ledger) -> None:
    """Every field, to the microsecond and in any script."""
    short = AuditLine(NOON, WILL.login, WILL.id, "acme/shop", 7, "run", "refused", "No.", run="run0000001")

    ledger.audit.write(LINE)
    ledger.audit.write(short)

    assert ledger.audit.lines() == (LINE, short)


@pytest.mark.parametrize("microsecond", [1, 57, 123_457, 999_999])
def test_a_time_is_hashed_as_it_is_kept(ledger: Ledger, microsecond: int) -> None:
    """No rounding comes between what was said and what is found."""
    ledger.audit.write(replace(LINE, at=NOON + timedelta(microseconds=microsecond)))

    assert isinstance(ledger.audit.verify(), Head)


def test_many_who_write_at_once_keep_one_chain(ledger: Ledger, ledger_url: str) -> None:
    """Desks of several machines follow each other: no row is lost, none follows the same one as another."""
    others = [Ledger(ledger_url) for _ in range(3)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: others[n % 3].audit.write(replace(LINE, number=n)), range(60)))

    found = ledger.audit.verify()
    assert isinstance(found, Head)
    assert found.count == 60
    assert sorted(line.number for line in ledger.audit.lines()) == list(range(60))


def test_what_is_taken_back_leaves_no_gap(ledger: Ledger, ledger_url: str) -> None:
    """A line belongs to the transaction of what it tells of: when that fails, it was never there."""
    filled(ledger, 2)

    with pytest.raises(RuntimeError):
        void_approval(ledger_url)
    filled(ledger, 1)

    found = ledger.audit.verify()
    assert isinstance(found, Head)
    assert found.count == 3


# --- tampering -----------------------------------------------------------------------------------------

_COPY = (
    "INSERT INTO audit (at, actor, actor_id, place, number, what, verdict, reason{more}) "
    "SELECT at, actor, actor_id, place, number, what, verdict, reason{more} FROM audit WHERE id = 5"
)


@pytest.mark.parametrize(
    "change",
    [
        "at = at + 1",
        "actor = 'reader-rosa'",
        "actor_id = 4",
        "place = 'acme/other'",
        "number = 8",
        "what = 'plan'",
        "verdict = 'refused'",
        "reason = reason || ' '",
        "run = 'run0000001'",
        "rule = ''",
        "digest = 'e'",
        "details = '{}'",
        "details = details || ' '",
        "details = 'garbage'",
        "previous = 'ffff'",
        "hash = 'ffff'",
        "at = 9000000000000000000",
    ],
)
def test_a_row_that_was_changed_is_found(ledger: Ledger, ledger_url: str, change: str) -> None:
    """Whichever of its columns it was, and whatever is in it now."""
    filled(ledger)

    by_hand(ledger_url, f"UPDATE audit SET {change} WHERE id = 3")

    assert sentence(ledger) == "Row 3 is not what was written: it was changed or inserted by hand."


def test_a_row_that_was_deleted_is_found(ledger: Ledger, ledger_url: str) -> None:
    """The next one does not follow the one before any more."""
    filled(ledger)

    by_hand(ledger_url, "DELETE FROM audit WHERE id = 3")

    assert sentence(ledger) == (
        "Row 4 does not follow row 2: a row was removed, inserted or moved by hand there."
    )


def test_a_first_row_that_was_deleted_is_found(ledger: Ledger, ledger_url: str) -> None:
    """Nor does the second one begin the trail."""
    filled(ledger)

    by_hand(ledger_url, "DELETE FROM audit WHERE id = 1")

    assert sentence(ledger).startswith("Row 2 does not follow the beginning:")


@pytest.mark.parametrize(
    "statements",
    [
        ("DELETE FROM audit WHERE id = 5",),
        ("DELETE FROM audit WHERE id > 2",),
        ("DELETE FROM audit",),
        ("UPDATE meta SET value = '4 ' || substr(value, 3) WHERE id = 'audit_head'",),
        ("UPDATE meta SET value = 'garbage' WHERE id = 'audit_head'",),
    ],
)
def test_an_end_that_was_cut_off_is_found(
    ledger: Ledger, ledger_url: str, statements: tuple[str, ...]
) -> None:
    """The head says how many there were and which was the last."""
    filled(ledger)

    by_hand(ledger_url, *statements)

    assert "its head says otherwise: rows at the end were removed or added by hand" in sentence(ledger)


def test_a_head_that_was_deleted_is_found(ledger: Ledger, ledger_url: str) -> None:
    """Without it nobody can say that the last row is the last."""
    filled(ledger)

    by_hand(ledger_url, "DELETE FROM meta WHERE id = 'audit_head'")

    assert sentence(ledger).startswith("The head of the chain is gone; it ends at row 5")


def test_without_a_head_nothing_is_appended(ledger: Ledger, ledger_url: str) -> None:
    """A verdict is not given without its line, and a new chain is not begun in silence."""
    filled(ledger)
    by_hand(ledger_url, "DELETE FROM meta WHERE id = 'audit_head'")

    with pytest.raises(NoResultFound):
        ledger.audit.write(LINE)

    assert len(ledger.audit.lines()) == 5


def test_a_cut_end_stays_found_when_more_is_written(ledger: Ledger, ledger_url: str) -> None:
    """What comes later follows what was removed, and so shows that it was there."""
    filled(ledger)
    by_hand(ledger_url, "DELETE FROM audit WHERE id > 3")

    filled(ledger, 2)

    assert "does not follow row 3" in sentence(ledger)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", "Row 6 has no hash: it was written by hand, or by an older version."),
        (", rule, digest, details, previous, hash", "Row 6 does not follow row 5: "),
    ],
)
def test_a_row_that_was_inserted_is_found(ledger: Ledger, ledger_url: str, more: str, told: str) -> None:
    """Bare, or as the copy of one that is true."""
    filled(ledger)

    by_hand(ledger_url, _COPY.format(more=more))

    assert sentence(ledger).startswith(told)


def test_rows_that_changed_places_are_found(ledger: Ledger, ledger_url: str) -> None:
    """Each as it was written, and in another order."""
    filled(ledger)

    by_hand(
        ledger_url,
        "UPDATE audit SET id = 99 WHERE id = 2",
        "UPDATE audit SET id = 2 WHERE id = 3",
        "UPDATE audit SET id = 3 WHERE id = 99",
    )

    assert sentence(ledger).startswith("Row 2 does not follow row 1:")


# --- the command line ----------------------------------------------------------------------------------


def follows(lines: Iterable[str]) -> str:
    """The last hash of exported lines, computed as docs/operations.md says, without any code of ours."""
    last = ""
    for line in lines:
        row = json.loads(line)
        del row["id"]
        last = row.pop("hash")
        told = json.dumps(row, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(told.encode()).hexdigest() == last
    return last


def test_a_whole_trail_is_called_whole(ledger: Ledger, ledger_url: str) -> None:
    """With its length and its last hash, to be kept elsewhere; exit status 0."""
    found = filled(ledger).audit.verify()

    said = agent(ledger_url, "verify")

    assert isinstance(found, Head)
    assert said.stdout == f"The audit trail is whole: 5 rows, and the last hash is {found.hash}.\n"
    assert said.returncode == 0, said.stderr


def test_a_broken_trail_is_told(ledger: Ledger, ledger_url: str) -> None:
    """The first broken row and what is wrong with it, in one sentence; exit status 1."""
    filled(ledger)
    by_hand(ledger_url, "UPDATE audit SET verdict = 'refused' WHERE id > 2")

    said = agent(ledger_url, "verify")

    assert said.stdout == "Row 3 is not what was written: it was changed or inserted by hand.\n"
    assert (said.returncode, said.stderr) == (1, "")


def test_an_exported_trail_can_be_followed_by_anybody(ledger: Ledger, ledger_url: str) -> None:
    """Each line is JSON with what its hash covers, so that no code of ours has to be believed."""
    ledger.audit.write(LINE)
    found = filled(ledger).audit.verify()

    said = agent(ledger_url, "export")

    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    first = json.loads(lines[0])
    assert (first["at"], first["reason"]) == ("2026-11-21T12:00:00.123457+00:00", LINE.reason)
    assert first["details"] == LINE.details
    assert isinstance(found, Head)
    assert (len(lines), follows(lines)) == (6, found.hash)


def test_an_export_can_begin_later(ledger: Ledger, ledger_url: str) -> None:
    """From a moment on; a time without a zone is UTC."""
    filled(ledger)

    said = agent(ledger_url, "export", "--since", "2026-11-21T15:00")

    assert [json.loads(line)["number"] for line in said.stdout.splitlines()] == [3, 4, 5]


def test_an_export_from_no_time_is_a_sentence(tmp_path: Path) -> None:
    """What is not a time is named, with one that would do; exit status 2."""
    said = agent(f"sqlite:///{tmp_path / 'ledger.db'}", "export", "--since", "yesterday")

    assert said.returncode == 2
    assert said.stderr == ("`yesterday` is not a time. Write it like 2026-11-25 or 2026-11-25T12:00:00Z.\n")
