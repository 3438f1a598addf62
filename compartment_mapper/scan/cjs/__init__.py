"""CommonJS modules: their export names."""
