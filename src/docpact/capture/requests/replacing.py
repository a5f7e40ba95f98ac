"""Whether the description of a PUT says that the request replaces the whole thing."""

from __future__ import annotations

import re
from typing import Final

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
