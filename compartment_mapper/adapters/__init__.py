"""A sandbox in frameworks for agents, and on a cluster. Each module needs its own extra."""
