"""GitHub's own OpenAPI description, as a judge of every request and answer."""

from playground.contract.judge import Contract

__all__ = ["Contract"]
