"""Fields that have a value only in some states of an item, as their descriptions say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from docpact.bodies.engine import is_valid
from docpact.capture.roles.usual_order import SENTENCE_END
from docpact.model.pointer import pointer
from docpact.model.schema import Schema, fields_of

_LONGEST: Final = 500
"""Number of characters of the longest sentence that is read."""

_MARKS: Final = re.compile(r"<[^<>]*>|[`*\"'\u2018\u2019\u201c\u201d]")
"""Marks around the names and values of a description."""

_FILLED: Final = (
    r"(?:set|present|populated|filled(?: in)?|available|included|returned|provided|shown|given"
    r"|exists|appears)"
)
_SURE: Final = (
    r"(?<!non-)(?<!not )(?<!set to )"
    r"(?<!can be )(?<!may be )(?<!must be )(?<!could be )(?<!might be )"
)
_EMPTY: Final = r"(?:null|absent|empty|omitted|missing|unset|not (?:set|present|returned|included))"
_IF: Final = r"(?:if|when|while|once)"

_ONLY: Final = re.compile(
    rf"\bonly {_FILLED} {_IF} |\b{_FILLED} (?:only|if and only) {_IF} |{_SURE}\b{_EMPTY} unless "
)
_OTHERWISE: Final = re.compile(rf"\b{_FILLED} {_IF} (?=[^.;]*[,;] {_EMPTY} otherwise$)")
_NEVER: Final = re.compile(rf"{_SURE}\b{_EMPTY} {_IF} ")
_STATES: Final = ((_ONLY, True), (_OTHERWISE, True), (_NEVER, False))
"""Words before a state, and whether a field has a value in that state alone, or in all others."""

_IS: Final = r"(?: (?:field|attribute|property))? ?(?:is|=|==|equals)(?P<no> not)?"
_SET: Final = r"(?: set to| equal to| one of| either)* ?"
_REST: Final = rf" ?\)?(?:[,;] {_EMPTY} otherwise)?$"


def read_ties(item: Schema, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return item pointer of a field → the field beside it and the values with which it has one.

    The field beside it is enumerated. A field that always has a value is not tied to it.

    Args:
        item: schema of an item.
        texts: field → its description.
    """
    fields, found = fields_of(item), {}
    for name, text in texts.items():
        if name in item.get("required", ()) and not is_valid(fields[name], None):
            continue
        others = {other: schema for other, schema in fields.items() if other != name}
        short = (each for each in SENTENCE_END.split(text) if len(each) <= _LONGEST)
        sentences = (" ".join(_MARKS.sub("", each).split()) for each in short)
        if len(ties := [tie for each in sentences for tie in _read_ties(each, others)]) == 1:
            found[pointer((name,))] = ties[0]
    return found


def _read_ties(text: str, fields: Mapping[str, Schema]) -> Iterator[dict[str, Any]]:
    """Yield the states of other fields with which a sentence says that a field has a value.

    Only a sentence that ends with the state is clear.
    """
    text = text[:1].lower() + text[1:].removesuffix(".")
    found = [
        (text[start.end() :], each) for words, each in _STATES if (start := words.search(text))
    ]
    rest, is_inside = found[0] if len(found) == 1 else ("", False)
    for name, schema in fields.items() if rest else ():
        known = [each for each in schema.get("enum", ()) if isinstance(each, str)]
        named = f"{re.escape(name)}|{re.escape(name.replace('_', ' '))}"
        state = re.match(rf"(?:the )?(?:{named}){_IS}{_SET}", rest) if known else None
        one = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
        listed = rf"(?:{one})(?:(?:,? or |, )(?:{one}))*{_REST}"
        if state and re.fullmatch(listed, rest[state.end() :]):
            stated = re.findall(rf"(?<!\w)(?:{one})(?!\w)", rest[state.end() :])
            is_in = is_inside is not bool(state["no"])
            if values := [each for each in known if (each in stated) is is_in]:
                yield {"field": pointer((name,)), "values": values}
