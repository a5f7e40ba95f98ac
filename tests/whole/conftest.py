"""Servers for the command."""

from command import docpact, served

__all__ = ["docpact", "served"]
