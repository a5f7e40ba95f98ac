"""Databases."""

from postgresql import database, place, postgresql_port

__all__ = ["database", "place", "postgresql_port"]
