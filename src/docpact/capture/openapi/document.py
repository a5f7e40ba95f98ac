"""An OpenAPI 3 document: its operations, and the references in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from docpact.errors import ContractError, UsageError
from docpact.files import read_text, read_yaml
from docpact.model.pointer import pointer, resolve
from docpact.model.references import resolver

COMPONENTS: Final = "#/components/schemas/"
"""The beginning of a reference to a schema."""

_RANGES: Final = ("*/*", "application/*")
"""Media ranges that include JSON."""

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class OpenApi:
    """A document.

    Attributes:
        content: decoded.
        name: of the document in errors.
        lookup: returns what a `$ref` names, or raises ContractError.
    """

    content: Mapping[str, Any]
    name: str
    lookup: Callable[[str], Any] = field(repr=False, compare=False)

    @property
    def is_3_0(self) -> bool:
        """Whether the document is in the dialect of OpenAPI 3.0."""
        return str(self.content.get("openapi")).startswith("3.0")

    def list_subtypes(self, schema: Mapping[str, Any], where: str) -> list[dict[str, str]]:
        """Return references to the schemas that the discriminator of a schema may choose.

        These are the ones that its `mapping` names, else the components with the schema in their
        `allOf` (OpenAPI 3.1, section 4.8.25).
        """
        mapping = schema["discriminator"].get("mapping")
        if isinstance(mapping, Mapping) and mapping:
            names = dict.fromkeys(str(each) for each in mapping.values())
            refs = [name if "/" in name or "#" in name else COMPONENTS + name for name in names]
        else:
            schemas = resolve(self.content, "/components/schemas", {})
            refs = [
                f"{COMPONENTS}{pointer([name])[1:]}"
                for name, each in schemas.items()
                if any(self.resolve(base, where)[1] == where for base in _list_bases(each))
            ]
        return [{"$ref": ref} for ref in refs if self.resolve({"$ref": ref}, where)[1] != where]

    def error(self, where: str, problem: str) -> ContractError:
        """Return an error at a JSON Pointer of the document."""
        return ContractError(f"{self.name}#{where}", problem)

    def resolve(self, value: Any, where: str) -> tuple[Any, str]:
        """Follow references; return the value they lead to and its JSON Pointer.

        Raises:
            ContractError: a reference leads nowhere in this document, or back to itself.
        """
        seen = []
        while isinstance(value, Mapping) and "$ref" in value:
            ref = value["$ref"]
            if not isinstance(ref, str) or ref in seen:
                raise self.error(where, f"the reference {ref!r} leads nowhere")
            seen.append(ref)
            value, where = self.lookup(ref), unquote(ref.removeprefix("#"))
            where = where if where[:1] in ("", "/") else f"/{where}"
        return value, where


@dataclass(frozen=True, slots=True)
class OpenApiOperation:
    """One operation of a document.

    Attributes:
        document: that contains it.
        path: as written in the document.
        method: in lower case.
        path_item: that holds the operation.
        item_where: JSON Pointer of the path item.
    """

    document: OpenApi
    path: str
    method: str
    path_item: Mapping[str, Any]
    item_where: str

    @property
    def content(self) -> Mapping[str, Any]:
        """The operation object."""
        content: Mapping[str, Any] = self.path_item[self.method]
        return content

    @property
    def name(self) -> str:
        """The `operationId`, else method and path as in `GET /path`."""
        return str(self.content.get("operationId") or f"{self.method.upper()} {self.path}")

    @property
    def where(self) -> str:
        """JSON Pointer of the operation."""
        return f"{self.item_where}/{self.method}"

    def parameters(self) -> Iterator[tuple[Mapping[str, Any], str]]:
        """Yield each parameter and its JSON Pointer, references resolved, those of the path first.

        Raises:
            ContractError: a parameter is not an object, or a reference leads nowhere.
        """
        for holder, where in ((self.path_item, self.item_where), (self.content, self.where)):
            listed = holder.get("parameters") or []
            if not isinstance(listed, list):
                raise self.document.error(f"{where}/parameters", "expected a list of parameters")
            for number, each in enumerate(listed):
                found, at = self.document.resolve(each, f"{where}/parameters/{number}")
                if not isinstance(found, Mapping):
                    raise self.document.error(at, "not a parameter: expected an object")
                yield found, at


def find_json(holder: Any, where: str) -> tuple[str, Mapping[str, Any], str] | None:
    """Return media type, media object and its JSON Pointer of the JSON content, or None.

    `application/json` comes before other media types of JSON, and these before a range.
    """
    content = holder.get("content") if isinstance(holder, Mapping) else None
    media = content if isinstance(content, Mapping) else {}
    found = {str(n).lower(): n for n, each in media.items() if isinstance(each, Mapping)}
    kinds = [kind for kind in sorted(found) if "json" in kind or kind.partition(";")[0] in _RANGES]
    if not kinds:
        return None
    name = found[
        min(kinds, key=lambda kind: (not kind.startswith("application/json"), "*" in kind, kind))
    ]
    return name, media[name], f"{where}{pointer(['content', name])}"


def list_operations(content: Any, name: str) -> list[OpenApiOperation]:
    """Return every operation of an OpenAPI document.

    Args:
        content: the decoded document.
        name: of the document in errors.

    Raises:
        ContractError: it is not an OpenAPI 3 document.
    """
    version = content.get("openapi") if isinstance(content, Mapping) else None
    if not isinstance(version, str) or not version.startswith("3."):
        raise ContractError(name, "not an OpenAPI 3 document: it has no openapi: 3.x")
    document = OpenApi(content, name, resolver(content, name))
    return list(_operations(document))


def find_operation(content: Any, operation_id: str, name: str) -> OpenApiOperation:
    """Find an operation of an OpenAPI document.

    Args:
        content: the decoded document.
        operation_id: of the operation.
        name: of the document in errors.

    Raises:
        ContractError: it is not an OpenAPI 3 document, or has no such operation.
    """
    known = {each.name: each for each in list_operations(content, name)}
    if operation_id not in known:
        listed = ", ".join(sorted(known)) or "none"
        raise ContractError(name, f"no operation {operation_id!r}; it has: {listed}")
    return known[operation_id]


def read_document(file: Path) -> Any:
    """Return the decoded content of a JSON or YAML file.

    Raises:
        UsageError: it cannot be read.
        MissingExtra: it is YAML, and the extra `yaml` is not installed.
    """
    text = read_text(file)
    if file.suffix != ".json":
        return _as_json(read_yaml(text, file), file)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: cannot be read as JSON: {error}") from None


def _as_json(content: Any, file: Path) -> Any:
    """Return YAML as JSON, every key as text.

    Raises:
        UsageError: JSON cannot represent it.
    """
    try:
        return json.loads(json.dumps(content))
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"contains a value that JSON does not have; quote it: {error}"
        raise UsageError(f"{file}: {problem}") from None


def _operations(document: OpenApi) -> Iterator[OpenApiOperation]:
    paths = document.content.get("paths")
    for path, stated in paths.items() if isinstance(paths, Mapping) else ():
        item, where = document.resolve(stated, pointer(["paths", path]))
        for method in METHODS:
            if isinstance(item, Mapping) and isinstance(item.get(method), Mapping):
                yield OpenApiOperation(document, path, method, item, where)


def _list_bases(schema: Any) -> list[Mapping[str, Any]]:
    """Return the references in the `allOf` of a schema."""
    listed = schema.get("allOf") if isinstance(schema, Mapping) else None
    return [each for each in listed or [] if isinstance(each, Mapping) and "$ref" in each]
