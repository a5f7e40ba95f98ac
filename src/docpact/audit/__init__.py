"""The audit: recorded traffic in bulk, every answer held to the contract by itself."""

from docpact.audit.auditing import Auditor
from docpact.audit.conclusion import AUDITED, concluded
from docpact.audit.summary import Summary

__all__ = ["AUDITED", "Auditor", "Summary", "concluded"]
