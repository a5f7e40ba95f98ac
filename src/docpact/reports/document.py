"""The run as a JSON document, for programs."""

from __future__ import annotations

from docpact.history.codec import describe_api_run, encode, write_json
from docpact.reports.view import Report


def render(report: Report) -> str:
    """Return a run as JSON; see `docpact.history.codec` for its keys."""
    version, strict = report.version, report.strict
    if report.run.is_whole:
        return write_json(describe_api_run(report.run, version=version, strict=strict))
    return encode(report.run.runs[0], version=version, strict=strict)
