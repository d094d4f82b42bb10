"""The chat as one more door: who wrote, about what, and how they hear of it. The rest is as ever."""
