"""Several acts at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def together(*acts: Callable[[], object]) -> None:
    """All at once. All have ended when it returns; the first failure is raised."""
    if not acts:
        return
    with ThreadPoolExecutor(len(acts), "box") as pool:
        futures = [pool.submit(act) for act in acts]
    for future in futures:
        future.result()
