"""The reports of a run: the options that ask for them, and how they are written."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docpact import __version__
from docpact.cli.output import writable, write
from docpact.errors import UsageError

if TYPE_CHECKING:
    from docpact.model import Run

_FILES: Final = {
    "junit": "write the run as JUnit XML",
    "sarif": "write the run as SARIF 2.1.0",
    "markdown": "write the run as Markdown",
}
SUMMARY: Final = "GITHUB_STEP_SUMMARY"
"""The variable that names the file of a step's summary in GitHub Actions."""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    for name, says in _FILES.items():
        parser.add_argument(f"--{name}", metavar="FILE", type=Path, help=says)
    says = f"print annotations, and add the Markdown to ${SUMMARY}"
    parser.add_argument("--github", action="store_true", help=says)


def check_files(args: argparse.Namespace) -> None:
    """Raise UsageError unless every file that is asked for can be written."""
    for name in ("json", *_FILES):
        writable(f"--{name}", getattr(args, name))


def publish(run: Run, args: argparse.Namespace, *, strict: bool) -> None:
    """Print a run, and write every report that is asked for.

    Raises:
        UsageError: a file cannot be written.
    """
    from docpact.reports import document, terminal

    if args.json:
        write(args.json, document.render(run, version=__version__, strict=strict))
    sys.stdout.write("\n" + terminal.render(run, strict=strict))
    write_all(run, args, strict=strict)


def exit_code(run: Run, *, strict: bool) -> int:
    """Return the exit code of a run's verdict."""
    from docpact.model import Verdict

    codes = {Verdict.CONFORMS: 0, Verdict.DRIFT: 1, Verdict.INCONCLUSIVE: 3}
    return codes[run.verdict(strict=strict)]


def write_all(run: Run, args: argparse.Namespace, *, strict: bool) -> None:
    """Write what is asked for, the JSON left out, which each command has its own of.

    Raises:
        UsageError: a file cannot be written.
    """
    from docpact.reports import github, junit, markdown

    if args.junit:
        write(args.junit, junit.render(run, strict=strict))
    if args.sarif:
        from docpact.reports import sarif  # imports the rules of every command

        write(args.sarif, sarif.render(run, version=__version__, strict=strict))
    if args.markdown:
        write(args.markdown, markdown.render(run, strict=strict))
    if args.github:
        sys.stdout.write("\n" + github.render(run, strict=strict))
        if summary := os.environ.get(SUMMARY):
            _append(Path(summary), markdown.render(run, strict=strict))


def _append(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise UsageError(f"${SUMMARY} {file}: {error.strerror or error}") from None
