"""`docpact capture`: turns documentation into a contract, or compares it with an earlier one."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from docpact.cli.output import write_together
from docpact.errors import PageError, UsageError
from docpact.text import printable

DOCUMENTS = (".json", ".yaml", ".yml")
"""The suffixes of OpenAPI documents."""


def add_capture_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.epilog = (
        "With --check, exit code 0 means that the documentation is unchanged, 1 that it changed."
    )
    pages = "documentation page saved as text, as Markdown, or both; or an OpenAPI document"
    parser.add_argument("pages", metavar="PAGE", type=Path, nargs="+", help=pages)
    parser.add_argument("--operation", metavar="ID", help="operationId in the OpenAPI document")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", metavar="DIR", type=Path, help="folder of the contract")
    check = "compare with the contract in this folder, and write nothing"
    where.add_argument("--check", metavar="DIR", type=Path, help=check)
    parser.set_defaults(run=run_capture)


def run_capture(args: argparse.Namespace) -> int:
    """Capture documentation, and write the contract or compare it."""
    files = captured(args.pages, args.operation)
    if args.check is not None:
        return _compare(files, args)
    save(files, args.out)
    return 0


def captured(pages: Sequence[Path], operation: str | None) -> Mapping[str, str]:
    """Return the files of a contract, captured from one page in one layout or two, and loaded.

    Raises:
        UsageError: there are too many pages, or one cannot be read or captured.
        ContractError: the contract cannot be used.
    """
    from docpact.catalogue import load_files

    files = _capture(pages, operation)
    load_files(files, str(pages[0]))
    return files


def _capture(pages: Sequence[Path], operation: str | None) -> Mapping[str, str]:
    from docpact.capture import capture
    from docpact.files import read_text

    if operation is not None or pages[0].suffix in DOCUMENTS:
        return _from_openapi(pages, operation)
    if len(pages) > 2:
        raise UsageError("capture takes one documentation page, as text, as Markdown, or both")
    texts = [read_text(page) for page in pages]
    if len(pages) == 2:
        return _from_both(pages, texts)
    try:
        return capture(texts[0])
    except PageError as error:
        raise _at(pages[0], error) from None


def save(files: Mapping[str, str], folder: Path, others: Mapping[Path, str] | None = None) -> None:
    """Write the files of a contract, all or none, and print the gaps of the documentation.

    Args:
        files: name → content.
        folder: of the contract; created if it does not exist.
        others: file → content of files elsewhere that belong to it.

    Raises:
        UsageError: the folder or a file cannot be written; everything is as before.
    """
    created = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        _create(folder)
        write_together({**{folder / name: text for name, text in files.items()}, **(others or {})})
    except BaseException:
        for each in created:
            with suppress(OSError):
                each.rmdir()
        raise
    _describe(files, folder)


def _create(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {folder}: {error.strerror or error}") from None


def _describe(files: Mapping[str, str], folder: Path) -> None:
    """Print the names of the files, the secrets that checks send, and the gaps."""
    sys.stdout.write(f"{printable(str(folder))}: {', '.join(files)}\n")
    operation = json.loads(files["operation.json"])
    for each in operation["security"]:
        place = f"the {each.get('in', 'header')} {each.get('name') or each.get('header')}"
        line = f"  secret: checks send ${each['variable']} in {place}"
        if each.get("scheme") == "basic":
            line += ", which holds USER:PASSWORD"
        sys.stdout.write(printable(line) + "\n")
    for gap in operation.get("gaps", []):
        line = f"line {gap['line']}: " if "line" in gap else ""
        where = f"{gap['document']}{gap['pointer']}"
        sys.stdout.write(printable(f"  not documented: {line}{where}: {gap['said']}") + "\n")


def _from_openapi(pages: Sequence[Path], operation: str | None) -> Mapping[str, str]:
    from docpact.capture.openapi import capture_operation, find_operation, read_document

    if len(pages) > 1:
        raise UsageError("capture takes one OpenAPI document")
    if operation is None:
        raise UsageError(f"{pages[0]}: choose an operation with --operation ID")
    return capture_operation(find_operation(read_document(pages[0]), operation, str(pages[0])))


def _from_both(pages: Sequence[Path], texts: Sequence[str]) -> Mapping[str, str]:
    """Capture the text layout with the nesting of the Markdown; print where the two disagree."""
    from docpact.capture import capture, captured_from_both
    from docpact.capture.markdown import is_markdown
    from docpact.diff import diff
    from docpact.diff.contract import view_files
    from docpact.reports import diff_report

    layouts = [is_markdown(text) for text in texts]
    if sorted(layouts) != [False, True]:
        raise UsageError("give two files only for one page as text and as Markdown")
    at = layouts.index(False)
    text, markdown = texts[at], texts[1 - at]
    try:
        confirmed = capture(markdown)
    except PageError as error:
        raise _at(pages[1 - at], error) from None
    try:
        files = captured_from_both(text, markdown)
    except PageError as error:
        raise _at(pages[at], error) from None
    a, b = view_files(files, str(pages[at])), view_files(confirmed, str(pages[1 - at]))
    found = [change for change in diff(a, b) if change.detail not in _TEXT_ALONE]
    if found:
        sys.stdout.write("the two layouts disagree; docpact uses the text:\n")
        sys.stdout.write(diff_report.render_changes(a.name, b.name, ["query", "response"], found))
    return files


_TEXT_ALONE = frozenset(
    {"minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    | {"minItems", "maxItems", "format"}
)
"""Keywords that the Markdown layout does not show."""


def _compare(files: Mapping[str, str], args: argparse.Namespace) -> int:
    """Print how the documentation changed since a contract was captured; return 1 if it did."""
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
    other = list(_differences(_promises(kept), _promises(fresh), ""))
    if not other:
        sys.stdout.write(
            printable(f"{args.pages[0]}: unchanged since {args.check} was captured") + "\n"
        )
        return 0
    sys.stdout.write(diff_report.render_changes(a.name, b.name, compared(a, b), found))
    sys.stdout.write("".join(f"changed  {printable(where)}\n" for where in other))
    return 1


_NO_PROMISE = ("provenance", "lines", "inferred", "gaps", "title", "preferred_paths")
"""Parts of operation.json that contain no promise."""


def _promises(files: Mapping[str, str]) -> dict[str, Any]:
    found = {name: json.loads(text) for name, text in files.items()}
    for part in _NO_PROMISE:
        found["operation.json"].pop(part, None)
    found["operation.json"]["response"].pop("examples", None)
    found["operation.json"].pop("roles", None)
    return found


def _differences(one: Any, other: Any, where: str) -> Sequence[str]:
    """Return the deepest pointers at which two documents differ."""
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
