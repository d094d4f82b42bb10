"""The HTTP API: questions and approvals, for who has a token."""

from handlers.api.office import Office
from handlers.api.routes import api

__all__ = ["Office", "api"]
