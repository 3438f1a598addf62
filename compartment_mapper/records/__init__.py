"""The record of one source, and its encoding."""
