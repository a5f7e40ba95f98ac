"""Names of the components of an exported document, and comparison whatever the names are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from docpact.capture.openapi.document import COMPONENTS
from docpact.model.least import list_users
from docpact.model.pointer import mapping_of, resolve
from docpact.model.schema import DEFINITIONS
from docpact.model.traversal import map_schema

_WORD: Final = re.compile(r"[A-Za-z0-9]+")


class Components:
    """The schemas of a document by name. Names differ also in lower case, and have no dots.

    Generators make a module, a class or a file of each name.
    """

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}
        self._owners: dict[str, Any] = {}

    def add_definitions(self, definitions: Mapping[str, Any], prefix: str) -> dict[str, str]:
        """Add the definitions of a schema; return their names.

        Equal definitions of several schemas are one component. A definition whose name belongs to
        another one, or that leads to such a definition, has the prefix in its name.
        """
        first = {pascal(name).casefold(): name for name in reversed([*definitions])}
        own = {
            name: True
            for name, each in definitions.items()
            if self._owners.get(key := pascal(name).casefold(), (name, each)) != (name, each)
            or first[key] != name
        }
        users, waiting = list_users(definitions), [*own]
        for name in waiting:  # grows
            new = [each for each in users.get(name, ()) if each not in own]
            own |= dict.fromkeys(new, True)
            waiting += new
        names = {
            name: self._name(prefix + pascal(name), (prefix, name))
            if name in own
            else self._name(pascal(name), (name, each))
            for name, each in definitions.items()
        }
        for name, each in definitions.items():
            self.schemas[names[name]] = refer_to_components(each, names)
        return names

    def name_objects(self, schema: Any, name: str) -> Any:
        """Return a schema that refers to a component instead of each object with properties."""
        if not isinstance(schema, Mapping):
            return schema
        named = dict(schema)
        for keyword in ("anyOf", "oneOf", "allOf"):
            if isinstance(named.get(keyword), list):
                forms = named[keyword]
                numbers = range(1, len(forms) + 1)
                names = [f"{name}{n}" if len(forms) > 1 else name for n in numbers]
                pairs = zip(forms, names, strict=True)
                named[keyword] = [self.name_objects(form, each) for form, each in pairs]
        if "items" in named:
            named["items"] = self.name_objects(named["items"], f"{name}Item")
        if isinstance(named.get("properties"), Mapping):
            named["properties"] = {
                field: self.name_objects(part, name + pascal(field))
                for field, part in named["properties"].items()
            }
            free = self._name(name, (name, named))
            self.schemas[free] = named
            return {"$ref": COMPONENTS + free}
        return named

    def _name(self, stem: str, owner: Any) -> str:
        """Return the name of an owner, which has a number if the stem belongs to another one."""
        name, number = stem, 1
        while self._owners.setdefault(name.casefold(), owner) != owner:
            number += 1
            name = f"{stem}{number}"
        return name


def refer_to_components(schema: Any, names: Mapping[str, str]) -> Any:
    """Return a schema whose references lead to components, given the names of its definitions."""

    def refer(each: Any) -> Any:
        if not isinstance(each, Mapping) or "$ref" not in each:
            return each
        return {**each, "$ref": COMPONENTS + names[each["$ref"].removeprefix(DEFINITIONS)]}

    return map_schema(refer, schema)


def are_equal(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    """Compare parts of two documents, each `(part, document)`, whatever their components' names."""
    (part, whole), (other_part, other_whole) = one, other
    known = set[tuple[str, str]]()
    waiting = [(part, other_part)]
    for a, b in waiting:  # grows
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            if a.keys() != b.keys():
                return False
            refs = (str(mapping_of(a).get("$ref")), str(mapping_of(b).get("$ref")))
            is_pair = all(each.startswith(COMPONENTS) for each in refs)
            if is_pair and refs not in known:
                known.add(refs)
                waiting.append((resolve(whole, refs[0][1:]), resolve(other_whole, refs[1][1:])))
            waiting += ((a[key], b[key]) for key in a if not (is_pair and key == "$ref"))
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            waiting += zip(a, b, strict=True)
        elif a != b:
            return False
    return True


def pascal(text: str) -> str:
    """Return a name in PascalCase, as in `PageSize` for `page_size`."""
    return "".join(word[:1].upper() + word[1:] for word in _WORD.findall(text)) or "Value"
