"""A ledger as the first version left it: a row in every table of migration 0001, and three runs."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, MetaData, insert

from bot.ledger.engine import upgrade, writing

NOON_US = 1_795_262_400_000_000  # 2026-11-21 12:00 UTC
WAITING, ENDED, BUSY = "waits00001", "ended00001", "busy000001"
PATCH = b"diff --git a/VERSION b/VERSION\n"
_FILES = [["VERSION", "100644", "MS4xLjAK"], ["old.txt", "100644", None]]
_PLACE = {"installation": 11, "repo": {"owner": "acme", "name": "shop"}, "repo_id": 1001}
_TARGET = {
    "place": _PLACE,
    "number": 7,
    "on_pull": True,
    "sha": "a" * 40,
    "base_ref": "feature",
    "source": {"owner": "acme", "name": "shop"},
    "title": "A change",
}
_PLAN = {
    "version": 1,
    "error_handling": "stop",
    "actions": [
        {
            "action_type": "run_command",
            "parameters": {"command": command},
            "step_description": f"Run {command}",
        }
        for command in ("make", "make test")
    ],
}
_LIMITS = {  # as they were then: all that came later has a default
    "max_actions": 100,
    "parallel_steps": 4,
    "step_timeout_s": 600,
    "run_timeout_s": 3600,
    "memory_mb": 2048,
    "cpus": 2.0,
    "pids": 512,
    "workspace_mb": 1024,
    "tmp_mb": 256,
    "log_bytes": 104857600,
    "patch_bytes": 10485760,
    "patch_files": 1000,
}


def _run(run: str, state: str, **more: Any) -> dict[str, Any]:
    return {
        "id": run,
        "ask_key": f"1001:issue:{run}:0",
        "version": 1,
        "epoch": 0,
        "state": state,
        "worker": None,
        "seal_key": None,
        "installation": 11,
        "repo_id": 1001,
        "repo": "acme/shop",
        "number": 7,
        "sha": "a" * 40,
        "target": _TARGET,
        "requester_id": 3,
        "requester_login": "writer-will",
        "request_url": "https://github.test/acme/shop/pull/7#issuecomment-1",
        "plan": json.dumps(_PLAN, separators=(",", ":"), sort_keys=True),
        "plan_reader": "shell",
        "digest": "d" * 64,
        "limits": _LIMITS,
        "image": "",
        "page_key": f"key-{run}",
        "queued_at": NOON_US,
        "started_at": None,
        "ended_at": None,
        "reason": "",
        "notes": [],
        "pull": None,
        "changed_files": None,
        "due_at": NOON_US,
        **more,
    }


def _step(run: str, position: int, state: str, **more: Any) -> dict[str, Any]:
    times = {"started_at": None, "ended_at": None, "exit_code": None}
    return {"run": run, "position": position, "state": state, "note": "", "output_bytes": 0, **times, **more}


def _surface(number: int, kind: str, run: str | None, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "key": f"{kind}:{run}",
        "kind": kind,
        "run": run,
        "place": _PLACE,
        "number": 7,
        "content": {},
        "remote_id": None,
        "attempted": False,
        "shown_version": 0,
        "shown_hash": "",
        "sent_annotations": 0,
        "updates": 0,
        "failures": 0,
        "last_error": "",
        "due_at": NOON_US,
        "retry_at": NOON_US,
        "claimed_until": NOON_US,
        "done": False,
        **more,
    }


def _entry(seq: int, kind: str, step: int | None, text: str) -> dict[str, Any]:
    return {"run": ENDED, "seq": seq, "at": NOON_US, "kind": kind, "step": step, "text": text}


def _delivery(number: int, state: str) -> dict[str, Any]:
    return {
        "id": number,
        "guid": f"guid-{number}",
        "content_key": f"content-{number}",
        "event_name": "ping",
        "event": b'{"zen":"Keep it logically awesome.","kind":"pinged"}',
        "received_at": NOON_US,
        "state": state,
        "outcome": "",
        "attempts": 0,
        "due_at": NOON_US,
    }


_TIMES = {"started_at": NOON_US + 1, "ended_at": NOON_US + 2_000_001}
_SHOWN = {"attempted": True, "shown_version": 6, "shown_hash": "h" * 64, "updates": 2, "done": True}
ROWS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "meta": [{"id": "instance", "value": "abcdef012345"}],
    "deliveries": [_delivery(1, "done"), _delivery(2, "new")],
    "audit": [
        {
            "at": NOON_US,
            "actor": "writer-will",
            "actor_id": 3,
            "place": "acme/shop",
            "number": 7,
            "what": "run",
            "verdict": "allowed",
            "reason": "",
            "run": None,
        },
        {
            "at": NOON_US + 123_457,
            "actor": "reader-rosa",
            "actor_id": 5,
            "place": "acme/shop",
            "number": 7,
            "what": "run",
            "verdict": "refused",
            "reason": "Für `run` braucht es das Recht zu schreiben.",
            "run": WAITING,
        },
    ],
    "runs": [
        _run(WAITING, "queued"),
        _run(ENDED, "failed", version=6, epoch=1, reason="Step 2 failed.", notes=["A note."], changed_files=2)
        | _TIMES,
        _run(BUSY, "running", version=2, epoch=1, worker="hands:1", seal_key=b"k", started_at=NOON_US + 1),
    ],
    "steps": [
        _step(WAITING, 0, "pending"),
        _step(WAITING, 1, "pending"),
        _step(ENDED, 0, "succeeded", exit_code=0, output_bytes=6, **_TIMES),
        _step(ENDED, 1, "failed", exit_code=2, note="Exit code 2.", **_TIMES),
        _step(BUSY, 0, "running", started_at=NOON_US + 1),
        _step(BUSY, 1, "pending"),
    ],
    "journal": [
        _entry(1, "run", None, "running"),
        _entry(2, "step", 0, "running"),
        _entry(3, "out", 0, "hel"),
        _entry(4, "err", 0, "lo\n"),
        _entry(5, "run", None, "failed"),
    ],
    "annotations": [
        {
            "run": ENDED,
            "position": 0,
            "annotation": {
                "path": "a.py",
                "line": 3,
                "level": "failure",
                "message": "wrong",
                "title": "",
                "end_line": None,
            },
        }
    ],
    "changes": [
        {
            "run": ENDED,
            "files": zlib.compress(json.dumps(_FILES).encode()),
            "patch": zlib.compress(PATCH),
        }
    ],
    "surfaces": [
        _surface(1, "check_run", WAITING),
        _surface(2, "comment", WAITING),
        _surface(3, "check_run", ENDED, remote_id=501, sent_annotations=1, **_SHOWN),
        _surface(4, "comment", ENDED, remote_id=502, **_SHOWN),
        _surface(5, "check_run", BUSY, remote_id=503) | _SHOWN | {"shown_version": 2, "done": False},
        _surface(6, "reply", None, key="reply:1", content={"text": "Hello."}),
    ],
}


def write_first_ledger(engine: Engine) -> None:
    """Bring an empty database to the first shape and fill it."""
    upgrade(engine, to="0001")
    tables = MetaData()
    tables.reflect(engine)
    with writing(engine) as connection:
        for name, rows in ROWS.items():
            connection.execute(insert(tables.tables[name]), list(rows))
