"""Unions of OpenAPI schemas: `anyOf`, `oneOf`, and the forms that a discriminator chooses."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from graphlib import CycleError
from itertools import combinations
from typing import Any, Final

from docpact.bodies.engine import is_valid, make_engine
from docpact.bodies.wording import json_type
from docpact.capture.openapi.document import OpenApi, name_discriminator
from docpact.capture.openapi.merging import allow_null, is_in
from docpact.capture.openapi.record import Record
from docpact.cases.bounds import members
from docpact.cases.plain import plain
from docpact.cases.samples import NoSampleError, full
from docpact.errors import ContractError
from docpact.limits import MAX_FORMS
from docpact.model.least import count_forms
from docpact.model.pointer import Tokens, list_of, mapping_of, pointer, tokens
from docpact.model.schema import (
    ANNOTATIONS,
    DEFINITIONS,
    child,
    follow,
    list_types,
    statements,
    with_definitions,
)

UNCLEAR: Final = "discriminator: which form a value has"
"""The gap of a discriminator that does not state the forms of all values."""

SEVERAL: Final = "that exactly one form of the union fits"
"""The gap of a `oneOf` that cannot be enforced."""


def translate_unions(
    record: Record, stated: Mapping[str, Any], where: str, path: Tokens
) -> Iterator[dict[str, Any]]:
    """Yield a schema for each union, and for the types that a discriminator names."""
    for keyword in ("anyOf", "oneOf"):
        if stated.get(keyword):
            yield from _translate_union(record, stated, keyword, where, path)
    if "discriminator" in stated and not stated.keys() & {"anyOf", "oneOf"}:
        yield from _translate_subtypes(record, stated, where, path)


_WITHIN: Final = re.compile(r"(?:/(?:(?:all|any|one)Of/[0-9]+|if|then|else|not))+$")
"""The end of the JSON Pointer of a schema that describes the same instance as another."""

_HELD: Final = re.compile(
    r"/properties/[^/]+$|/prefixItems/[0-9]+$|(?<!/schemas)(?<!/definitions)"
    r"/(?:items|additionalProperties|schema)$"
)


def is_held(where: str) -> bool:
    """Return whether a schema at a JSON Pointer describes a field, an element or a body."""
    return _HELD.search(_WITHIN.sub("", where)) is not None


def states_forms(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema, or an unnamed part of its `allOf`, has a discriminator."""
    return any("discriminator" in each for each in _list_parts(schema))


def list_mapped(document: OpenApi, schema: Mapping[str, Any], where: str) -> list[dict[str, str]]:
    """Return references to the forms that the mappings of a schema name, if each leads to one."""
    stated = [each for each in _list_parts(schema) if "discriminator" in each]
    mapped = [each for each in stated if _has_mapping(each)]
    with suppress(ContractError):
        return [ref for each in mapped for _, ref in document.list_subtypes(each, where)]
    return []


def _list_parts(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [schema, *map(mapping_of, list_of(schema.get("allOf")))]


def _translate_subtypes(
    record: Record, stated: Mapping[str, Any], where: str, path: Tokens
) -> Iterator[dict[str, Any]]:
    """Yield the forms that a discriminator chooses: by its value if a mapping states them."""
    subtypes = record.document.list_subtypes(stated, where)
    yield from _choose_forms(record, stated, subtypes, where, path)
    if subtypes and not _has_mapping(stated):
        record.gap(path, f"{where}/discriminator", UNCLEAR)
        listed = enumerate(subtypes)
        forms = [record.schema(each, where, (*path, "anyOf", n)) for n, (_, each) in listed]
        yield {"anyOf": [*forms, {}]}


def _choose_forms(
    record: Record,
    stated: Mapping[str, Any],
    forms: Iterable[tuple[str, Mapping[str, str]]],
    where: str,
    path: Tokens,
) -> Iterator[dict[str, Any]]:
    """Yield the form that each value of a discriminator chooses, with the value as condition."""
    if name := name_discriminator(stated):
        for number, (value, each) in enumerate(forms):
            form = record.schema(each, where, (*path, "allOf", number, "then"))
            condition = {"properties": {name: {"const": value}}, "required": [name]}
            yield {"allOf": [{"if": condition, "then": form}]}


def _list_named(
    record: Record, stated: Mapping[str, Any], members: Iterable[Any], where: str
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield values of a discriminator and their forms, by its mapping or the components' names."""
    if _has_mapping(stated):
        yield from record.document.list_subtypes(stated, where)
        return
    for each in members:
        ref = str(mapping_of(each).get("$ref"))
        known = {"$ref": f"{DEFINITIONS}{record.names.get(ref.removeprefix('#'))}"}
        if ref.removeprefix("#") in record.names and not _lists_values(
            record, known, name_discriminator(stated)
        ):
            yield tokens(ref.removeprefix("#"))[-1], {"$ref": ref}


def _has_mapping(stated: Mapping[str, Any]) -> bool:
    """Return whether a discriminator states its values; else others than names are common."""
    return bool(isinstance(each := stated["discriminator"], Mapping) and each.get("mapping"))


def _translate_union(
    record: Record, stated: Mapping[str, Any], keyword: str, where: str, path: Tokens
) -> Iterator[dict[str, Any]]:
    """Yield a union, each member with its title; of one schema and null, one schema.

    A further member that is the union itself adds no form. If the discriminator does not state the
    forms of all values, those follow that the names of the members suggest.
    """
    at, inner = f"{where}/{keyword}", (*path, keyword)
    hidden = {*record.unsent_names(stated, where)}
    listed = [
        (record.schema(each, f"{at}/{n}", (*inner, n)), each)
        for n, each in enumerate(stated[keyword])
        if len(stated[keyword]) < 2 or record.document.resolve(each, f"{at}/{n}")[1] != where
    ]
    members = [without_properties(schema, hidden) for schema, _ in listed]
    is_exact = keyword == "oneOf" and not _are_disjoint(record, members)
    values = [_list_values(each) for each in members]
    if all(values) and not is_exact:
        record.origins[pointer((*path, "enum"))] = at
        yield {"enum": [value for each in values for value in each]}
        return
    others = [each for each in members if each.get("type") not in ("null", ["null"])]
    if len(others) == 1 and "$ref" not in others[0] and not is_exact:
        record.move((*inner, members.index(others[0])), path)
        yield allow_null(others[0]) if len(members) > 1 else others[0]
        return
    if len(members) == 1:
        yield members[0]
        return
    is_plain = is_clear = True
    if "discriminator" in stated:
        is_plain, is_clear = _discriminate(record, stated, members, where)
    listed_at = [(each, f"{at}/{n}") for n, each in enumerate(stated[keyword])]
    is_exact &= is_plain
    if is_exact and (
        record.is_text or any(record.is_vague(*each, is_deep=False) for each in listed_at)
    ):
        record.gap(path, where, SEVERAL)
        is_exact = False
    kept = "oneOf" if is_exact else "anyOf"
    record.move(inner, (*path, kept))
    record.origins[pointer((*path, kept))] = at
    titles = [mapping_of(each).get("title") for _, each in listed]
    yield {kept: [*_add_titles(record, members, titles, at, (*path, kept))]}
    if not is_clear:
        record.gap(path, f"{where}/discriminator", UNCLEAR)
        named = _list_named(record, stated, stated[keyword], where)
        yield from _choose_forms(record, stated, named, where, path)


def _add_titles(
    record: Record, members: Sequence[dict[str, Any]], titles: Sequence[Any], at: str, path: Tokens
) -> Iterator[dict[str, Any]]:
    """Yield the members of a union with their titles, unless another place states them."""
    for number, (member, title) in enumerate(zip(members, titles, strict=True)):
        is_own = isinstance(title, str) and "$ref" not in member
        if is_own:
            record.origins[pointer((*path, number, "title"))] = f"{at}/{number}/title"
        yield {"title": title, **member} if is_own else member


def _discriminate(
    record: Record,
    stated: Mapping[str, Any],
    members: list[dict[str, Any]],
    where: str,
) -> tuple[bool, bool]:
    """State in the members which values choose them.

    Returns:
        whether all members did so before, and whether all do now.
    """
    name = name_discriminator(stated)
    open_members = [n for n, each in enumerate(members) if not _lists_values(record, each, name)]
    if not open_members:
        return True, True
    is_clear = True
    values: dict[str, list[str]] = {}
    if name and _has_mapping(stated):
        for value, each in record.document.list_subtypes(stated, where):
            values.setdefault(record.document.resolve(each, where)[1], []).append(value)
    for number in open_members:
        at = record.targets.get(members[number].get("$ref", "").removeprefix(DEFINITIONS))
        if at is None or at[1] not in values:
            is_clear = False
            continue
        chosen = {"properties": {name: {"enum": values[at[1]]}}}
        members[number] = {"title": record.name(at[1]), "allOf": [members[number], chosen]}
    return False, is_clear


def _lists_values(record: Record, schema: Mapping[str, Any], name: str) -> bool:
    found = record.expand(schema)
    stated = record.expand(found.get("properties", {}).get(name, {}))
    within = any(_lists_values(record, each, name) for each in found.get("allOf", ()))
    return within or bool(stated.keys() & {"enum", "const"})


def _are_disjoint(record: Record, members: list[dict[str, Any]]) -> bool:
    """Return whether no value has the types of two members, or is listed by two."""
    values = [_list_values(each) for each in members]
    if all(values):
        listed = [value for each in values for value in each]
        return not any(is_in(value, listed[:n]) for n, value in enumerate(listed))
    seen: set[str] = set()
    for each in members:
        name = each.get("$ref", "").removeprefix(DEFINITIONS)
        found = (record.find_finished(name) or {}) if name else each
        kinds = {*list_types(found)} or {*map(json_type, _list_values(found))}
        kinds |= {"number"} if "integer" in kinds else set()
        if not kinds or kinds & seen:
            return False
        seen |= kinds
    return True


def _list_values(schema: Mapping[str, Any]) -> list[Any]:
    """Return the values that a schema lists if it asserts nothing else."""
    if schema.keys() - ANNOTATIONS == {"const"}:
        return [schema["const"]]
    return list(schema["enum"]) if schema.keys() - ANNOTATIONS == {"enum"} else []


def without_properties(schema: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """Return a schema without some properties."""
    if not names:
        return schema
    found = dict(schema)
    if "properties" in found:
        found["properties"] = {n: each for n, each in found["properties"].items() if n not in names}
    if "required" in found:
        found["required"] = [name for name in found["required"] if name not in names]
    return {keyword: each for keyword, each in found.items() if keyword != "required" or each}


@lru_cache(maxsize=512)
def has_several_forms(text: str) -> bool:
    """Return whether a usual value of a `oneOf`, given as JSON with its definitions, has two forms.

    So has null that two forms allow, and a value that a server is likely to send if a form with all
    its documented fields is another form too: documents often list a short form and a full one,
    which has all fields of the short one.
    """
    union = json.loads(text)
    forms = [with_definitions(union, each) for each in union["oneOf"]]
    numbered = {str(n): each for n, each in enumerate([{"oneOf": union["oneOf"]}, *union["oneOf"]])}
    stated = [follow(each)[0] for each in forms]
    if sum("null" in e.get("type", ()) or None in e.get("enum", ()) for e in stated) > 1:
        return True
    try:
        if max(count_forms(union).values(), default=0) > MAX_FORMS or are_told_apart(union):
            return False
        whole = plain({"properties": numbered, "$defs": union.get("$defs", {})})
    except (CycleError, RecursionError):  # loading names the definition
        return False
    first, *members = (child(whole, "properties", n) for n in numbered)
    if "not" in follow(first)[0]:
        return True
    fits_one, fits_some = (
        make_engine(with_definitions(union, {keyword: union["oneOf"]})).is_valid
        for keyword in ("oneOf", "anyOf")
    )
    return any(
        fits_some(value) and not (fits_one(value) and is_valid(own, value))
        for own, value in zip(forms, map(_fill, members), strict=True)
        if isinstance(value, dict)
    )


def are_told_apart(union: Mapping[str, Any]) -> bool:
    """Return whether each two forms of a `oneOf` list different texts for a field of both."""
    listed = [_list_texts(with_definitions(union, each)) for each in union["oneOf"]]
    shared = set[str]().union(*listed[:1]).intersection(*listed)
    for name in shared:  # most unions have one, and may have thousands of forms
        texts = Counter(text for each in listed for text in each[name])
        if all(count == 1 for count in texts.values()):
            return True
    return all(
        any(one[name].isdisjoint(other[name]) for name in one.keys() & other.keys())
        for one, other in combinations(listed, 2)
    )


def _list_texts(form: Mapping[str, Any]) -> dict[str, set[Any]]:
    """Return the fields of a form that have one of several texts, with the texts."""
    found: dict[str, set[Any]] = {}
    for stated, _ in statements(form):
        for name, field in stated.get("properties", {}).items():
            for each, _ in statements(with_definitions(form, field)):
                texts = members(each) or [None]
                if all(isinstance(text, str) for text in texts):
                    found[name] = set(texts)
    return found


def _fill(form: Mapping[str, Any]) -> Any:
    """Return a value with every field of a plain form, or None if it has none."""
    try:
        return None if "not" in follow(form)[0] else full(form)
    except (NoSampleError, RecursionError):
        return None
