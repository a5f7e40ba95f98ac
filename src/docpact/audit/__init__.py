"""The audit: recorded traffic in bulk, each response judged by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from warnings import warn

from docpact.audit.auditing import Auditor
from docpact.rules.responses.summary import Summary

if TYPE_CHECKING:
    from docpact.audit.conclusion import AUDITED, conclude, conclude_api

__all__ = ["AUDITED", "Auditor", "Summary", "conclude", "conclude_api"]


def __getattr__(name: str) -> Any:
    """Return a name of the conclusion, which worker processes need not import."""
    if name == "concluded":
        warn("docpact.audit.concluded is now docpact.audit.conclude", DeprecationWarning, 2)
        name = "conclude"
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from docpact.audit import conclusion

    return getattr(conclusion, name)
