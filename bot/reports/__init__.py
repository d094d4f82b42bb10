"""All sentences the bot says live here, so that it has one tone."""
