"""CommonJS modules: the names that they export."""
