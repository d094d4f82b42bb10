"""Language models of any provider, behind the `Model` port. The only place that imports litellm."""

from runners.llm.opening import open_model

__all__ = ["open_model"]
