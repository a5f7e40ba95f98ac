"""Parameters that select items by another relation than equality or a bound: `state__ne`, `q`."""

from __future__ import annotations

import re
from math import inf
from typing import Any, Final

from docpact.capture.roles.item_fields import Fields, describe_role, name_field
from docpact.capture.roles.paging import NUMBERS, SCALARS
from docpact.capture.roles.ranges import find_field, is_time, names_field, split_name
from docpact.model.path import snake_case
from docpact.model.roles import ABSENT, BETWEEN, NOT, PART, PREFIXED, START, WORD, ignores_case
from docpact.model.schema import Schema, find_types

_ENDINGS: Final = {
    ("ne",): NOT,
    ("neq",): NOT,
    ("not",): NOT,
    ("not", "eq"): NOT,
    ("isnull",): ABSENT,
    ("is", "null"): ABSENT,
    ("null",): ABSENT,
    ("range",): BETWEEN,
    ("between",): BETWEEN,
}
"""Last words of the names of parameters → the relation that they state."""

_STATES: Final = {
    NOT: re.compile(r"\b(not|exclud\w*|except|other than|differ\w*)\b"),
    ABSENT: re.compile(r"\b(null|empty|missing|unset|without|has no|no value)\b"),
    BETWEEN: re.compile(r"\b(between|range|two|pair|lowest|smallest|earliest|commas?)\b"),
    PREFIXED: re.compile(r"\bprefix|\b(ge|gt|le|lt)\d"),
}
"""Descriptions that state a relation."""

_HAS: Final = re.compile(
    r"\btrue\b[^.;]{,60}\bonly\b[^.;]{,60}\b(?P<way>with(out)?) (an? |the |any )?(?P<field>\w+)\b"
    r".{,200}\bfalse\b[^.;]{,60}\bonly\b[^.;]{,60}\b(?!(?P=way)\b)with(out)?\b"
)
"""The description of a flag that selects the items without or with a value."""

_DENIES: Final = re.compile(r"\b(not|non-?)[ -]?(null|empty|missing|unset)\b")
_PREFIXES: Final = re.compile(r"\b(ge|gt|le|lt)(?=\d|\b)")


def read_relation(name: str, schema: Schema, item: Fields, text: str) -> dict[str, Any] | None:
    """Return the relation to a field that a parameter with a description selects by, or None."""
    text, words = text.lower(), split_name(name)
    if len({*_PREFIXES.findall(text)}) > 1:
        return _read_prefixed(name, schema, item, text)
    has = _HAS.search(text.replace("`", ""))
    found = (ABSENT, has["field"]) if has else _find_relation(words)
    if found is None:
        return None
    relation, named = found
    scalars = [n for n, each in item.items() if find_types(each.schema) & SCALARS]
    spelt = (named, f"{named}_id") if relation == ABSENT else (named,)
    field = next(filter(None, (find_field(each, scalars) for each in spelt)), None)
    if field is None or not _fits(relation, schema, field, item):
        return None
    is_stated = bool(_STATES[relation].search(text)) and names_field(text, field)
    if relation == ABSENT and _DENIES.search(text):
        return None
    is_turned = has is not None and has["way"] == "with"
    value = {"field": item[field].where, "lower": not is_turned, "relation": relation}
    return describe_role(value, "the name", is_stated=is_stated)


def _find_relation(words: list[str]) -> tuple[str, str] | None:
    """Return the relation that the end of a name states, and the words before it."""
    for length in (2, 1):
        relation = _ENDINGS.get(tuple(words[-length:])) if len(words) > length else None
        if relation is not None:
            return relation, "_".join(words[:-length])
    return None


def _fits(relation: str, schema: Schema, field: str, item: Fields) -> bool:
    """Return whether the types of a parameter and a field allow a relation."""
    asked, shown = find_types(schema), find_types(item[field].schema)
    if relation == ABSENT:
        return asked == {"boolean"}
    if relation == NOT:
        return bool(asked & shown & SCALARS)
    is_ordered = bool(shown) and (shown <= NUMBERS or is_time(field, item[field].schema))
    return is_ordered and asked <= {"string", "array"} and bool(asked)


def _read_prefixed(name: str, schema: Schema, item: Fields, text: str) -> dict[str, Any] | None:
    """Return the time that a parameter with a prefix such as `ge` bounds, or None."""
    times = [n for n, each in item.items() if is_time(n, each.schema)]
    stated = [n for n in times if names_field(text, n)] or times
    field = find_field(name, times) or (stated[0] if len(stated) == 1 else None)
    is_text = find_types(schema) == {"string"} and "format" not in schema
    if field is None or not is_text:
        return None
    value = {"field": item[field].where, "lower": True, "relation": PREFIXED}
    is_stated = bool(_STATES[PREFIXED].search(text)) and (field == name or names_field(text, field))
    return describe_role(value, "the name", is_stated=is_stated)


REPRESENTATION: Final = re.compile(
    r"(include|expand|embed|with|fields?|select|format|view|lang(uage)?|locale)s?"
)
"""Names of parameters, in snake case, that change how items are shown, which only an item's own
field of the same name contradicts."""

_CONTAINS: Final = (
    r"(?<!\bwill )(?<!\bonly )(?<!response )(?<!results )(?<!list )contains?\b"
    r"|contain(?:ed|ing)\b"
)
"""The statement about a text that others may be in it, and not one about the response."""

_BEGINNING: Final = (
    r"(?:start|beginning) of (?:the|its|their|a) (?:\w+ )?(?:name|title|text|value|label|code)"
)
"""A statement about the first letters of a text, and not about the start of a period."""

SEARCHES: Final = re.compile(
    rf"\b({_BEGINNING}|search|{_CONTAINS}|partial|prefix|suffix|substring|fuzzy|keyword|full.?text|regex|wildcard"
    r"|(starts?|begins?|ends?) with|part of|like\b)",
    re.IGNORECASE,
)
"""Descriptions of parameters that find other texts than their value, too."""

_SEARCH: Final = re.compile(
    r"q|query|search(_(terms?|text|query|string|phrase))?|keywords?"
    r"|prefix|(starts|begins)_with|contains|substring"
)
"""Names, in snake case, of parameters that search items for words."""

_RANKS: Final = re.compile(
    r"\b(semantic|vector|similar|embedding|rank|relevan|boost|nearest|closest|highlight|suggest"
    r"|expression|syntax|sql|sort|order|if |when|unless|ignor|exclud|without|not\b)",
    re.IGNORECASE,
)
"""Descriptions of parameters that may show items without their words, or no words."""

_NO_TEXT: Final = re.compile(rf"{REPRESENTATION.pattern}|(.*_)?(ids?|key|token|cursor)")
_NO_PROSE: Final = re.compile(
    r"(?i)(id|uuid|key|code|slug|mail|phone|url|uri|path|host|domain|login|user_?name|number|sku|ip)$"
)
"""Ends of the pointers of texts without words, which servers may compare as a whole."""

CLOSED: Final = frozenset({"enum", "const", "format", "pattern", "maxLength", "default"})
"""Keywords of texts that are not free."""

_ENDING: Final = re.compile(
    r"_+(i?contains|i?starts?_?with|(prefix_)?pattern|prefix|substring|i?like)$"
)
"""The end of the name of a parameter that searches the field named before it."""

_ASIDE: Final = re.compile(
    r"`[^`]*`|\([^()]*\)|\bin any case\b|\b(regardless of|ignoring) case\b"
    r"|(?<=[.;] )(?i:(upper|lower)[- ]?(case)? (and|or) (upper|lower)[- ]?case)\b[^.;]*"
)

_START: Final = re.compile(rf"(?i)\b({_BEGINNING}|prefix|(start(s|ing)?|begin(s|ning)?) with)\b")
_PART: Final = re.compile(r"(?i)\b(substring|part of|partial)\b")
_WORD: Final = re.compile(rf"(?i)\b({_CONTAINS})")
_LOOSE: Final = re.compile(
    r"(?i)\b(or|and|any|also|words?|terms?|tokens?|fuzzy|keywords?|full.?text|reg(ular|ex)\w*|glob"
    r"|wildcards?|suffix|ends? with|at least|minimum)\b"
)
"""Descriptions of searches that find more than texts with their value."""


_EXAMPLES: Final = re.compile(
    r"(?i)\b(such as|e\.g|includ|for example|etc|various|other|all|every)"
)
"""Descriptions that name only some of the fields that a parameter searches."""

_WHERE: Final = "(?:in|across|over|on|by|search|searches|whose|against|matching|matches)"
WORDY: Final = 20
"""Length of a text that may be more than a code, in characters."""

_VERB: Final = r"(?= (?:(?:must|should|may) )?(?:contain|include|start|begin|match)s?\b)"
"""The words after a field that a parameter searches."""


def read_search(name: str, schema: Schema, fields: Fields, text: str) -> dict[str, Any] | None:
    """Return the text of an item, or the whole item, that has a parameter's words, or None."""
    caseless, text = ignores_case(text), _ASIDE.sub("", text)
    named = name_field(name, fields)
    named = named if named in fields else name_field(_ENDING.sub("", named), fields)
    is_whole = _SEARCH.fullmatch(snake_case(named).strip("$_"))
    rest, among = _cut_names(text, fields) if is_whole else (text, [])
    says, match, field = SEARCHES.search(text), _read_match(rest), fields.get(named)
    is_text = says and field and find_types(field.schema) == {"string"}
    is_text = is_text and (match is not None or not _NO_TEXT.fullmatch(snake_case(named)))
    is_free = _is_free(schema)
    if not is_free or not (is_whole or is_text) or _RANKS.search(text):
        return None
    value = {"field": "" if is_whole else fields[named].where, "lower": True, "contains": True}
    is_prose = match or not any(_NO_PROSE.search(where) for where in among)
    is_clear = says and among and is_prose and not _LOOSE.search(rest)
    covered = {"among": among} if is_clear else {}
    if match and (covered or not is_whole):
        value |= {"match": match, **({"caseless": True} if caseless else {})}
    return describe_role(value | covered, "the name", is_stated=bool(says))


def _is_free(schema: Schema) -> bool:
    """Return whether a schema allows any text, of a limited length if it has room for words."""
    stated = schema.keys() & CLOSED - {"maxLength"}
    return find_types(schema) == {"string"} and not stated and schema.get("maxLength", inf) >= WORDY


def _cut_names(text: str, fields: Fields) -> tuple[str, list[str]]:
    """Return a description without the texts of an item that it names, and where these are.

    There are none if it may name only some of the texts that a parameter searches.
    """
    texts = {name: field.where for name, field in fields.items() if _is_free(field.schema)}
    spelt = {re.sub(r"[\W_]+", " ", snake_case(name)).strip(): at for name, at in texts.items()}
    one = "|".join(map(re.escape, sorted(spelt, key=len, reverse=True)))
    names = rf"(?:(?:their|its|the) )?(?:{one})s?"
    more = rf"(?:(?:,| and| or|, and|, or) {names})*"
    listed = re.compile(rf"(?i)\b({_WHERE} )?({names}{more})\b(?! ids?\b)(?(1)|{_VERB})")
    found = listed.search(text.replace("_", " "))
    if not spelt or found is None or _EXAMPLES.search(text):
        return text, []
    stated = re.findall(rf"(?i)\b({one})s?\b", found[2])
    rest = text.replace("_", " ").replace(found[2], "")
    return rest, [*dict.fromkeys(spelt[each.lower()] for each in stated)]


def _read_match(text: str) -> str | None:
    """Return which texts a search finds, as its description says; None if that is unclear."""
    found = [match for match, says in _MATCHES if says.search(text)]
    return found[0] if len(found) == 1 and not _LOOSE.search(text) else None


_MATCHES: Final = ((START, _START), (PART, _PART), (WORD, _WORD))
