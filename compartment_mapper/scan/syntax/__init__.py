"""A source text, its syntax tree, and the names in it with their scopes."""
