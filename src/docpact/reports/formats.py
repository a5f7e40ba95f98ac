"""The table of report formats: a format is one module here and one row of `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from docpact.reports.view import Report


@dataclass(frozen=True, slots=True)
class Format:
    """A report format.

    Attributes:
        name: of the command line option.
        module: has a function `render` from a `Report` to the text of the file; imported when the
            format is used.
        help: of the option.
    """

    name: str
    module: str
    help: str

    def render(self, report: Report) -> str:
        """Return a run in this format."""
        render = import_module(f"docpact.reports.{self.module}").render
        return cast("Callable[[Report], str]", render)(report)


FORMATS: Final = (
    Format("json", "document", "write the run as JSON"),
    Format("junit", "junit", "write the run as JUnit XML"),
    Format("sarif", "sarif", "write the run as SARIF 2.1.0"),
    Format("markdown", "markdown", "write the run as Markdown"),
    Format("html", "page", "write the run as one HTML page; needs the extra `report`"),
)
"""Every format that an option writes to a file."""
