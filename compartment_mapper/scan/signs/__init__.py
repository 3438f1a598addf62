"""Scan signs: places that a review of an update looks at, besides capabilities."""
