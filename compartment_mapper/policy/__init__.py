"""Policies: what they hold, how they are written, merged, compared and imported."""
