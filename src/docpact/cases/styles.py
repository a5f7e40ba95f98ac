"""Parameters in requests: every style of OpenAPI, written and read (OpenAPI 3.1, section 4.8.12.4).

A query is a list of names and values, one pair for each value of an array and each property of an
object; the path has one text for each parameter, with commas between the values of an array.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, TypeAlias
from urllib.parse import quote, unquote, unquote_plus

from docpact.bodies.engine import is_valid
from docpact.cases.wire import can_be_documented, query_label
from docpact.model import Case, Operation, Parameter, Query
from docpact.model.path import fill_template, list_matches

Value: TypeAlias = str | Sequence[str] | Mapping[str, str]
"""A scalar, an array of scalars, or an object of scalars, each as text."""

ValueKind: TypeAlias = Literal["scalar", "array", "object"]

_DELIMITERS: Final[Mapping[str, str]] = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}
"""Style → what separates values that are not exploded; a comma in every other style."""

_ENCODED_DELIMITERS: Final[Mapping[str, re.Pattern[str]]] = {
    "spaceDelimited": re.compile(r"%20|\+"),
    "pipeDelimited": re.compile(r"%7[Cc]|\|"),
}
_COMMA: Final = re.compile(",")

_RESERVED: Final = "/:?@!$'()*,;"
"""Reserved characters that a query can contain unencoded without a change of its structure."""


def write_value_as(style: str, explode: bool, name: str, value: Value) -> str:
    """Return a value percent-encoded in a style, with its name where the style has one.

    An array or object is not empty. No value contains the delimiter of `spaceDelimited` or
    `pipeDelimited`, which has no other encoding.
    """
    joint = _joint(style, explode)
    named = "" if style in ("simple", "label") else f"{_encode(name, style)}="
    if isinstance(value, str):
        return _prefix(style) + named + _encode(value, style)
    if isinstance(value, Mapping) and style == "deepObject":
        pairs = ((f"{name}[{key}]", each) for key, each in value.items())
        return joint.join(f"{_encode(key, style)}={_encode(each, style)}" for key, each in pairs)
    if isinstance(value, Mapping) and explode:
        pairs = ((_encode(key, style), _encode(each, style)) for key, each in value.items())
        return _prefix(style) + joint.join(f"{key}={each}" for key, each in pairs)
    listed = [t for pair in value.items() for t in pair] if isinstance(value, Mapping) else value
    texts = [_encode(each, style) for each in listed]
    if explode:
        return _prefix(style) + joint.join(named + each for each in texts)
    return _prefix(style) + named + _DELIMITERS.get(style, ",").join(texts)


def read_value_as(style: str, explode: bool, name: str, kind: ValueKind, text: str) -> Value | None:
    """Return the value that `write_value_as` wrote; None if the text has another form."""
    if not text.startswith(_prefix(style)):
        return None
    parts = text.removeprefix(_prefix(style))
    has_names = style not in ("simple", "label")
    if kind == "scalar" or not explode:
        key, _, rest = parts.partition("=") if has_names else (name, "", parts)
        if _decode(key, style) != name:
            return None
        return _read_joined(style, kind, rest)
    split = parts.split(_joint(style, explode))
    if kind == "array":
        pairs = [part.partition("=") if has_names else (name, "", part) for part in split]
        is_named = all(_decode(key, style) == name for key, _, _ in pairs)
        return [_decode(each, style) for _, _, each in pairs] if is_named else None
    return _read_members(style, name, (part.partition("=") for part in split))


def write_query(operation: Operation, query: Iterable[tuple[str, str]]) -> str:
    """Return names and values as the query of a URL, in the styles of the parameters."""
    known = {parameter.name: parameter for parameter in operation.query_parameters}
    joined: dict[str, list[tuple[Parameter, str]]] = {}
    written: list[str] = []
    for name, text in query:
        parameter = known.get(name)
        if parameter is None or not parameter.is_joined:
            is_open = parameter is not None and parameter.allow_reserved
            safe = _RESERVED if is_open else ""
            written.append(f"{quote_text(name)}={quote_text(text, safe)}")
            continue
        holder = parameter.holder or name
        if holder not in joined:
            written.append(holder)
        joined.setdefault(holder, []).append((parameter, text))
    return "&".join(
        _write_joined(each, joined[each]) if each in joined else each for each in written
    )


def label_as_sent(operation: Operation, case: Case) -> str:
    """Return the label of a case, with the values that its query joins as they are sent."""
    query = case.question.query
    if dict(query).keys().isdisjoint(p.name for p in operation.query_parameters if p.is_joined):
        return case.label
    pairs = (part.partition("=")[::2] for part in write_query(operation, query).split("&"))
    sent = tuple((unquote_plus(name), unquote_plus(text)) for name, text in pairs)
    return case.label.replace(query_label(query), query_label(sent), 1)


def read_query(operation: Operation, text: str) -> Query:
    """Return names and values of the query of a URL, each value of an array by itself."""
    joined = {p.holder or p.name: p for p in operation.query_parameters if p.is_joined}
    pairs: list[tuple[str, str]] = []
    for part in text.split("&") if text else ():
        name, equals, value = part.partition("=")
        parameter = joined.get(unquote_plus(name))
        if not name and not equals:
            continue
        if parameter is None:
            pairs.append((unquote_plus(name), unquote_plus(value)))
        else:
            pairs += _read_parameter(parameter, value)
    return tuple(pairs)


def write_path(operation: Operation, values: Mapping[str, str]) -> str:
    """Return the path of an operation with the values of its parameters, percent-encoded.

    A lone surrogate becomes the three bytes of its code point.

    Raises:
        KeyError: a parameter has no value.
    """
    known = {parameter.name: parameter for parameter in operation.path_parameters}

    def write(name: str) -> str:
        parameter = known.get(name)
        if parameter is None:
            return quote_text(values[name])
        value = _split_text(parameter, values[name])
        return write_value_as(parameter.written_style, parameter.is_exploded, name, value)

    return fill_template(operation.path, write)


def match_operation(
    operation: Operation, path: str, given: Mapping[str, str] | None = None
) -> tuple[str, dict[str, str]] | None:
    """Return the prefix before an operation's path, and the texts of its parameters, or None.

    Parameters that share a segment have the values that were given, else documented ones.
    """
    matches = list_matches(operation.path, path)
    read = (_read_styles(operation, prefix, values) for prefix, values in matches)
    found = [each for each in read if each is not None]
    if len(found) < 2:
        return next(iter(found), None)
    expected = operation.given if given is None else given
    known = {each.name: each for each in operation.path_parameters}

    def rank(match: tuple[str, dict[str, str]]) -> tuple[bool, bool]:
        return (
            any(expected.get(name) != text for name, text in match[1].items()),
            not all(
                can_be_documented(each, match[1].get(name, "")) for name, each in known.items()
            ),
        )

    return min(found, key=rank)


def _read_styles(
    operation: Operation, prefix: str, values: dict[str, str]
) -> tuple[str, dict[str, str]] | None:
    for parameter in operation.path_parameters:
        is_plain = parameter.written_style == "simple" and not parameter.is_exploded
        if parameter.name in values and not is_plain:
            text = _read_styled(parameter, values[parameter.name])
            if text is None:
                return None
            values[parameter.name] = text
    return prefix, values


def kind_of(parameter: Parameter) -> ValueKind:
    """Return whether a parameter has one value, an array of values, or an object of values."""
    stated = parameter.schema.get("type", "string")
    if parameter.content is not None:
        return "scalar"
    if "array" in stated:
        return "array"
    return "object" if "object" in stated else "scalar"


def quote_text(text: str, safe: str = "") -> str:
    """Percent-encode a text; a lone surrogate becomes the three bytes of its code point."""
    return quote(text, safe=safe, errors="surrogatepass")


def _joint(style: str, explode: bool) -> str:
    if style in ("matrix", "label"):
        return _prefix(style) if explode else ","
    return "&" if style in ("form", "deepObject", *_DELIMITERS) else ","


def _prefix(style: str) -> str:
    return {"label": ".", "matrix": ";"}.get(style, "")


def _encode(text: str, style: str) -> str:
    found = quote_text(text)
    return found.replace(".", "%2E") if style == "label" else found


def _decode(text: str, style: str) -> str:
    in_query = style in ("form", "deepObject", *_DELIMITERS)
    return unquote_plus(text) if in_query else unquote(text)


def _read_joined(style: str, kind: ValueKind, text: str) -> Value:
    if kind == "scalar":
        return _decode(text, style)
    parts = [_decode(e, style) for e in _ENCODED_DELIMITERS.get(style, _COMMA).split(text)]
    return dict(zip(parts[::2], parts[1::2], strict=False)) if kind == "object" else parts


def _read_members(
    style: str, name: str, pairs: Iterator[tuple[str, str, str]]
) -> dict[str, str] | None:
    found = {_decode(key, style): _decode(each, style) for key, _, each in pairs}
    if style != "deepObject":
        return found
    begin = f"{name}["
    if not all(key.startswith(begin) and key.endswith("]") for key in found):
        return None
    return {key[len(begin) : -1]: each for key, each in found.items()}


def _write_joined(holder: str, parts: list[tuple[Parameter, str]]) -> str:
    parameter, _ = parts[0]
    value: Value = [text for _, text in parts]
    if parameter.holder:
        value = {each.name.removeprefix(each.holder)[1:-1]: text for each, text in parts}
    return write_value_as(parameter.written_style, False, holder, value)


def _read_parameter(parameter: Parameter, text: str) -> list[tuple[str, str]]:
    name, style = parameter.holder or parameter.name, parameter.written_style
    value = _read_joined(style, "object" if parameter.holder else "array", text)
    alone = value[0] if isinstance(value, list) and len(value) == 1 else ""
    if "," in alone and not is_valid(parameter.item_schema, alone):
        value = alone.split(",")  # many clients encode the comma between two values
    if isinstance(value, Mapping):
        return [(f"{name}[{key}]", each) for key, each in value.items()]
    return [(name, each) for each in value]


def _split_text(parameter: Parameter, text: str) -> Value:
    kind = kind_of(parameter)
    if kind == "scalar":
        return text
    parts = text.split(",")
    return dict(zip(parts[::2], parts[1::2], strict=False)) if kind == "object" else parts


def _read_styled(parameter: Parameter, raw: str) -> str | None:
    """Return the text of a path parameter in a style other than plain `simple`, or None."""
    style, explode, name = parameter.written_style, parameter.is_exploded, parameter.name
    value = read_value_as(style, explode, name, kind_of(parameter), quote_text(raw, safe=".;=,"))
    if value is None or isinstance(value, str):
        return value
    parts = [t for pair in value.items() for t in pair] if isinstance(value, Mapping) else value
    return ",".join(parts)
