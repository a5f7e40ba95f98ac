"""The reports of a run: the options that ask for them, and how they are written."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docpact import __version__
from docpact.cli.output import writable, write
from docpact.errors import UsageError
from docpact.reports.formats import FORMATS

if TYPE_CHECKING:
    from docpact.model import Run
    from docpact.reports.view import View

SUMMARY: Final = "GITHUB_STEP_SUMMARY"
"""The variable that names the file of a step's summary in GitHub Actions."""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    for each in FORMATS:
        parser.add_argument(f"--{each.name}", metavar="FILE", type=Path, help=each.help)
    says = f"print annotations, and add the Markdown to ${SUMMARY}"
    parser.add_argument("--github", action="store_true", help=says)


def check_files(args: argparse.Namespace) -> None:
    """Check that every report file can be written.

    Raises:
        UsageError: one cannot; the message names the option.
    """
    for each in FORMATS:
        writable(f"--{each.name}", getattr(args, each.name))


def publish(run: Run, args: argparse.Namespace, *, strict: bool) -> None:
    """Print a run, and write every report that an option names.

    Raises:
        UsageError: a file cannot be written.
    """
    from docpact.reports import terminal
    from docpact.reports.view import View

    view = View(run, __version__, strict)
    sys.stdout.write("\n" + terminal.render(view))
    write_all(view, args)


def exit_code(run: Run, *, strict: bool) -> int:
    """Return the exit code of a run's verdict."""
    from docpact.model import Verdict

    codes = {Verdict.CONFORMS: 0, Verdict.DRIFT: 1, Verdict.INCONCLUSIVE: 3}
    return codes[run.verdict(strict=strict)]


def write_all(view: View, args: argparse.Namespace, texts: Mapping[str, str] | None = None) -> None:
    """Write every report that an option names.

    Args:
        view: of the run.
        args: of the command line.
        texts: name of a format → the text to write instead of the run in this format.

    Raises:
        UsageError: a file cannot be written.
    """
    texts = texts or {}
    for each in FORMATS:
        if file := getattr(args, each.name):
            write(file, texts[each.name] if each.name in texts else each.render(view))
    if args.github:
        from docpact.reports import github, markdown

        sys.stdout.write("\n" + github.render(view))
        if summary := os.environ.get(SUMMARY):
            _append(Path(summary), markdown.render(view))


def _append(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise UsageError(f"${SUMMARY} {file}: {error.strerror or error}") from None
