"""Modules and packages of an application: what leads where."""
