"""Read source text, and track its origin."""
