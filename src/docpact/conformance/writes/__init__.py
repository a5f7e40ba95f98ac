"""Write operations in a check: the life cycle of what they create."""
