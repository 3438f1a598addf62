"""Makes the documentation site of the Markdown in ``docs/``, and of what code says of itself."""
