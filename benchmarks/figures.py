"""What a figure is, what each one is called, and the file that keeps them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True)
class Figure:
    """`floor` is the same thing done as plainly as it can be, in the same run; None where there is none."""

    value: float
    unit: str
    floor: float | None
    n: int


Figures = Mapping[str, Figure]


@dataclass(frozen=True)
class Meaning:
    """What a reader of the table is told about a figure, and what its floor is."""

    what: str
    floor: str = ""


# Every figure that there is, in the order of the table.
MEANINGS: Mapping[str, Meaning] = {
    "intake_rps": Meaning(
        "Webhooks answered per second: signature checked, written to disk, put into the queue",
        "an ASGI application that only reads the body",
    ),
    "intake_p50_ms": Meaning("Webhook → 2xx, half of them, 32 connections", "the same application"),
    "intake_p99_ms": Meaning("Webhook → 2xx, 99 %, 32 connections", "the same application"),
    "intake_while_desk_works_rps": Meaning(
        "Webhooks answered per second while desk handles them on the same two cores"
    ),
    "webhook_ack_ms_p50": Meaning("Webhook → 2xx, one at a time"),
    "webhook_to_in_progress_ms_p50": Meaning(
        "Webhook → the check run says `in_progress`",
        "the requests to GitHub made by then, each as long as one round trip to the playground",
    ),
    "webhook_to_in_progress_ms_p90": Meaning("The same, 9 of 10 runs"),
    "webhook_to_first_line_ms_p50": Meaning(
        "Webhook → the first line of output is in the ledger",
        "a bare container that prints a line, asked of Docker directly",
    ),
    "webhook_to_first_line_ms_p90": Meaning("The same, 9 of 10 runs"),
    "webhook_to_watched_line_ms_p50": Meaning(
        "Webhook → a reader of the run's page has the line", "as above"
    ),
    "way_decided_ms": Meaning("· from the 2xx to the run: read, permitted, planned, written down"),
    "way_claimed_ms": Meaning("· from there until hands have it"),
    "way_box_ms": Meaning("· from there to the first step: cleared again, fetched, box opened"),
    "way_line_ms": Meaning("· from there to the first line in the ledger"),
    "way_watched_ms": Meaning("· from there to the page"),
    "pickup_to_first_line_ms_p50": Meaning(
        "Hands take a run, its commit and a box are there → its first line is in the ledger",
        "`docker run --rm` with the same lock-down, to its first byte",
    ),
    "pickup_to_first_line_vs_docker_run": Meaning("The same as a multiple of that", "itself"),
    "step_ms": Meaning("A step in a box", "raw exec: create, start, inspect"),
    "step_overhead_vs_raw_exec": Meaning("A step in a box, as a multiple of a raw `docker exec`", "itself"),
    "step_overhead_vs_swerex": Meaning("The same, of SWE-ReX's `execute`", "itself"),
    "step_overhead_vs_mini_swe_agent": Meaning("The same, of mini-swe-agent's Docker environment", "itself"),
    "chain20_ms": Meaning("A run's twenty steps that do nothing, one after another, written down"),
    "parallel_vs_critical_path": Meaning(
        "Sixteen steps that sleep 0.25 s, eight at a time, in a box whose lanes are open",
        "the critical path, 0.5 s",
    ),
    "boxes50_step_p95_ratio": Meaning(
        "A step's slowest twentieth while 50 boxes are open", "the same while one is"
    ),
    "run_step_ms": Meaning(
        "A step of a run, with ledger, journal and signals: 20 in a row", "raw exec of the same run"
    ),
    "box_open_ms": Meaning("Opening a box, filled with the repository", "create and start of one container"),
    "box_close_ms": Meaning("Removing it to the last trace", "removal of one container"),
    "changes_ms": Meaning("Reading back what a run changed"),
    "snapshot_ms": Meaning(
        "5,000 files of 100 MB, here already, in a box that waited", "Docker's own `put_archive` of the same"
    ),
    "snapshot_vs_put_archive": Meaning("The same as a multiple of that", "itself"),
    "log_mb_s": Meaning(
        "A step's output on its way: redacted, in the ledger, told; 1 GB", "`docker logs -f` of the same"
    ),
    "log_vs_docker_logs": Meaning("The same as a multiple of that", "itself"),
    "log_1gb_rss_growth_mb": Meaning("· what memory of hands grows by meanwhile"),
    "redact_mb_s": Meaning("· of that, looking for secrets, by itself"),
    "publish_ms": Meaning("From the end of the box to the pull request"),
    "takeover_s_median": Meaning("From kill -9 of hands to the truth on the check run, half of them"),
    "takeover_s_max": Meaning("The same, the longest"),
    "cancel_s_p95": Meaning("From `/agent cancel` accepted to the process dead, 95 %"),
    "slack_ack_p50_ms": Meaning(
        "Slack: `/agent …` → acknowledged and on disk, half of them; 50 a second while hands and desk work",
        "an ASGI application that only reads the body, asked as often at the same time",
    ),
    "slack_ack_p99_ms": Meaning("The same, 99 %", "the same"),
    "slack_ack_max_ms": Meaning("The same, the longest", "the same"),
    "demo_story_s": Meaning("The demo's story: a mended test, a pull request, a green check run"),
    "web_start_ms": Meaning("web: start to ready, three processes at once", "Python itself"),
    "desk_start_ms": Meaning("desk: the same", "Python itself"),
    "hands_start_ms": Meaning("hands: the same", "Python itself"),
    "web_rss_mb": Meaning("web: memory after all this"),
    "desk_rss_mb": Meaning("desk: the same"),
    "hands_rss_mb": Meaning("hands: the same"),
}


def middle(values: Sequence[float]) -> float:
    return round(median(values), 3)


def at_most(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed (nearest rank)."""
    return round(sorted(values)[max(0, math.ceil(share * len(values)) - 1)], 3)


def write(figures: Figures, path: Path) -> None:
    told = {name: asdict(figures[name]) for name in MEANINGS if name in figures}
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def read(path: Path = RESULTS) -> Figures:
    return {name: Figure(**figure) for name, figure in json.loads(path.read_text(encoding="utf-8")).items()}
