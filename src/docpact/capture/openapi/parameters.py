"""Parameters of an OpenAPI operation, as a contract states them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from docpact.bodies.wording import json_type
from docpact.capture.openapi.document import OpenApiOperation
from docpact.capture.openapi.keywords import find_example
from docpact.capture.openapi.messages import read_plain_text
from docpact.capture.openapi.schemas import Translator
from docpact.capture.openapi.security import list_places
from docpact.cases.wire import SCALARS
from docpact.media_types import FORMS, is_json
from docpact.model.path import TOKEN
from docpact.model.path import names as path_names
from docpact.model.pointer import mapping_of, pointer, resolve
from docpact.model.schema import ANNOTATIONS, DEFINITIONS, list_types
from docpact.text import shorten

NO_PARAMETERS: Final = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI 3.1 (section 4.8.12.2.1) says to ignore."""

MAX_NESTED: Final = 3
"""Maximum number of objects within the object of a parameter."""

LONGEST_DESCRIPTION: Final = 500
"""Number of characters of a description that are kept."""

STYLES: Final[Mapping[str, tuple[str, ...]]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
"""Location → the styles of its parameters (OpenAPI 3.1, section 4.8.12.3)."""


def read_parameters(
    operation: OpenApiOperation, query: Translator
) -> tuple[list[dict[str, Any]], dict[str, Any], list[str]]:
    """Return the parameters as in operation.json, the schema of the query, and their places.

    Each property of an object in the query is a parameter. Optional parameters that docpact cannot
    encode are left out, required ones are text. A credential is not a parameter too.
    """
    credentials = list_places(operation)
    listed: dict[tuple[str, str], dict[str, Any]] = {}
    places: dict[tuple[str, str], str] = {}
    for stated, place in operation.parameters():
        each, at = _read_whole(operation, *read_plain_text(operation.document, stated, place))
        name, location = str(each.get("name", "")), str(each.get("in"))
        if location == "header" and name.lower() in NO_PARAMETERS:
            continue
        if (location, name.lower()) in credentials:
            continue
        if problem := _find_misplacement(operation, name, location):
            if location == "querystring" and each.get("required") is True:
                problem = "docpact writes whole queries as forms only, and requests require this"
                raise operation.document.error(at, problem)
            query.gaps.append(("", at, f"{location} parameter {name!r}: {problem}"))
            continue
        for entry in _read_entries(each, at, query):
            if location == "query" and name in operation.address.fixed:
                entry["value"] = operation.address.fixed[name]
            listed[location, entry["name"]] = entry
            places[location, entry["name"]] = at
    for name in path_names(operation.address.path):
        if ("path", name) not in listed:
            query.gaps.append(("", operation.item_where, f"path parameter {name}: its values"))
            style = operation.address.styles.get(name, {})
            entry = {"name": name, "in": "path", "required": True, "schema": TEXT, **style}
            listed["path", name] = entry
    in_query = [each for (location, _), each in listed.items() if location == "query"]
    properties = {each["name"]: each.pop("schema") for each in in_query}
    needed = [each["name"] for each in in_query if each["required"]]
    whole = {"type": "object", "properties": properties, **({"required": needed} if needed else {})}
    whole = query.complete(whole)
    return [*listed.values()], whole, [places.get(key, operation.item_where) for key in listed]


def _read_whole(
    operation: OpenApiOperation, parameter: Mapping[str, Any], at: str
) -> tuple[Mapping[str, Any], str]:
    """Return a parameter and its place; a form that is the whole query as an object in it.

    Its name is in no request (OpenAPI 3.2, section 4.12).
    """
    stated = parameter if parameter.get("in") == "querystring" else {}
    place = pointer(["content", FORMS[0]])
    where, schema = f"{at}{place}", resolve(stated, f"{place}/schema")
    found, _ = operation.document.resolve(schema, f"{where}/schema")
    if not isinstance(found, Mapping) or not found.get("properties"):
        return parameter, at
    kept = {name: each for name, each in parameter.items() if name != "content"}
    return {**kept, "in": "query", "style": "form", "explode": True, "schema": schema}, where


def _find_misplacement(operation: OpenApiOperation, name: str, location: str) -> str:
    """Return why no request can contain a parameter, or an empty text."""
    if location not in STYLES:
        return "where a request contains it"
    if not name or (location == "header" and not TOKEN.fullmatch(name)):
        return "no request can contain it"
    if location == "path" and name not in path_names(operation.address.path):
        return "where the path contains it"
    return ""


def _read_entries(
    parameter: Mapping[str, Any], at: str, query: Translator
) -> Iterator[dict[str, Any]]:
    """Yield the entries of a parameter in operation.json, each with its schema."""
    name, location = str(parameter.get("name")), parameter["in"]
    required = parameter.get("required") is True or location == "path"
    entry = {"name": name, "in": location, "required": required, **_read_style(parameter)}
    entry |= _read_description(parameter)
    if isinstance(parameter.get("content"), Mapping):
        yield from _read_content(parameter, at, query, entry)
        return
    translator = query if location == "query" else Translator(query.document, is_text=True)
    path, stated = ("properties", name), parameter.get("schema", {})
    resolved = translator.translate_resolved(stated, f"{at}/schema", path)
    if translator is not query:
        texts = (text for _, _, text in translator.gaps)
        query.gaps.extend(("", at, f"{location} parameter {name}: {text}") for text in texts)
    reader = _ParameterReader(translator, entry, at, str(parameter.get("style", "")))
    example, problems = find_example(parameter) if required else ({}, [])
    query.gaps.extend(("", at, f"{location} parameter {name}: {text}") for text in problems)
    for each in reader.read(resolved):
        is_own = each["name"] == name and "$ref" not in each["schema"]
        yield {**each, "schema": {**(example if is_own else {}), **each["schema"]}}
    query.gaps.extend(reader.gaps)


def _read_description(parameter: Mapping[str, Any]) -> dict[str, str]:
    """Return the description of a parameter, or else of its schema, in one line."""
    schema = mapping_of(parameter.get("schema"))
    stated = parameter.get("description") or schema.get("description")
    text = " ".join(stated.split()) if isinstance(stated, str) else ""
    return {"description": shorten(text, LONGEST_DESCRIPTION)} if text else {}


def _read_style(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """Return how the values of a parameter are written, where that is not the default."""
    usual = "form" if parameter["in"] in ("query", "cookie") else "simple"
    style, explode = parameter.get("style", usual), parameter.get("explode")
    found: dict[str, Any] = {}
    if style != usual and style in STYLES[parameter["in"]]:
        found["style"] = style
    if isinstance(explode, bool) and explode is not (style in ("form", "deepObject")):
        found["explode"] = explode
    return found | ({"allow_reserved": True} if parameter.get("allowReserved") is True else {})


def is_joined_object(entry: Mapping[str, Any], schema: Any) -> bool:
    """Return whether one text of a query contains the properties of an object."""
    is_object = isinstance(schema, Mapping) and schema.get("type") == "object"
    explode = entry.get("explode", entry.get("style", "form") in ("form", "deepObject"))
    return entry["in"] == "query" and is_object and not explode


def _read_content(
    parameter: Mapping[str, Any], at: str, query: Translator, entry: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield the entry of a parameter whose value is a text of some media type."""
    media_type, media = next(iter(parameter["content"].items()), ("", {}))
    name, location = entry["name"], entry["in"]
    if is_json(str(media_type)) and isinstance(media, Mapping):
        translator = Translator(query.document)
        where = f"{at}{pointer(['content', media_type])}/schema"
        content = translator.whole(media.get("schema", {}), where)
        texts = (text for _, _, text in translator.gaps)
        query.gaps.extend(("", at, f"{location} parameter {name}: {text}") for text in texts)
        yield {**entry, "content": content, "schema": dict(TEXT)}
        return
    query.gaps.append(("", at, f"{location} parameter {name}: how its media type is encoded"))
    if entry["required"]:
        yield {**entry, "schema": dict(TEXT)}


class _ParameterReader:
    """Reads one parameter whose schema is translated, and notes what requests cannot contain."""

    def __init__(self, translator: Translator, entry: dict[str, Any], at: str, style: str) -> None:
        self.translator, self.entry, self.at, self.style = translator, entry, at, style
        self.definitions = translator.definitions
        self.gaps: list[tuple[str, str, str]] = []

    def read(self, stated: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the entries of a parameter, given its schema."""
        name, problems = self.entry["name"], list[str]()
        schema = simplify(stated, self.definitions, problems)
        is_query = self.entry["in"] == "query"
        form = self.find_object(name, stated) if is_query or schema is None else None
        members: list[dict[str, Any]] = []
        if form is not None and is_query:
            members = [*self.read_members(form, name, is_required=self.entry["required"])]
        elif form is not None:
            known = {"$defs": dict(self.definitions)} if self.definitions else {}
            yield {**self.entry, "schema": {**form, **known}}
            return
        if members and OBJECT in problems:
            problems.remove(OBJECT)
        if schema is not None:
            problem = self.find_style_problem(schema)
            if not problem and self.style not in (*STYLES[self.entry["in"]], ""):
                self.gap("", f"style {self.style}: how values are encoded")
            where = f"/properties/{name}" if self.entry["in"] == "query" else ""
            for text in [problem] if problem else problems:
                self.gap("" if problem else where, text)
            if not problem or self.entry["required"]:
                yield {**self.entry, "schema": dict(TEXT) if problem else schema}
        elif not members:
            self.gap("", "how an object is encoded")
            if self.entry["required"]:
                yield {**self.entry, "schema": dict(TEXT)}
        yield from members

    def find_object(self, holder: str, stated: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the first form that is an object with named properties, or None."""
        found = [*list_objects(stated, self.definitions)]
        if any(each != found[0] for each in found):
            self.gap("", OTHERS if holder == self.entry["name"] else f"{holder}: {OTHERS}")
        return next(iter(found), None)

    def find_style_problem(self, schema: Mapping[str, Any]) -> str:
        """Return why requests cannot contain values in a style, or an empty text."""
        known = {*STYLES[self.entry["in"]], ""} - {"deepObject"}
        if self.style in known or "array" not in list_types(schema):
            return ""
        return f"style {self.style}: how an array is encoded"

    def read_members(
        self, form: Mapping[str, Any], holder: str, *, is_required: bool, depth: int = 0
    ) -> Iterator[dict[str, Any]]:
        """Yield an entry for each property of an object in a query that can be sent alone."""
        needed = {name for name in form.get("required", ()) if name in form["properties"]}
        for key, stated in form["properties"].items():
            if not is_required and needed and needed != {key}:
                self.gap("", f"{holder}: its field {key}, which needs others beside it")
                continue
            entry = self.make_member(holder, key, is_required=is_required and key in needed)
            problems: list[str] = []
            schema = simplify(stated, self.definitions, problems)
            inner = self.find_object(entry["name"], stated) if schema is None else None
            if schema is not None:
                self.keep_lines(key, entry["name"])
                for text in problems:
                    self.gap(pointer(["properties", entry["name"]]), f"{entry['name']}: {text}")
                yield {**entry, "schema": schema}
            elif inner is not None and depth < MAX_NESTED and self.is_deep:
                yield from self.read_members(
                    inner, entry["name"], is_required=entry["required"], depth=depth + 1
                )
            else:
                self.gap("", f"{holder}: how its field {key}, an object, is encoded")

    @property
    def is_deep(self) -> bool:
        """Whether names contain the names of properties in brackets."""
        return bool(self.entry.get("style") == "deepObject")

    def make_member(self, holder: str, key: str, *, is_required: bool) -> dict[str, Any]:
        """Return the entry of a property of an object."""
        kept = {k: each for k, each in self.entry.items() if k == "allow_reserved"}
        is_joined = is_joined_object(self.entry, {"type": "object"})
        name = f"{holder}[{key}]" if self.is_deep or is_joined else key
        if is_joined:
            kept |= {k: self.entry[k] for k in ("style", "explode") if k in self.entry}
            kept["holder"] = holder
        return {"name": name, "in": "query", "required": is_required, **kept}

    def keep_lines(self, key: str, member: str) -> None:
        """Record the lines of a property under the name of its parameter."""
        path = ("properties", self.entry["name"])
        self.translator.move((*path, "properties", key), ("properties", member))
        self.translator.origins.setdefault(pointer(("properties", member, "type")), self.at)

    def gap(self, where: str, text: str) -> None:
        """Record something about the parameter that requests cannot contain."""
        about = f"{self.entry['in']} parameter {self.entry['name']}: {text}"
        self.gaps.append((where, self.at, about))


MAX_DEPTH: Final = 20
"""Maximum number of references and unions between a parameter and its values."""

OBJECT: Final = "the form that is an object"
OTHERS: Final = "the forms after the first that is an object"
"""Kinds of values of a union that requests cannot contain."""

TEXT: Final[Mapping[str, Any]] = {"type": "string"}
"""The schema of any text."""


def list_objects(
    stated: Mapping[str, Any], definitions: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield the forms of a schema that are objects with named properties."""
    seen = set[str]()
    while "$ref" in stated and stated["$ref"] not in seen:
        seen.add(stated["$ref"])
        beside = {keyword: each for keyword, each in stated.items() if keyword != "$ref"}
        stated = {**definitions[stated["$ref"].removeprefix(DEFINITIONS)], **beside}
    if stated.get("properties"):
        yield stated
    elif "$ref" not in stated:
        for each in stated.get("anyOf", ()):
            yield from list_objects(each, definitions)


def simplify(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], problems: list[str], depth: int = 0
) -> dict[str, Any] | None:
    """Return the part of a schema that describes texts in a request, without references and null.

    The problems receive the keywords that were left out. It is None if it describes no text.
    """
    found = dict(schema)
    while "$ref" in found:
        target = definitions[found.pop("$ref").removeprefix(DEFINITIONS)]
        found, depth = {**target, **found}, depth + 1
        if depth > MAX_DEPTH:
            return None
    if "enum" in found and not _simplify_enum(found):
        return None
    if "type" in found or "items" in found:
        kinds = [kind for kind in list_types(found) or ["array"] if kind != "null"]
        if "object" in kinds and len(kinds) > 1:
            kinds.remove("object")
            problems.append(OBJECT)
        if not kinds or kinds == ["object"]:
            return None
        if "array" in kinds:
            return _simplify_array(found, kinds, definitions, problems, depth)
        found["type"] = kinds[0] if len(kinds) == 1 else kinds
    elif found.keys() & {"properties", "required"}:
        return None
    return _simplify_union(found, definitions, problems, depth) if "anyOf" in found else found


def _simplify_enum(schema: dict[str, Any]) -> bool:
    """Keep the scalars of an enumeration, with their type; return whether there are any.

    Texts in quotes are values of any type: a request contains only texts.
    """
    schema["enum"] = [each for each in schema["enum"] if isinstance(each, str | int | float)]
    is_scalar = {*list_types(schema)} <= {*SCALARS, "null"}
    if is_scalar and {*map(json_type, schema["enum"])} == {"string"}:
        schema["type"] = "string"
    return bool(schema["enum"])


def _simplify_array(
    schema: dict[str, Any],
    kinds: list[str],
    definitions: Mapping[str, Any],
    problems: list[str],
    depth: int,
) -> dict[str, Any] | None:
    items = simplify(schema.get("items", TEXT), definitions, problems, depth + 1)
    if items is None or "array" in list_types(items) or schema.get("maxItems") == 0:
        return None
    if len(kinds) > 1:
        problems.append("the form that is not an array")
    return {**schema, "type": "array", "items": items or dict(TEXT)}


def _simplify_union(
    schema: dict[str, Any], definitions: Mapping[str, Any], problems: list[str], depth: int
) -> dict[str, Any] | None:
    """Return a union without null and objects; of an array and its elements, the array."""
    stated = [each for each in schema.pop("anyOf") if each.get("type") not in ("null", ["null"])]
    forms = [simplify(each, definitions, problems, depth + 1) for each in stated]
    kept = [each for each in forms if each is not None]
    if len(kept) < len(forms):
        problems.append(OBJECT)
    arrays = [each for each in kept if "array" in list_types(each)]
    if arrays:
        items = arrays[0]["items"]
        is_any_text = items.keys() <= ANNOTATIONS | {"type"} and "string" in list_types(items)
        if not is_any_text and any(each not in (arrays[0], items) for each in kept):
            problems.append("the forms that are not the first array")
        kept = arrays[:1]
    if not kept:
        return None
    rest = {keyword: each for keyword, each in schema.items() if keyword != "title"}
    if len(kept) == 1:
        return {**{k: v for k, v in kept[0].items() if k != "title"}, **rest}
    plain = [each["type"] for each in kept if each.keys() - ANNOTATIONS == {"type"}]
    if len(plain) == len(kept) and all(isinstance(kind, str) for kind in plain):
        return {**rest, "type": list(dict.fromkeys(plain))}
    return {**rest, "anyOf": kept}
