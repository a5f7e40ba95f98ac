"""The text that names a thing of a mock in a path: which fields may have it, and a free one."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from docpact.cases.names import NAMES, find_name, find_text, list_fields, write_name
from docpact.cases.plain import describe_forms
from docpact.cases.sampling import name_thing
from docpact.cases.wire import can_be_documented
from docpact.model import Operation, Parameter, Schema
from docpact.model.path import snake_case
from docpact.targets.mock_writes import list_properties, merge_fields


@dataclass(frozen=True)
class Names:
    """Names the things that an operation shows.

    Attributes:
        operation: lists or returns the things.
    """

    operation: Operation

    @property
    def schema(self) -> Schema:
        """The schema of one thing."""
        is_list = self.operation.roles.is_list
        return self.operation.item_schema if is_list else self.operation.response_schema

    def find(self, item: Any, parameter: Parameter) -> str | None:
        """Return the text that names a thing, or None.

        It is that of an object in the thing only if the thing has no field of its own for it.
        """
        own = find_text(item, parameter, self.operation)
        is_known = own is not None and self.operation.roles.is_list
        is_own = is_known or bool(_choose(self._fields[0], parameter))
        return own if is_own else find_name(item, parameter, self.operation)

    def is_named(self, item: Any, parameter: Parameter, text: str) -> bool:
        """Return whether a text names a thing; for `id_or_name`, either of these fields does."""
        if self.find(item, parameter) == text:
            return True
        is_either = "_or_" in snake_case(parameter.name) and isinstance(item, Mapping)
        return is_either and text in {str(item.get(n)) for n in self.list_fields(parameter)}

    def list_fields(self, parameter: Parameter) -> list[str]:
        """Return the fields that may name a thing: its own, or else those of an object in it."""
        own, inner = self._fields
        general: list[str] = [name for name in NAMES if name in own]
        return _choose(own, parameter) or _choose(inner, parameter) or general

    def has_name(self, item: Any, parameter: Parameter) -> bool:
        """Return whether a thing, or an object in it, has the likeliest field for its name."""
        inner = item.values() if isinstance(item, Mapping) else ()
        likely = self.list_fields(parameter)[:1]
        things = [one for one in (item, *inner) if isinstance(one, Mapping)]
        return any(one.get(name) is not None for one in things for name in likely)

    def give(self, item: Any, parameter: Parameter, text: str) -> Any:
        """Return an item that a text names, or the same item if its schema does not allow it."""
        inner = [*item.values()] if isinstance(item, Mapping) else []
        known = [
            each for one in (item, *inner) if isinstance(one, Mapping) for each in one.values()
        ]
        for name in self.list_fields(parameter) if text not in map(str, known) else ():
            named = merge_fields(self.schema, item, {name: text})
            if self.find(named, parameter) == text:
                return named
        return item

    def name_apart(
        self, item: Any, parameter: Parameter, number: int, fields: Mapping[str, Any]
    ) -> Any:
        """Return an item with a name that no other has, unless the request names it itself."""
        for name in self.list_fields(parameter):
            named = self._name(item, parameter, number, name) if name not in fields else None
            if named is not None:
                return named
        return item

    def name_all(self, items: Iterable[Any], parameter: Parameter) -> Iterator[Any]:
        """Yield items whose own field for a parameter has a value that it allows, each its own.

        An item that can have no such value stays as it is.
        """
        own = next(list_fields(self._fields[0], parameter.name), None)
        taken = set[str | None]()
        for number, item in enumerate(items):
            named = item
            if own is not None and isinstance(item, Mapping):
                text = write_name(item.get(own))
                is_allowed = text is not None and can_be_documented(parameter, text)
                if not is_allowed or text in taken:
                    named = self._name(item, parameter, number, own, taken) or item
                taken.add(write_name(named.get(own)))
            yield named

    def _name(
        self,
        item: Any,
        parameter: Parameter,
        number: int,
        field: str,
        taken: Container[str | None] = (),
    ) -> Any:
        """Return an item with a new name in a field, or None if no such name is allowed there."""
        documented = name_thing(self.operation, parameter, number)
        for value in (number, f"{field}-{number}", documented, UUID(int=number, version=4)):
            named = merge_fields(self.schema, item, {field: str(value)})
            if str(value) not in taken and self.find(named, parameter) == str(value):
                return named
        return None

    @cached_property
    def _fields(self) -> tuple[list[str], list[str]]:
        """The names of the fields of a thing, and of those of the objects in it."""
        forms = describe_forms(self.schema)
        own = [each for form in forms for each in list_properties(form).items()]
        inner = (form for _, schema in own for form in describe_forms(schema))
        return [name for name, _ in own], [name for form in inner for name in list_properties(form)]


def _choose(names: Iterable[str], parameter: Parameter) -> list[str]:
    """Return the fields that may name the thing of a path parameter, the likeliest first."""
    known = dict.fromkeys(names)
    likely = dict.fromkeys((*list_fields(known, parameter.name), "id"))
    return [each for each in likely if each in known]
