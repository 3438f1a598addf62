"""Text output: summaries, policies and explanations."""
