"""The documented request body: its media type, and how the fields of a form are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
