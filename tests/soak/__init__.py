"""The soak: many runs of all kinds while everything fails at random, then an audit of what was promised."""
