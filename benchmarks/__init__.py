"""What the README's figures come from: `python -m benchmarks`, on this machine, everything on loopback."""
