"""The queries that lie outside what is documented, however their text is read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Final

from docpact.cases.bounds import SIGNS, edges, lengths, members, sizes, types
from docpact.cases.labels import label, unique
from docpact.cases.query_edges import is_numeric, plain_texts
from docpact.cases.texts import WRONG
from docpact.cases.vocabulary import check
from docpact.cases.wire import LONGEST, may_be_documented, sent, written
from docpact.model import Case, Expectation, Expected, Operation, Parameter, Question

NO_NUMBER: Final = "abc"
"""A text that is no number, no truth value and no null in any notation."""


def invalid_cases(operation: Operation) -> tuple[Case, ...]:
    """Return queries with exactly one parameter outside what is documented, few, in a fixed order.

    A value counts as outside only if no reading of its text fits the parameter: on the wire all is
    text, so that `null` and `7` are fine strings, and `1.5` may be a number where an integer is
    only inferred. Each bound is missed by one step and by far; an enum by another word, by case
    and by a suffix; a length by one; a format by a near miss. A required parameter is left out.

    Returns:
        cases with unique labels in printable ASCII, `parameter` and `keyword` set; perhaps none.

    Raises:
        ContractError: the query schema holds something that cannot be generated.
    """
    check(operation, "query")
    return unique(case for p in operation.query_parameters for case in _outside(p))


def wrong_texts(parameter: Parameter) -> Iterator[tuple[str, str, str]]:
    """Yield keyword, note and text of every single value just outside what is documented."""
    for keyword, note, text in _candidates(parameter):
        if len(text) <= LONGEST and not may_be_documented(parameter, text):
            yield keyword, note, text


def other_case(text: str) -> str:
    """Write text in lower case, or in upper case where it is lower case already."""
    return text.lower() if text != text.lower() else text.upper()


def _outside(parameter: Parameter) -> Iterator[Case]:
    if parameter.required:
        name = parameter.name
        yield Case(
            f"without {name}",
            Question(without=(name,)),
            Expectation(Expected.REJECTED, name, "required"),
        )
    for keyword, note, text in wrong_texts(parameter):
        query = sent(parameter, text)
        yield Case(
            label(query, note),
            Question(query),
            Expectation(Expected.REJECTED, parameter.name, keyword),
        )
    if parameter.is_array:
        yield from _wrong_counts(parameter)


def _candidates(parameter: Parameter) -> Iterator[tuple[str, str, str]]:
    schema = parameter.item_schema
    listed = members(schema)
    if listed is not None:
        keyword = "enum" if "enum" in schema else "const"
        texts = [written(value) for value in listed if value is not None]
        note = f"not in {keyword}" if keyword == "enum" else "not the constant"
        for text in ("DOCPACT", other_case(texts[0]), f"{texts[0]}X"):
            yield keyword, note, text
    elif is_numeric(parameter):
        yield from _numbers(parameter)
    elif "string" not in types(schema):
        yield "type", f"no {types(schema)[-1]}", NO_NUMBER
    else:
        yield from _strings(parameter)


def _numbers(parameter: Parameter) -> Iterator[tuple[str, str, str]]:
    for edge in edges(parameter.item_schema):
        note = f"{'below' if SIGNS[edge.keyword] > 0 else 'above'} {edge.keyword}"
        yield edge.keyword, note, written(edge.outside)
        yield edge.keyword, note, written(edge.far)
    yield "type", f"no {types(parameter.item_schema)[-1]}", NO_NUMBER


def _strings(parameter: Parameter) -> Iterator[tuple[str, str, str]]:
    schema = parameter.item_schema
    least, most = lengths(schema)
    if "format" in schema:
        yield from (("format", f"no {schema['format']}", t) for t in WRONG[schema["format"]][:3])
        return
    if least:
        yield "minLength", f"{least - 1:,} of at least {least:,} characters", "a" * (least - 1)
    if most is not None:
        yield "maxLength", f"{most + 1:,} of at most {most:,} characters", "a" * (most + 1)


def _wrong_counts(parameter: Parameter) -> Iterator[Case]:
    """Yield an array one value too short or too long."""
    texts, _ = plain_texts(parameter)
    least, most = sizes(parameter.schema)
    wrong = [("minItems", least - 1)] if least > 1 else []
    wrong += [("maxItems", most + 1)] if most is not None else []
    for keyword, count in wrong:
        query = tuple((parameter.name, text) for text in islice(cycle(texts), count))
        if sum(len(text) for _, text in query) <= LONGEST:
            note = f"{'below' if keyword == 'minItems' else 'above'} {keyword}"
            yield Case(
                label(query, note),
                Question(query),
                Expectation(Expected.REJECTED, parameter.name, keyword),
            )
