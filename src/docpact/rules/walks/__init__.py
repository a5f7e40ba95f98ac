"""Walks: pages of a list, how they continue, and the collection that they show."""
