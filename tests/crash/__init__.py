"""The crash sweep: each of our processes is killed at each boundary of a run, and the run must end well."""
