"""The descriptions of the fields of bodies in an OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from docpact.capture.openapi.document import OpenApi
from docpact.capture.openapi.parameters import LONGEST_DESCRIPTION
from docpact.capture.openapi.schemas import Translator
from docpact.capture.roles.ties import read_ties
from docpact.model.pointer import pointer, resolve
from docpact.model.schema import Schema, place, places
from docpact.text import shorten

_FIELD: Final = re.compile(r"((?:/properties/[^/]+){1,2})/(type|enum|\$ref)")
"""The place of a keyword of a field of a body, or of one of an object in it."""


def list_descriptions(document: OpenApi, response: Translator, where: str) -> Iterator[str]:
    """Yield the descriptions of the fields of a response that have the name of one."""
    end = f"/properties/{where.rpartition('/')[2]}/type"
    for stated, at in response.origins.items():
        if stated.endswith(end):
            yield str(resolve(document.content, at.removesuffix("/type") + "/description", ""))


def find_ties(document: OpenApi, response: Translator, body: Schema, items: str) -> dict[str, Any]:
    """Return the fields of the items in a body that have a value only in some states of an item."""
    where = f"{items}/*"
    item = place(body, where)
    texts = {
        name: str(resolve(document.content, f"{at}/description", ""))
        for name in item.get("properties", {})
        for _, path in places(body, f"{where}{pointer((name,))}")
        if (at := response.origins.get(pointer(path)))
    }
    return read_ties(item, texts)


def describe_fields(document: OpenApi, body: Translator) -> dict[str, str]:
    """Return JSON Pointer → description of each field of a body, and of the objects in it."""
    found = dict[str, str]()
    for stated, at in body.origins.items():
        if match := _FIELD.fullmatch(stated):
            field = at if match[2] == "$ref" else at.rpartition("/")[0]
            said = resolve(document.content, f"{field}/description", "")
            text = shorten(" ".join(str(said).split()), LONGEST_DESCRIPTION)
            found |= {match[1].replace("/properties/", "/"): text} if text else {}
    return found
