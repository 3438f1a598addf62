"""Scan the globals, builtins and members that a module uses, defines or modifies."""
