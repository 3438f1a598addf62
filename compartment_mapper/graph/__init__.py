"""The module graph and the package graph of an application."""
