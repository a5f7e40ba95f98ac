"""The command, for the tests of the audit."""

from command import docpact

__all__ = ["docpact"]
