"""The arguments that several subcommands share, and the settings that they add up to."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docpact.model import Finding, Run
    from docpact.options import DatabaseUrl
    from docpact.settings import Settings


def read_runs(place: Path | DatabaseUrl) -> tuple[Run, ...]:
    """Return the runs in a file that `check --json` wrote, or the latest ones of a history.

    There is one for each operation.

    Raises:
        UsageError: the file cannot be read, or contains something else.
        MissingExtra: the client library of PostgreSQL is not installed.
    """
    from docpact.cli.history import is_history, list_latest, read
    from docpact.errors import UsageError
    from docpact.files import read_text
    from docpact.history.codec import decode_runs

    if is_history(place) or not isinstance(place, Path):
        return list_latest(read(place))
    try:
        return decode_runs(read_text(place))
    except ValueError as error:
        raise UsageError(f"{place}: not written by `docpact check --json`: {error}") from None


def find_finding(text: str, runs: Sequence[Run], source: Path | DatabaseUrl) -> tuple[Run, Finding]:
    """Return the finding of an id, or of how an id begins, with the first run that shows it.

    Args:
        text: the id.
        runs: the latest ones first.
        source: of the runs, for messages.

    Raises:
        UsageError: it is the id of no finding, or begins several.
    """
    from docpact.errors import UsageError

    found = {
        finding.fingerprint: (run, finding)
        for run in reversed(runs)
        for finding in run.findings
        if finding.fingerprint.startswith(text)
    }
    if len(found) != 1:
        problem = "matches no finding" if not found else "matches several findings"
        raise UsageError(f"{text} {problem} in {source}")
    return next(iter(found.values()))


def read_settings(args: argparse.Namespace) -> Settings:
    """Return the settings of a command: its options, then the configuration file, then defaults.

    Raises:
        UsageError: a value or the configuration file cannot be used.
    """
    from docpact.options import OPTIONS
    from docpact.settings import load, resolve

    names = {option.name: option.flag.replace("-", "_") for option in OPTIONS}
    stated = {name: getattr(args, attribute, None) for name, attribute in names.items()}
    return resolve(load(args.config, Path.cwd()), stated)
