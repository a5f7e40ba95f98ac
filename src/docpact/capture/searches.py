"""Parameters that search the items for a text, inferred from their names and descriptions."""

from __future__ import annotations

import re
from typing import Any, Final

from docpact.capture.item_fields import Fields, describe_role, find_types, name_field
from docpact.model.path import snake_case
from docpact.model.roles import PART, START, WORD
from docpact.model.schema import Schema

REPRESENTATION: Final = re.compile(
    r"(include|expand|embed|with|fields?|select|format|view|lang(uage)?|locale)s?"
)
"""Names of parameters, in snake case, that change how items are shown, which only an item's own
field of the same name contradicts."""

SEARCHES: Final = re.compile(
    r"\b(search|contain(s|ed|ing)?\b|partial|prefix|suffix|substring|fuzzy|keyword|full.?text|regex|wildcard"
    r"|(starts?|begins?|ends?) with|part of|like\b)",
    re.IGNORECASE,
)
"""Descriptions of parameters that find other texts than their value, too."""

_SEARCH: Final = re.compile(r"q|query|search(_(terms?|text|query|string|phrase))?|keywords?")
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

_ASIDE: Final = re.compile(r"`[^`]*`|\([^()]*\)|\bin any case\b|\b(regardless of|ignoring) case\b")
_START: Final = re.compile(r"(?i)\b(prefix|(start(s|ing)?|begin(s|ning)?) with)\b")
_PART: Final = re.compile(r"(?i)\b(substring|part of|partial)\b")
_WORD: Final = re.compile(r"(?i)\bcontain(s|ed|ing)?\b")
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


def read_search(name: str, schema: Schema, fields: Fields, text: str) -> dict[str, Any] | None:
    """Return the text of an item, or the whole item, that has a parameter's words, or None."""
    text = _ASIDE.sub("", text)
    named = name_field(name, fields)
    named = named if named in fields else name_field(_ENDING.sub("", named), fields)
    is_whole = _SEARCH.fullmatch(snake_case(named).strip("$_"))
    rest, among = _cut_names(text, fields) if is_whole else (text, [])
    says, match, field = SEARCHES.search(text), _read_match(rest), fields.get(named)
    is_text = says and field and find_types(field.schema) == {"string"}
    is_text = is_text and (match is not None or not _NO_TEXT.fullmatch(snake_case(named)))
    is_free = find_types(schema) == {"string"} and not schema.keys() & CLOSED
    if not is_free or not (is_whole or is_text) or _RANKS.search(text):
        return None
    value = {"field": "" if is_whole else fields[named].where, "lower": True, "contains": True}
    is_prose = match or not any(_NO_PROSE.search(where) for where in among)
    is_clear = says and among and is_prose and not _LOOSE.search(rest)
    covered = {"among": among} if is_clear else {}
    matched = {"match": match} if match and (covered or not is_whole) else {}
    return describe_role(value | covered | matched, "the name", is_stated=bool(says))


def _cut_names(text: str, fields: Fields) -> tuple[str, list[str]]:
    """Return a description without the texts of an item that it names, and where these are.

    There are none if it may name only some of the texts that a parameter searches.
    """
    texts = {
        name: field.where
        for name, field in fields.items()
        if find_types(field.schema) == {"string"} and not field.schema.keys() & CLOSED
    }
    spelt = {re.sub(r"[\W_]+", " ", snake_case(name)).strip(): at for name, at in texts.items()}
    one = "|".join(map(re.escape, sorted(spelt, key=len, reverse=True)))
    names = rf"(?:(?:their|its|the) )?(?:{one})s?"
    more = rf"(?:(?:,| and| or|, and|, or) {names})*"
    listed = re.compile(rf"(?i)\b{_WHERE} ({names}{more})\b(?! ids?\b)")
    found = listed.search(text.replace("_", " "))
    if not spelt or found is None or _EXAMPLES.search(text):
        return text, []
    stated = re.findall(rf"(?i)\b({one})s?\b", found[1])
    rest = text.replace("_", " ").replace(found[1], "")
    return rest, [*dict.fromkeys(spelt[each.lower()] for each in stated)]


def _read_match(text: str) -> str | None:
    """Return which texts a search finds, as its description says; None if that is unclear."""
    found = [match for match, says in _MATCHES if says.search(text)]
    return found[0] if len(found) == 1 and not _LOOSE.search(text) else None


_MATCHES: Final = ((START, _START), (PART, _PART), (WORD, _WORD))
