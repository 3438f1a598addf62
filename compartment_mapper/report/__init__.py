"""What is printed for people: summaries, policies and reasons."""
