"""The local GitHub itself: its state, its rules and its REST endpoints."""
