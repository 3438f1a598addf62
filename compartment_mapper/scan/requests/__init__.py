"""Scan the requests of a module: calls, computed specifiers, and asset references."""
