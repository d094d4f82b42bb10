"""The quality set of planning: words, and what a good plan for them must and must not have."""
