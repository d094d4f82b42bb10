"""Plans: from a structured text to a checked DAG of actions with a digest."""
