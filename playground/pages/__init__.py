"""The web pages of a playground: what a person sees, and the few things a person can do there."""

from playground.pages.door import PagesDoor

__all__ = ["PagesDoor"]
