"""Boxes without a container engine, by bubblewrap: for `devops-agent run` on a machine that has none."""

from runners.local.boxes import NOT_ISOLATED, LocalBoxes

__all__ = ["NOT_ISOLATED", "LocalBoxes"]
