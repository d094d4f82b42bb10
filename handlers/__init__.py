"""The doors: the world's words become our events, our reports become its words."""
