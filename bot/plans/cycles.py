"""Finds a circle among the dependencies of steps."""

from __future__ import annotations

from collections.abc import Sequence


def cycle(needs: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """Indices along one circle, the first one again at its end; empty when there is none."""
    finished: set[int] = set()
    for start in range(len(needs)):
        path: list[int] = []
        open_: list[tuple[int, int]] = [(start, 0)]  # a step, and how many of its needs were looked at
        while open_:
            step, looked = open_.pop()
            if step in finished:
                continue
            if looked == 0:
                if step in path:
                    return (*path[path.index(step) :], step)
                path.append(step)
            if looked < len(needs[step]):
                open_.append((step, looked + 1))
                open_.append((needs[step][looked], 0))
            else:
                finished.add(step)
                path.pop()
    return ()
