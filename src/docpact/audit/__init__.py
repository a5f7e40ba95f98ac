"""The audit: recorded traffic in bulk, every answer held to the contract by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docpact.audit.auditing import Auditor
from docpact.audit.summary import Summary

if TYPE_CHECKING:
    from docpact.audit.conclusion import AUDITED, concluded

__all__ = ["AUDITED", "Auditor", "Summary", "concluded"]


def __getattr__(name: str) -> Any:
    """Return a name of the conclusion, which no worker process has to import."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from docpact.audit import conclusion

    return getattr(conclusion, name)
