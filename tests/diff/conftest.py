"""The command."""

from command import docpact

__all__ = ["docpact"]
