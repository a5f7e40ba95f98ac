"""An OpenAPI document of any version: its operations, and the references in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from docpact.capture.openapi.addresses import Address, move_parameters, read_address
from docpact.capture.openapi.reading import FILES, TextFile
from docpact.capture.openapi.sharing import Translation
from docpact.capture.openapi.swagger import join_paths, translate_swagger
from docpact.errors import ContractError
from docpact.model.path import TOKEN, join_url
from docpact.model.pointer import find_by_prefix, list_of, mapping_of, pointer, resolve, tokens
from docpact.text import pluralize

COMPONENTS: Final = "#/components/schemas/"
"""The beginning of a reference to a schema."""

WEBHOOKS: Final = "webhooks"
"""The name, in place of a path, of the requests that the API sends."""

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""A method of HTTP (RFC 9110, section 9.1)."""

_OTHERS: Final = {
    "discoveryVersion": "a Google discovery document (google-discovery-to-swagger converts it)",
    "swaggerVersion": "Swagger 1 (swagger-converter converts it)",
    "info item": "a collection of Postman (postman-to-openapi converts it)",
    "smithy": "a model of Smithy (its plugin openapi converts it)",
    "AWSTemplateFormatVersion": "a CloudFormation template (aws apigateway get-export converts it)",
    "asyncapi": "an AsyncAPI document",
    "arazzo": "an Arazzo document",
    "overlay": "an overlay",
}
"""Fields of other documents, and what they are."""


class FilePlace(NamedTuple):
    """A place in a file of the user.

    Attributes:
        text: file and JSON Pointer.
        line: number and text of the line, or None if it is unknown.
    """

    text: str
    line: tuple[int, str] | None


@dataclass(frozen=True, slots=True, eq=False)
class OpenApi:
    """A document in the form of OpenAPI 3.

    Attributes:
        moved: JSON Pointer → JSON Pointer in the original, for parts that were translated.
        files: JSON Pointer of the content of each file → the file.
        problems: reference that was not followed → why.
        anchors: URI or pointer of a file, `#` and anchor → JSON Pointer; filled when needed.
        bases: JSON Pointer of each schema with an `$id` → its URI, and of each file → the same.
        dynamic: URI → name of each `$dynamicAnchor` in its schema → JSON Pointer; empty if the
            schema has several of that name.
        places: JSON Pointer → place in the user's files, of those that were looked up: most
            operations of a document share its components.
        translations: those of earlier operations' schemas that later ones may share.
    """

    content: Mapping[str, Any]
    name: str
    moved: dict[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[str, TextFile] = field(default_factory=dict, repr=False)
    problems: Mapping[str, str] = field(default_factory=dict, repr=False)
    anchors: dict[str, str] = field(default_factory=dict, repr=False)
    bases: dict[str, str] = field(default_factory=dict, repr=False)
    dynamic: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    places: dict[str, FilePlace] = field(default_factory=dict, repr=False)
    translations: dict[tuple[str, str, str, bool], Translation] = field(
        default_factory=dict, repr=False
    )

    @property
    def is_3_0(self) -> bool:
        """Whether the document is in the dialect of OpenAPI 3.0 or of Swagger 2.0."""
        return str(self.content.get("openapi")).startswith("3.0")

    @property
    def own_uri(self) -> str:
        """The URI that the document states for itself (OpenAPI 3.2), or an empty text."""
        stated = self.content.get("$self")
        return stated.partition("#")[0] if isinstance(stated, str) else ""

    @property
    def file_name(self) -> str:
        """The name of the document's file, without its folder."""
        return self.name.replace("\\", "/").rpartition("/")[2] or self.name

    def find_place(self, where: str) -> FilePlace:
        """Return the place in the user's files that a JSON Pointer of the document leads to."""
        if where not in self.places:
            self.places[where] = self._find_place(where)
        return self.places[where]

    def _find_place(self, where: str) -> FilePlace:
        found = find_by_prefix(self.moved, where) if self.moved else None
        where = where if found is None else found
        name, file = self.file_name, self.files.get("")
        if top := self._find_file(where):
            file = self.files.get(top)
            name, where = (file.name if file else top), where.removeprefix(top)
        return FilePlace(f"{name}#{where}", file.find_line(where) if file else None)

    def _find_file(self, where: str) -> str:
        """Return the JSON Pointer of the file that has a part; empty for the document's own."""
        return pointer(tokens(where)[:2]) if where.startswith(f"/{FILES}/") else ""

    def list_subtypes(
        self, schema: Mapping[str, Any], where: str
    ) -> list[tuple[str, dict[str, str]]]:
        """Return each value of the discriminator of a schema, and a reference to its form.

        The forms are the ones that its `mapping` names, else the components with the schema in
        their `allOf` (OpenAPI 3.1, section 4.8.25).
        """
        stated, where = schema["discriminator"], _BRANCH.sub("", where)
        if mapping := mapping_of(mapping_of(stated).get("mapping")):
            named = {value: str(each) for value, each in mapping.items()}
            refs = {v: n if "/" in n or "#" in n else COMPONENTS + n for v, n in named.items()}
        else:
            refs = {
                name: f"#{holder}{pointer([name])}"
                for holder in ("/components/schemas", "/definitions")
                for name, each in mapping_of(resolve(self.content, holder)).items()
                for base in list_of(mapping_of(each).get("allOf"))
                if "$ref" in mapping_of(base) and self.resolve(base, where)[1] == where
            }
        found = [(value, {"$ref": ref}) for value, ref in refs.items()]
        return [each for each in found if self.resolve(each[1], where)[1] != where]

    def error(self, where: str, problem: str) -> ContractError:
        """Return an error at a JSON Pointer of the document."""
        return ContractError(self.name_place(where), problem)

    def name_place(self, where: str) -> str:
        """Return a JSON Pointer of the document with the name of its file."""
        place = self.find_place(where).text
        is_first = place.startswith(f"{self.file_name}#")
        return f"{self.name}{place.removeprefix(self.file_name)}" if is_first else place

    def _refuse(self, ref: Any, where: str, problem: str) -> ContractError:
        """Return an error about a reference, named as the user wrote it or with its file."""
        is_moved = isinstance(ref, str) and ref.startswith(f"#/{FILES}/")
        shown = self.find_place(ref.removeprefix("#")).text.removesuffix("#") if is_moved else ref
        return self.error(where, f"the reference {shown!r} {problem}")

    def lookup(self, ref: str) -> Any:
        """Return the target of a reference."""
        return self._find(ref, "")[0]

    def resolve(self, value: Any, where: str, kept: Collection[str] = ()) -> tuple[Any, str]:
        """Follow references; return the value they lead to and its JSON Pointer.

        Kept keywords end this beside a further reference, because they count.
        """
        seen: list[str] = []
        while isinstance(value, Mapping) and "$ref" in value:
            ref = value["$ref"]
            if not isinstance(ref, str) or ref in seen:
                problem = "leads back to itself" if ref in seen else "leads nowhere"
                raise self._refuse(ref, where, problem)
            seen.append(ref)
            value, where = self._find(ref, where)
            if isinstance(value, Mapping) and any(keyword in value for keyword in kept):
                break
        return value, where

    def read_object(self, value: Any, where: str) -> tuple[Mapping[str, Any], str]:
        """Return the object that a value is or refers to, and its place; else an empty object."""
        with suppress(ContractError):
            value, where = self.resolve(value, where)
            return mapping_of(value), where
        return {}, where

    def _find(self, ref: str, where: str) -> tuple[Any, str]:
        """Return the target of a reference, and its JSON Pointer; escaped or as written."""
        for text in dict.fromkeys((ref, unquote(ref))):
            for at in self._list_targets(text, where):
                if (found := resolve(self.content, at, ...)) is not ...:
                    return found, at
        if not where:
            raise self.error(ref.removeprefix("#"), "missing; a $ref names it")
        problem = f": {self.problems[ref]}" if ref in self.problems else ""
        raise self._refuse(ref, where, f"leads nowhere{problem}")

    def _list_targets(self, ref: str, where: str) -> Iterator[str]:
        """Yield the JSON Pointers that a reference may mean: in the document, then in a schema.

        ASP.NET Core 9 writes references that begin at the component around them.
        """
        if ref in ("#", "") or ref.startswith("#/"):
            yield ref.removeprefix("#")
        if ref.startswith("#/properties/") and where.startswith(COMPONENTS[1:]):
            yield pointer(tokens(where)[:3]) + ref.removeprefix("#")
        self.note_anchors()
        if ref[1:] in self.anchors and "#" in ref[1:]:  # an anchor of another file
            yield self.anchors[ref[1:]]
        uri, _, fragment = ref.partition("#")
        base = self.find_base(where)
        for name in (join_url(base, uri), uri) if uri else (base, self._find_file(where)):
            is_path = fragment[:1] in ("", "/")
            found = self.anchors.get(name if is_path else f"{name}#{fragment}")
            if found is not None:
                yield f"{found}{fragment}" if is_path else found

    def find_base(self, where: str) -> str:
        """Return the URI of the nearest schema with an `$id` around a part, or the document's."""
        while where and where not in self.bases:
            where = where.rpartition("/")[0]
        return self.bases.get(where, self.own_uri)

    def note_anchors(self) -> None:
        """Fill the tables of anchors and URIs."""
        if not self.anchors:
            self.anchors[""] = self.anchors[self.own_uri] = ""
            for key, at in self._list_anchors():
                self.anchors.setdefault(key, at)

    def _list_anchors(self) -> Iterator[tuple[str, str]]:
        """Yield the URI of each `$id` and anchor with the JSON Pointer of its schema."""
        waiting: list[tuple[Any, str, str]] = [(self.content, "", self.own_uri)]
        while waiting:
            value, where, base = waiting.pop()
            if isinstance(value, Mapping):
                if where in self.files:  # another file is another resource
                    base = self.bases[where] = where or base
                if isinstance(value.get("$id"), str):
                    outer = self.own_uri if base in self.files else base
                    base = join_url(outer, value["$id"]).removesuffix("#")
                    self.bases[where] = base
                    yield base, where
                names = [value.get(keyword) for keyword in ("$anchor", "$dynamicAnchor")]
                if isinstance(names[1], str):
                    own = self.dynamic.setdefault(base, {})
                    own[names[1]] = "" if names[1] in own else where
                for name in (f"#{each}" for each in names if isinstance(each, str)):
                    keys = dict.fromkeys((base + name, self._find_file(where) + name))
                    yield from ((key, where) for key in keys)
            pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
            waiting += [
                (each, f"{where}{pointer([name])}", base)
                for name, each in pairs
                if isinstance(each, Mapping | list)
            ]


@dataclass(frozen=True, slots=True)
class OpenApiOperation:
    """One operation of a document.

    Attributes:
        path: as documented, with a slash before it.
        method: in lower case; empty if the path item cannot be read.
        item_where: JSON Pointer of the path item.
        problem: why the path item or the operation cannot be read.
    """

    document: OpenApi
    path: str
    method: str
    path_item: Mapping[str, Any]
    item_where: str
    problem: ContractError | None = None

    @property
    def content(self) -> Mapping[str, Any]:
        """The operation object."""
        content: Mapping[str, Any] = self.path_item[self.method]
        return content

    @property
    def name(self) -> str:
        """The `operationId`, else method and path as in `GET /path`."""
        return str(self.content.get("operationId") or self.method_and_path)

    @property
    def method_and_path(self) -> str:
        """The method in upper case and the path, as in `GET /path`."""
        return f"{self.method.upper()} {self.path}".strip()

    @property
    def where(self) -> str:
        """JSON Pointer of the operation."""
        return f"{self.item_where}/{self.method}"

    @property
    def address(self) -> Address:
        """The path, and the query that some documents write behind it."""
        return read_address(self.path)

    def parameters(self) -> Iterator[tuple[Mapping[str, Any], str]]:
        """Yield each parameter and its JSON Pointer, references resolved, path parameters first."""
        yield from move_parameters(self.address, self._list_parameters(), self.item_where)

    def _list_parameters(self) -> Iterator[tuple[Mapping[str, Any], str]]:
        for holder, where in ((self.path_item, self.item_where), (self.content, self.where)):
            listed = holder.get("parameters") or []
            if not isinstance(listed, list):
                raise self.document.error(f"{where}/parameters", "expected a list of parameters")
            for number, each in enumerate(listed):
                found, at = self.document.resolve(each, f"{where}/parameters/{number}")
                if not isinstance(found, Mapping):
                    raise self.document.error(at, "not a parameter: expected an object")
                yield found, at


def open_document(content: Any, name: str) -> OpenApi:
    """Return a document of OpenAPI 3 or Swagger 2.0; raise ContractError if it is neither."""
    if not isinstance(content, Mapping):
        raise ContractError(name, "not an OpenAPI 3 document: expected an object")
    moved: dict[str, str] = {}
    files, problems = getattr(content, "files", {}), getattr(content, "problems", {})
    content, others = join_paths(content)
    if str(content.get("swagger")).startswith("2"):
        content, moved = translate_swagger(content)
    if not str(content.get("openapi")).startswith("3."):
        problem = "not an OpenAPI 3 document, nor one of Swagger 2.0: it has no openapi: 3.x"
        found = (text for names, text in _OTHERS.items() if content.keys() >= {*names.split()})
        what = next(found, None)
        raise ContractError(name, f"{what}, {problem}" if what else problem)
    if not isinstance(content.get("paths", {}), Mapping):
        raise ContractError(f"{name}#/paths", "expected an object")
    moved = others | {new: find_by_prefix(others, old) or old for new, old in moved.items()}
    document = OpenApi(content, name, moved, files, problems)
    if not files or any("$dynamicAnchor" in each.text for each in files.values()):
        document.note_anchors()
    return document


def list_operations(content: Any, name: str) -> list[OpenApiOperation]:
    """Return every operation of an OpenAPI document, and one for each part that cannot be read."""
    return list(_operations(open_document(content, name)))


def _operations(document: OpenApi) -> Iterator[OpenApiOperation]:
    for key, stated in mapping_of(document.content.get("paths")).items():
        if key.startswith("x-"):
            continue
        path, where = f"/{key.removeprefix('/')}", pointer(["paths", key])
        try:
            item, where = document.resolve(stated, where)
        except ContractError as error:
            yield OpenApiOperation(document, path, "", {"": {}}, where, error)
            continue
        if isinstance(item, Mapping):
            yield from _operations_of(document, path, item, where)
            beside = {name: each for name, each in mapping_of(stated).items() if name not in item}
            yield from _operations_of(document, path, beside, pointer(["paths", key]))
    if sent := mapping_of(document.content.get(WEBHOOKS)):
        text = f"{pluralize(len(sent), 'request')} that the API sends; docpact receives none"
        problem = document.error(f"/{WEBHOOKS}", text)
        yield OpenApiOperation(document, WEBHOOKS, "", {"": {}}, f"/{WEBHOOKS}", problem)


def _operations_of(
    document: OpenApi, path: str, item: Mapping[str, Any], where: str
) -> Iterator[OpenApiOperation]:
    def refuse(method: str, at: str, text: str) -> OpenApiOperation:
        return OpenApiOperation(
            document, path, method, {method: {}}, where, document.error(at, text)
        )

    for method in METHODS:
        if isinstance(item.get(method), Mapping):
            yield OpenApiOperation(document, path, method, item, where)
        elif method in item:
            yield refuse(method, f"{where}/{method}", "expected an object")
    for name in sorted(item.keys() - METHODS):  # such as x-amazon-apigateway-any-method, or GET
        if "responses" in mapping_of(item[name]):
            yield refuse(name, f"{where}{pointer([name])}", "not a method of OpenAPI")
    at = f"{where}/additionalOperations"  # OpenAPI 3.2, section 4.9
    for method, each in mapping_of(item.get("additionalOperations")).items():
        if isinstance(each, Mapping) and TOKEN.fullmatch(method):
            inner = {"parameters": item.get("parameters"), method: each}
            yield OpenApiOperation(document, path, method, inner, at)
        else:
            yield refuse(method, f"{at}{pointer([method])}", "expected a method and an object")


_BRANCH: Final = re.compile(r"(?:/allOf/[0-9]+)+$")
"""The end of the JSON Pointer of a schema that is a part of another."""


def name_discriminator(schema: Mapping[str, Any]) -> str:
    """Return the property that chooses the form of a value; Swagger 2.0 has only its name."""
    stated = schema["discriminator"]
    name = stated.get("propertyName") if isinstance(stated, Mapping) else stated
    return name if isinstance(name, str) else ""
