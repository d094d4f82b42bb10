"""Git on the host: mirrors of what hands work on, and what a box changed as data. Imports no docker."""

from runners.git.origins import LocalOrigin
from runners.git.snapshots import GitSnapshots

__all__ = ["GitSnapshots", "LocalOrigin"]
