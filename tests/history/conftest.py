"""The command, servers for it, and databases."""

from command import docpact, served
from postgresql import database, place, postgresql_port

__all__ = ["database", "docpact", "place", "postgresql_port", "served"]
