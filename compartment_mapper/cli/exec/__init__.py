"""``exec``: run a tool that is installed in a project."""
