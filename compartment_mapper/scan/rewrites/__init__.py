"""Edits that preserve the behavior of a program in strict code, SES and a compartment."""
