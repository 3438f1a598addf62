"""Run untrusted JavaScript with no capabilities but the given tools.

Import the names from the package: ``from compartment_mapper import Sandbox``.
"""
