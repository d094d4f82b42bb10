"""A local GitHub you can talk to: the demo's world and the tests' world."""

from playground.server import Playground, serve
from playground.settings import Settings

__all__ = ["Playground", "Settings", "serve"]
