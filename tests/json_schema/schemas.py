"""Strategies: any schema a contract can have, and instances that are valid or nearly so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Strategy: TypeAlias = SearchStrategy[Any]

TYPES: Final = ("null", "boolean", "integer", "number", "string", "array", "object")
LENGTHS: Final = ("minLength", "maxLength")
BOUNDS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
NAMES: Final = st.sampled_from(["a", "b", "$ref", "a/b~", ""])

FAR: Final = (0.1, 1.5, -0.0, 1.0, 2**53, 2**53 + 1, 2**63, -(2**64) - 1, 1e308, 5e-324)
"""Fractions, whole floats, and the largest exact numbers of machines."""

NUMBERS: Final = st.integers(-3, 3) | st.sampled_from(FAR)
TEXTS: Final = st.text("aé\U0001f600\0e\u0301", max_size=4)

INSTANCES: Final[Strategy] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=4,
)
"""Any JSON value, mostly small ones."""

SEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("2024-02-29", "1900-02-29", "2000-12-31"),
    "date-time": ("2024-02-29T23:59:60Z", "1985-04-12t23:20:50.52+05:30"),
    "duration": ("P1Y2M3DT4H5M6S", "P4W", "PT1M"),
    "email": ("o'hara+tag@mail.example.org", '"a b"@[127.0.0.1]', "a@[IPv6:::1]"),
    "hostname": ("www.example.com", "xn--4gbwdl.xn--wgbh1c"),
    "idn-email": ("실례@실례.테스트", "a@example.com"),
    "idn-hostname": ("실례.테스트", "example.com"),
    "ipv4": ("127.0.0.1", "255.255.255.255"),
    "ipv6": ("::1", "1:2:3:4:5:6:7:8", "::ffff:192.168.0.1"),
    "iri": ("http://ƒøø.ßår/?∂éœ=πîx#πîüx", "urn:a:é"),
    "iri-reference": ("//ƒøø.ßår/b?é#d", "../é"),
    "json-pointer": ("", "/a~0b/c~1d/%25"),
    "regex": ("([abc])+\\s+$", "^a{2,3}?$"),
    "relative-json-pointer": ("1/a~1b", "0#", "12"),
    "time": ("23:59:60Z", "08:30:06.283185-08:00"),
    "uri": ("http://a@b.example:80/c;d?e=%20f#g", "urn:a:b"),
    "uri-reference": ("//a.example/b?c#d", "../e", "#f"),
    "uri-template": ("http://example.com/{a}/{b:1}", "{+c}"),
    "uuid": ("2eb8aa08-AA98-11ea-b4aa-73b441d16380",),
}
"""Format → texts in it, which `spoilt` changes."""


@st.composite
def spoilt(draw: st.DrawFn, seeds: tuple[str, ...]) -> str:
    """Generate texts that differ by a few characters from texts in a format."""
    text = draw(st.sampled_from(seeds))
    characters = st.sampled_from(sorted({*"".join(seeds), *"019.:-+/ \n@zTé٣"})) | st.characters(
        exclude_categories=["Cs"]
    )
    for _ in range(draw(st.integers(0, 3))):
        at, gone = draw(st.integers(0, len(text))), draw(st.integers(0, 2))
        text = text[:at] + draw(st.just("") | characters) + text[at + gone :]
    return text


def moments() -> SearchStrategy[str]:
    """Generate texts with the parts of a date-time, some of them out of range."""
    numbers = {"year": (0, 1900, 2000, 2023, 2024, 9999), "month": range(14), "day": range(33)}
    times = {"hour": range(25), "minute": (0, 29, 30, 58, 59, 60), "second": (0, 59, 60, 61)}
    offsets = ("Z", "z", "+00:00", "-00:00", "+05:30", "-23:59", "+24:00", "-08:60", "+0530", "")
    return st.builds(
        "{year:04}-{month:02}-{day:02}{mark}{hour:02}:{minute:02}:{second:02}{part}{offset}".format,
        **{name: st.sampled_from(choices) for name, choices in (numbers | times).items()},
        mark=st.sampled_from("Tt "),
        part=st.sampled_from(["", ".0", ".123", ".000000000000001", ".", ",5"]),
        offset=st.sampled_from(offsets),
    )


def _keywords(inner: Strategy) -> dict[str, Strategy]:
    counts = st.integers(0, 3) | st.sampled_from([1.0, 2.0])
    return {
        "type": st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), min_size=1, unique=True),
        "enum": st.lists(INSTANCES, min_size=1, max_size=3),
        "const": INSTANCES,
        "format": st.sampled_from(sorted(SEEDS)),
        **dict.fromkeys((*LENGTHS, "minItems", "maxItems"), counts),
        **dict.fromkeys(BOUNDS, NUMBERS),
        "required": st.lists(NAMES, unique=True, max_size=2),
        "properties": st.dictionaries(NAMES, inner, max_size=3),
        "items": inner,
        "additionalProperties": inner,
        "anyOf": st.lists(inner, min_size=1, max_size=3),
        "default": INSTANCES,
    }


@st.composite
def _stated(draw: st.DrawFn, inner: Strategy) -> dict[str, Any]:
    keywords = _keywords(inner)
    names = draw(st.lists(st.sampled_from(sorted(keywords)), max_size=4, unique=True))
    return {name: draw(keywords[name]) for name in names}


REFERENCE: Final[Strategy] = st.just({"$ref": "#/$defs/a"})


def schemas() -> SearchStrategy[dict[str, Any]]:
    """Generate schemas of any keywords, consistent or not, with a definition to refer to."""
    plain = _stated(st.just({}))
    inner = st.recursive(plain | REFERENCE, _stated, max_leaves=4)
    return st.builds(lambda schema, a: {**schema, "$defs": {"a": a}}, _stated(inner), plain)


@st.composite
def near(draw: st.DrawFn, schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """Generate instances that are valid or nearly so."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    likely: list[Strategy] = [INSTANCES]
    likely += [st.sampled_from(schema["enum"])] if "enum" in schema else []
    likely += [st.just(schema["const"])] if "const" in schema else []
    likely += [spoilt(SEEDS[schema["format"]])] if "format" in schema else []
    likely += [near(form, definitions) for form in schema.get("anyOf", ())]
    if ends := _at_limits(schema):
        likely.append(st.sampled_from(ends))
    if schema.keys() & {"items", "minItems", "maxItems"}:
        likely.append(st.lists(near(schema.get("items", {}), definitions), max_size=4))
    if schema.keys() & {"properties", "additionalProperties", "required"}:
        likely.append(_fields(schema, definitions))
    return draw(st.one_of(likely))


def _at_limits(schema: dict[str, Any]) -> list[Any]:
    """Return texts and numbers at each limit and just beside it."""
    lengths = [int(schema[word]) + by for word in LENGTHS if word in schema for by in (-1, 0, 1)]
    texts = [char * max(0, length) for length in lengths for char in "a\U0001f600"]
    steps = (0, 1, -1, 0.5, -0.5)
    return [*texts, *(schema[word] + by for word in BOUNDS if word in schema for by in steps)]


def _fields(schema: dict[str, Any], definitions: dict[str, Any]) -> Strategy:
    named = {name: near(each, definitions) for name, each in schema.get("properties", {}).items()}
    further = near(schema.get("additionalProperties", {}), definitions)
    more = st.dictionaries(NAMES, further, max_size=2)
    return st.builds(lambda a, b: a | b, more, st.fixed_dictionaries({}, optional=named))


NAMED: Final = ("a", "b", "c")


@st.composite
def contracts(draw: st.DrawFn) -> dict[str, Any]:
    """Generate schemas as contracts have them: objects, lists, maps, unions and definitions."""
    references = st.sampled_from([{"$ref": f"#/$defs/{name}"} for name in NAMED])
    leaves = st.one_of(
        references,
        st.sampled_from(
            [
                {"type": "string", "minLength": 1},
                {"type": ["string", "null"], "enum": ["x", "y", None]},
                {"type": "integer", "maximum": 2},
                {"type": "boolean"},
                {"const": 1},
                {},
            ]
        ),
    )
    inner = st.recursive(leaves, _combined, max_leaves=5)
    definitions = {name: draw(_combined(inner, is_union=False)) for name in NAMED}
    return {**draw(_combined(inner, is_union=False)), "$defs": definitions}


def _combined(inner: Strategy, *, is_union: bool = True) -> Strategy:
    names = st.sampled_from(["a", "b", "0", "$ref", "properties"])
    objects = st.builds(
        lambda fields, required: {"type": "object", "properties": fields, "required": required},
        st.dictionaries(names, inner, max_size=3),
        st.lists(names, unique=True, max_size=2),
    )
    arrays = st.builds(lambda each: {"type": "array", "items": each, "maxItems": 2}, inner)
    maps = st.builds(lambda each: {"type": "object", "additionalProperties": each}, inner)
    unions = st.builds(lambda each: {"anyOf": each}, st.lists(inner, min_size=1, max_size=3))
    return (
        st.one_of(objects, arrays, maps, unions) if is_union else st.one_of(objects, arrays, maps)
    )


def any_schemas() -> SearchStrategy[dict[str, Any]]:
    """Generate schemas of the whole vocabulary, with definitions, an anchor and a dynamic one."""
    leaves = st.one_of(
        _stated(st.just({})),
        st.sampled_from([{"$ref": "#/$defs/a"}, {"$ref": "#b"}, {"$dynamicRef": "#c"}, {}]),
    )
    inner = st.recursive(leaves, _whole, max_leaves=5)
    marks: tuple[dict[str, Any], ...] = ({}, {"$anchor": "b"}, {"$dynamicAnchor": "c"})
    named = st.tuples(*(_whole(inner).map(mark.__or__) for mark in marks))
    return st.builds(
        lambda schema, defined: {**schema, "$defs": dict(zip(NAMED, defined, strict=True))},
        _whole(inner),
        named,
    )


@st.composite
def _whole(draw: st.DrawFn, inner: Strategy) -> dict[str, Any]:
    """Generate schemas of a few keywords, most of them for values of one type."""
    names, count = st.sampled_from(["a", "b", "c", "x1"]), st.integers(0, 3)
    some = st.lists(inner, min_size=1, max_size=2)
    applied: dict[str, Strategy] = {
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), some),
        **dict.fromkeys(("not", "if", "then", "else"), inner),
    }
    fields: dict[str, Strategy] = {
        **dict.fromkeys(("properties", "dependentSchemas"), st.dictionaries(names, inner)),
        "patternProperties": st.dictionaries(st.sampled_from(["^x", "[0-9]$"]), inner),
        **dict.fromkeys(("additionalProperties", "unevaluatedProperties"), st.just(False) | inner),
        "propertyNames": st.sampled_from([{"maxLength": 1}, {"pattern": "^[a-z]"}]),
        "required": st.lists(names, unique=True, max_size=2),
        "dependentRequired": st.dictionaries(names, st.lists(names, max_size=1), max_size=2),
        **dict.fromkeys(("minProperties", "maxProperties"), count),
    }
    elements: dict[str, Strategy] = {
        "prefixItems": some,
        **dict.fromkeys(("items", "contains", "unevaluatedItems"), inner),
        **dict.fromkeys(("minItems", "maxItems", "minContains", "maxContains"), count),
        "uniqueItems": st.booleans(),
    }
    texts: dict[str, Strategy] = {
        **dict.fromkeys(LENGTHS, count),
        "pattern": st.sampled_from(["^[a-z]+$", "[0-9]{2}", "^(x|yy)$"]),
        "multipleOf": st.sampled_from([2, 0.5]),
    }
    kind, own = draw(st.sampled_from([("object", fields), ("array", elements), ("", texts)]))
    chosen = draw(st.lists(st.sampled_from([*own]), max_size=3, unique=True))
    beside = draw(st.lists(st.sampled_from([*applied]), max_size=2, unique=True))
    stated = {"type": kind} if kind and draw(st.booleans()) else {}
    return {**stated, **{name: draw((own | applied)[name]) for name in (*chosen, *beside)}}
