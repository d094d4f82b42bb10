"""The hands: where work is done and where messages between processes travel."""
