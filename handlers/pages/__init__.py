"""The page of a run: what it does, live, for whoever has its address."""

from handlers.pages.routes import pages
from handlers.pages.shelf import RunShelf

__all__ = ["RunShelf", "pages"]
