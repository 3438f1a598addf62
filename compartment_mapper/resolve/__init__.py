"""Node's module resolution: from a specifier to a file."""
