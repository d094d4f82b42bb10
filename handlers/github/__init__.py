"""The door to GitHub: its webhooks become our events, our ports become its REST calls."""
