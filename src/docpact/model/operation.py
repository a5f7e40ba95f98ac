"""The operation: what one documentation page promises, with the source of each promise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

from docpact.media_types import is_json
from docpact.model.documented import (
    Credential,
    DocumentedResponse,
    Link,
    Parameter,
    RequestBody,
    ResponseContent,
    find_response,
)
from docpact.model.path import last_segment, snake_case, without_keys
from docpact.model.pointer import find_by_prefix, pointer, resolve
from docpact.model.roles import Roles, selects_fields
from docpact.model.schema import Schema, is_same, places, whole_place

Document: TypeAlias = Literal["operation", "query", "body", "response", "responses"]
"""The part of a contract that a JSON Pointer points into."""

PRECONDITION: Final = "if_match"
"""The header with the ETag of the thing to change (RFC 9110, section 13.1.1), in snake case."""

UNCHANGED: Final = "if_none_match"
"""The header with the ETag that a client knows (RFC 9110, section 13.1.2), in snake case."""

IDEMPOTENCY_KEY: Final = "idempotency_key"
"""The end of the header with which a request is carried out once, in snake case."""

SECURITY: Final = "/security"
"""The pointer, in the document `operation`, of gaps about credentials."""

OPEN_REQUEST: Final = "/parameters"
"""The pointer, in the document `operation`, of gaps about parameters that requests may need."""

_REPLACES: Final = re.compile(r"replac|overwrit", re.IGNORECASE)
"""The part of a title or id that says what RFC 9110, section 9.3.4, says of every PUT."""


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a promise.

    Attributes:
        text: the line of the documentation as printed, or the source that a refinement names.
        line: 1-based line of the documentation; None for a refinement, or if it is unknown.
        place: file and JSON Pointer in a document such as one of OpenAPI; else empty.
    """

    text: str
    line: int | None = None
    place: str = ""

    def __str__(self) -> str:
        """Return the source in one line for reports."""
        if self.place:
            number = "" if self.line is None else f" (line {self.line})"
            return f"{self.place}{number}: {self.text}".removesuffix(": ")
        if self.is_refinement:
            return f"refinement: {self.text}"
        return f"page line {self.line}: {self.text}"

    @property
    def is_refinement(self) -> bool:
        """Whether a person added it to the documentation."""
        return self.line is None and not self.place


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is not documented, or that a contract cannot express.

    Attributes:
        document: the part of the contract where it is missing.
        pointer: JSON Pointer of the schema that would state it.
        line: 1-based line of the documentation; None if it is unknown.
        place: file and JSON Pointer in a document such as one of OpenAPI; else empty.
    """

    document: Document
    pointer: str
    text: str
    line: int | None = None
    place: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One documented HTTP operation: the contract.

    An operation is equal only to itself: it contains whole documents, and caches use it as a key.

    Attributes:
        id: `provider/operation`, as it is loaded by name.
        method: in upper case.
        path: template, beginning with a slash.
        server: documented base URL; may be relative or empty.
        credential: documented authentication, or None.
        beside: further credentials that every request carries too.
        alternatives: documented instead of these: the credentials of each alternative.
        parameters: every parameter, in the documented order.
        query_schema: of the decoded query, refined.
        response_schema: of the decoded body, refined.
        status: the documented status of an accepted request.
        content_type: the documented media type of the body; empty if no body is documented.
        examples: decoded example bodies.
        roles: of a list operation.
        sources: where each promise is stated, by document and JSON Pointer.
        origins: document → JSON Pointer → file and JSON Pointer that state it, and all below it.
        body_schema: of the decoded request body, refined; None if requests have no body.
        request_body: the documented form of that body.
        gaps: facts that are missing from the documentation, and so are not tested.
        given: name → text of parameters in every request: of the path, headers, and required ones
            of the query. Parameters with the same name have the same text.
        preferred_paths: other paths of the same document that come before `path` where a URL
            matches both, such as `/things/search` before `/things/{id}`. Of a whole API, longer
            paths that end like this one too.
        responses: by status, that of an accepted request included; empty if only that one is
            documented, and without headers.
        responses_schema: of the decoded bodies and headers of `responses`, except the body that
            `response_schema` describes: an object of statuses, each with media types and headers.
        links: values of the response that other operations take.
        resource: what can be done with the things that the operation creates; None if it creates
            none, or if nothing is known of the other operations.
    """

    id: str
    title: str
    method: str
    path: str
    server: str
    credential: Credential | None
    parameters: tuple[Parameter, ...]
    query_schema: Schema
    response_schema: Schema
    status: int
    content_type: str
    examples: tuple[Any, ...]
    roles: Roles
    sources: Mapping[tuple[Document, str], Source] = field(repr=False)
    origins: Mapping[Document, Mapping[str, str]] = field(default_factory=dict, repr=False)
    beside: tuple[Credential, ...] = ()
    alternatives: tuple[tuple[Credential, ...], ...] = ()
    body_schema: Schema | None = None
    request_body: RequestBody = field(default_factory=RequestBody)
    gaps: tuple[Gap, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    preferred_paths: tuple[str, ...] = ()
    responses: tuple[DocumentedResponse, ...] = ()
    responses_schema: Schema | None = None
    links: tuple[Link, ...] = ()
    resource: Resource | None = None

    @property
    def is_json(self) -> bool:
        """Whether an accepted request gets a body of JSON."""
        return self.method != "HEAD" and is_json(self.content_type)

    @property
    def takes_values(self) -> bool:
        """Whether a request has a body of values: JSON, or a form."""
        return self.body_schema is not None and self.request_body.has_values

    def find_header(self, ending: str) -> str | None:
        """Return the name of the request header that ends so, in snake case, or None."""
        headers = (each.name for each in self.parameters if each.location == "header")
        return next((name for name in headers if snake_case(name).endswith(ending)), None)

    def find_response(self, status: int) -> DocumentedResponse | None:
        """Return the documentation of a status, or None."""
        if self.responses:
            return find_response(self.responses, status)
        content = (ResponseContent(self.content_type),) if self.content_type else ()
        return DocumentedResponse(str(status), content) if status == self.status else None

    def documents(self, status: int) -> bool:
        """Return whether a status is documented by its code or range, not only by `default`."""
        found = self.find_response(status)
        return found is not None and found.is_explicit

    def is_main(self, status: int) -> bool:
        """Return whether accepted requests have a status, or one that is documented with it.

        They never have an error, even if only `default` is documented.
        """
        if status == self.status or not self.responses or status >= 400:
            return status == self.status
        found = self.find_response(status)
        return found is not None and (self.is_main_response(found) or self.repeats_main(found))

    def is_main_response(self, documented: DocumentedResponse) -> bool:
        """Return whether the documentation of a status is about accepted requests."""
        main = self.find_response(self.status)
        return main is not None and main.status == documented.status

    def repeats_main(self, documented: DocumentedResponse) -> bool:
        """Return whether a 203 or 206 has the schema of the main body.

        Such a response is an accepted one, of a proxy or with a part of the items (RFC 9110,
        sections 15.3.4 and 15.3.7).
        """
        return documented.status in _list_repeated(self)

    @property
    def open_request(self) -> Gap | None:
        """The first gap about parameters that requests may need, or None."""
        gaps = (each for each in self.gaps if each.document == "operation")
        return next((each for each in gaps if each.pointer == OPEN_REQUEST), None)

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """Every credential that a request carries."""
        return () if self.credential is None else (self.credential, *self.beside)

    @property
    def request(self) -> str:
        """The method and the path template, as in `GET /pets/{id}`."""
        return f"{self.method} {self.path}"

    @property
    def query_parameters(self) -> tuple[Parameter, ...]:
        """The parameters in the query, in the documented order."""
        return _list_query_parameters(self)

    @property
    def path_parameters(self) -> tuple[Parameter, ...]:
        """The parameters in the path, in the documented order."""
        return tuple(p for p in self.parameters if p.location == "path")

    @property
    def last_parameter(self) -> Parameter | None:
        """The parameter that is the last segment of the path, or all of it but `.json`, or None."""
        last = last_segment(self.path)
        return next((p for p in self.path_parameters if f"{{{p.name}}}" == last), None)

    @property
    def collection(self) -> str:
        """The path of the collection to which the operation adds; a PUT names the new thing."""
        above, _, last = without_keys(self.path).rpartition("/")
        is_above = self.method != "POST" or last.lower() in ("create", "new")
        return above or "/" if is_above else self.path

    @property
    def item_schema(self) -> Schema:
        """The schema of one item of a list operation; empty for other operations."""
        return _find_item_schema(self)

    @property
    def thing_schema(self) -> Schema:
        """The schema of one item, or of the whole body of other operations."""
        return self.item_schema if self.roles.is_list else self.response_schema

    def find_items(self, body: Any) -> list[Any] | None:
        """Return the items in a decoded body of a list, or None."""
        found = resolve(body, self.roles.items) if self.roles.items is not None else None
        return found if isinstance(found, list) else None

    def find_total(self, body: Any) -> Any:
        """Return the number of all items in a body; None if a relation such as `gte` bounds it."""
        where = self.roles.total or ""
        relation = resolve(body, f"{where.rpartition('/')[0]}/relation", "eq")
        return resolve(body, where) if where and relation == "eq" else None

    @property
    def replaces(self) -> bool:
        """Whether a PUT replaces the whole thing, by its description, or by its title or id."""
        stated = self.request_body.replaces
        is_named = _REPLACES.search(f"{self.title} {self.id}") is not None
        return is_named if stated is None else stated

    def parameter(self, name: str) -> Parameter:
        """Return the query parameter of that name, or raise KeyError."""
        for parameter in self.query_parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)

    def list_given(self, parameter: Parameter) -> list[str]:
        """Return the values of a parameter in every request; an array has commas between them."""
        text = self.given.get(parameter.name)
        if text is None:
            return []
        return text.split(",") if parameter.location == "query" and parameter.is_array else [text]

    def source(self, document: Document, where: str) -> Source | None:
        """Return the source of the keyword at a JSON Pointer, or None."""
        found = self.sources.get((document, where))
        if found is None and (place := find_by_prefix(self.origins.get(document, {}), where)):
            return Source("", None, place)
        return found

    def parameter_source(self, name: str) -> Source | None:
        """Return the line that documents a query parameter, or None."""
        return self.place_source("query", pointer((name,)))

    def selects_fields(self, query: Iterable[tuple[str, str]]) -> bool:
        """Return whether a query chooses the fields of the response, so that others are absent."""
        names = {name for name, _ in query}
        texts = {p.name: p.description for p in self.query_parameters if p.name in names}
        stated = self.roles.selections
        return any(
            stated[name] in ("only", "some")
            if name in stated
            else selects_fields(name, texts.get(name, ""))
            for name in names
        )

    def description_source(self, name: str) -> Source | None:
        """Return the source of a query parameter, with its description, if any, as the line."""
        source, text = self.parameter_source(name), self.parameter(name).description
        return replace(source, text=text) if source is not None and text else source

    def field_source(self, location: str) -> Source | None:
        """Return the line that documents a response field, given its folded pointer, or None."""
        return self.place_source("response", location)

    def place_source(self, document: Document, location: str) -> Source | None:
        """Return the line that documents a location of a body or query, or None."""
        paths = (path for _, path in places(self.schemas.get(document, {}), location))
        printed = (self.source(document, pointer((*p, last))) for p in paths for last in _PRINTED)
        return next((source for source in printed if source is not None), None)

    @property
    def schemas(self) -> Mapping[Document, Schema]:
        """The schemas of the documents that it has."""
        stated: dict[Document, Schema | None] = {
            "query": self.query_schema,
            "body": self.body_schema,
            "response": self.response_schema,
            "responses": self.responses_schema,
        }
        return {name: each for name, each in stated.items() if each is not None}


_PRINTED: Final = ("type", "enum", "const", "anyOf", "$ref", "items", "properties")
"""Keywords that the first line of a field states."""


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """The operations on the things that an operation creates.

    Attributes:
        read: returns one thing, or None.
        listing: lists them, or None.
        put: replaces one thing, or None.
        patch: changes some fields of one thing, or None.
        delete: removes one thing, or None.
    """

    read: Operation | None = None
    listing: Operation | None = None
    put: Operation | None = None
    patch: Operation | None = None
    delete: Operation | None = None

    def item_operations(self) -> Iterator[Operation]:
        """Yield the operations on one thing."""
        yield from filter(None, (self.delete, self.read, self.put, self.patch))


@lru_cache(maxsize=64)
def _list_query_parameters(operation: Operation) -> tuple[Parameter, ...]:
    return tuple(p for p in operation.parameters if p.location == "query")


@lru_cache(maxsize=64)
def _list_repeated(operation: Operation) -> frozenset[str]:
    """Return those of 203 and 206 whose body has the schema of the main one."""
    kind, main = operation.content_type, operation.response_schema
    return frozenset(
        response.status
        for response in operation.responses
        if response.status in ("203", "206") and str(operation.status) != response.status
        for content in response.content
        if content.media_type == kind and content.schema and is_same(content.schema, main)
    )


@lru_cache(maxsize=64)
def _find_item_schema(operation: Operation) -> Schema:
    where = operation.roles.items
    return {} if where is None else whole_place(operation.response_schema, f"{where}/*")
