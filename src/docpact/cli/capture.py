"""`docpact capture`: turns documentation into a contract, or compares it with an earlier one."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from docpact.cli.output import reading, write_together
from docpact.cli.sources import Source, find_move, keep_last, locate, read_source
from docpact.errors import PageError, UsageError
from docpact.files import DOCUMENTS, find_real
from docpact.text import list_some, pluralize, printable

if TYPE_CHECKING:
    from docpact.capture.batch import Captured

MOST_GAPS: Final = 10
"""Number of kinds of gaps that are shown; each contract has all of its own."""


def run_capture(args: argparse.Namespace) -> int:
    """Capture documentation, and write the contract or compare it."""
    if args.check is not None and not args.check.is_dir():
        raise UsageError(f"--check {args.check}: there is no such folder")
    if args.out is not None and args.out.is_file():
        raise UsageError(f"--out {args.out}: this is a file, not a folder")
    if len(args.pages) > 1:
        return _finish(capture_files(args.pages, args.operation), {}, args.pages[0], args)
    source = read_source(args.pages[0], args.check, args.root)
    folder = args.out or args.check
    page = source.name
    if not source.is_modified:
        sys.stdout.write(printable(f"{page}: unchanged since {folder} was captured") + "\n")
        return 0
    if moved := find_move(source.kept, args.check):
        sys.stdout.write(printable(f"{page}: moved to {moved}") + "\n")
    if args.operation is None and (len(source.operations) > 1 or source.is_document):
        return _capture_all(source, args)
    return _finish(capture_files([page], args.operation, source), source.kept, page, args)


def _finish(
    files: Mapping[str, str], kept: Mapping[str, str], page: str, args: argparse.Namespace
) -> int:
    """Write one contract with the page it was captured from, or compare it."""
    if args.check is not None:
        return _compare(files, args.check, page)
    save({**files, **keep_last(kept, args.out)}, args.out)
    return 0


def capture_files(
    pages: Sequence[Path | str], operation: str | None, source: Source | None = None
) -> Mapping[str, str]:
    """Return the files of a contract, captured from one page in one layout or two, and loaded.

    Raises:
        UsageError: there are too many pages, or one cannot be read or captured.
        ContractError: the contract cannot be used.
    """
    from docpact.catalogue import load_files

    files = _capture([str(page) for page in pages], operation, source)
    load_files(files, str(pages[0]))
    return files


def _capture(
    pages: Sequence[str], operation: str | None, source: Source | None
) -> Mapping[str, str]:
    from docpact.capture.batch import choose

    if len(pages) > 1 and pages[0].endswith(DOCUMENTS):
        raise UsageError("capture takes one OpenAPI document")
    if len(pages) > 2:
        raise UsageError("capture takes one documentation page, as text, as Markdown, or both")
    if len(pages) == 2:
        return _from_both([Path(page) for page in pages])
    source = source or read_source(pages[0])
    found = source.operations
    if operation is None and (len(found) > 1 or source.is_document):
        names = list_some([each.name for each in found])
        raise UsageError(f"{pages[0]}: choose an operation with --operation ID; it has: {names}")
    try:
        return (choose(found, operation, pages[0]) if operation else found[0]).capture()
    except PageError as error:
        raise locate(pages[0], error) from None


def save(files: Mapping[str, str], folder: Path, others: Mapping[Path, str] | None = None) -> None:
    """Write the files of a contract, all or none, and print the gaps of the documentation.

    Raises:
        UsageError: the folder or a file cannot be written; everything is as before.
    """
    write_contracts({folder: files}, others or {})
    _describe(files, folder)


def write_contracts(
    contracts: Mapping[Path, Mapping[str, str]], others: Mapping[Path, str]
) -> None:
    """Write the files of contracts by folder, and other files; all or none.

    Raises:
        UsageError: a folder or a file cannot be written; everything is as before.
    """
    texts = {
        folder / name: text for folder, files in contracts.items() for name, text in files.items()
    }
    folders = [*contracts, *(file.parent for file in others)]
    nested = {each for folder in folders for each in (folder, *folder.parents)}
    created = sorted(each for each in nested if not each.exists())
    try:
        for folder in folders:
            _create(folder)
        write_together({**texts, **others})
    except BaseException:
        for each in reversed(created):
            with suppress(OSError):
                each.rmdir()
        raise


def _create(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror or error}") from None


def _describe(files: Mapping[str, str], folder: Path) -> None:
    """Print the names of the files, the secrets that checks send, and the gaps."""
    sys.stdout.write(f"{printable(str(folder))}: {', '.join(files)}\n")
    operation = json.loads(files["operation.json"])
    sys.stdout.write("".join(f"  {printable(line)}\n" for line in _describe_secrets(operation)))
    for gap in operation.get("gaps", []):
        line = f"line {gap['line']}: " if "line" in gap else ""
        where = f"{gap['document']}{gap['pointer']}"
        sys.stdout.write(
            printable(f"  not documented or not tested: {line}{where}: {gap['said']}") + "\n"
        )


def _describe_secrets(operation: Mapping[str, Any]) -> Iterator[str]:
    for each in operation["security"]:
        place = f"the {each.get('in', 'header')} {each.get('name') or each.get('header')}"
        variable = each["variable"]
        line = f"secret: checks send ${variable} in {place}"
        yield line + (", which contains USER:PASSWORD" if each.get("scheme") == "basic" else "")
        if each.get("token_url"):
            client = f"${variable}_CLIENT_ID and ${variable}_CLIENT_SECRET"
            yield f"secret: without ${variable}, checks fetch a token with {client}"


def _capture_all(source: Source, args: argparse.Namespace) -> int:
    """Capture every operation of a page or a document into one folder each, or compare them."""
    from docpact.catalogue import list_folders

    page, folder = source.name, args.out or args.check
    found = capture_each(source, find_real(folder).name)
    gone = sorted({*list_folders(folder)} - found.contracts.keys())
    sys.stdout.write("".join(f"no longer in the document: {each}\n" for each in gone))
    if args.check is not None:
        return max(_compare_all(found, folder, page), int(bool(gone)))
    others = {folder / name: text for name, text in keep_last(source.kept, folder).items()}
    write_contracts({folder / name: each for name, each in found.contracts.items()}, others)
    *lines, last = summarize(found, folder)
    lines.append(f"{last}; try `docpact check {folder}`")
    sys.stdout.write("".join(f"{printable(line)}\n" for line in lines))
    return 0


def capture_each(source: Source, provider: str) -> Captured:
    """Capture every operation of a source, and print those that are refused.

    Raises:
        UsageError: docpact can use none of them.
    """
    from docpact.capture.batch import capture_all

    with reading(source.name):
        found = capture_all(source.operations, source.name, provider)
    for problem in found.refused.values():
        sys.stdout.write(f"refused: {printable(problem)}\n")
    if not found.contracts:
        refused = pluralize(len(found.refused), "operation")
        problem = f"docpact can use none of its {refused}; nothing was written"
        raise UsageError(f"{source.name}: {problem}")
    return found


def _compare_all(found: Captured, folder: Path, page: str) -> int:
    """Print how each operation changed; return 1 if one did."""
    code = 0
    for name, files in found.contracts.items():
        if (folder / name).is_dir():
            code = max(code, _compare(files, folder / name, page))
        else:
            sys.stdout.write(f"new: {name}\n")
            code = 1
    return code


def summarize(found: Captured, folder: Path, key: str | None = None) -> Iterator[str]:
    """Yield the secrets, the most common gaps, and how many operations were written."""
    contents = [json.loads(files["operation.json"]) for files in found.contracts.values()]
    secrets = dict.fromkeys(line for each in contents for line in _describe_secrets(each))
    yield from secrets if key is None else [f"secret: checks send ${key.replace(',', ', $')}"]
    said = (dict.fromkeys(gap["said"] for gap in each.get("gaps", [])) for each in contents)
    gaps = Counter(chain.from_iterable(said))
    for text, number in gaps.most_common(MOST_GAPS):
        yield f"not documented or not tested, in {pluralize(number, 'operation')}: {text}"
    if len(gaps) > MOST_GAPS:
        further = pluralize(len(gaps) - MOST_GAPS, "further gap")
        yield f"{further}: see `gaps` in each operation.json"
    written = pluralize(len(found.contracts), "operation")
    refused = f"; {len(found.refused):,} refused" if found.refused else ""
    yield f"{folder}: {written} written{refused}"


def _from_both(pages: Sequence[Path]) -> Mapping[str, str]:
    """Capture the text layout with the nesting of the Markdown; print where the two disagree."""
    from docpact.capture import capture, capture_both
    from docpact.capture.layout.constraints import CONSTRAINTS
    from docpact.capture.layout.markdown import is_markdown
    from docpact.diff import diff_sources
    from docpact.diff.openapi import view_files
    from docpact.files import read_text
    from docpact.reports import diff_report

    texts = [read_text(page) for page in pages]
    layouts = [is_markdown(text) for text in texts]
    if sorted(layouts) != [False, True]:
        raise UsageError("give two files only for one page as text and as Markdown")
    at = layouts.index(False)
    text, markdown = texts[at], texts[1 - at]
    try:
        confirmed = capture(markdown)
    except PageError as error:
        raise locate(str(pages[1 - at]), error) from None
    try:
        files = capture_both(text, markdown)
    except PageError as error:
        raise locate(str(pages[at]), error) from None
    a, b = view_files(files, str(pages[at])), view_files(confirmed, str(pages[1 - at]))
    found = diff_sources(a, b)
    kept = {each: () for each in found.changes if each.detail not in CONSTRAINTS}
    if kept:
        sys.stdout.write("the two layouts disagree; docpact uses the text:\n")
        sys.stdout.write(diff_report.render_changes(replace(found, changes=kept)))
    return files


def _compare(files: Mapping[str, str], folder: Path, page: str) -> int:
    """Print how the documentation changed since a contract was captured; return 1 if it did."""
    from docpact.catalogue.contract import FILES, OPTIONAL
    from docpact.diff import diff_sources
    from docpact.diff.openapi import view_files
    from docpact.files import read_text
    from docpact.reports import diff_report

    kept = {
        name: read_text(folder / name)
        for document, name in FILES.items()
        if document not in OPTIONAL or (folder / name).is_file()
    }
    fresh = {name: text for name, text in files.items() if name in FILES.values()}
    a, b = view_files(kept, str(folder)), view_files(fresh, str(page))
    other = list(_differences(_promises(kept), _promises(fresh), ""))
    if not other:
        sys.stdout.write(printable(f"{page}: unchanged since {folder} was captured") + "\n")
        return 0
    sys.stdout.write(diff_report.render_changes(diff_sources(a, b)))
    sys.stdout.write("".join(f"changed  {printable(where)}\n" for where in other))
    return 1


_NO_PROMISE = ("origins", "provenance", "lines", "inferred", "gaps", "title", "preferred_paths")
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
