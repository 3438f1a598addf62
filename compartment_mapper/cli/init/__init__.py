"""``init``: the files that a project needs."""
