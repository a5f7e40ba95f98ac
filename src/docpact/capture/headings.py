"""The kinds of sections that headings begin."""

from __future__ import annotations

import re
from typing import Final

STATUS: Final = re.compile(r"\b([1-5][0-9]{2})\b")
ASIDE: Final = re.compile(
    r"\berrors?\b|payload of the webhook|rate limits?|response default|default response",
    re.IGNORECASE,
)
_PLACES: Final = (
    ("path", re.compile(r"path|ur[il] param", re.IGNORECASE)),
    ("query", re.compile(r"query", re.IGNORECASE)),
    ("header", re.compile(r"header", re.IGNORECASE)),
    ("cookie", re.compile(r"cookie", re.IGNORECASE)),
    ("returns", re.compile(r"respon|returns?\b|output", re.IGNORECASE)),
    (
        "body",
        re.compile(
            r"^(?!http request$).*(?:body|request|payload)|^(?:input|arguments?)$"
            r"|\bjson\b.* params",
            re.IGNORECASE,
        ),
    ),
)
"""The kind of section that a heading begins, the first that fits."""

RETURNS: Final = dict(_PLACES)["returns"]
BODY: Final = re.compile(r"body|payload|json", re.IGNORECASE)

PARAMETERS: Final = re.compile(r"parameters?", re.IGNORECASE)
_LONGEST: Final = 40
"""Maximum number of characters of a bold line that is a heading."""

NEUTRAL: Final = re.compile(
    r"\W*(?:(?:required|optional|all) )?(?:properties|fields|parameters|attributes|schema"
    r"|success\w*|content[ -]type.*|application/json|(?:\w+ \W*)?2[0-9]{2}\b.*|ok|json)\W*",
    re.IGNORECASE,
)
"""Headings that say nothing about the text below them."""


def name_place(heading: str) -> str:
    """Return the kind of section that a heading begins; none for the headers of a response."""
    if RETURNS.search(heading) and "header" in heading.lower():
        return ""
    return next((kind for kind, words in _PLACES if words.search(heading)), "")


def is_heading(text: str) -> bool:
    """Return whether a bold line, such as `**Query Parameters:**`, names the lines below it."""
    is_place = any(words.search(text) for _, words in _PLACES) or ASIDE.search(text)
    return len(text) < _LONGEST and bool(is_place or NEUTRAL.fullmatch(text))
