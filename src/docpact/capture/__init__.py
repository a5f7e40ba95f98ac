"""Capture: turns documentation into the files of a contract."""

from docpact.capture.pages.capture import capture, capture_both, capture_part

__all__ = ["capture", "capture_both", "capture_part"]
