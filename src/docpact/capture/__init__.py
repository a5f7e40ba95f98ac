"""Capture: turns documentation into the files of a contract.

A function that reads a page raises PageError, which has the line, if it cannot; one that reads a
document raises ContractError or UsageError.
"""

from docpact.capture.pages.capture import capture, capture_both, capture_part

__all__ = ["capture", "capture_both", "capture_part"]
