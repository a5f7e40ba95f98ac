"""The plain form of a schema: a union of descriptions whose keywords can be read one by one.

In it, a schema is a reference alone, an `anyOf` alone, or a description. A description has no
reference, and no branches but those of its parts. Keywords that cannot be merged are in its
`allOf`: values that are made by the other keywords have to be checked against it. The schema that
no value satisfies is `{"not": {}}`, as in the local form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, Final

from docpact.bodies.engine import Same, is_valid
from docpact.bodies.formats import NUMBERS
from docpact.bodies.patterns import matches
from docpact.bodies.wording import json_type
from docpact.cases.bounds import TYPES, is_empty, join_multiples, members, types
from docpact.cases.branches import LITERALS, MANY, MOST, Branches, Form, Task
from docpact.cases.expressions import join_patterns
from docpact.cases.merging import (
    ends,
    list_ending,
    merge_arrays,
    merge_objects,
    without_endless,
)
from docpact.cases.texts import FORMATS
from docpact.model import Schema
from docpact.model.pointer import name_apart
from docpact.model.schema import (
    ANNOTATIONS,
    DEFINITIONS,
    MAP,
    NOTHING,
    follow,
    forms,
    join_statements,
)
from docpact.model.traversal import children, map_schema, subschemas

WHOLE: Final = ".whole"
"""The end of the name of a definition that is as documented."""

CHECKED: Final = "docpact: values are checked against allOf"
"""The `$comment` of a description that has checks."""

_PLAIN: Final = (ANNOTATIONS | LITERALS | {"$ref", "anyOf"}) - {
    "unevaluatedProperties",
    "unevaluatedItems",
}

LONGEST_NAME: Final = 60
"""The longest name of a definition that is the plain form of several schemas."""


def plain(schema: Schema) -> Schema:
    """Return the plain form of a schema; the schema itself if it is plain already.

    Args:
        schema: its `$defs`, which many schemas may share, are read once and must not change.
    """
    definitions = schema.get("$defs")
    ending = _find_ending(Same(definitions)) if definitions else None
    if ending is not None and _is_plain_part(schema) and ends(schema, ending):
        return schema
    found, _ = _plain(json.dumps(schema))
    return schema if found is None else found


def leaves_forms_out(schema: Schema) -> bool:
    """Return whether the plain form of a schema lacks combinations of branches: they are many."""
    return _plain(json.dumps(schema))[1]


def describe_forms(schema: Schema) -> list[Schema]:
    """Return the description of a schema, or those of the forms of a union."""
    return [join_statements(form) for form, _ in forms(follow(plain(schema))[0])]


@lru_cache(maxsize=128)
def _plain(text: str) -> tuple[Schema | None, bool]:
    """Return the plain form of a schema, given as JSON, and whether it lacks combinations.

    It is None if the schema is plain already.
    """
    schema = json.loads(text)
    ending = _list_ending(schema.get("$defs", {}))
    is_plain = ending is not None and _is_plain_part(schema) and ends(schema, ending)
    maker = _Maker(schema)
    return (None, False) if is_plain else (maker.run(), maker.branches.is_cut)


@lru_cache(maxsize=64)
def _find_ending(same: Same) -> Collection[str] | None:
    return _list_ending(same.value)


def _list_ending(definitions: Mapping[str, Schema]) -> Collection[str] | None:
    """Return the names of definitions if all are plain and have a value that ends, or None."""
    if not all(map(_is_plain_part, definitions.values())):
        return None
    own = {n: each for n, each in definitions.items() if not n.endswith(WHOLE)}
    ending = list_ending(own)
    return ending if len(ending) == len(own) else None


def without_checks(schema: Schema) -> Schema:
    """Return a plain schema without the checks of its descriptions."""

    def drop(each: Any) -> Any:
        if isinstance(each, Mapping) and each.get("$comment") == CHECKED:
            return {k: value for k, value in each.items() if k not in ("allOf", "$comment")}
        return each

    found: Schema = map_schema(drop, schema) if "allOf" in json.dumps(schema) else schema
    return found


def _is_plain_part(schema: Schema) -> bool:
    """Return whether a schema is in plain form, whatever its definitions are."""
    parts: list[Any] = [schema]
    for each in parts:  # the list grows
        if _has_parts(each):
            parts += (inner for names, inner in children(each) if names[0] != "$defs")
    return all(_is_plain_alone(each) for each in reversed(parts) if _has_parts(each))


def _has_parts(schema: Any) -> bool:
    """Return whether the parts of a schema must be plain: not of one that is checked."""
    return not (isinstance(schema, bool) or schema == NOTHING or schema.get("$comment") == CHECKED)


def _is_plain_alone(schema: Schema) -> bool:
    """Return whether a schema is in plain form if all its parts are."""
    return (
        (schema.keys() <= _PLAIN and _is_alone(schema, "$ref") and _is_alone(schema, "anyOf"))
        and schema.get("format", "date") in FORMATS
        and not (_is_contradiction(schema) or _has_joint_parts(schema))
    )


def _has_joint_parts(schema: Schema) -> bool:
    """Return whether several keywords of a schema describe the same part of its instances."""
    if "contains" in schema and schema.keys() & {"items", "prefixItems"}:
        return True
    patterns = schema.get("patternProperties", ())
    names = {*schema.get("properties", ()), *schema.get("required", ())}
    if "propertyNames" in schema and names:
        return True
    return any(matches(pattern, name) for pattern in patterns for name in names)


def _is_contradiction(schema: Schema) -> bool:
    """Return whether no value of some type that a description allows satisfies it.

    Listed values beside subschemas, which may refer to definitions, count as a contradiction.
    """
    if schema.keys() & {"enum", "const"}:
        return any(True for _ in children(schema)) or not members(schema)
    fields = schema.get("properties", {})
    if any(fields.get(name) == NOTHING for name in schema.get("required", ())):
        return True
    return any(is_empty(kind, schema) for kind in types(schema))


def _is_alone(schema: Schema, keyword: str) -> bool:
    return keyword not in schema or schema.keys() <= ANNOTATIONS | {keyword}


class _Maker:
    """Makes the plain form of one schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._definitions: dict[str, Schema] = {**schema.get("$defs", {})}
        self._unions: dict[int, str] = {}
        self.branches = Branches(self._definitions)
        self._made: dict[str, Schema] = {}
        self._pending: dict[str, str | None] = {}
        self._out: dict[str, Any] = {}

    @cached_property
    def _wholes(self) -> dict[str, Schema]:
        """The definitions as they are documented."""
        return {f"{name}{WHOLE}": _whole(each) for name, each in self._definitions.items()}

    def run(self) -> Schema:
        """Return the plain form, with the definitions that it refers to."""
        about = ("$schema", "$id", "$defs")  # which mean something else within `allOf`
        root = self.join([{k: v for k, v in self._schema.items() if k not in about}])
        kept = {k: v for k, v in self._schema.items() if k in ("$schema", "$id", "title")}
        ending = list_ending(self._out)
        if not ends(root, ending):
            return NOTHING
        found = {**kept, **without_endless(root, ending)}
        for name, each in self._out.items():
            self._out[name] = without_endless(each, ending) if name in ending else NOTHING
        whole = subschemas({**found, "$defs": self._out})
        if any(isinstance(each, Mapping) and "allOf" in each for _, each in whole):
            checked = {"$comment": CHECKED}
            self._out |= {name: {**each, **checked} for name, each in self._wholes.items()}
        return {**found, "$defs": self._out} if self._out else found

    def join(self, schemas: Sequence[Schema], checks: Sequence[Schema] = ()) -> Schema:
        """Return the plain form of the values that satisfy all of some schemas."""
        different = {json.dumps(each): each for each in schemas if each.keys() - ANNOTATIONS}
        if not different and not checks:
            return {}
        key = json.dumps([sorted(different), [*map(json.dumps, checks)]])
        if key in self._made:
            return self._made[key]
        if key in self._pending:
            self._pending[key] = self._pending[key] or self._name(key)
            return {"$ref": f"{DEFINITIONS}{self._pending[key]}"}
        self._pending[key] = None
        stated = [*different.values()]
        if len(stated) == 1 and not checks and "$ref" in stated[0] and _is_alone(stated[0], "$ref"):
            self._pending[key] = stated[0]["$ref"].removeprefix(DEFINITIONS)
            self._out.setdefault(str(self._pending[key]), {})
            stated = [self.branches.target(stated[0])]
        found = self._make(stated, checks)
        name: str | None = self._pending.pop(key)
        is_large = len(stated) > 1 or any("not" in each for each in stated)
        if name is None and is_large and found.keys() & _COMPLEX:
            name = self._name(key)
        if name is not None:
            self._out[name] = found
            found = {"$ref": f"{DEFINITIONS}{name}"}
        self._made[key] = found
        return found

    def _name(self, key: str) -> str:
        """Return the name of a definition that no documented one is the plain form of."""
        names = re.findall(r'\$ref\\*": \\*"#/\$defs/([\w.$+-]+)', key)
        stem = "_".join(dict.fromkeys(names))[:LONGEST_NAME] or "form"
        name = name_apart(stem, self._out.keys() | self._definitions)
        self._out[name] = {}
        return name

    def is_nothing(self, schema: Schema) -> bool:
        """Return whether a plain schema is known to have no value."""
        if "$ref" in schema:
            schema = self._out[schema["$ref"].removeprefix(DEFINITIONS)]
        return "not" in schema

    def is_name(self, schemas: Sequence[Schema], name: str) -> bool:
        """Return whether a name satisfies all of some schemas."""
        return is_valid({"allOf": [*schemas], "$defs": self._definitions}, name)

    def _make(self, schemas: Sequence[Schema], checks: Sequence[Schema]) -> Schema:
        if len(schemas) == 1 and not checks:
            if "$ref" in schemas[0] and _is_alone(schemas[0], "$ref"):
                return self.join(schemas)
            for keyword in ("anyOf", "oneOf"):
                if keyword in schemas[0] and _is_alone(schemas[0], keyword):
                    return _unite(self._members(schemas[0], keyword))
        tasks = [Task(each) for each in schemas] + [Task(each, is_check=True) for each in checks]
        found: Schema = NOTHING
        for find in (self.branches.list_forms, self.branches.search):
            some = islice(find(tasks), MANY)
            merged = (self._merge(form, [*schemas, *checks]) for form in some if form)
            found = _unite(islice((each for each in merged if each is not None), MOST))
            if found != NOTHING:
                break
        return found

    def _members(self, schema: Schema, keyword: str) -> Iterator[Schema]:
        """Yield the members of a union; those of a `oneOf` without values of other members."""
        for number, each in enumerate(schema[keyword]):
            near = self.branches.list_near(schema, number, {}) if keyword == "oneOf" else []
            checks = [self._define(task.schema) for task in near if task.is_check]
            found = self.join([each, *(task.schema for task in near if not checks)], checks)
            if not self.is_nothing(found):
                yield found

    def _define(self, union: Schema) -> Schema:
        """Return a reference to a union that its members are checked against."""
        name = self._unions.setdefault(id(union["oneOf"]), f"{len(self._unions)}.union")
        if name not in self._definitions:
            self._definitions[name], self._wholes[f"{name}{WHOLE}"] = union, _whole(union)
        return {"$ref": f"{DEFINITIONS}{name}"}

    def _merge(self, form: Form, stated: Sequence[Schema]) -> Schema | None:
        """Return the description of the values of a form of schemas, or None if there are none."""
        literals = [each for each in form.tasks if not each.is_check]
        checks = [each.schema for each in form.tasks if each.is_check]
        schemas = [each.schema for each in literals]
        if any("enum" in each or "const" in each for each in schemas):
            return self._list_values(schemas, stated)
        found: dict[str, Any] = {}
        kinds = tuple(name for name in TYPES if name in form.kinds)
        if checks and {*kinds} <= {"null", "boolean"}:
            few = [each for each in (None, False, True) if json_type(each) in kinds]
            return self._list_values([{"enum": few}, *schemas], stated)
        if any("type" in each for each in schemas):
            found["type"] = kinds
        found |= _merge_keywords([_with_bounds(each) for each in schemas], checks)
        if "object" in kinds:
            found |= merge_objects(self, literals)
        if "array" in kinds:
            found |= merge_arrays(self, literals, checks)
        if checks:
            found |= {"allOf": [*map(_whole, checks)], "$comment": CHECKED}
        return self._close(found, kinds)

    def _close(self, found: dict[str, Any], kinds: tuple[str, ...]) -> Schema | None:
        """Return a description with only the types that have a value, or None if none has."""
        possible = tuple(kind for kind in kinds if not self._is_empty(kind, found))
        if not possible:
            return None
        if "type" in found or possible != kinds:
            left = [name for name in possible if name != "integer" or "number" not in possible]
            found["type"] = left[0] if len(left) == 1 else left
        return found

    def _list_values(self, form: Sequence[Schema], stated: Sequence[Schema]) -> Schema | None:
        listed = next(each for each in form if "enum" in each or "const" in each)
        values = listed["enum"] if "enum" in listed else [listed["const"]]
        if len(stated) > 1 or stated[0].keys() - {"title"} not in ({"enum"}, {"const"}):
            whole = {"allOf": [*map(_whole, stated)]}
            engine = {**whole, "$defs": self._wholes} if '"$ref"' in json.dumps(whole) else whole
            values = [each for each in values if is_valid(engine, each)]
        title = {"title": listed["title"]} if "title" in listed else {}
        return {**title, "enum": [*values]} if values else None

    def _is_empty(self, kind: str, found: Schema) -> bool:
        """Return whether plainly no value of a type satisfies a description."""
        fields = found.get("properties", {})
        required = [fields[n] for n in found.get("required", ()) if n in fields]
        return is_empty(kind, found) or (kind == "object" and any(map(self.is_nothing, required)))


def _with_bounds(schema: Schema) -> Schema:
    """Return a schema with the bounds of a format of numbers, and only formats that texts have."""
    name = schema.get("format", "date")
    if name in FORMATS:
        return schema
    found = {keyword: each for keyword, each in schema.items() if keyword != "format"}
    if name in NUMBERS:
        least, most = NUMBERS[name]
        found["minimum"] = max(least, schema.get("minimum", least))
        found["maximum"] = min(most, schema.get("maximum", most))
    return found


def _merge_keywords(schemas: Sequence[Schema], checks: list[Schema]) -> dict[str, Any]:
    """Return the keywords that merge by themselves, and add checks of those that do not."""
    titles = [each["title"] for each in schemas if "title" in each]
    found: dict[str, Any] = {"title": titles[0]} if len(titles) == 1 else {}
    for keyword, merge in MERGES.items():
        if values := [each[keyword] for each in schemas if keyword in each]:
            found[keyword] = merge(values)
    patterns = [each["pattern"] for each in schemas if "pattern" in each]
    if patterns:
        found["pattern"], others = join_patterns(patterns)
        checks += [{"pattern": each} for each in others]
    formats = [*dict.fromkeys(each["format"] for each in schemas if "format" in each)]
    if formats:
        found["format"] = formats[0]
        checks += [{"format": each} for each in formats[1:]]
    return found


def _whole(schema: Schema) -> Schema:
    """Return a schema whose references lead to definitions as they are documented."""

    def refer(each: Any) -> Any:
        if isinstance(each, Mapping) and isinstance(each.get("$ref"), str):
            return {**each, "$ref": f"{each['$ref']}{WHOLE}"}
        return each

    found: Schema = map_schema(refer, schema)
    return found


def _unite(found: Iterable[Schema]) -> Schema:
    """Return the union of plain schemas."""
    members: dict[str, Schema] = {}
    for each in found:
        for member in each.get("anyOf", [each]):
            members.setdefault(json.dumps(member), member)
    if len(members) < 2:
        return next(iter(members.values()), NOTHING)
    return {"anyOf": [*members.values()]}


_COMPLEX: Final = frozenset({"properties", "items", "prefixItems", "anyOf", MAP, "contains"})

MERGES: Final[Mapping[str, Callable[[Sequence[Any]], Any]]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum"), min),
    **dict.fromkeys(("minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties"), min),
    "uniqueItems": any,
    "multipleOf": join_multiples,
    "required": lambda lists: [*dict.fromkeys(name for each in lists for name in each)],
}
"""Keyword → what states all of its values at once."""
