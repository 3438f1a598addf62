"""The capabilities of the host and their severity."""
