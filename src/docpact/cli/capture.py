"""`docpact capture`: documentation becomes a contract, or is held to one captured earlier."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from docpact.cli.output import write
from docpact.errors import PageError, UsageError

DOCUMENTS = (".json", ".yaml", ".yml")
"""How the names of OpenAPI documents end."""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.epilog = "With --check, 0 says that the documentation is as it was, 1 that it changed."
    pages = "the page, saved as text or as Markdown, or as both; or an OpenAPI document"
    parser.add_argument("pages", metavar="PAGE", type=Path, nargs="+", help=pages)
    parser.add_argument("--operation", metavar="ID", help="operationId of an OpenAPI document")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", metavar="DIR", type=Path, help="the folder of the contract")
    check = "compare with the contract of this folder, and write nothing"
    where.add_argument("--check", metavar="DIR", type=Path, help=check)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Capture documentation; write every file of the contract, or none, or compare."""
    files = captured(args.pages, args.operation)
    if args.check is not None:
        return _compared(files, args)
    save(files, args.out)
    return 0


def captured(pages: Sequence[Path], operation: str | None) -> Mapping[str, str]:
    """Return the files of a contract, captured from one page in one layout or two.

    Raises:
        UsageError: the pages are too many, cannot be read, or do not add up.
    """
    from docpact.capture import capture
    from docpact.files import read_text

    if operation is not None or pages[0].suffix in DOCUMENTS:
        return _from_openapi(pages, operation)
    if len(pages) > 2:
        raise UsageError("capture takes one page, in one layout or in both")
    texts = [read_text(page) for page in pages]
    if len(pages) == 2:
        return _from_both(pages, texts)
    try:
        return capture(texts[0])
    except PageError as error:
        raise _at(pages[0], error) from None


def save(files: Mapping[str, str], folder: Path) -> None:
    """Write the files of a contract, and say what the documentation leaves open.

    Raises:
        UsageError: the folder or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {folder}: {error.strerror or error}") from None
    for name, text in files.items():
        write(folder / name, text)
    sys.stdout.write(f"{folder}: {', '.join(files)}\n")
    for gap in json.loads(files["operation.json"]).get("gaps", []):
        line = f"line {gap['line']}: " if "line" in gap else ""
        where = f"{gap['document']}{gap['pointer']}"
        sys.stdout.write(f"  not told: {line}{where}: {gap['said']}\n")


def _from_openapi(pages: Sequence[Path], operation: str | None) -> Mapping[str, str]:
    from docpact.capture.openapi import captured as from_document
    from docpact.capture.openapi import find_operation, read_document

    if len(pages) > 1:
        raise UsageError("capture takes one OpenAPI document")
    if operation is None:
        raise UsageError(f"{pages[0]}: name an operation of it by --operation ID")
    return from_document(find_operation(read_document(pages[0]), operation, str(pages[0])))


def _from_both(pages: Sequence[Path], texts: Sequence[str]) -> Mapping[str, str]:
    """Capture the text layout, its nesting confirmed by Markdown; say where the two disagree."""
    from docpact.capture import capture, captured_from_both
    from docpact.capture.markdown import is_markdown
    from docpact.diff import diff
    from docpact.diff.contract import view_files
    from docpact.reports import diff_report

    layouts = [is_markdown(text) for text in texts]
    if sorted(layouts) != [False, True]:
        raise UsageError("of two pages one is text and the other Markdown")
    at = layouts.index(False)
    text, markdown = texts[at], texts[1 - at]
    try:
        told = capture(markdown)
    except PageError as error:
        raise _at(pages[1 - at], error) from None
    try:
        files = captured_from_both(text, markdown)
    except PageError as error:
        raise _at(pages[at], error) from None
    a, b = view_files(files, str(pages[at])), view_files(told, str(pages[1 - at]))
    found = [change for change in diff(a, b) if change.detail not in _TEXT_ALONE]
    if found:
        sys.stdout.write("the two layouts disagree; the text is taken:\n")
        sys.stdout.write(diff_report.changes(a.name, b.name, ["query", "response"], found))
    return files


_TEXT_ALONE = frozenset(
    {"minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    | {"minItems", "maxItems", "format"}
)
"""The keywords that Markdown does not print."""


def _compared(files: Mapping[str, str], args: argparse.Namespace) -> int:
    """Print how the documentation changed since a contract was captured; 1 if it did."""
    from docpact.catalogue import FILES, OPTIONAL
    from docpact.diff import compared, diff
    from docpact.diff.contract import view_files
    from docpact.files import read_text
    from docpact.reports import diff_report

    kept = {
        name: read_text(args.check / name)
        for document, name in FILES.items()
        if document not in OPTIONAL or (args.check / name).is_file()
    }
    fresh = {name: text for name, text in files.items() if name in FILES.values()}
    a, b = view_files(kept, str(args.check)), view_files(fresh, str(args.pages[0]))
    found = diff(a, b)
    other = list(_differences(_promised(kept), _promised(fresh), ""))
    if not other:
        sys.stdout.write(f"{args.pages[0]} is what {args.check} was captured from\n")
        return 0
    sys.stdout.write(diff_report.changes(a.name, b.name, compared(a, b), found))
    sys.stdout.write("".join(f"changed  {where}\n" for where in other))
    return 1


_UNPROMISED = ("provenance", "lines", "inferred", "gaps", "title")
"""The parts of operation.json that promise nothing."""


def _promised(files: Mapping[str, str]) -> dict[str, Any]:
    found = {name: json.loads(text) for name, text in files.items()}
    for part in _UNPROMISED:
        found["operation.json"].pop(part, None)
    found["operation.json"]["response"].pop("examples", None)
    found["operation.json"].pop("roles", None)
    return found


def _differences(one: Any, other: Any, where: str) -> Sequence[str]:
    """Return the pointers at which two documents differ, the deepest that say it."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = list(dict.fromkeys((*one, *other)))
        return [
            each
            for name in names
            for each in _differences(one.get(name), other.get(name), f"{where}/{name}")
        ]
    return [] if one == other else [where.removeprefix("/")]


def _at(page: Path, error: PageError) -> UsageError:
    return UsageError(f"{page}:{error.line}: {error.problem}; nothing was written")
