"""The queries at the edge of what is documented: bounds, enum values, and what nobody specified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, cycle, islice
from typing import Final

from docpact.bodies.validate import violations
from docpact.cases.bounds import edges, lengths, members, middle, sizes, types
from docpact.cases.labels import label, unique
from docpact.cases.texts import texts_of
from docpact.cases.vocabulary import check
from docpact.cases.wire import LONGEST, sent, written
from docpact.model import Case, Expectation, Expected, Operation, Parameter, Question

UNKNOWN: Final = ("docpact-unknown", "docpact-other")
"""Texts that name nothing on any server."""

NON_ASCII: Final = "caf\u00e9 e\u0301 \u65e5\u672c\u8a9e \u0639\u0631\u0628 \U0001f9fe \u200b\ufeff"
"""Mixed scripts, a combining accent, an astral emoji, invisible ones."""

RESERVED: Final = "a&b=c#d%e+f/g?h;i,j \"<k>' \\..%00"
"""Every character that a query must escape (RFC 3986, section 2.2), and some that mislead."""

ODD: Final = (
    ("empty", ""),
    (f"{LONGEST:,} characters", "a" * LONGEST),
    ("reserved and non-ASCII characters", f"{RESERVED}{NON_ASCII}"),
    ("NUL", "a\0b"),
)
"""Texts that a free string parameter may carry, though the page does not speak of them.

NUL comes by itself: servers that refuse it would not show what they do with the others.
"""


def boundary_cases(operation: Operation) -> tuple[Case, ...]:
    """Return the queries at the edge of what the page documents, few and in a fixed order.

    Expected to be accepted: each bound and the value just inside it, each enum value, each form of
    a format, each length of a constrained string. Unspecified, and sent to see that nothing fails:
    pairs of filters by unknown names, odd texts in free strings, empty and repeated values, numbers
    in another notation.

    Returns:
        cases with unique labels in printable ASCII; no two send the same query.

    Raises:
        ContractError: the query schema holds something that cannot be generated.
    """
    check(operation, "query")
    parameters = operation.query_parameters
    return unique(
        (
            *(case for parameter in parameters for case in _documented(parameter)),
            *_pairs(operation),
            *(case for parameter in parameters for case in _unknown(operation, parameter)),
            *(case for p in parameters for case in (_odd_texts if is_free(p) else _odd_forms)(p)),
        )
    )


def documented_texts(parameter: Parameter) -> Iterator[tuple[str, str, str]]:
    """Yield keyword, note and text of every single value at the edge of what is documented.

    A free string has none: any text is as good as another.
    """
    schema = parameter.item_schema
    listed = members(schema)
    if listed is not None:
        keyword = "enum" if "enum" in schema else "const"
        yield from ((keyword, "", written(value)) for value in listed if value is not None)
        return
    stated = types(schema)
    if "boolean" in stated and "type" in schema:
        yield from (("type", "", text) for text in ("true", "false"))
    if is_numeric(parameter):
        yield from _numbers(parameter)
    elif "string" in stated:
        yield from _strings(parameter)


def is_free(parameter: Parameter) -> bool:
    """Say whether a parameter takes any text at all."""
    schema = parameter.item_schema
    narrowed = {"enum", "const", "format", "minLength", "maxLength"} & set(schema)
    return "string" in types(schema) and not narrowed


def is_numeric(parameter: Parameter) -> bool:
    """Say whether a parameter takes numbers, and no text that is none."""
    stated = set(types(parameter.item_schema))
    return bool({"integer", "number"} & stated) and "string" not in stated


def plain_texts(parameter: Parameter) -> tuple[tuple[str, ...], Expected]:
    """Return documented values of a parameter, or for a free string some that name nothing."""
    texts = tuple(text for _, _, text in documented_texts(parameter))
    return (texts, Expected.ACCEPTED) if texts else (UNKNOWN, Expected.UNSPECIFIED)


def _documented(parameter: Parameter) -> Iterator[Case]:
    for keyword, note, text in documented_texts(parameter):
        yield _case(parameter, (text,), note, Expected.ACCEPTED, keyword)
    if parameter.is_array:
        yield from _counts(parameter)


def _numbers(parameter: Parameter) -> Iterator[tuple[str, str, str]]:
    schema = parameter.item_schema
    for edge in edges(schema):
        for note, number in (("", edge.at), ("just inside ", edge.inside)):
            if not any(violations(schema, number)):
                yield edge.keyword, f"{note}{edge.keyword}", written(number)
    yield "type", "", written(middle(schema))


def _strings(parameter: Parameter) -> Iterator[tuple[str, str, str]]:
    schema = parameter.item_schema
    least, most = lengths(schema)
    if "format" in schema:
        yield from (("format", "", text) for text in texts_of(schema["format"], least, most)[:4])
        return
    if "minLength" in schema and 0 < least <= LONGEST:
        yield "minLength", f"{least:,} of at least {least:,} characters", "a" * least
    if most is not None and 0 < most <= LONGEST:
        yield "maxLength", f"{most:,} of at most {most:,} characters", "a" * most
        yield "maxLength", f"{most:,} code points of at most {most:,}", "\u00e9" * most


def _counts(parameter: Parameter) -> Iterator[Case]:
    """Yield an array of one value, of several, of the same twice, and of as many as allowed."""
    texts, expects = plain_texts(parameter)
    least, most = sizes(parameter.schema)
    fewest = max(1, least)
    yield from _filled(parameter, texts, fewest, "minItems", expects)
    if most is None or most > fewest:
        yield from _filled(parameter, texts, fewest + 1, "several", expects)
        yield from _filled(parameter, texts[:1], fewest + 1, "the same again", expects)
    if most is not None:
        yield from _filled(parameter, texts, most, "maxItems", expects)


def _filled(
    parameter: Parameter, texts: tuple[str, ...], count: int, note: str, expects: Expected
) -> Iterator[Case]:
    chosen = tuple(islice(cycle(texts), count))
    if 0 < sum(map(len, chosen)) <= LONGEST:
        keyword = note if note in parameter.schema else None
        yield _case(parameter, chosen, "" if note == "minItems" else note, expects, keyword)


def _pairs(operation: Operation) -> Iterator[Case]:
    """Yield each pair of filters; accepted only where both values are documented."""
    for names in combinations(operation.roles.filters, 2):
        parameters = [operation.parameter(name) for name in names]
        plain = [plain_texts(parameter) for parameter in parameters]
        query = tuple(
            pair
            for p, (texts, _) in zip(parameters, plain, strict=True)
            for pair in sent(p, texts[0])
        )
        both = all(expects is Expected.ACCEPTED for _, expects in plain)
        expects = Expected.ACCEPTED if both else Expected.UNSPECIFIED
        yield Case(label(query), Question(query), Expectation(expects))


def _unknown(operation: Operation, parameter: Parameter) -> Iterator[Case]:
    if parameter.name in operation.roles.filters and is_free(parameter):
        yield _case(parameter, UNKNOWN[:1], "", Expected.UNSPECIFIED, None)


def _odd_texts(parameter: Parameter) -> Iterator[Case]:
    """Yield a free string parameter with each of the odd texts."""
    for note, text in ODD:
        yield replace(
            _case(parameter, (text,), "", Expected.UNSPECIFIED, None),
            label=f"{parameter.name}=<{note}>",
        )


def _odd_forms(parameter: Parameter) -> Iterator[Case]:
    """Yield what the page leaves open for a value that is no free text."""
    yield _case(parameter, ("",), "", Expected.UNSPECIFIED, None)
    texts = [text for _, _, text in documented_texts(parameter)]
    if texts and not parameter.is_array:
        twice = (texts[0], texts[min(1, len(texts) - 1)])
        yield _case(parameter, twice, "repeated", Expected.UNSPECIFIED, None)
    if is_numeric(parameter):
        yield _case(parameter, (f"{texts[0]}e0",), "exponent", Expected.UNSPECIFIED, "type")
    if is_numeric(parameter) and "number" not in types(parameter.item_schema):
        yield _case(parameter, (f"{texts[0]}.5",), "fraction", Expected.UNSPECIFIED, "type")


def _case(
    parameter: Parameter,
    texts: Sequence[str],
    note: str,
    expects: Expected,
    keyword: str | None,
) -> Case:
    query = sent(parameter, *texts)
    return Case(label(query, note), Question(query), Expectation(expects, parameter.name, keyword))
