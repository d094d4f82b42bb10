"""Boxes as Docker containers. The only place that imports docker."""

from runners.docker.boxes import DockerBoxes
from runners.docker.gate import Outside

__all__ = ["DockerBoxes", "Outside"]
