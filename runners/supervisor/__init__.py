"""The first process of every box, and how hands speak with it."""
