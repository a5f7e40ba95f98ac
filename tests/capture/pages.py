"""Random contracts, and the pages that documentation would print them as, in either layout."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from string import ascii_letters, ascii_lowercase
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Schema = dict[str, Any]

CONSTRAINTS: Final = (
    *("minLength", "maxLength", "format", "minimum", "maximum", "minItems", "maxItems", "default"),
)
NAMES = st.text(ascii_lowercase + "_", min_size=1, max_size=9).filter(
    lambda name: name[0] != "_" and name not in ("curl", "label", "branches")
)
PARTS = st.text(ascii_lowercase, min_size=1, max_size=4)
QUOTED = NAMES | st.builds("{}-{}".format, PARTS, PARTS) | st.builds("{}[{}]".format, PARTS, PARTS)
LITERALS = st.lists(
    st.text(ascii_letters + "_-", min_size=1, max_size=8), min_size=1, max_size=6, unique=True
)
PROSE = st.sampled_from(
    ["", "What it is.", "One paragraph.\n\nAnother: with a colon", "maximum 100 characters"]
)
UNITS: Final = st.sampled_from(["string", "number", "boolean"])


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
SIMPLE_UNIONS = st.lists(UNITS, min_size=2, max_size=3, unique=True).map(
    lambda kinds: {"type": kinds}
)
CONSTANTS = st.booleans().map(lambda value: {"type": "boolean", "const": value})
TREE: Final = {"$ref": "#/$defs/Tree"}
"""A type that contains itself, whose definition the whole document holds."""


@dataclass(frozen=True)
class Field:
    """A property of a random object."""

    schema: Schema
    required: bool
    nullable: bool
    deprecated: bool


def objects(inner: SearchStrategy[Schema]) -> SearchStrategy[Schema]:
    """Generate objects of one to seven fields, some optional, nullable or deprecated."""
    fields = st.builds(Field, inner, st.booleans(), st.booleans(), st.booleans())
    return st.dictionaries(QUOTED, fields, min_size=1, max_size=7).map(
        lambda found: {"type": "object", "properties": found}
    )


def unions(inner: SearchStrategy[Schema]) -> SearchStrategy[Schema]:
    """Generate unions of named objects, of an enumeration and text, of arrays and scalars."""
    named = objects(inner).map(lambda found: {"title": "", **found})
    lists = UNITS.map(lambda kind: {"type": "array", "items": {"type": kind}})
    several = st.lists(named, min_size=2, max_size=5)
    mixed = st.tuples(named, st.sampled_from([{"type": "string"}, {"type": "number"}]))
    open_enums = ENUMS.map(lambda listed: [listed, {"type": "string"}])
    aliases = st.tuples(ENUMS.map(lambda found: {"title": "", **found}), named)
    with_lists = st.tuples(st.just({"type": "boolean"}), lists)
    return (several | mixed | open_enums | aliases | with_lists).map(
        lambda members: {"anyOf": list(members)}
    )


def arrays(inner: SearchStrategy[Schema]) -> SearchStrategy[Schema]:
    """Generate arrays, directly of arrays too; what stands in a union is the whole array."""
    return st.builds(
        lambda items, extra: {"type": "array", "items": items} | extra,
        inner,
        bounds("minItems", "maxItems", st.integers(0, 9)).filter(lambda b: b.get("maxItems", 1)),
    )


def maps(inner: SearchStrategy[Schema]) -> SearchStrategy[Schema]:
    """Generate maps, of anything that is no union."""
    plain = inner.filter(
        lambda schema: "anyOf" not in schema and isinstance(schema.get("type"), str)
    )
    return (plain | st.just({})).map(
        lambda values: {"type": "object", "additionalProperties": values}
    )


LEAVES: Final[SearchStrategy[Schema]] = (
    SCALARS | ENUMS | SIMPLE_UNIONS | CONSTANTS | st.just({}) | st.just(TREE)
)


def schemas(depth: int) -> SearchStrategy[Schema]:
    """Generate any schema of a field, nested so deep at most."""
    if depth == 0:
        return LEAVES
    inner = schemas(depth - 1)
    nested = objects(inner) | arrays(inner) | unions(inner) | maps(inner)
    return st.booleans().flatmap(lambda is_nested: nested if is_nested else LEAVES)


DOCUMENTS: Final = objects(schemas(2))


PARAMETERS = SCALARS | ENUMS | SIMPLE_UNIONS | TEXTS.map(lambda s: {"type": "array", "items": s})


@dataclass(frozen=True)
class Contract:
    """The data from which a page is printed.

    Attributes:
        parameters: location → an object whose fields are the parameters.
        body: of the request, or None.
        response: an object, or an array of objects where `listed`.
    """

    method: str
    parameters: Mapping[str, Schema]
    body: Schema | None
    response: Schema
    listed: bool

    @property
    def path(self) -> str:
        """With a part for each path parameter."""
        names = self.parameters.get("path", {"properties": {}})["properties"]
        return "/v1/things" + "".join(f"/{{{name}}}" for name in names)


def parameters(named: SearchStrategy[str], *, required: bool = False) -> SearchStrategy[Schema]:
    """Generate an object whose fields are parameters."""
    always = st.just(True) if required else st.booleans()
    fields = st.builds(Field, PARAMETERS, always, st.just(False), st.booleans())
    return st.dictionaries(named, fields, min_size=1, max_size=4).map(
        lambda found: {"type": "object", "properties": found}
    )


LOCATIONS: Final = st.fixed_dictionaries(
    {
        "path": st.none() | parameters(NAMES, required=True),
        "query": st.none() | parameters(NAMES),
        "header": st.none() | parameters(st.just("x-version")),
        "cookie": st.none() | parameters(st.just("session")),
    }
)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Generate contracts; every named type has a name of its own."""
    numbers = count(1)
    found, body, response = draw(LOCATIONS), draw(st.none() | DOCUMENTS), draw(DOCUMENTS)
    return Contract(
        method="GET" if body is None else "POST",
        parameters={kind: schema for kind, schema in found.items() if schema is not None},
        body=None if body is None else titled(body, numbers),
        response=titled(response, numbers),
        listed=draw(st.booleans()),
    )


def titled(schema: Any, numbers: Iterator[int]) -> Any:
    """Name each member of a union that is to have a name."""
    if isinstance(schema, Field):
        return Field(
            titled(schema.schema, numbers), schema.required, schema.nullable, schema.deprecated
        )
    if isinstance(schema, list):
        return [titled(each, numbers) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: titled(each, numbers) for name, each in schema.items()}
    return found | ({"title": f"Form{next(numbers)}"} if schema.get("title") == "" else {})


TREE_FIELDS: Final = {
    "type": "object",
    "properties": {
        "label": Field({"type": "string"}, True, False, False),
        "branches": Field({"type": "array", "items": TREE}, True, False, False),
    },
}


class Printer:
    """Prints a contract as a page; remembers which named types it has printed in full."""

    def __init__(self, *, markdown: bool, prose: str) -> None:
        self.markdown, self.prose = markdown, prose
        self.printed: set[str] = set()

    def page(self, contract: Contract) -> str:
        """Return the page."""
        headings = {kind: f"{kind.title()} Parameters" for kind in ("path", "query", "header")}
        headings |= {"cookie": "Cookie Parameters"}
        lines = self.head(contract)
        for kind, schema in contract.parameters.items():
            lines += [self.heading(headings[kind]), *self.fields(schema, 0)]
        if contract.body is not None:
            lines += [self.heading("Body Parameters"), *self.fields(contract.body, 0)]
        lines += [self.heading("Returns"), *self.returned(contract)]
        return "\n".join([*lines, *self.example(contract)])

    def head(self, contract: Contract) -> list[str]:
        if self.markdown:
            return ["## Some Things", "", f"**{contract.method.lower()}** `{contract.path}`", ""]
        return ["Some Things", "", f"{contract.method}{contract.path}", ""]

    def heading(self, name: str) -> str:
        return f"### {name}" if self.markdown else f"{name}Expand Collapse"

    def returned(self, contract: Contract) -> Iterator[str]:
        if not (self.markdown and contract.listed):
            yield from self.fields(contract.response, 0)
            return
        yield self.bullet(f"array of {self.type(contract.response)}", 0)
        yield from self.fields(contract.response, 1)

    def example(self, contract: Contract) -> list[str]:
        shown = contract.path.replace("{", "$").replace("}", "").split("/")
        path = "/".join(part.upper() if part.startswith("$") else part for part in shown)
        value = example(contract.response)
        body = json.dumps([value] if contract.listed else value, indent=2)
        sent = [] if contract.body is None else [f"-d '{json.dumps(example(contract.body))}'"]
        method = "" if contract.method == "GET" else f"-X {contract.method} "
        curl = [f"curl {method}https://api.example{path}{' ' + chr(92) if sent else ''}", *sent]
        if self.markdown:
            fence = ["```http", *curl, "```", "", "#### Response", "", "```json", body, "```"]
            return ["### Example", "", *fence]
        return ["Some Things", *curl, body, "Returns Examples", body]

    def bullet(self, text: str, depth: int) -> str:
        return f"{'  ' * depth}- `{text}`" if self.markdown else text

    def type(self, schema: Schema) -> str:  # noqa: PLR0911 — one for each type
        """Write a type: braces show four names, or three and a count."""
        if schema == TREE:
            return "Tree { label, branches }"
        if not schema:
            return "unknown"
        if "anyOf" in schema:
            return " or ".join(self.members(schema))
        if isinstance(schema["type"], list):
            return " or ".join(schema["type"])
        if "const" in schema:
            return json.dumps(schema["const"])
        if schema["type"] == "array":
            return f"array of {self.type(schema['items'])}"
        if "additionalProperties" in schema:
            return f"map[{self.type(schema['additionalProperties'])}]"
        if schema["type"] == "object":
            names = [quoted(name) for name in schema["properties"]]
            shown = names if len(names) < 5 else [*names[:3], f"{len(names) - 3} more"]
            return f"{schema.get('title', 'object')} {{ {', '.join(shown)} }}"
        if "enum" in schema:
            literals = [f'"{literal}"' for literal in schema["enum"]]
            shown = literals if len(literals) < 5 else [*literals[:3], f"{len(literals) - 3} more"]
            return " or ".join(shown)
        return str(schema["type"])

    def members(self, schema: Schema) -> list[str]:
        """Write the members of a union: four of them, or three and a count."""
        written = [self.type(each) for each in schema["anyOf"]]
        plain = all("properties" in each for each in schema["anyOf"])
        few = len(written) < 5 or not plain
        return written if few else [*written[:3], f"{len(written) - 3} more"]

    def fields(self, schema: Schema, depth: int) -> Iterator[str]:
        for name, field in schema["properties"].items():
            told = "" if field.required else "optional "
            null = " or null" if prints_null(field) else ""
            glued = "Deprecated" if field.deprecated else ""
            text = f"{glued}{quoted(name)}: {told}{self.type(field.schema)}{null}"
            yield self.bullet(text, depth)
            yield from self.below(field.schema, depth + 1)

    def below(self, schema: Schema, depth: int) -> Iterator[str]:
        """Write what stands below a type."""
        yield from ("", self.prose, "") if self.prose else ()
        yield from self.limits(schema)
        inner = schema
        while True:
            if inner.get("type") == "array":
                inner = inner["items"]
            elif inner.get("additionalProperties") is not None:
                inner = inner["additionalProperties"]
            else:
                break
            yield from self.limits(inner, inside=True)
        if inner == TREE:
            yield from self.tree(depth)
        elif (
            len(inner.get("enum", ())) > 1
            or "anyOf" in inner
            or isinstance(inner.get("type"), list)
        ):
            yield from self.listed(inner, depth)
        elif "properties" in inner:
            yield from self.fields(inner, depth)

    def limits(self, schema: Schema, *, inside: bool = False) -> Iterator[str]:
        """Write limits and formats, which the older Markdown layout leaves out."""
        if not self.markdown:
            yield from constraints(schema, inside=inside)

    def tree(self, depth: int) -> Iterator[str]:
        if "Tree" not in self.printed:
            self.printed.add("Tree")
            yield from self.fields(TREE_FIELDS, depth)

    def listed(self, schema: Schema, depth: int) -> Iterator[str]:
        """Write the list of an enumeration or a union."""
        if not self.markdown:
            yield "Accepts one of the following:"
        if "enum" in schema:
            yield from (self.bullet(f'"{literal}"', depth) for literal in schema["enum"])
            return
        several = schema.get("anyOf") or [{"type": kind} for kind in schema["type"]]
        for each in several:
            if "enum" in each and "title" not in each:
                yield from (self.bullet(f'"{literal}"', depth) for literal in each["enum"])
                continue
            alias = f"{each['title']} = " if "enum" in each else ""
            yield self.bullet(alias + self.type(each), depth)
            yield from self.below(each, depth + 1)


def quoted(name: str) -> str:
    return name if name.replace("_", "").isalnum() else f'"{name}"'


def prints_null(field: Field) -> bool:
    """Return whether `or null` is printed: for an array the page would be ambiguous."""
    no_array = field.schema.get("type") != "array" and field.schema != {}
    return field.nullable and field.required and no_array


def constraints(schema: Schema, *, inside: bool = False) -> Iterator[str]:
    """Write constraint lines; an array inside another has none that the layout can tell."""
    for keyword, value in schema.items():
        untold = inside and keyword.endswith("Items")
        if keyword in CONSTRAINTS and not untold:
            yield f"{keyword}{value}"


def expected(schema: Schema, *, nullable: bool, told: bool, inside: bool = False) -> Schema:
    """Return the schema that a capture shall give.

    Args:
        schema: of a random contract.
        nullable: whether optional fields may be null.
        told: whether the layout prints constraints.
        inside: whether the schema is that of the elements of an array or a map.
    """
    kept = {
        k: v
        for k, v in schema.items()
        if k not in CONSTRAINTS or (told and not (inside and k.endswith("Items")))
    }
    for keyword in ("items", "additionalProperties"):
        if keyword in schema:
            inner = expected(schema[keyword], nullable=nullable, told=told, inside=True)
            kept[keyword] = inner
    if "anyOf" in schema:
        members = [expected(each, nullable=nullable, told=told) for each in schema["anyOf"]]
        kept["anyOf"] = members
    if "properties" not in schema:
        return kept
    fields = schema["properties"]
    kept["properties"] = {
        name: expected_field(field, nullable=nullable, told=told) for name, field in fields.items()
    }
    required = [name for name, field in fields.items() if field.required]
    return kept | ({"required": required} if required else {})


def expected_field(field: Field, *, nullable: bool, told: bool) -> Schema:
    schema = expected(field.schema, nullable=nullable, told=told)
    if prints_null(field) or (nullable and not field.required):
        schema = or_null(schema)
    return schema | ({"deprecated": True} if field.deprecated else {})


def or_null(schema: Schema) -> Schema:
    """Let a schema allow null too, in the form that a contract has."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "const" in schema:
        return {"type": ["boolean", "null"], "enum": [schema["const"], None]}
    if "type" in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema = {**schema, "type": [*kinds, "null"]}
    return schema | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def example(schema: Schema) -> Any:  # noqa: PLR0911 — one for each type
    """Return a value of a schema with every field present."""
    if schema == TREE:
        return {"label": "", "branches": [{"label": "", "branches": []}]}
    if not schema:
        return {"foo": "bar"}
    if "anyOf" in schema:
        return example(schema["anyOf"][0])
    if "enum" in schema or "const" in schema:
        return schema.get("enum", [schema.get("const")])[0]
    if "additionalProperties" in schema:
        return {"foo": example(schema["additionalProperties"])}
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    match kind:
        case "object":
            return {name: example(field.schema) for name, field in schema["properties"].items()}
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


def uses_tree(schema: Any) -> bool:
    """Return whether a type that contains itself is somewhere in a schema."""
    if isinstance(schema, Field):
        return uses_tree(schema.schema)
    if isinstance(schema, dict):
        return schema == TREE or any(map(uses_tree, schema.values()))
    return isinstance(schema, list) and any(map(uses_tree, schema))
