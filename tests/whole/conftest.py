"""Servers for the command."""

from command import served

__all__ = ["served"]
