"""Metamorphic relations between walks, and the problems that break them."""
