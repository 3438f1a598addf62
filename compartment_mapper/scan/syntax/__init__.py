"""The syntax tree of a source, and its names with their scopes."""
