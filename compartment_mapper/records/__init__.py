"""What is recorded of one text, and how records are stored."""
