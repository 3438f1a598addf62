"""Code mode: the tools of Model Context Protocol servers as functions of a sandbox.

Import the names from the package: ``from compartment_mapper import mcp_tools``.
"""
