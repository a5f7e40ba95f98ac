"""The documented bodies: of a request, and of the responses by status, with their headers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from docpact.model.schema import Schema

DEFAULT: Final = "default"
"""The status of a response that documents every status without its own documentation."""


@dataclass(frozen=True, slots=True)
class ResponseHeader:
    """A documented response header.

    Attributes:
        name: in lower case.
        required: whether every response has it.
        schema: of its decoded value.
        explode: whether an object is written as `name=value`, not as `name,value`.
    """

    name: str
    required: bool
    schema: Schema
    explode: bool = False


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
        headers: of the response.
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
        media_type: as documented.
        required: whether every request has a body.
        encodings: property of a form → how it is written, where that is not the default.
    """

    media_type: str = "application/json"
    required: bool = True
    encodings: Mapping[str, FieldEncoding] = field(default_factory=dict)
