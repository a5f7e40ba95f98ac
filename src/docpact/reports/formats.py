"""The table of report formats: a format is one module here and one row of `FORMATS`."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:  # the help of a command imports this module, and imports cost more than the rest
    from typing import Final

    from docpact.reports.view import Report


class Format:
    """A report format, named as its command line option, with the usual end of its file names.

    Its module has a function `render` from a `Report` to the text of the file; it is imported when
    the format is used.
    """

    def __init__(self, name: str, suffix: str, module: str, help: str) -> None:  # noqa: A002
        self.name = name
        self.suffix = suffix
        self.module = module
        self.help = help

    def render(self, report: Report) -> str:
        """Return a run in this format."""
        return str(import_module(f"docpact.reports.{self.module}").render(report))


FORMATS: Final = (
    Format("json", ".json", "document", "write the run as JSON"),
    Format("junit", ".xml", "junit", "write the run as JUnit XML"),
    Format("sarif", ".sarif", "sarif", "write the run as SARIF 2.1.0"),
    Format("markdown", ".md", "markdown", "write the run as Markdown"),
    Format("html", ".html", "page", "write the run as one HTML page; needs the extra `report`"),
)
"""Every format that an option writes to a file."""

SUFFIXES: Final = {"har": ".har", **{each.name: each.suffix for each in FORMATS}}
"""Name of a format of `--report` → usual end of its files."""
