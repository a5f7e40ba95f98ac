"""Fixtures: the command, and servers for it."""

from command import docpact, served

__all__ = ["docpact", "served"]
