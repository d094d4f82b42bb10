"""A chat as the middle knows it: who and where, what is said there, and the seam to whoever says it."""
