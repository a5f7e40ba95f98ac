"""The run as a JSON document, for programs."""

from __future__ import annotations

from docpact.history.codec import encode
from docpact.reports.view import View


def render(view: View) -> str:
    """Return a run as JSON; see `docpact.history.codec` for its keys."""
    return encode(view.run, version=view.version, strict=view.strict)
