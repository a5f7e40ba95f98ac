"""Two sources, or two versions of an OpenAPI document: the changes of all their operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docpact.capture.openapi.document import OpenApiOperation, list_operations
from docpact.capture.openapi.reading import read_document
from docpact.diff.compare import diff, list_compared, not_compared
from docpact.diff.openapi import view_operation
from docpact.diff.rules import BY_ID, Change
from docpact.diff.view import SourceView
from docpact.errors import ContractError, DocpactError
from docpact.files import DOCUMENTS
from docpact.model.path import without_names


@dataclass(frozen=True, slots=True)
class SourceDiff:
    """The changes from one source, or one OpenAPI document, to another.

    Attributes:
        a: name of the first one.
        b: name of the second one.
        changes: each with the operations that have it, as in `GET /path`; of documents only.
        compared: titles of the parts that are compared, of any operation.
        not_compared: titles of the others.
        count: number of operations that both documents have; None for other sources.
        refused: operation → why it cannot be compared.
    """

    a: str
    b: str
    changes: Mapping[Change, tuple[str, ...]]
    compared: tuple[str, ...]
    not_compared: tuple[str, ...]
    count: int | None = None
    refused: Mapping[str, str] = field(default_factory=dict)


def diff_sources(a: SourceView, b: SourceView) -> SourceDiff:
    """Return the changes from one source to another, and the parts that are compared."""
    changes = dict.fromkeys(diff(a, b), ())
    return SourceDiff(a.name, b.name, changes, list_compared(a, b), not_compared(a, b))


def is_document(name: str) -> bool:
    """Return whether a source is a whole OpenAPI document: a file of JSON or YAML."""
    file = Path(name)
    return file.suffix in DOCUMENTS and file.is_file()


def diff_documents(a: str, b: str) -> SourceDiff:
    """Return what changes from one OpenAPI document to another, in all operations.

    Operations of one method and path are the same, whatever the parameters of the path are called;
    of the others, those with the same `operationId`.

    Raises:
        UsageError: a file cannot be read.
        ContractError: a file is not an OpenAPI document.
    """
    both = _read(a), _read(b)
    refused = {e.method_and_path: str(e.problem) for side in both for e in side if e.problem}
    before, after = (
        [each for each in side if not refused.keys() & {each.method_and_path, each.path}]
        for side in both
    )
    pairs = list(_pair(before, after))
    found: dict[Change, list[str]] = {}
    compared, others = dict[str, None](), dict[str, None]()
    for one, two in pairs:
        name = two.method_and_path
        try:
            sides = (
                view_operation(one, f"{a}#{name}", two),
                view_operation(two, f"{b}#{name}", one),
            )
            changes = diff(*sides)
        except DocpactError as error:
            refused[name] = str(error)
            continue
        compared |= dict.fromkeys(each.partition(" /")[0] for each in list_compared(*sides))
        others |= dict.fromkeys(not_compared(*sides))
        for change in changes:
            found.setdefault(change, []).append(name)
    kept = [{id(each) for each in side} for side in zip(*pairs, strict=True)] or [set(), set()]
    for rule, side, ids, texts in (
        ("removed", before, kept[0], ("documented", "gone")),
        ("added", after, kept[1], ("not documented", "documented")),
    ):
        for name in sorted(each.method_and_path for each in side if id(each) not in ids):
            found[Change(BY_ID[f"diff.operation.{rule}"], name, *texts)] = []
    rest = tuple(each for each in others if each not in compared)
    whole = {change: tuple(names) for change, names in found.items()}
    return SourceDiff(a, b, whole, tuple(compared), rest, len(pairs), refused)


def _read(name: str) -> list[OpenApiOperation]:
    found = list_operations(read_document(Path(name)), name)
    if not found:
        raise ContractError(name, "the document has no operations")
    return found


def _pair(
    before: Sequence[OpenApiOperation], after: Sequence[OpenApiOperation]
) -> Iterator[tuple[OpenApiOperation, OpenApiOperation]]:
    addresses = {_get_address(each): each for each in after}
    same = {id(addresses[key]) for each in before if (key := _get_address(each)) in addresses}
    ids = {each.name: each for each in after if id(each) not in same}
    for each in before:
        other = addresses.get(_get_address(each)) or ids.get(each.name)
        if other is not None:
            yield each, other


def _get_address(operation: OpenApiOperation) -> str:
    return f"{operation.method} {without_names(operation.path)}"
