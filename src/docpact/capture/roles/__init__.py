"""Roles of parameters and fields, inferred from names, types and descriptions."""
