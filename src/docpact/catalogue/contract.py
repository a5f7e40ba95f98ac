"""The decoded files of a contract, the checks of its schemas, and errors that name a place."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from graphlib import CycleError
from typing import Annotated, Any, Final, TypeAlias

import msgspec

from docpact.bodies.formats import HINTS, is_checked
from docpact.bodies.patterns import is_pattern
from docpact.bodies.validate import validate
from docpact.errors import ContractError
from docpact.limits import MAX_DEPTH, MAX_FORMS, MAX_FRAMES, MAX_LEAST, MAX_SAMPLE, MAX_SCHEMA
from docpact.model import Document, Gap, Source
from docpact.model.least import count_forms, measure, measure_definitions
from docpact.model.pointer import Tokens, pointer, resolve
from docpact.model.references import Local, UnknownReferenceError, list_moved, localize
from docpact.model.schema import SUPPORTED
from docpact.model.traversal import map_schema, subschemas
from docpact.text import pluralize

FILES: Final[Mapping[Document, str]] = {
    "operation": "operation.json",
    "query": "query.schema.json",
    "body": "body.schema.json",
    "response": "response.schema.json",
    "responses": "responses.schema.json",
}

OPTIONAL: Final = frozenset({"body", "responses"})
"""Documents that only some operations have."""


JsonPointer: TypeAlias = Annotated[str, msgspec.Meta(pattern="^(/|$)")]
"""A JSON Pointer (RFC 6901) in operation.json."""

_PLAIN: Final = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}
"""A type of JSON → its name in messages."""

_STEP: Final = re.compile(r"\.([^.\[\]`]+)|\[([0-9.]+|\.\.\.)\]")
"""A step of a path in an error of msgspec."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The decoded files of one contract, refined, and the sources and gaps so far."""

    id: str
    documents: Mapping[Document, Any]
    sources: dict[tuple[Document, str], Source] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()

    def error(self, document: Document, where: str, problem: str) -> ContractError:
        """Return an error at a JSON Pointer of a file."""
        return ContractError(f"{self.id}/{FILES[document]}#{where}", problem)

    def get(self, where: str, kind: Any, default: Any = ...) -> Any:
        """Return the value at a JSON Pointer of operation.json; raise if it has another type.

        Args:
            where: the JSON Pointer.
            kind: a type of JSON; or a type that `msgspec` makes of it, such as `dict[str, str]`.
            default: if there is no value.
        """
        value = resolve(self.documents["operation"], where, default)
        if value is ...:
            raise self.error("operation", where, "missing; capture the page again")
        if value is default:
            return value
        if kind in _PLAIN:
            if isinstance(value, kind):
                return value
            raise self.error("operation", where, f"expected {_PLAIN[kind]}, found {value!r}")
        return convert(value, kind, f"{self.id}/{FILES['operation']}#{where}")


@contextmanager
def nesting(where: str) -> Iterator[None]:
    """Let the schemas of a file nest deeply; raise ContractError if they nest without end."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, MAX_FRAMES))
    try:
        yield
    except RecursionError:
        raise ContractError(where, "schemas nest without end, or too deeply") from None
    finally:
        sys.setrecursionlimit(usual)


def convert(value: Any, kind: Any, where: str) -> Any:
    """Return a decoded JSON value as a type of `msgspec`, or raise ContractError."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `")
        steps = (name or number for name, number in _STEP.findall(path))
        raise ContractError(f"{where}{pointer([*steps])}", problem) from None


def localize_schemas(contract: Contract) -> Contract:
    """Return a contract whose schemas are in the form that all other modules read.

    References lead to definitions; what docpact does not know is left out and becomes a gap.
    """
    documents, sources, gaps = dict(contract.documents), dict(contract.sources), []
    texts = {FILES[name]: json.dumps(each) for name, each in contract.documents.items()}
    for document in documents:
        if document == "operation":
            continue
        text = texts[FILES[document]]
        others = tuple((file, each) for file, each in texts.items() if file in text)
        try:
            local, unknown = _localize(text, others)
        except _SchemaError as error:
            raise contract.error(document, error.where, error.problem) from None
        documents[document] = local.schema
        gaps += [Gap(document, where, text) for where, text in unknown]
        for (each, where), source in contract.sources.items():
            if each == document:
                moved = list_moved(local.copied, where)
                sources.update({(document, to): source for to in moved})
    return Contract(contract.id, documents, sources, tuple(gaps))


class _SchemaError(Exception):
    """A schema that docpact cannot use."""

    def __init__(self, path: Iterable[str | int], problem: str) -> None:
        super().__init__(problem)
        self.where, self.problem = pointer(path), problem


@lru_cache(maxsize=16)
def _localize(
    text: str, others: tuple[tuple[str, str], ...]
) -> tuple[Local, list[tuple[str, str]]]:
    """Return the local form of a schema; pointer and description of each part that is left out.

    Both the schema and the files that it may refer to, by name, are JSON: many operations of an API
    have the same large schema.
    """
    stated = json.loads(text)
    _check_size(stated)
    _check_metaschema(stated)
    try:
        local = localize(stated, {file: json.loads(each) for file, each in others})
    except UnknownReferenceError as error:
        problem = f"the reference {error.reference!r} leads to no part of this file"
        raise _SchemaError(error.path, problem) from None
    schema, unknown = _leave_out(local.schema)
    _check_minimums(schema)
    _check_least(schema)
    _check_definitions(schema)
    return Local(schema, local.copied), unknown


def _check_size(schema: Any) -> None:
    count, values = 0, [schema]
    while values:
        each = values.pop()
        count += 1
        if count > MAX_SCHEMA:
            raise _SchemaError((), f"more than {MAX_SCHEMA:,} values in one schema")
        if isinstance(each, Mapping | list):
            values += each.values() if isinstance(each, Mapping) else each


def _check_minimums(schema: Any) -> None:
    """Raise for a value that is too long to be made."""
    for path, each in subschemas(schema):
        for keyword in ("minLength", "minItems", "minProperties", "minContains"):
            if isinstance(each, Mapping) and each.get(keyword, 0) > MAX_SAMPLE:
                problem = f"docpact makes no value of more than {MAX_SAMPLE:,} parts"
                raise _SchemaError((*path, keyword), problem)


def _check_least(schema: Any) -> None:
    """Raise for a schema whose smallest instance has too many values, or too deep ones."""
    limits = (
        (False, MAX_LEAST, f"have more than {MAX_LEAST:,} values"),
        (True, MAX_DEPTH, f"are nested deeper than {MAX_DEPTH} levels"),
    )
    for is_depth, most, problem in limits:
        sizes = measure_definitions(schema.get("$defs", {}), is_depth=is_depth)
        found: list[tuple[Tokens, int | None]] = [((), measure(schema, sizes, is_depth=is_depth))]
        found += [(("$defs", name), size) for name, size in sizes.items()]
        for path, size in found:
            if size is not None and size > most:
                raise _SchemaError(path, f"its required parts {problem}")


def _check_metaschema(schema: Any) -> None:
    """Raise _SchemaError unless a schema is valid in 2020-12, whatever its `$schema` says."""
    if isinstance(schema, Mapping):
        schema = {keyword: each for keyword, each in schema.items() if keyword != "$schema"}
    if problem := find_problem(schema):
        path, text = problem
        raise _SchemaError(path, f"not a JSON Schema: {text}")


def find_problem(schema: Any) -> tuple[Tokens, str] | None:
    """Return why a value is not a JSON Schema (2020-12), and the path of the part, or None."""
    with suppress(ModuleNotFoundError, ValueError):
        from jsonschema_rs import meta

        if meta.is_valid(schema):
            return None
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import SchemaError

    try:
        # A pattern is a regular expression of ECMA-262, not of Python.
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(formats=()))
    except SchemaError as error:
        return tuple(error.absolute_path), error.message
    return None


def _leave_out(schema: Any) -> tuple[Any, list[tuple[str, str]]]:
    """Return a schema without unknown keywords, and pointer and description of each kind."""
    found: dict[str, dict[str, Tokens]] = {}
    for path, each in subschemas(schema):
        for keyword, value in each.items() if isinstance(each, Mapping) else ():
            kind = _name_unknown(keyword, value)
            unknown = keyword if kind == "keyword" else value
            if kind and not (keyword.startswith("x-") or (kind == "format" and value in HINTS)):
                found.setdefault(kind, {}).setdefault(unknown, (*path, keyword))
    gaps = [
        (
            pointer(next(iter(paths.values()))),
            f"{pluralize(len(paths), kind)} that docpact does not check: {', '.join(paths)}",
        )
        for kind, paths in found.items()
    ]
    return map_schema(_keep_known, schema), gaps


def _keep_known(schema: Any) -> Any:
    if not isinstance(schema, Mapping):
        return schema
    return {
        keyword: value for keyword, value in schema.items() if not _name_unknown(keyword, value)
    }


def _name_unknown(keyword: str, value: Any) -> str:
    """Return the unknown part of a statement: `keyword`, `format` or `pattern`; else no text."""
    if keyword not in SUPPORTED:
        return "keyword"
    is_known = {"format": is_checked, "pattern": is_pattern}.get(keyword)
    return "" if is_known is None or is_known(value) else keyword


def check_examples(contract: Contract) -> None:
    """Raise ContractError for an example body that contradicts its own documentation."""
    for number, example in enumerate(contract.get("/response/examples", list, [])):
        found = validate(contract.documents["response"], example)
        wrong = [(v.pointer, f"{v.documented}; found {v.observed}") for v in found.violations]
        wrong += [(each.pointer, "no such field is documented") for each in found.undocumented]
        for at, problem in wrong:
            raise contract.error("operation", f"/response/examples/{number}{at}", problem)


def _check_definitions(schema: Any) -> None:
    """Raise for a definition that is one of its own forms: no value would be reached.

    Also raise where so many schemas describe one instance that no validator ends.
    """
    try:
        counts = count_forms(schema)
    except CycleError as error:
        problem = "one of the forms of this definition is the definition itself"
        raise _SchemaError(("$defs", error.args[1][0]), problem) from None
    for name, count in counts.items():
        if count > MAX_FORMS:
            problem = f"more than {MAX_FORMS:,} schemas describe one value of this definition"
            raise _SchemaError(("$defs", name), problem)
