"""A language model to talk to: it speaks as OpenAI's API does, and says what a script tells it."""
