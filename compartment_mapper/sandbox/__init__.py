"""Run JavaScript that nobody has read, with nothing but the tools that it is handed.

Its names are those of the package above: ``from compartment_mapper import Sandbox``.
"""
