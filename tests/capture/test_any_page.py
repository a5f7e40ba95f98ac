"""Any outline rendered as a page in the text layout comes back from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from docpact.capture import capture

Schema = dict[str, Any]

NAMES = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True).filter(lambda name: name != "curl")
LITERALS = st.lists(
    st.from_regex(r"[A-Za-z_-]{1,8}", fullmatch=True), min_size=1, max_size=6, unique=True
)
PROSE = st.sampled_from(
    [
        "",
        "What it is.",
        "One paragraph.\n\nAnother: with a colon",
        "maximum 100 characters",
        "or null",
    ]
)


def bounds(low: str, high: str, numbers: SearchStrategy[Any]) -> SearchStrategy[Schema]:
    """Generate none, one or both of two bounds that leave something between them."""
    both = st.tuples(numbers, numbers).map(sorted)
    pairs = both.map(lambda pair: {high: pair[1], low: pair[0]})
    return pairs.flatmap(
        lambda pair: st.lists(st.sampled_from([low, high]), unique=True).map(
            lambda kept: {name: pair[name] for name in kept}
        )
    )


LENGTHS = bounds("minLength", "maxLength", st.integers(0, 1000))
FORMATS = st.sampled_from([{"format": "date-time"}, {"format": "uuid"}])
TEXTS = (LENGTHS | FORMATS).map(lambda extra: {"type": "string"} | extra)
NUMBERS = bounds("minimum", "maximum", st.integers(-99, 99) | st.just(0.5)).map(
    lambda extra: {"type": "number"} | extra
)
SCALARS = TEXTS | NUMBERS | st.just({"type": "boolean"})
ENUMS = LITERALS.map(lambda literals: {"type": "string", "enum": literals})


def objects(fields: SearchStrategy[Schema]) -> SearchStrategy[Schema]:
    """Generate objects of one to seven fields, some of them optional."""
    return st.dictionaries(NAMES, st.tuples(fields, st.booleans()), min_size=1, max_size=7).map(
        lambda found: {"type": "object", "properties": found}
    )


FIELDS = st.recursive(
    SCALARS | ENUMS,
    lambda inner: (
        objects(inner)
        | st.builds(
            lambda items, extra: {"type": "array", "items": items} | extra,
            inner,
            bounds("minItems", "maxItems", st.integers(0, 9)),
        )
    ),
    max_leaves=12,
)


def type_of(schema: Schema) -> str:
    """Write a type as the layout does: braces show four names, or three and a count."""
    if schema["type"] == "array":
        return f"array of {type_of(schema['items'])}"
    if schema["type"] == "object":
        names = list(schema["properties"])
        shown = names if len(names) < 5 else [*names[:3], f"{len(names) - 3} more"]
        return f"object {{ {', '.join(shown)} }}"
    if "enum" in schema:
        literals = [f'"{literal}"' for literal in schema["enum"]]
        shown = literals if len(literals) < 5 else [*literals[:3], f"{len(literals) - 3} more"]
        return " or ".join(shown)
    return str(schema["type"])


def rendered(name: str, schema: Schema, required: bool, prose: str) -> Iterator[str]:
    """Write a field and everything below it, indentation lost as in the layout."""
    yield f"{name}: {'' if required else 'optional '}{type_of(schema)}"
    yield from ("", prose, "") if prose else ()
    yield from constraints(schema)
    inner = schema
    while inner["type"] == "array":
        inner = inner["items"]
        yield from constraints(inner, inside=True)
    if len(inner.get("enum", ())) > 1:
        yield "Accepts one of the following:"
        yield from (f'"{literal}"' for literal in inner["enum"])
    for child, (field, is_required) in inner.get("properties", {}).items():
        yield from rendered(child, field, is_required, prose)


def constraints(schema: Schema, *, inside: bool = False) -> Iterator[str]:
    """Write constraint lines; an array inside another has none that the layout can tell."""
    for keyword, value in schema.items():
        untold = inside and keyword.endswith("Items")
        if keyword not in ("type", "enum", "items", "properties") and not untold:
            yield f"{keyword}{value}"


def expected(schema: Schema, *, nullable: bool, inside: bool = False) -> Schema:
    """Return the schema that a capture shall give of a field."""
    kept = {k: v for k, v in schema.items() if not (inside and k.endswith("Items"))}
    if schema["type"] == "array":
        return kept | {"items": expected(schema["items"], nullable=nullable, inside=True)}
    if schema["type"] != "object":
        return kept
    fields = schema["properties"]
    found: Schema = {"type": "object", "properties": {}}
    for name, (field, required) in fields.items():
        inner = expected(field, nullable=nullable)
        if nullable and not required:
            inner["type"] = [inner["type"], "null"]
            if "enum" in inner:
                inner["enum"] = [*inner["enum"], None]
        found["properties"][name] = inner
    required_names = [name for name, (_, required) in fields.items() if required]
    return found | ({"required": required_names} if required_names else {})


def example(schema: Schema) -> Any:
    """Return a value of a schema with every field present."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema["type"]:
        case "object":
            return {name: example(field) for name, (field, _) in schema["properties"].items()}
        case "array":
            return [example(schema["items"])] * max(1, schema.get("minItems", 1))
        case "number":
            return schema.get("minimum", schema.get("maximum", 0))
        case "boolean":
            return True
    texts = {
        "date-time": "2019-12-27T18:11:19.117Z",
        "uuid": "0" * 8 + "-0000-4000-8000-" + "0" * 12,
    }
    return texts.get(schema.get("format", ""), "a" * schema.get("minLength", 0))


def fits(schema: Schema) -> bool:
    """Say whether an array can hold one item, so that the example shows what it holds."""
    inner = [field for field, _ in schema.get("properties", {}).values()]
    inner += [schema["items"]] if "items" in schema else []
    return schema.get("maxItems", 1) >= 1 and all(map(fits, inner))


def in_query(schema: Schema) -> bool:
    return all("properties" not in field for field, _ in schema["properties"].values())


@given(
    query=objects(SCALARS | ENUMS | st.builds(lambda s: {"type": "array", "items": s}, TEXTS)),
    returns=objects(FIELDS).filter(fits),
    prose=PROSE,
)
def test_a_page_gives_back_what_it_was_rendered_from(
    query: Schema, returns: Schema, prose: str
) -> None:
    body = json.dumps(example(returns), indent=2)
    page = [
        *("Some Things", "", "GET/v1/things", "", "Query ParametersExpand Collapse"),
        *(line for n, (s, r) in query["properties"].items() for line in rendered(n, s, r, prose)),
        "ReturnsExpand Collapse",
        *(line for n, (s, r) in returns["properties"].items() for line in rendered(n, s, r, prose)),
        *("Some Things", "curl https://api.example/v1/things", body, "Returns Examples", body),
    ]
    captured = capture("\n".join(page))
    for file, schema, nullable in (
        ("query.schema.json", query, False),
        ("response.schema.json", returns, True),
    ):
        found = json.loads(captured[file])
        del found["$schema"]
        assert found == expected(schema, nullable=nullable)
