"""The command line: one subcommand a file, errors as one line, exit codes in one place."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from docpact import __version__
from docpact.cli import (
    audit,
    baseline,
    capture,
    check,
    config,
    contracts,
    diff,
    disagree,
    export,
    gate,
    history,
    new,
    report,
    rules,
    serve,
)
from docpact.errors import DocpactError, Inconclusive

_EPILOG = """\
exit codes: 0 conforms, 1 drift, 2 wrong use or a broken contract or page, 3 inconclusive
"""

_COMMANDS = (
    check,
    audit,
    history,
    report,
    baseline,
    gate,
    diff,
    disagree,
    contracts,
    new,
    capture,
    export,
    serve,
    config,
    rules,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    0 conforms, 1 drift, 2 wrong use or a broken contract or page, 3 inconclusive.
    """
    whole = parser()
    own, passed = _split(sys.argv[1:] if argv is None else argv)
    args = whole.parse_args(own)
    if passed and args.run is not check.run:
        whole.error("only `docpact check` takes arguments after `--`")
    args.pytest = passed
    try:
        return int(args.run(args))
    except Inconclusive as error:
        sys.stderr.write(f"docpact: inconclusive: {error}\n")
        return 3
    except DocpactError as error:
        sys.stderr.write(f"docpact: {error}\n")
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 2


def _split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what stands before `--`, and what stands behind it."""
    words = list(argv)
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    whole = argparse.ArgumentParser(
        prog="docpact",
        description="Hold an HTTP API to its documentation.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"docpact {__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_to(commands)
    return whole
