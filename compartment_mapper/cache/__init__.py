"""The cache in a folder of the user: always optional, and never trusted to be correct."""
