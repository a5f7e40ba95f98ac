"""Facts that the descriptions in an OpenAPI document state."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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


_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n\s*\n|\n(?=[ \t]*\w+:\s)")
"""The end of a sentence; the text of each argument, as in a docstring of Python, is its own."""
_CHOICE: Final = re.compile(r"\b(one|1|any) of\b|\bat least one\b|\beither\b", re.IGNORECASE)
_MUST: Final = re.compile(r"\b(must|mandatory|required?s?|needs?|ha(ve|s) to)\b", re.IGNORECASE)
_CONDITION: Final = re.compile(r"\b(if|when(ever)?|where|unless)\b", re.IGNORECASE)
_IF_ABSENT: Final = re.compile(
    r"\b(if|when|unless)\b.*\b(omitted|absent|missing|empty|unset|not|unless)\b", re.IGNORECASE
)
_EMPHASIS: Final = re.compile(r"(?<!\w)_(\w+)_(?!\w)")
_REACH: Final = 400
"""Characters after a sentence that begins a list of parameters in which they are looked for."""


def list_needs(description: str, optional: Mapping[str, str]) -> list[str]:
    """Return the optional parameters of which a request needs one; empty if no text says so.

    `At least one of a and b must be supplied` says so, and `Required if b is omitted` does in the
    description of `a`. `If set, one of a and b is required` does not.
    """
    texts = [("", description), *optional.items()]
    found = (_find_needed(own, _EMPHASIS.sub(r"\1", text), optional) for own, text in texts)
    return next((names for names in found if len(names) > 1), [])


def _find_needed(own: str, text: str, optional: Mapping[str, str]) -> list[str]:
    for sentence, rest in _split_sentences(text):
        is_choice = _CHOICE.search(sentence) and not _CONDITION.search(sentence)
        is_substitute = bool(own) and _IF_ABSENT.search(sentence)
        if not _MUST.search(sentence) or not (is_choice or is_substitute):
            continue
        is_list = "following" in sentence or sentence.rstrip().endswith(":")
        around = sentence + (rest[:_REACH] if is_list else "")
        also = own if is_substitute or "this" in sentence else ""
        names = [
            name
            for name in optional
            if name == also or re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", around)
        ]
        if len(names) > 1:
            return names
    return []


def _split_sentences(text: str) -> Iterator[tuple[str, str]]:
    """Yield each sentence and the text after it."""
    start = 0
    for end in _SENTENCE.finditer(text):
        yield text[start : end.start()], text[end.end() :]
        start = end.end()
    yield text[start:], ""


_FIELDS: Final = (
    r"\b(?:(?:any|every|each|all) )?(?:other )?(?:fields|properties|attributes|values|settings)\b"
    r"|\b(?:any|every|each) (?:other )?(?:field|property|attribute|value)\b"
)
_ABSENT: Final = (
    r"\b(?:not (?:be )?(?:specified|provided|included|present|set|sent|given|supplied)"
    r"|omitted|missing|unspecified|absent|left[- ]out)\b"
)
_GONE: Final = (
    r"\b(?:deleted|reset|removed|cleared|unset|erased|lost|overwritten"
    r"|(?:set|revert(?:ed)?) (?:back )?to (?:null|(?:its|their|the) defaults?))\b"
)
_REPLACES: Final = re.compile(
    rf"(?:{_FIELDS})[^.]{{0,40}}{_ABSENT}[^.]{{0,60}}{_GONE}"
    rf"|{_ABSENT} (?:{_FIELDS})[^.]{{0,60}}{_GONE}"
    r"|\b(?:full|complete) (?:update|replacement)\b"
    r"|\b(?:fully|completely|entirely) (?:replac|overwrit)(?:es?|ing)\b"
    r"|\b(?:replac|overwrit)(?:es?|ing) (?:all|every|(?:all |the )*(?:entire|whole|complete))\b"
    r"[^.]{0,30}\b(?:propert|field|attribute|detail|object|resource|record|representation)",
    re.IGNORECASE,
)
"""Descriptions such as "any property not specified in the request is deleted"."""

_KEEPS: Final = re.compile(
    r"\b(?:unchanged|unaffected|untouched|retain|preserv|left as|keep|kept"
    r"|not (?:be )?(?:replac|overwrit|chang|affect|modif|delet|remov|reset|clear|updat)"
    r"|only (?:the )?(?:\w+ )?(?:fields|properties|attributes|values)"
    r"|(?:is|are|be) merged|partial)",
    re.IGNORECASE,
)
_ELSEWHERE: Final = re.compile(r"\bPATCH\b|\b(?:[Dd]on't|[Dd]o not) use\b")
"""Part of a sentence about another method, which changes some fields."""


def read_replacing(description: str) -> bool | None:
    """Return whether a request replaces the whole thing; None if the description does not say."""
    sentences = " ".join(description.split()).split(".")
    text = ".".join(each for each in sentences if not _ELSEWHERE.search(each))
    if _KEEPS.search(text):
        return False
    return True if _REPLACES.search(text) else None
