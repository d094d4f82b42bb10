"""The three processes: each plugs ports and edges together, and decides nothing."""
