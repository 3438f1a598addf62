"""From an entry to one file: the application, its stages, and what is made of it."""
