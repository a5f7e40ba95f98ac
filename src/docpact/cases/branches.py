"""The forms of a schema: conjunctions of plain statements, one for each choice between branches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import combinations, count, islice
from typing import Any, Final, NamedTuple, TypeAlias

from docpact.bodies.patterns import is_part
from docpact.bodies.wording import equality_key
from docpact.cases.bounds import TYPES
from docpact.cases.opposites import BESIDE, NEGATED, OPPOSITES, list_breaking_types
from docpact.model import Schema
from docpact.model.schema import DEFINITIONS, NOTHING, list_types

MOST: Final = 24
"""The most forms of one conjunction; of more, some are left out."""

MANY: Final = 120
"""The most forms that are searched for where `MOST` of them have no value."""

SEARCHED: Final = 20_000
"""The most conjunctions that a search for forms tries."""

LISTED: Final = 2_000
"""Maximum number of conjunctions in one list of forms; real documents need fewer than 100."""

JOINED: Final = 4_800
"""The most forms that the choices of one conjunction leave together; each may leave two."""

FEW: Final = 3
"""The most members of a `oneOf` whose opposites are drawn, and not only checked."""

COMPARED: Final = 300
"""The most members of a `oneOf` that are compared with one of them, and conjunctions tried."""

DEEPEST: Final = 24
"""The deepest nesting of branches within branches that is looked into."""

LITERALS: Final = frozenset(
    {"type", "enum", "const", "minLength", "maxLength", "pattern", "format", "minimum", "maximum"}
    | {"exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"}
    | {"uniqueItems", "items", "prefixItems", "contains", "minContains", "maxContains"}
    | {"properties", "patternProperties", "additionalProperties", "propertyNames", "required"}
    | {"minProperties", "maxProperties", "unevaluatedProperties", "unevaluatedItems"}
)
"""Keywords that are merged with the keywords of other schemas."""


class Task(NamedTuple):
    """A schema that values have to satisfy.

    Attributes:
        schema: in local form.
        owners: numbers of the schemas with an `unevaluatedProperties` or `unevaluatedItems` that it
            is part of.
        is_silent: whether it describes no fields or elements, as within `not`.
        is_check: whether values are drawn without regard to it, and then checked.
    """

    schema: Schema
    owners: frozenset[int] = frozenset()
    is_silent: bool = False
    is_check: bool = False


_Values: TypeAlias = Mapping[str | None, frozenset[str]]
"""Name of a field, or None for the value itself → keys of the values that are listed."""


class Form(NamedTuple):
    """Schemas of the keywords of `LITERALS`, and checks, that describe the same value.

    Attributes:
        tasks: the schemas and checks.
        kinds: the types that all of the schemas allow; an integer is a number.
        required: the names that one of them requires.
        listed: the values that all of the schemas list that list any.
        empty: names in `listed` without a value.
    """

    tasks: tuple[Task, ...]
    kinds: frozenset[str]
    required: frozenset[str]
    listed: _Values
    empty: frozenset[str | None]

    @staticmethod
    def of(task: Task) -> Form:
        """Return the form of one task."""
        stated: Schema = {} if task.is_check else task.schema
        kinds = frozenset(list_types(stated, TYPES))
        kinds |= {"integer"} if "number" in kinds else set()
        parts = {None: stated, **stated.get("properties", {})}
        listed = {name: each for name, part in parts.items() if (each := _list(part)) is not None}
        empty = frozenset(name for name, values in listed.items() if not values)
        return Form((task,), kinds, frozenset(stated.get("required", ())), listed, empty)

    def join(self, other: Form) -> Form:
        """Return the conjunction of two forms."""
        both = self.listed.keys() & other.listed.keys()
        listed = {**self.listed, **other.listed}
        listed |= {name: self.listed[name] & other.listed[name] for name in both}
        return Form(
            self.tasks + other.tasks,
            self.kinds & other.kinds,
            self.required | other.required,
            listed,
            (self.empty | other.empty).union(name for name in both if not listed[name]),
        )

    @property
    def is_contradiction(self) -> bool:
        """Whether the types, or the listed values, of the schemas exclude each other."""
        fails = self.kinds == {"integer"} and FRACTION in self.tasks
        names = self.required if self.kinds == {"object"} else ()
        return fails or not self.kinds or None in self.empty or not self.empty.isdisjoint(names)


_ANY: Final = Form((), frozenset(TYPES), frozenset(), {}, frozenset())


def _list(schema: Any) -> frozenset[str] | None:
    """Return the values that a schema lists; None if it lists none."""
    if schema is False or schema == NOTHING:
        return frozenset()
    if schema is True or not schema.keys() & {"enum", "const"}:
        return None
    return frozenset(map(equality_key, schema.get("enum", [schema.get("const")])))


_Choice: TypeAlias = Sequence[Sequence[Task]]
"""Alternatives, each of which is a conjunction."""


class _Constants(NamedTuple):
    """The values of a field that every member of a union requires, and that has few.

    Attributes:
        members: of the union.
        values: of each member; empty if there is no such field.
        holders: value → the numbers of the members with it.
    """

    members: Sequence[Schema]
    values: list[frozenset[str]]
    holders: dict[str, list[int]]

    @staticmethod
    def of(members: Sequence[Schema], find: Callable[[Schema], _Values]) -> _Constants:
        """Return the values of the first such field, by its name."""
        tables = [find(each) for each in members]
        names = sorted(set[str | None]().union(*tables).intersection(*tables), key=str)
        values = [table[names[0]] for table in tables] if names else []
        holders: dict[str, list[int]] = {}
        for number, each in enumerate(values):
            for value in each:
                holders.setdefault(value, []).append(number)
        return _Constants(members, values, holders)


class Branches:
    """Finds the forms of schemas, which may refer to definitions.

    Attributes:
        is_cut: whether forms were left out.
    """

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions
        self._numbers = count()
        self._constants: dict[int, _Constants] = {}
        self._near: dict[tuple[int, int, str], list[Task]] = {}
        self._left = LISTED
        self.is_cut = False

    def list_forms(self, tasks: Iterable[Task], depth: int = 0, most: int = MOST) -> list[Form]:
        """Return at most some forms of a conjunction that do not plainly contradict themselves.

        There may be others, even if it finds none; see `search`.
        """
        self._left = LISTED if depth == 0 else self._left - 1
        literals, choices = self._flatten(tasks)
        most = max(2, min(most, JOINED // max(1, len(choices))))
        whole = reduce(Form.join, map(Form.of, literals), _ANY)
        forms = [] if whole.is_contradiction else [whole]
        for alternatives in choices if forms else ():
            if depth > DEEPEST or self._left <= 0:
                return []
            inner = [f for each in alternatives for f in self.list_forms(each, depth + 1, most)]
            joined = (form.join(each) for form in forms for each in inner)
            found = [each for each in joined if not each.is_contradiction]
            kept = min(most, len(found))
            forms = [found[number * len(found) // kept] for number in range(kept)]
            self.is_cut |= kept < len(found)
        return forms

    def search(self, tasks: Iterable[Task], most: int = SEARCHED) -> Iterator[Form | None]:
        """Yield the forms of a conjunction one by one; None if it tried the most conjunctions.

        The choice with the fewest open alternatives comes first.
        """
        pending = [(_ANY, [self._read([[*tasks]])])]
        while pending and most > 0:
            form, choices = pending.pop()
            if not choices:
                yield form
                continue
            most -= sum(map(len, choices))
            left = [[a for a in each if not form.join(a[0]).is_contradiction] for each in choices]
            first = left.pop(min(range(len(left)), key=lambda number: len(left[number])))
            for own, more in reversed(first):
                pending.append((form.join(own), [*map(self._read, more), *left]))
        if pending:
            yield None

    def _read(self, choice: _Choice) -> list[tuple[Form, list[_Choice]]]:
        """Return the form of the plain schemas of each alternative, and the choices within it."""
        flat = map(self._flatten, choice)
        return [(reduce(Form.join, map(Form.of, plain), _ANY), more) for plain, more in flat]

    def is_disjoint(self, *schemas: Schema) -> bool:
        """Return whether plainly no value satisfies all of some schemas."""
        return not any(True for _ in self.search(map(Task, schemas), COMPARED))

    def target(self, schema: Schema) -> Schema:
        """Return the schema that a reference leads to."""
        return self._definitions[schema["$ref"].removeprefix(DEFINITIONS)]

    def _flatten(self, tasks: Iterable[Task]) -> tuple[list[Task], list[_Choice]]:
        """Return the plain schemas that always apply, and the choices between others."""
        literals: list[Task] = []
        choices: list[_Choice] = []
        pending, seen = [*tasks], set[tuple[str, frozenset[int], bool]]()
        while pending:
            task = pending.pop(0)
            if task.is_check:
                literals.append(task)
                continue
            schema, owners = task.schema, task.owners
            if schema.keys() & {"unevaluatedProperties", "unevaluatedItems"}:
                owners |= {next(self._numbers)}
            inner = task._replace(owners=owners)
            if own := {k: each for k, each in schema.items() if k in LITERALS | {"title"}}:
                literals.append(inner._replace(schema=own))
            within = [*schema.get("allOf", ())]
            ref = schema.get("$ref")
            if ref is not None and (ref, owners, task.is_silent) not in seen:
                seen.add((ref, owners, task.is_silent))
                within.append(self.target(schema))
            pending[:0] = [inner._replace(schema=each) for each in within]
            choices += self._list_choices(inner)
        return literals, choices

    def _list_choices(self, task: Task) -> Iterator[_Choice]:
        """Yield the choices that a schema leaves."""
        schema = task.schema

        def of(*schemas: Schema) -> list[Task]:
            return [task._replace(schema=each) for each in schemas]

        if "anyOf" in schema:
            yield [of(each) for each in schema["anyOf"]]
        if "oneOf" in schema:
            yield [*self._exclusive(task)]
        if "if" in schema:
            holds = of(schema["if"], *(schema[k] for k in ("then",) if k in schema))
            fails = of(*(schema[k] for k in ("else",) if k in schema))
            yield [holds, *([*no, *fails] for no in self._negate(task, schema["if"]))]
        if "not" in schema:
            yield [*self._negate(task, schema["not"])]
        for name, each in schema.get("dependentSchemas", {}).items():
            yield [of({"required": [name]}, each), [_absent(task, name)]]
        for name, names in schema.get("dependentRequired", {}).items():
            if names:
                yield [of({"required": [name, *names]}), [_absent(task, name)]]

    def _exclusive(self, task: Task) -> Iterator[list[Task]]:
        """Yield the members of a `oneOf`, each with the opposite of those that may fit too."""
        stated = {k: each for k, each in task.schema.items() if k == "type"}
        for number, each in enumerate(task.schema["oneOf"]):
            yield [task._replace(schema=each), *self.list_near(task.schema, number, stated)]

    def list_near(self, schema: Schema, number: int, beside: Schema) -> list[Task]:
        """Return the opposites of the members of a `oneOf` that a value of another may fit.

        If they are many, or many members would have to be compared, it is a check of the `oneOf`.
        """
        members = schema["oneOf"]
        key = (id(members), number, str(beside))
        if key not in self._near:
            self._near[key] = self._find_near(members, number, beside)
        return self._near[key]

    def _find_near(self, members: Sequence[Schema], number: int, beside: Schema) -> list[Task]:
        others = [members[n] for n in islice(self._list_alike(members, number), COMPARED + 1)]
        near = (each for each in others if not self.is_disjoint(members[number], each, beside))
        found = [*islice(near, FEW + 1)] if len(others) <= COMPARED else others
        if len(found) > FEW:
            return [check({"oneOf": members})]
        return [Task({"not": each}) for each in found]

    def _list_alike(self, members: Sequence[Schema], number: int) -> Iterable[int]:
        """Return the other members of a union, without those that a required constant excludes."""
        known = self._constants.get(id(members))
        if known is None:
            known = self._constants[id(members)] = _Constants.of(members, self._list_constants)
        if not known.values:
            return (n for n in range(len(members)) if n != number)
        alike = {n for value in known.values[number] for n in known.holders[value]}
        return sorted(alike - {number})

    def _list_constants(self, schema: Schema) -> _Values:
        """Return the values of each required field of an object, or of a scalar, if few."""
        if "$ref" in schema and "type" not in schema:
            schema = self.target(schema)
        form = Form.of(Task(schema))
        needed = form.required if form.kinds == {"object"} else ()
        names = [None] if None in form.listed else [n for n in form.listed if n in needed]
        return {name: form.listed[name] for name in names}

    def _negate(self, task: Task, schema: Schema) -> Iterator[list[Task]]:
        """Yield alternatives that together accept the values that a schema rejects."""
        for each in self._opposites(schema, 0):
            yield [
                s if isinstance(s, Task) else task._replace(schema=s, is_silent=True) for s in each
            ]

    def _opposites(self, schema: Schema, depth: int) -> Iterator[list[Schema | Task]]:
        """Yield alternatives, each of schemas and checks."""
        if depth > DEEPEST:
            yield [check({"not": schema})]
            return
        if "$ref" in schema:
            yield from self._opposites(self.target(schema), depth + 1)
        for each in schema.get("allOf", ()):
            yield from self._opposites(each, depth + 1)
        if "not" in schema:
            yield [schema["not"]]
        if "anyOf" in schema:
            yield [{"not": each} for each in schema["anyOf"]]
        is_short = len(schema.get("oneOf", ())) <= FEW
        if "oneOf" in schema and is_short:
            yield [{"not": each} for each in schema["oneOf"]]
            yield from ([*pair] for pair in combinations(schema["oneOf"], 2))
        yield from _break_condition(schema)
        for keyword in (k for k in schema if k in OPPOSITES):
            yield from ([each] for each in OPPOSITES[keyword](schema[keyword]))
        if "integer" in (kinds := list_types(schema)) and "number" not in kinds:
            yield [{"type": "number"}, FRACTION]
        known = NEGATED if is_short else NEGATED - {"oneOf"}
        known -= set() if is_part(schema.get("pattern", "")) else {"pattern"}
        unknown = {k: each for k, each in schema.items() if k not in known}
        if unknown:
            # What keywords such as `contains` mean depends on those beside them.
            whole = {k: v for k, v in schema.items() if k in unknown or k in BESIDE}
            yield [{"type": list_breaking_types(unknown)}, check({"not": whole})]


def check(schema: Schema) -> Task:
    """Return the task to check values against a schema."""
    return Task(schema, is_check=True)


FRACTION: Final = check({"not": {"type": "integer"}})
"""The check of a number that is not an integer."""


def _absent(task: Task, name: str) -> Task:
    return task._replace(schema={"properties": {name: NOTHING}}, is_silent=True)


def _break_condition(schema: Schema) -> Iterator[list[Schema | Task]]:
    """Yield the alternatives in which a value does not satisfy `then` or `else`."""
    condition: Schema = schema.get("if", NOTHING)
    for keyword, holds in (("then", condition), ("else", {"not": condition})):
        if "if" in schema and keyword in schema:
            yield [holds, {"not": schema[keyword]}]
