"""Declarations of tools in TypeScript, for language models and for type checkers."""
