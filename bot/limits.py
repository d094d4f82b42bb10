"""What one run may use: time, memory, disk, output. Repositories choose, the server file sets ceilings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """All of one run, but memory, processors and processes, which are each of its steps'.

    Seconds, mebibytes, counts; sizes in bytes end in `_bytes`. The last two say beside how many others it
    may go: what is over waits its turn.
    """

    max_actions: int = 100
    parallel_steps: int = 4
    step_timeout_s: int = 600
    run_timeout_s: int = 3600
    memory_mb: int = 2048
    cpus: float = 2.0
    pids: int = 512
    workspace_mb: int = 1024
    tmp_mb: int = 256
    log_bytes: int = 100 * 1024 * 1024  # kept of a run's output; what is over is counted, and its end kept
    patch_bytes: int = 10 * 1024 * 1024  # all changed files together
    patch_files: int = 1000
    artifact_bytes: int = 20 * 1024 * 1024  # all artifacts and reports together
    repository_runs: int = 10  # at once, this one included
    installation_runs: int = 50
