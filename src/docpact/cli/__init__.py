"""The command line: one subcommand a file, errors as one line, exit codes in one place."""

from __future__ import annotations

import argparse
import gc
import sys
from importlib import import_module

from docpact import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:  # to import `typing` takes as long as all else that docpact adds to a help
    from collections.abc import Container, Sequence
    from typing import Final

_EPILOG = """\
exit codes: 0 conforms, 1 drift, 2 wrong use or a broken contract or page, 3 inconclusive
"""

_COMMANDS: Final = {
    "check": "hold an API to its documentation",
    "audit": "hold recorded traffic in bulk to the documentation",
    "history": "say what is new, what is old and since when, and what comes and goes",
    "report": "write a history as one HTML page",
    "baseline": "edit the file of accepted findings",
    "gate": "hold a client of the API to its documentation",
    "diff": "say what changes from one source to another, and for whom",
    "disagree": "say who disagrees with whom: page, answers, client libraries",
    "list": "show the contracts: your own and the shipped ones",
    "new": "start a contract in your own repository",
    "capture": "turn documentation into a contract",
    "export": "write what docpact keeps in another format",
    "serve": "serve the mock of an operation over HTTP",
    "config": "show what is in force, and where it came from",
    "rules": "list every rule: what it promises, and why",
}
"""Every subcommand and its line of help; its file is imported only when it is called for."""

_FILES: Final = {"list": "contracts"}
"""Subcommands whose file is named otherwise: `docpact.cli.list` would hide the built-in here."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    0 conforms, 1 drift, 2 wrong use or a broken contract or page, 3 inconclusive. Garbage is
    collected seldom from then on: a check in which that is done often takes a fifth longer.
    """
    gc.set_threshold(50_000)
    own, passed = _split(sys.argv[1:] if argv is None else argv)
    whole = parser(own)
    args = whole.parse_args(own)
    if passed and args.subcommand != "check":
        whole.error("only `docpact check` takes arguments after `--`")
    args.pytest = passed
    return _run(args)


def parser(called: Container[str] = _COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of the command line.

    Args:
        called: the subcommands that get their arguments; the others have but a name and a line of
            help. All words of a command line serve, for a subcommand is called by its whole name.
    """
    whole = argparse.ArgumentParser(
        prog="docpact",
        description="Hold an HTTP API to its documentation.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"docpact {__version__}")
    commands = whole.add_subparsers(
        title="commands", metavar="COMMAND", dest="subcommand", required=True
    )
    for name, says in _COMMANDS.items():
        command = commands.add_parser(name, help=says)
        if name in called:
            import_module(f"docpact.cli.{_FILES.get(name, name)}").add_to(command)
    return whole


def _run(args: argparse.Namespace) -> int:
    """Run what was called for, and say in one line why it could not be done."""
    from docpact.errors import DocpactError, Inconclusive

    try:
        try:
            return int(args.run(args))
        except KeyboardInterrupt:
            raise Inconclusive("interrupted before there was a verdict") from None
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
