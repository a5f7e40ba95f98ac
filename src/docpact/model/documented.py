"""The documented parts of a request, and of the responses by status."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from docpact.media_types import FORMS, is_json, parse_media_type
from docpact.model.schema import Schema, child

DEFAULT: Final = "default"
"""The status of a response that documents every status without its own documentation."""


_CHANGES_SOME: Final = re.compile(
    r"\bpartial(ly)? updat|\bonly (the )?((fields|properties|attributes|values) (that are )?)?"
    r"(given|provided|sent|specified|present)\b|\b(unspecified|unsent|omitted"
    r"|not (sent|given|provided|specified|present|included))\b[^.]*\b(unchanged|keep|kept|retain)",
    re.IGNORECASE,
)
"""Titles of PUT operations that change only the fields of their body, as PATCH does."""

ParameterLocation: TypeAlias = Literal["path", "query", "header", "cookie"]
"""The part of a request that contains a parameter."""

LOCATIONS: Final[tuple[ParameterLocation, ...]] = get_args(ParameterLocation)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One documented parameter.

    Attributes:
        name: as sent in a request.
        location: part of the request that contains it.
        schema: of its decoded value, or of one of its properties if `holder` is set.
        style: how it is written, as in OpenAPI; empty for the default of its location.
        explode: whether each value of an array or object has its own name; None for the default.
        holder: the parameter whose one text contains this property of its object; the name is then
            `holder[property]`. Empty for any other parameter.
        content: schema of the decoded JSON, if the value is a text of JSON.
        allow_reserved: whether reserved characters are sent unencoded.
        description: as documented, in one line; empty without one.
    """

    name: str
    location: ParameterLocation
    required: bool
    schema: Schema
    style: str = ""
    explode: bool | None = None
    holder: str = ""
    content: Schema | None = None
    allow_reserved: bool = False
    description: str = ""

    @property
    def written_style(self) -> str:
        """The style, or the default of the location."""
        return self.style or ("form" if self.location in ("query", "cookie") else "simple")

    @property
    def is_exploded(self) -> bool:
        """Whether each value has its own name, in the styles that have names."""
        return (
            self.written_style in ("form", "deepObject") if self.explode is None else self.explode
        )

    @property
    def is_joined(self) -> bool:
        """Whether a query contains all values in one text."""
        return bool(self.holder) or (self.is_array and not self.is_exploded)

    @property
    def is_array(self) -> bool:
        """Whether several values may be sent, as repeated parameters."""
        return bool(self.schema.get("type") == "array")

    @property
    def item_schema(self) -> Schema:
        """The schema of one value in a request: of an array's items, or else of the parameter."""
        if not self.is_array:
            return self.schema
        return child(self.schema, "items") if "items" in self.schema else {}


_CAPITALIZED: Final = ("basic", "bearer")
"""Schemes that documents write in lower case and headers with a capital (RFC 7617, RFC 6750)."""


def replaces(method: str, title: str) -> bool:
    """Return whether a request removes the fields that it does not send, also inside objects."""
    return method == "PUT" and not _CHANGES_SOME.search(title)


def name_scheme(text: str) -> str:
    """Return the name of an HTTP authentication scheme; servers may compare others with their case.

    RFC 9110, section 11.1, has no case.
    """
    return text.lower() if text.lower() in _CAPITALIZED else text


def spell_scheme(name: str) -> str:
    """Return an HTTP authentication scheme as headers have it."""
    return name.capitalize() if name.lower() in _CAPITALIZED else name


@dataclass(frozen=True, slots=True)
class Credential:
    """The authentication of a request; `docpact.credentials` knows how each kind works.

    Attributes:
        scheme: HTTP authentication scheme in lower case, e.g. `bearer` (RFC 9110, section 11).
        header: the request header that carries it; empty for an API key in the query.
        variable: the environment variable that holds the secret.
        kind: a key of `docpact.credentials.KINDS`.
        place: the part of the request that carries it.
        name: of the header, cookie or query parameter of an API key.
        is_optional: whether requests without it are documented too.
        token_url: where the client-credentials flow of OAuth 2 gets the secret, or empty.
        scopes: of that token.
        parameter: of the scheme that has the secret, as in `Token token=SECRET`, or empty.
    """

    scheme: str
    header: str
    variable: str
    kind: str = "http"
    place: Literal["header", "query", "cookie"] = "header"
    name: str = ""
    is_optional: bool = False
    token_url: str = ""
    scopes: tuple[str, ...] = ()
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class ResponseHeader:
    """A documented response header.

    Attributes:
        name: in lower case.
        schema: of its decoded value.
        explode: whether an object is written as `name=value`, not as `name,value`.
        counts: the items whose exact number it is, as for `Roles`; None if it may be an estimate.
    """

    name: str
    required: bool
    schema: Schema
    explode: bool = False
    counts: str | None = None


@dataclass(frozen=True, slots=True)
class ResponseContent:
    """One documented media type of a response.

    Attributes:
        media_type: as documented; may be a range.
        schema: of the decoded body; None if there is none, or for the content that
            `Operation.response_schema` describes.
    """

    media_type: str
    schema: Schema | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A value of a response that another operation takes (OpenAPI 3.1, section 4.8.20).

    Attributes:
        request: method and path template of the other operation, as in `GET /pets/{id}`.
        parameter: its parameter.
        pointer: JSON Pointer of the value in the response body.
    """

    request: str
    parameter: str
    pointer: str


@dataclass(frozen=True, slots=True)
class DocumentedResponse:
    """The documentation of a status.

    Attributes:
        status: a code such as `404`, a range such as `4XX`, or `default`.
        content: by media type; empty if no body is documented.
    """

    status: str
    content: tuple[ResponseContent, ...] = ()
    headers: tuple[ResponseHeader, ...] = ()

    @property
    def is_explicit(self) -> bool:
        """Whether it documents certain statuses, and not all that remain."""
        return self.status != DEFAULT


def find_response(
    responses: Iterable[DocumentedResponse], status: int
) -> DocumentedResponse | None:
    """Return the documentation of a status: a code before a range, and that before the rest.

    See OpenAPI 3.1, section 4.8.16.
    """
    named = {each.status.upper(): each for each in responses}
    names = (str(status), f"{status // 100}XX", DEFAULT.upper())
    return next((named[name] for name in names if name in named), None)


@dataclass(frozen=True, slots=True)
class FieldEncoding:
    """The encoding of one property of a form (OpenAPI 3.1, section 4.8.15).

    Attributes:
        style: as of a query parameter; empty to write arrays as several fields, objects as JSON.
        explode: whether each value has its own name; None for the default of the style.
        content_type: of the part of a multipart body; empty for the default.
    """

    style: str = ""
    explode: bool | None = None
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class RequestBody:
    """The documented form of a request body; `Operation.body_schema` describes its value.

    Attributes:
        required: whether every request has a body.
        other_media_types: documented ones of which the contract has no schema.
        encodings: property of a form → how it is written, where that is not the default.
        descriptions: JSON Pointer → description of a field.
        total: JSON Pointer of the exact total in the responses to a search; empty if none is
            documented.
        counts: as for `Roles`.
        replaces: whether a PUT replaces the whole thing; None if its description does not say.
    """

    media_type: str = "application/json"
    required: bool = True
    other_media_types: tuple[str, ...] = ()
    encodings: Mapping[str, FieldEncoding] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    total: str = ""
    counts: str | None = None
    replaces: bool | None = None

    @property
    def has_values(self) -> bool:
        """Whether it has values with names or types: JSON, or a form."""
        return is_json(self.media_type) or parse_media_type(self.media_type).name in FORMS

    @property
    def is_json_patch(self) -> bool:
        """Whether it lists changes of fields (RFC 6902)."""
        return "json-patch" in self.media_type

    @property
    def is_merge_patch(self) -> bool:
        """Whether null in it empties a field (RFC 7396)."""
        return "merge-patch" in self.media_type
