"""The operation: what one documentation page promises, with the source of each promise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import Schema, child, place, places

Document: TypeAlias = Literal["operation", "query", "body", "response"]
"""The part of a contract that a JSON Pointer points into."""

ParameterLocation: TypeAlias = Literal["path", "query", "header", "cookie"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a promise is stated.

    Attributes:
        text: the page's line as printed, or what a refinement names as its source.
        line: 1-based line of the page; None for a refinement.
    """

    text: str
    line: int | None = None

    def __str__(self) -> str:
        """Name the source in a line that a report can print."""
        return (
            f"refinement: {self.text}"
            if self.line is None
            else f"page line {self.line}: {self.text}"
        )


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is not documented, or that a contract cannot express.

    Attributes:
        document: the part of the contract where it is missing.
        pointer: JSON Pointer of the schema that would state it.
        text: what is missing, in one short line.
        line: 1-based line of the page; None where there is no page.
    """

    document: Document
    pointer: str
    text: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One documented parameter.

    Attributes:
        name: as it is written on the wire.
        location: where the request carries it.
        required: whether the page prints it without `optional`.
        schema: of its decoded value.
    """

    name: str
    location: ParameterLocation
    required: bool
    schema: Schema

    @property
    def is_array(self) -> bool:
        """Whether several values may be sent, as repeated keys."""
        return bool(self.schema.get("type") == "array")

    @property
    def item_schema(self) -> Schema:
        """The schema of one value on the wire: of an array's items, else of the parameter."""
        return child(self.schema, "items") if self.is_array else self.schema


@dataclass(frozen=True, slots=True)
class Credential:
    """How a request proves who sends it; `docpact.credentials` knows how each kind works.

    Attributes:
        scheme: HTTP authentication scheme in lower case, e.g. `bearer` (RFC 9110, section 11).
        header: the request header that carries it.
        variable: the environment variable that holds the secret.
        kind: type of the security scheme, a key of `docpact.credentials.KINDS`.
    """

    scheme: str
    header: str
    variable: str
    kind: str = "http"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The field that tells how far an item has come, and the way it goes.

    Attributes:
        field: item pointer.
        stages: values that come one after another; those of one stage exclude each other, and
            those of the last one are final.
    """

    field: str
    stages: tuple[tuple[str, ...], ...]

    def rank(self, value: object) -> int | None:
        """Return the number of a value's stage, or None for a value of no stage."""
        return next((n for n, stage in enumerate(self.stages) if value in stage), None)

    def is_final(self, value: object) -> bool:
        """Say whether a value is one of the last stage."""
        return value in self.stages[-1]


@dataclass(frozen=True, slots=True)
class Roles:
    """Which part plays which role in a list operation; None and empty where there is none.

    Pointers marked *response* point into the response body, *item* into one item of the list.

    Attributes:
        items: response; the array of items.
        id: item; what tells one item from another.
        next_token: response; the token of the next page.
        token_parameter: the query parameter that takes that token.
        offset_parameter: the query parameter that takes how many items to leave out.
        size_parameter: the query parameter that bounds a page's length.
        total: response; the number of items in all.
        filters: query parameter → item pointer of the field it selects by.
        scopes: the filters that keep apart what belongs to different owners.
        lifecycle: of an item.
        constant: item pointers of fields that never change.
        path: path parameter → response pointer of the field that says the same.
        only_when: item pointer of a field → pointer of another and the values of that other beside
            which alone it is filled in.
    """

    items: str | None = None
    id: str | None = None
    next_token: str | None = None
    token_parameter: str | None = None
    offset_parameter: str | None = None
    size_parameter: str | None = None
    total: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    lifecycle: Lifecycle | None = None
    constant: tuple[str, ...] = ()
    path: Mapping[str, str] = field(default_factory=dict)
    only_when: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def is_list(self) -> bool:
        """Whether the operation lists items."""
        return self.items is not None

    @property
    def onward(self) -> str | None:
        """The query parameter that asks for a further page: by a token, or by an offset."""
        by_token = self.token_parameter if self.next_token is not None else None
        return by_token or self.offset_parameter


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One documented HTTP operation: the contract.

    Each is equal to itself alone: it holds whole documents, and is a key of caches on hot paths.

    Attributes:
        id: `provider/operation`, as it is loaded by name.
        title: the page's title.
        method: in upper case.
        path: as printed, beginning with a slash.
        server: scheme and host of the page's curl example.
        credential: what the curl example sends, or None.
        parameters: every parameter, in the page's order.
        query_schema: of the decoded query, refined.
        response_schema: of the decoded body, refined.
        status: the documented status of an accepted request.
        content_type: the documented media type of the body.
        examples: the decoded example bodies of the page.
        roles: of a list operation.
        sources: where each promise is stated, by document and JSON Pointer.
        body_schema: of the decoded request body, refined; None for an operation that takes none.
        gaps: what the documentation does not tell, and so nobody is held to.
        given: name → text of parameters that every request carries: of the path, headers, and
            required ones of the query. What is needed in two places under one name has one text.
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
    body_schema: Schema | None = None
    gaps: tuple[Gap, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def query_parameters(self) -> tuple[Parameter, ...]:
        """The parameters that travel in the query, in the page's order."""
        return tuple(p for p in self.parameters if p.location == "query")

    @property
    def path_parameters(self) -> tuple[Parameter, ...]:
        """The parameters that stand in the path, in the page's order."""
        return tuple(p for p in self.parameters if p.location == "path")

    @property
    def item_schema(self) -> Schema:
        """The schema of one item of a list operation; empty where it is none."""
        if self.roles.items is None:
            return {}
        return place(self.response_schema, f"{self.roles.items}/*")

    def parameter(self, name: str) -> Parameter:
        """Return the query parameter of that name.

        Raises:
            KeyError: the page documents no such query parameter.
        """
        for parameter in self.query_parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)

    def source(self, document: Document, where: str) -> Source | None:
        """Return where the keyword at a JSON Pointer is stated, or None where nothing says it."""
        return self.sources.get((document, where))

    def parameter_source(self, name: str) -> Source | None:
        """Return the line that prints a query parameter, or None where nothing says it."""
        return self.place_source("query", pointer((name,)))

    def field_source(self, location: str) -> Source | None:
        """Return the line that prints a response field, named by its folded pointer, or None."""
        return self.place_source("response", location)

    def place_source(self, document: Document, location: str) -> Source | None:
        """Return the line that prints what a folded pointer names in a body or query, or None."""
        schemas = {
            "query": self.query_schema,
            "body": self.body_schema or {},
            "response": self.response_schema,
        }
        stated = (path for _, path in places(schemas[document], location))
        found = (source for path in stated if (source := self._printed(document, path)) is not None)
        return next(found, None)

    def _printed(self, document: Document, path: Tokens) -> Source | None:
        """Return the line that prints a part of a schema: that of the first keyword it states."""
        stated = (self.source(document, pointer((*path, last))) for last in _PRINTED)
        return next((source for source in stated if source is not None), None)


_PRINTED: Final = ("type", "enum", "const", "anyOf", "$ref", "items", "properties")
"""Keywords that the first line of a field states."""
