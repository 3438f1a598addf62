"""Infer the capabilities that code uses, and the policies that grant them."""
