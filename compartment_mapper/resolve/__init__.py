"""Node's resolution: from a specifier to a file."""
