"""Deterministic cases: queries at the limits of the documentation, and outside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, cycle, islice
from typing import Final, NamedTuple

from docpact.bodies.engine import is_valid
from docpact.cases.bounds import (
    LARGE,
    SIGNS,
    edges,
    exact,
    integers_within,
    lengths,
    members,
    middle,
    multiple,
    read_step,
    sizes,
    types,
    values_outside,
)
from docpact.cases.other_ends import keep_in_order
from docpact.cases.samples import full, minimal
from docpact.cases.texts import WRONG, known_texts, texts_of
from docpact.cases.vocabulary import plain_query
from docpact.cases.wire import (
    LONGEST,
    can_be_documented,
    drop_repeats,
    is_numeric,
    query_case,
    query_of,
    write_value,
)
from docpact.limits import MAX_LISTED
from docpact.model import Case, Expectation, Expected, Operation, Parameter, Query, Question, Schema
from docpact.model.schema import STRING_KEYWORDS
from docpact.text import pluralize

UNKNOWN: Final = ("docpact-unknown", "docpact-other")
"""Texts that name nothing on any server."""

BEYOND_64_BITS: Final = str(2**63)
"""The smallest whole number that does not fit into the integers of most databases."""

NON_ASCII: Final = "caf\u00e9 e\u0301 \u65e5\u672c\u8a9e \u0639\u0631\u0628 \U0001f9fe \u200b\ufeff"
"""Mixed scripts, a combining accent, an astral emoji, invisible characters."""

RESERVED: Final = "a&b=c#d%e+f/g?h;i,j \"<k>' \\..%00"
"""Every character that a query must escape (RFC 3986, section 2.2), and some that mislead."""

ODD: Final = (
    ("empty", ""),
    (f"{LONGEST:,} characters", "a" * LONGEST),
    ("reserved and non-ASCII characters", f"{RESERVED}{NON_ASCII}"),
    ("NUL", "a\0b"),
)
"""Texts that the documentation of a free string neither allows nor forbids.

NUL has a case of its own: a server that rejects it would not show how it handles the others.
"""

NOT_A_NUMBER: Final = "abc"
"""A text that is not a number, a Boolean or null in any notation."""


_STREAMS: Final = re.compile(
    r"\b(as an? ([\w-]{1,20} ){0,2}stream|stream(ed|ing)\b)", re.IGNORECASE
)
"""Descriptions of flags with which the response has another form, perhaps without end."""


class Value(NamedTuple):
    """The text of one parameter value, with the keyword that it tests and a note for the label."""

    keyword: str
    text: str
    note: str = ""


def boundary_cases(operation: Operation) -> tuple[Case, ...]:
    """Return the queries at the limits of the documentation, few and in a fixed order.

    Expected to be accepted: each bound, if it is not that of a type, and the value just inside it,
    each enum value, each form of a format, each length limit. Unspecified, to see that the server
    does not fail: pairs of filters with unknown names, odd texts in free strings, empty and
    repeated values, numbers in another notation.

    Returns:
        cases with unique labels in printable ASCII; no two ask the same question.

    Raises:
        ContractError: the query schema contains something that cannot be generated.
    """
    operation = plain_query(operation)
    parameters = operation.query_parameters
    return drop_repeats(
        (
            *(
                keep_in_order(operation, _beyond_the_end(operation, case))
                for parameter in parameters
                for case in _list_documented(parameter)
            ),
            *_pairs(operation),
            *(
                _case(p, UNKNOWN[:1], Expected.UNSPECIFIED, None, "")
                for p in parameters
                if p.name in operation.roles.filters and is_free(p)
            ),
            *(case for p in parameters for case in (_odd_texts if is_free(p) else _odd_forms)(p)),
        )
    )


def invalid_cases(operation: Operation) -> tuple[Case, ...]:
    """Return queries with exactly one undocumented parameter value, few and in a fixed order.

    A query carries text only, so a value counts as undocumented only if no reading of its text fits
    the parameter: `null` and `7` are valid strings. Each bound is missed by one step and by far; an
    enum by another word, another case and a suffix; a length by one; a format by a near miss. Each
    required parameter is left out.

    Returns:
        cases with unique labels in printable ASCII, `parameter` and `keyword` set; possibly none.

    Raises:
        ContractError: the query schema contains something that cannot be generated.
    """
    operation = plain_query(operation)
    return drop_repeats(case for p in operation.query_parameters for case in _invalid(p))


def default_cases(operation: Operation) -> Iterator[Case]:
    """Yield the documented default of each parameter of the query, alone.

    A text without limits that selects items may have a meaning of its own, such as any.
    """
    selecting = {*operation.roles.filters, *operation.roles.bounds}
    for parameter in operation.query_parameters:
        query, is_open = read_default(parameter), is_free(parameter) and parameter.name in selecting
        if query and not (is_open or parameter.required or operation.selects_fields(query)):
            yield _case(parameter, (query[0][1],), Expected.ACCEPTED, None, "")


def read_default(parameter: Parameter) -> Query:
    """Return the query that states the documented default of a parameter, empty if it has none.

    Arrays, and values that are not single or not as documented themselves, count as none.
    """
    default = parameter.schema.get("default")
    if not isinstance(default, str | int | float) or parameter.is_array or parameter.content:
        return ()
    text = write_value(default)
    return ((parameter.name, text),) if text and can_be_documented(parameter, text) else ()


def is_free(parameter: Parameter) -> bool:
    """Return whether a parameter takes any text."""
    schema = parameter.item_schema
    if parameter.content is not None:
        return False
    narrowed = {"enum", "const", "allOf", *STRING_KEYWORDS} & set(schema)
    return "string" in types(schema) and not narrowed


def near_misses(word: str) -> tuple[str, str, str]:
    """Return three other words: an arbitrary one, the word in another case, and with a suffix."""
    return "DOCPACT", word.lower() if word != word.lower() else word.upper(), f"{word}X"


def _case(
    parameter: Parameter, texts: Sequence[str], answer: Expected, keyword: str | None, note: str
) -> Case:
    query = query_of(parameter, *texts)
    return query_case(query, Expectation(answer, parameter.name, keyword), note)


def _list_documented(parameter: Parameter) -> Iterator[Case]:
    for keyword, text, note in _list_documented_values(parameter):
        is_far = keyword in SIGNS and abs(float(text)) >= LARGE
        answer = Expected.UNSPECIFIED if is_far else Expected.ACCEPTED
        yield _case(parameter, (text,), answer, keyword, note)
    if parameter.is_array:
        yield from _counts(parameter)


def _beyond_the_end(operation: Operation, case: Case) -> Case:
    """Expect nothing of a request for a page that the list may not have, except the lowest one."""
    name, expected = operation.roles.paging_parameter, case.expectation
    if name is None or expected.parameter != name:
        return case
    lowest = operation.parameter(name).schema.get("minimum")
    if lowest is not None and case.query == ((name, write_value(lowest)),):
        return case
    return replace(case, expectation=replace(expected, answer=Expected.UNSPECIFIED))


def _list_documented_values(parameter: Parameter) -> Iterator[Value]:
    """Yield the values of `_valid_values` that satisfy the keywords beside the limit too."""
    for value in _valid_values(parameter):
        if parameter.content is not None or can_be_documented(parameter, value.text):
            yield value


def _valid_values(parameter: Parameter) -> Iterator[Value]:
    """Yield every single value at a limit of the documentation; none of a free string."""
    schema = parameter.item_schema
    listed, names = members(schema), types(schema)
    if parameter.content is not None:
        for make in (full, minimal):
            yield Value("type", json.dumps(make(parameter.content)))
        return
    if listed is not None:
        keyword = "enum" if "enum" in schema else "const"
        some = islice((value for value in listed if value is not None), MAX_LISTED)
        yield from (Value(keyword, write_value(value)) for value in some)
        return
    if "boolean" in names and "type" in schema:
        texts = ("false",) if _STREAMS.search(parameter.description) else ("true", "false")
        yield from (Value("type", text) for text in texts)
    if is_numeric(parameter):
        for edge in edges(schema):
            for note, number in (("", edge.at), ("just inside ", edge.inside)):
                if is_valid(schema, number):
                    yield Value(edge.keyword, write_value(number), f"{note}{edge.keyword}")
        usual = multiple(schema) if "multipleOf" in schema else middle(schema)
        yield Value("type", write_value(usual))
    elif "string" in names:
        yield from _valid_texts(schema)


def _valid_texts(schema: Schema) -> Iterator[Value]:
    least, most = lengths(schema)
    if "pattern" in schema:
        yield from (Value("pattern", t) for t in known_texts(schema) if len(t) <= LONGEST)
        return
    if "format" in schema:
        yield from (Value("format", t) for t in texts_of(schema["format"], least, most)[:4])
        return
    if "minLength" in schema and 0 < least <= LONGEST:
        yield Value("minLength", "a" * least, f"shortest: {pluralize(least, 'character')}")
    if most is not None and 0 < most <= LONGEST:
        yield Value("maxLength", "a" * most, f"longest: {pluralize(most, 'character')}")
        yield Value("maxLength", "\u00e9" * most, f"longest: {pluralize(most, 'code point')}")


def _typical_texts(parameter: Parameter) -> tuple[tuple[str, ...], Expected]:
    """Return documented values of a parameter; for a free string, values that name nothing."""
    texts = tuple(value.text for value in _list_documented_values(parameter))
    return (texts, Expected.ACCEPTED) if texts else (UNKNOWN, Expected.UNSPECIFIED)


def _counts(parameter: Parameter) -> Iterator[Case]:
    """Yield arrays of the fewest values, of several, of one value twice, and of the most."""
    texts, answer = _typical_texts(parameter)
    least, most = sizes(parameter.schema)
    fewest = max(1, least)
    is_unique = bool(parameter.schema.get("uniqueItems"))
    arrays = [("minItems", "", texts, fewest)]
    if most is None or most > fewest:
        kept = next((each.keyword for each in _list_documented_values(parameter)), "")
        arrays.append((kept, "several values", texts, fewest + 1))
        if not is_unique:
            arrays.append(("", "the same value again", texts[:1], fewest + 1))
    if most is not None:
        arrays.append(("maxItems", "maxItems", texts, most))
    for keyword, note, several, count in arrays:
        chosen = tuple(islice(cycle(several), count))
        is_allowed = not is_unique or len({*chosen}) == len(chosen)
        if is_allowed and 0 < sum(map(len, chosen)) <= LONGEST:
            is_stated = keyword in parameter.schema or keyword in parameter.item_schema
            tested = keyword if is_stated else None
            yield _case(parameter, chosen, answer, tested, note)


def _pairs(operation: Operation) -> Iterator[Case]:
    """Yield each pair of filters, expected to be accepted if both values are documented."""
    for names in combinations(operation.roles.filters, 2):
        parameters = [operation.parameter(name) for name in names]
        typical = [_typical_texts(parameter) for parameter in parameters]
        answers = {answer for _, answer in typical}
        answer = Expected.ACCEPTED if answers == {Expected.ACCEPTED} else Expected.UNSPECIFIED
        query = tuple(
            pair
            for parameter, (texts, _) in zip(parameters, typical, strict=True)
            for pair in query_of(parameter, texts[0])
        )
        yield query_case(query, Expectation(answer))


def _odd_texts(parameter: Parameter) -> Iterator[Case]:
    """Yield the odd texts of a free string."""
    for note, text in ODD:
        case = _case(parameter, (text,), Expected.UNSPECIFIED, None, "")
        yield replace(case, label=f"{parameter.name}=<{note}>")


def _odd_forms(parameter: Parameter) -> Iterator[Case]:
    """Yield forms of other values that the documentation neither allows nor forbids."""
    texts = [value.text for value in _list_documented_values(parameter)]
    schema = parameter.item_schema
    is_open = members(schema) is None and integers_within(schema)[1] is None
    forms: list[tuple[Sequence[str], str | None, str]] = [(("",), None, "")]
    if texts and not parameter.is_array:
        forms.append(((texts[0], texts[min(1, len(texts) - 1)]), None, "repeated"))
    if texts and is_numeric(parameter):
        forms.append(((f"{texts[0]}e0",), "type", "exponent"))
        if "number" not in types(schema):
            forms.append(((f"{texts[0]}.5",), "type", "fraction"))
        if types(schema) == ("integer",) and is_open:
            forms.append(((BEYOND_64_BITS,), "type", "more than 64 bits"))
    for sent, keyword, note in forms:
        yield _case(parameter, sent, Expected.UNSPECIFIED, keyword, note)


def _invalid(parameter: Parameter) -> Iterator[Case]:
    if parameter.required:
        name = parameter.name
        expectation = Expectation(Expected.REJECTED, name, "required")
        yield Case(f"without {name}", Question(without=(name,)), expectation)
    for keyword, text, note in _invalid_values(parameter):
        if len(text) <= LONGEST and not can_be_documented(parameter, text):
            yield _case(parameter, (text,), Expected.REJECTED, keyword, note)
    if parameter.is_array:
        yield from _invalid_counts(parameter)


def _invalid_values(parameter: Parameter) -> Iterator[Value]:
    """Yield values that are probably undocumented."""
    schema = parameter.item_schema
    listed, names = members(schema), types(schema)
    if parameter.content is not None:
        yield Value("type", "{", "not JSON")
    elif listed is not None:
        keyword = "enum" if "enum" in schema else "const"
        first = next(write_value(value) for value in listed if value is not None)
        note = "not in enum" if keyword == "enum" else "not the constant"
        yield from (Value(keyword, text, note) for text in near_misses(first))
    elif "string" in names and "format" in schema:
        name = schema["format"]
        yield from (Value("format", text, f"not in format {name}") for text in WRONG[name][:3])
    else:
        for keyword, value in values_outside(schema):
            side = "below" if keyword == "minLength" or SIGNS.get(keyword) == 1 else "above"
            yield Value(keyword, write_value(value), f"{side} {keyword}")
        yield from _breaking_texts(schema)
        if "string" not in names:
            yield Value("type", NOT_A_NUMBER, f"not of type {names[-1]}")


def _breaking_texts(schema: Schema) -> Iterator[Value]:
    """Yield texts that may break a pattern, or a number beside the multiples of another."""
    if "pattern" in schema:
        texts = ("docpact", "!", *(f"! {text}" for text in known_texts(schema)[:1]))
        yield from (Value("pattern", text, "no match") for text in texts)
    if "multipleOf" in schema:
        step, number = read_step(schema["multipleOf"]), exact(multiple(schema))
        beside = number + (step / 2 if step != int(step) or step == 1 else 1)
        value = int(beside) if beside == int(beside) else float(beside)
        yield Value("multipleOf", write_value(value))


def _invalid_counts(parameter: Parameter) -> Iterator[Case]:
    """Yield an array with one value too few, and one with one value too many."""
    texts, _ = _typical_texts(parameter)
    least, most = sizes(parameter.schema)
    invalid = [("minItems", "below", least - 1)] if least > 1 else []
    invalid += [("maxItems", "above", most + 1)] if most is not None else []
    for keyword, side, count in invalid:
        query = tuple((parameter.name, text) for text in islice(cycle(texts), count))
        if sum(len(text) for _, text in query) <= LONGEST:
            expectation = Expectation(Expected.REJECTED, parameter.name, keyword)
            yield query_case(query, expectation, f"{side} {keyword}")
