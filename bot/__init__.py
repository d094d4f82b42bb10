"""The middle: what we know, decide, say and remember. Imports no edge and no network library."""
