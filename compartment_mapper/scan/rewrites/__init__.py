"""Edits that keep what a program means where strict code, SES or a compartment would not."""
