"""What the host has, and how much harm each of it can do."""
