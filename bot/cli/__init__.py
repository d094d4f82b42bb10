"""`devops-agent`: one command line for the three processes, the demo, local runs and the checks."""

from bot.cli.app import main

__all__ = ["main"]
