"""Completions for shells."""
