"""Sources: OpenAPI documents and their operations, contracts, and documentation pages."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from docpact.capture import capture
from docpact.capture.openapi.capture import find_operation, list_servers
from docpact.capture.openapi.document import WEBHOOKS, OpenApiOperation, list_operations
from docpact.capture.openapi.export import refine, write_document
from docpact.capture.openapi.keywords import drop_ignored
from docpact.capture.openapi.messages import (
    FRAMING,
    MainResponse,
    StatedBody,
    find_body,
    find_main_response,
    list_responses,
)
from docpact.capture.openapi.reading import read_document
from docpact.capture.openapi.security import (
    TOKEN_TYPES,
    find_prefix,
    find_scheme,
    list_requirements,
)
from docpact.catalogue import documents, load, load_files
from docpact.catalogue.contract import nesting
from docpact.diff.compare import diff, list_compared, not_compared
from docpact.diff.components import find_component
from docpact.diff.normal import BYTES
from docpact.diff.parameters import describe_parameters, list_styles, read_schema
from docpact.diff.rules import BY_ID, SCOPE, Change, normalize_media_type
from docpact.diff.view import (
    Alternatives,
    Completeness,
    Origin,
    SourceView,
    ValueView,
    object_of,
    view_schema,
)
from docpact.errors import ContractError, DocpactError, PageError, UsageError
from docpact.files import DOCUMENTS, read_json, read_text
from docpact.media_types import is_binary
from docpact.model import Operation, Source
from docpact.model.documented import LOCATIONS
from docpact.model.path import without_names
from docpact.model.pointer import list_of, pointer


def read_operation(name: str) -> OpenApiOperation:
    """Return the operation that `FILE.json#OPERATION_ID`, or a YAML file, names."""
    file, _, operation_id = name.partition("#")
    return find_operation(drop_ignored(read_document(Path(file))), operation_id, file)


def view_operation(
    operation: OpenApiOperation,
    name: str,
    other: OpenApiOperation | None = None,
    main: MainResponse | None = None,
) -> SourceView:
    """Return the statements about an operation under a name.

    Media types of both operations that are compared come first; its main response may be known.
    """
    beside = operation if other is None else other
    sent, status = find_body(beside), find_main_response(beside).stated
    received = [each.content for each in list_responses(beside) if each.status == status]
    body = find_body(operation, {sent.media_type, *sent.others.values()} if sent else ())
    main = main or find_main_response(operation, set().union(*received))
    parts = dict(_list_parts(operation, main, body))
    return SourceView(
        name,
        Completeness.WHOLE,
        facts={
            "method": operation.method.upper(),
            "path": operation.path,
            "status": str(main.status),
            "content_type": main.media_type,
            **({"body_type": body.media_type} if body is not None else {}),
        },
        parts=parts,
        styles=dict(list_styles(operation, body)),
        credentials=_list_credentials(operation),
        servers=frozenset(url for url, _ in list_servers(operation) or [("/", "")]),
        is_deprecated=operation.content.get("deprecated") is True,
        find_source=lambda part, path, origin: find_component(
            parts[part], path, origin, operation.document.lookup
        ),
    )


def _list_parts(
    operation: OpenApiOperation, main: MainResponse, body: StatedBody | None
) -> Iterator[tuple[str, ValueView | None]]:
    resolve = operation.document.lookup
    for place in LOCATIONS:
        yield place, view_schema(describe_parameters(operation, place), resolve)
    if body is None:
        yield "body", None
    else:
        view = view_schema(_read_bytes(body.media_type, body.schema), resolve, "readOnly")
        yield "body", replace(view, is_present=body.entry.get("required", True))
    bodies = {
        normalize_media_type(name): _read_bytes(name, resolve(f"#{at}").get("schema", {}))
        for at, name in (body.others if body else {}).items()
    }
    yield "bodies", view_schema(object_of(bodies), resolve, "readOnly")
    received = _read_bytes(main.media_type, main.media.get("schema", {}))
    yield "response", view_schema(received, resolve, "writeOnly")
    others = view_schema(_describe_responses(operation, main), resolve, "writeOnly")
    yield "responses", others


def _read_bytes(media_type: str, schema: Any) -> Any:
    """Return the schema of a body; bytes without one, as in OpenAPI 3.1, have that of 3.0."""
    states_nothing = isinstance(schema, Mapping) and schema.keys() <= {"contentMediaType"}
    return BYTES if states_nothing and is_binary(media_type) else schema


def _describe_responses(operation: OpenApiOperation, main: MainResponse) -> dict[str, Any]:
    """Return the other responses as the schema of an object of statuses."""
    found = {}
    for each in list_responses(operation):
        contents = {
            normalize_media_type(name): _read_bytes(name, media.get("schema", {}))
            for name, (media, _) in each.content.items()
            if (each.status, name) != (main.stated, main.media_type)
        }
        headers = {
            f"header {name.lower()}": header
            for name, (header, _) in each.headers.items()
            if name.lower() not in FRAMING
        }
        found[each.status] = object_of(
            contents | {name: read_schema(header) for name, header in headers.items()},
            [name for name, header in headers.items() if header.get("required") is True],
        )
    return object_of(found)


def _list_credentials(operation: OpenApiOperation) -> Alternatives:
    """Return the alternatives; tokens of OAuth 2 and OpenID Connect are bearer tokens."""
    requirements, _ = list_requirements(operation)
    return frozenset(
        frozenset(
            text
            for name, scopes in each.items()
            for text in _describe_scheme(find_scheme(operation, name), name, scopes)
        )
        for each in requirements or [{}]
    )


def _describe_scheme(scheme: Mapping[str, Any], name: str, scopes: Any) -> Iterator[str]:
    """Yield a credential for people, equal texts for equal requests, and its scopes."""
    kind, place = str(scheme.get("type")), str(scheme.get("in"))
    if not scheme:
        yield f"undefined scheme {name}"
    elif word := find_prefix(scheme):
        yield word.lower()
    elif kind == "apiKey":
        key = str(scheme.get("name"))
        yield f"key in {place} {key.lower() if place == 'header' else key}"
    elif kind in TOKEN_TYPES:
        yield "bearer"
        yield from (f"{SCOPE}{each}" for each in list_of(scopes))
    else:
        yield (str(scheme.get("scheme")) if kind == "http" else kind).lower()


def read_contract(name: str) -> SourceView:
    """Return the statements of a contract, shipped or in a folder, with its refinements."""
    return _view(load(name), documents(name), name)


def read_page(name: str) -> SourceView:
    """Return the statements of a documentation page, without refinements."""
    try:
        files = capture(read_text(Path(name)))
    except PageError as error:
        raise UsageError(f"{name}:{error.line}: {error.problem}") from None
    return view_files(files, name)


def view_files(files: Mapping[str, str], name: str) -> SourceView:
    """Return the statements of the files of a contract."""
    operation = load_files(files, name)
    return _view(operation, {file: read_json(text) for file, text in files.items()}, name)


def _view(operation: Operation, files: Mapping[str, Any], name: str) -> SourceView:
    """Return the statements of a contract, given its decoded files."""

    def find_source(part: str, path: tuple[str, ...], _: Origin) -> Source | None:
        found = (each for each in operation.schemas if each == part)
        return next((operation.place_source(each, pointer(path)) for each in found), None)

    local = {f"{part}.schema.json": each for part, each in operation.schemas.items()}
    stated = {"operation.json": refine(files)["operation.json"], **local}
    with nesting(name):
        (found,) = list_operations(write_document([("a/contract", stated)], version=""), name)
        main = find_main_response(found, {operation.content_type}, str(operation.status))
        view = view_operation(found, name, main=main)
    unstated = {"bodies"} if operation.responses else {"bodies", "responses"}
    return replace(
        view,
        facts={**view.facts, "status": str(operation.status)},
        parts={part: each for part, each in view.parts.items() if part not in unstated},
        credentials=view.credentials if operation.credential else None,  # a page may leave them out
        servers=view.servers if operation.server else None,
        is_deprecated=None,
        is_contract=True,
        find_source=find_source,
    )


@dataclass(frozen=True, slots=True)
class SourceDiff:
    """The changes from one source, or one OpenAPI document, to another.

    Attributes:
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

    @property
    def is_complete(self) -> bool:
        """Whether every operation is compared; docpact receives no requests of webhooks."""
        return self.refused.keys() <= {WEBHOOKS}


def diff_sources(a: SourceView, b: SourceView) -> SourceDiff:
    """Return the changes from one source to another, and the parts that are compared."""
    changes = dict.fromkeys(diff(a, b), ())
    return SourceDiff(a.name, b.name, changes, list_compared(a, b), not_compared(a, b))


def is_document(name: str) -> bool:
    """Return whether a source is a whole OpenAPI document, by its name; the file may be missing."""
    file, is_other = Path(name), name.startswith("answers:") or "://" in name
    return file.suffix in DOCUMENTS and not (file.is_dir() or is_other)


def diff_documents(a: str, b: str) -> SourceDiff:
    """Return the changes from one OpenAPI document to another, in all operations.

    Operations of one method and path are the same; of the others, those of one method and path
    whatever the parameters of the path are called, then those with the same `operationId`.

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
    found = list_operations(drop_ignored(read_document(Path(name))), name)
    if not found:
        raise ContractError(name, "the document has no operations")
    return found


def _pair(
    before: Sequence[OpenApiOperation], after: Sequence[OpenApiOperation]
) -> Iterator[tuple[OpenApiOperation, OpenApiOperation]]:
    """Yield each operation with one of the other document: those that have most in common first."""
    found: dict[int, OpenApiOperation] = {}
    left = list(after)
    for describe in _DESCRIPTIONS:
        others: dict[Hashable, deque[OpenApiOperation]] = {}
        for other in left:
            others.setdefault(describe(other), deque()).append(other)
        for each in before:
            if id(each) not in found and (same := others.get(describe(each))):
                found[id(each)] = same.popleft()
        left = [other for same in others.values() for other in same]
    return ((each, found[id(each)]) for each in before if id(each) in found)


def _get_address(operation: OpenApiOperation) -> str:
    return f"{operation.method} {without_names(operation.path)}"


_DESCRIPTIONS: Final[tuple[Callable[[OpenApiOperation], Hashable], ...]] = (
    lambda each: each.method_and_path,
    lambda each: (_get_address(each), each.name),
    _get_address,
    lambda each: each.name,
)
"""Descriptions that are equal for two operations that are the same, the best one first."""
