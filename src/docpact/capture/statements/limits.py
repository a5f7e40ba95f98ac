"""Limits, defaults and values in the words of a description, such as `(default: 20, max: 100)`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Final

from docpact.capture.statements.statement import LINK

_NUMBER: Final = r"(-?(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+(?:\.[0-9]+)?))"
_NOUN: Final = r"(?!max|min|and\b|or\b)[A-Za-z][\w-]*"
_UNIT: Final = rf"(?:[ -](?P<unit>{_NOUN}(?: {_NOUN})?)(?: in length)?)?"
_END: Final = r"(?=\s*(?:$|[,:()\[\]]|\b(?:and|or|inclusive|max\w*|min\w*)\b))"
_IS: Final = (
    r"(?P<words>(?:\s+(?:value|length|size|number|limit|allowed|permitted|supported|of|is|are|to|be"
    r"|can))*)\s*[:=]?\s*"
)
_LOW: Final = (
    r"\bmin(?:imum)?\b|\b(?:at least|(?:no|not be) less than|greater than or equal to)\b|>=|≥"
)
_HIGH: Final = (
    r"\bmax(?:imum)?\b|\b(?:at most|up to|limited to|less than or equal to|(?:no|not) more than"
    r"|(?:not|cannot) exceed|(?:not|cannot) be (?:more|greater|larger|longer) than)\b|<=|≤"
)
_RANGE: Final = (
    r"(?:^|(?P<words>\b(?:between|from|ranges?|values?|be|length|of|is|in)\b[\s:]*)|[(\[,:]\s*)"
    rf"{_NUMBER}\s*(?:[-\u2013\u2014~]|\.{{2,3}}|\bto\b|\band\b"
    rf"|(?:<=|≤)\s*\w+\s*(?:<=|≤))\s*{_NUMBER}"
)
_BOUNDS: Final = {
    ("min", "max"): re.compile(rf"{_RANGE}{_UNIT}{_END}", re.IGNORECASE),
    ("min",): re.compile(rf"(?:{_LOW}){_IS}{_NUMBER}{_UNIT}{_END}", re.IGNORECASE),
    ("max",): re.compile(rf"(?:{_HIGH}){_IS}{_NUMBER}{_UNIT}{_END}", re.IGNORECASE),
}
_LIMITING: Final = re.compile(
    rf"{_LOW}|{_HIGH}|\b(?:between|exceed|greater|longer|shorter|fewer|characters?|chars|less than"
    r"|more than|ranges?[ :]+(?:(?:is|of|from) )?-?[0-9]+)\b"
    r"|(?:^|[(\[,]|(?<![0-9]):)\s*-?[0-9]+\s*(?:[-\u2013~]|\.\.+|to)\s*-?[0-9]+",
    re.IGNORECASE,
)
"""Words that may state a limit."""

_LETTERS: Final = re.compile(
    r"(?:char(?:acter)?s?|letters|symbols)(?: long| total)?", re.IGNORECASE
)
_OTHER_UNIT: Final = re.compile(
    r"\b(?:\w*seconds?|minutes?|hours?|days?|weeks?|months?|years?|ms|[smhd]|bytes?|[kmgt]i?b|digits?"
    r"|decimals?|places|words|requests?|times?|calls?|percent|pixels?|px|for|if|when|per|in|on|with"
    r"|unless|while|by|from|at|is|are|to|the|of|which|where|as|after|not)\b",
    re.IGNORECASE,
)
"""A unit that the value itself may not have, or a word that begins a condition."""

_UNCLEAR: Final = re.compile(
    r"\b(?:if|when|unless|except|depend\w*|otherwise|each|every|exclusive|only|e\.?g|examples?"
    r"|per(?! (?:page|request|response|call|query)\b)|such as|for instance|about|recommended)\b",
    re.IGNORECASE,
)
_LEFT_OUT: Final = re.compile(
    r",?\s*\b(?:if|when|unless)\s+(?:(?:it|this|the|value|parameter|field|is|was|none|left)\s+)*"
    r"(?:not\s+)?(?:omitted|out|absent|empty|missing|blank|unset|unspecified|set|specified|provided"
    r"|given|supplied|present|passed|defined)\b,?",
    re.IGNORECASE,
)
"""The condition of every default."""

_QUOTED: Final = r"(?:`[^`]+`|\"[^\"]+\"|'[^']+')"
_WORD: Final = rf"(?:{_QUOTED}|-?\w(?:[\w.:/+-]*\w)?)"
_DEFAULT: Final = re.compile(
    rf"\bdefaults?(?:\s+(?:value|is|to|of))*\s*[:=]?\s*(?P<value>{_WORD}){_UNIT}{_END}"
    rf"|(?:^|[(,]\s*)(?:(?:value|it)\s+is\s+)?(?P<before>{_WORD})\s+(?:by|is the)\s+default\b",
    re.IGNORECASE,
)
_OF_DEFAULT: Final = re.compile(
    r"\bdefaults?(?: value)?\s*(?:[:=]|\b(?:is|to)\b|[`\"'0-9])", re.IGNORECASE
)
_BY_DEFAULT: Final = re.compile(r"\b(?:by|(the)) default\b", re.IGNORECASE)
_VALUE: Final = re.compile('[`"0-9]')
_LEAD: Final = re.compile(
    r"(?P<before>[^.;]{,99})\b(?:one of|(?:allowed|possible|valid|accept(?:ed|able)|supported"
    r"|available|permitted)\s+(?:values?|options?)|(?:values?|options?|enum)(?=\s*:)|can be"
    r"|must be|either)\b"
    r"(?P<behind>(?:\s+(?:the following|values?|these|are|is|be))*\s*:?)\s*",
    re.IGNORECASE,
)
"""The words before a list of all values."""

_ITEMS: Final = re.compile(
    rf"({_WORD})(?:\s*\([^()]*\))?\s*(?:[.;](?=\s|$).*|$|(?:,|\||/|\b(?:or|and)\b)\s*"
    r"(?:(?:or|and)\s+)?)",
    re.IGNORECASE,
)
_ITEM: Final = re.compile(rf"[\s\u2022*+-]*({_QUOTED})[.,]?\s*(?:$|[:=(\u2013\u2014-].*)")
_SEVERAL: Final = re.compile(
    r"\b(?:comma|separated|multiple|several|one or more|any|combin\w+|lists?|etc|prefix\w*"
    r"|includ\w+|others?)\b|\.\.\.|…",
    re.IGNORECASE,
)
"""A word after which a text may have other values than the listed ones."""

_KIND: Final = re.compile(
    r"(?:\w*[_-])?(?:id|uuid|guid|slug|key|name|email|ur[il]|date|datetime|timestamp|token)s?"
    r"|string|array|object|number|integer|int|float|boolean|bool|.*[\s<>{}$].*",
    re.IGNORECASE,
)
"""A word in code that may stand for a kind of values."""

_NOT_ALL: Final = re.compile(
    r"\b(?:examples?|default|common|typical|some|sample|old)\W*$", re.IGNORECASE
)
_NO_TEXT: Final = re.compile(r"-?[0-9.]+|true|false|null|none|nil|empty", re.IGNORECASE)
_QUOTED_CODE: Final = re.compile(r"\" ?(`[^`\n]{1,99}`) ?\"")
_KEYWORD: Final = re.compile(r"(min|max)(Length|Items|imum): ?(-?[0-9]{1,15}(?:\.[0-9]{1,9})?)")
_UNITS: Final = {"Length": "characters", "Items": "items", "imum": ""}
_PATTERN: Final = re.compile(r"(?:regex )?pattern: ?\S", re.IGNORECASE)
"""The beginning of a line with a regular expression."""

_ITALIC: Final = re.compile(r"(?<!\w)_([^_`\n<>]+ [^_`\n<>]+)_(?!\w)")
_BREAK: Final = re.compile(r"<br\s*/?>|</?p>|\n", re.IGNORECASE)
_SENTENCE: Final = re.compile(r"[.;!?](?=\s|$)")
LONGEST: Final = 1000
"""Number of characters of a sentence that is too long to be read."""

LEADS: Final = 20
"""Number of places of a description at which a list of all values is looked for."""

_NAMES: Final = {"number": "imum", "string": "Length", "array": "Items"}


@dataclass(slots=True)
class Limits:
    """The facts about one value that a description states.

    Attributes:
        bounds: keyword of JSON Schema → number.
        literals: all values that a text may have, or none.
        nullable: whether null is one of the values, too.
        unread: the sentences about such facts that docpact cannot read.
    """

    bounds: dict[str, float] = field(default_factory=dict)
    default: str = ""
    literals: tuple[str, ...] = ()
    nullable: bool = False
    unread: list[str] = field(default_factory=list)


def read_limits(text: str, kind: str) -> Limits:
    """Return the facts that a description in Markdown states.

    The value is a `string`, `number`, `boolean` or `array`, or of any other type if the kind is
    empty. A sentence with a condition, an example, or a number of unknown meaning is not read, and
    then the bounds of the others are not either.
    """
    found = Limits()
    plain = _ITALIC.sub(r"\1", LINK.sub(r"\1", text).replace("**", ""))
    plain = re.sub(r"(?i)\b(max|min)\.", r"\1", _QUOTED_CODE.sub(r"\1", plain))
    plain = _KEYWORD.sub(lambda at: f"\n{at[1]} {at[3]} {_UNITS[at[2]]}\n", plain)
    lines = [each for line in _BREAK.split(plain) if (each := line.strip().strip(" *"))]
    _read_values(lines, kind, found)
    for sentence in (each.strip() for line in lines for each in _SENTENCE.split(line)):
        if len(sentence) < LONGEST and not _read_sentence(_LEFT_OUT.sub("", sentence), kind, found):
            found.unread.append(sentence)
    if found.unread or any(_is_crossed(found.bounds, each) for each in _NAMES.values()):
        found.unread += [] if found.unread else [" ".join(lines)]
        found.bounds.clear()
    found.unread += [line for line in lines if _PATTERN.match(line)]
    return found


def states_limit(text: str) -> bool:
    """Return whether a text may state a default, or a bound by a number."""
    is_bound = _LIMITING.search(text) and re.search("[0-9]", text)
    return bool(is_bound or _OF_DEFAULT.search(text)) or _has_default(text)


def _has_default(text: str) -> bool:
    """Return whether a value is before or after `by default`, or before `the default`."""
    named = [*_BY_DEFAULT.finditer(text)]
    first = next((each.end() for each in named if each[1] is None), len(text))
    last = named[-1].start() if named else 0
    return bool(_VALUE.search(text, 0, last) or _VALUE.search(text, first))


def _is_crossed(bounds: dict[str, float], name: str) -> bool:
    return f"min{name}" in bounds and bounds[f"min{name}"] > bounds.get(f"max{name}", float("inf"))


def _read_sentence(said: str, kind: str, found: Limits) -> bool:
    """Read the default and the bounds of a sentence; return whether nothing of it is unread."""
    matches = [*_DEFAULT.finditer(said)]
    defaults = [match["value"] or match["before"] for match in matches]
    rest = _DEFAULT.sub(" ", said)
    is_limiting = states_limit(rest)
    if not states_limit(said):
        return True
    bounds = dict[str, float]()
    rest = rest.replace("`", "")
    for ends, pattern in _BOUNDS.items():
        for match in pattern.finditer(rest) if is_limiting else ():
            name = _name(match, kind)
            numbers = [each for each in match.groups() if each and re.fullmatch(_NUMBER, each)]
            stated = {f"{end}{name}": _value(n) for end, n in zip(ends, numbers, strict=True)}
            if not name or any(bounds.get(key, n) != n for key, n in stated.items()):
                return False
            bounds |= stated
        rest = pattern.sub(" ", rest) if is_limiting else rest
    is_whole = not is_limiting or not re.search(r"[0-9]", rest)
    is_same = all(found.bounds.get(key, n) == n for key, n in bounds.items())
    is_known = all(_is_value(each, found.literals) for each in (*defaults, found.default) if each)
    is_known &= not any(_OTHER_UNIT.search(match["unit"] or "") for match in matches)
    if _UNCLEAR.search(said) or not (is_whole and is_same and is_known) or len({*defaults}) > 1:
        return False
    if not (defaults or bounds) or (defaults and found.default not in ("", defaults[0])):
        return False
    found.default = found.default or next(iter(defaults), "")
    found.bounds |= bounds
    return True


def _name(match: re.Match[str], kind: str) -> str:
    """Return the end of the keyword that a bound has; empty if it may not be one of the value."""
    unit, is_length = match["unit"] or "", "length" in (match["words"] or "").lower()
    if _OTHER_UNIT.search(unit):
        return ""
    of_text = bool(_LETTERS.fullmatch(unit)) or (is_length and not unit)
    fits = {"number": not of_text, "string": of_text, "array": bool(unit) and not of_text}
    return _NAMES[kind] if fits.get(kind) else ""


def _value(text: str) -> float:
    plain = text.replace(",", "")
    return float(plain) if "." in plain else int(plain)


def _is_value(written: str, literals: Sequence[str]) -> bool:
    """Return whether a default is a value, and not a description of one."""
    is_quoted = re.fullmatch(_QUOTED, written) is not None and written[-2] != "."
    return is_quoted or written in literals or _NO_TEXT.fullmatch(written) is not None


def _read_values(lines: Sequence[str], kind: str, found: Limits) -> None:
    """Read the list of values behind words such as `one of`, in one line or one value a line.

    A later sentence such as "The boat's kind must be `sail`" may be about another field.
    """
    short = ((at, line) for at, line in enumerate(lines) if len(line) < 10 * LONGEST)
    leads = ((at, line, lead) for at, line in short if (lead := _LEAD.search(line)))
    for at, line, lead in islice(leads, LEADS):
        if kind == "boolean" or _NOT_ALL.search(lead["before"]):
            continue
        inline, below = line[lead.end() :], lines[at + 1 :]
        listed = [*_list_inline(inline)] if inline else [*_list_below(below)]
        others = [*lines[: at + 1], *(below if inline else below[len(listed) :])]
        found.nullable, listed = "null" in listed, [each for each in listed if each != "null"]
        words = [each.strip("`\"'").rstrip(".,") for each in listed]
        are_bare = {not re.fullmatch(_QUOTED, each) for each in listed}
        is_closed = re.search(r":|\bare\b|one of", lead[0][len(lead["before"]) :], re.IGNORECASE)
        is_open = _SEVERAL.search(" ".join(others)) or (True in are_bare and not is_closed)
        is_text = kind == "string" or not (kind or any(map(_NO_TEXT.fullmatch, words)))
        is_sure = is_closed or "value" in lead[0].lower() or not any(map(_KIND.fullmatch, words))
        is_odd = len(are_bare) > 1 or len(words) < 2 - ("must be" in lead[0].lower())
        is_other = "'s " in lead["before"] and (at > 0 or lead.start() > 0)
        is_odd |= is_other or not is_sure or any(re.search("[<>{}$]", each) for each in words)
        if is_text and not (is_open or is_odd or found.literals):
            found.literals = tuple(dict.fromkeys(words))
        elif re.match(_QUOTED, inline) or (":" in lead["behind"] and not states_limit(line)):
            found.unread.append(line)


def _list_inline(rest: str) -> Iterator[str]:
    """Yield the values that a text lists; none if its sentence goes on."""
    found = list[str]()
    while match := _ITEMS.match(rest):
        found.append(match[1])
        rest = rest[match.end() :]
    yield from () if rest else found


def _list_below(lines: Sequence[str]) -> Iterator[str]:
    """Yield the values that lines begin with; none if one of them begins otherwise."""
    values = [*takewhile(bool, map(_ITEM.fullmatch, lines))]
    if not any(line[0] in "-\u2022+`\"'" for line in lines[len(values) :]):
        yield from (match[1] for match in values if match)
