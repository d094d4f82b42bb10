"""Boxes as Docker containers. The only place that imports docker."""

from runners.docker.boxes import DockerBoxes

__all__ = ["DockerBoxes"]
