"""Source texts: how they are read, and what they are made from."""
