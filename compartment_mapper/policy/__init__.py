"""Read, write, merge, compare and import policies."""
