"""Checks of a contract: docpact supports its schemas, and its examples fit them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from docpact.bodies.formats import is_checked
from docpact.bodies.places import besides, list_places
from docpact.bodies.validate import validate
from docpact.catalogue.contract import Contract
from docpact.model import Document, Schema
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import DEFINITIONS, SUPPORTED
from docpact.model.traversal import subschemas as subschemas_of

_TRUE_OR_FALSE: Final = "a schema that is true or false does not describe a field"


def check_schemas(contract: Contract, documents: Iterable[Document]) -> None:
    """Raise ContractError if docpact cannot check the schemas of some files."""
    for document in documents:
        if document != "operation":
            _check_schema(contract, document)


def _check_schema(contract: Contract, document: Document) -> None:
    schema = contract.documents[document]
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = pointer(error.absolute_path)
        raise contract.error(document, where, f"not a JSON Schema: {error.message}") from None
    if not isinstance(schema, dict):
        raise contract.error(document, "", _TRUE_OR_FALSE)
    definitions = schema.get("$defs", {})
    _check_references(contract, document, schema)
    for name in definitions:
        _check_definition(contract, document, definitions, name)
    for place in list_places(schema):
        where = pointer(place.schema_path)
        if not isinstance(place.schema, dict):
            raise contract.error(document, where, _TRUE_OR_FALSE)
        for keyword in place.schema:
            _check_keyword(contract, document, (*place.schema_path, keyword))
        _check_format(contract, document, place.schema, where)
    for path in besides(schema):
        _check_keyword(contract, document, path)


def check_examples(contract: Contract) -> None:
    """Raise ContractError for an example body that contradicts its own documentation."""
    for number, example in enumerate(contract.get("/response/examples", list, [])):
        found = validate(contract.documents["response"], example)
        wrong = [(v.pointer, f"{v.documented}; found {v.observed}") for v in found.violations]
        wrong += [(each.pointer, "no such field is documented") for each in found.undocumented]
        for at, problem in wrong:
            raise contract.error("operation", f"/response/examples/{number}{at}", problem)


def _check_keyword(contract: Contract, document: Document, path: Tokens) -> None:
    if path[-1] not in SUPPORTED:
        raise contract.error(document, pointer(path), f"keyword {path[-1]!r} is not supported")


def _check_definition(
    contract: Contract,
    document: Document,
    definitions: Mapping[str, Any],
    name: str,
    within: tuple[str, ...] = (),
) -> None:
    """Raise for a definition that is one of its own forms: no value would be reached."""
    if name in within:
        problem = "one of the forms of this definition is the definition itself"
        raise contract.error(document, pointer(["$defs", name]), problem)
    for inner in _forms_of(definitions[name]):
        _check_definition(contract, document, definitions, inner, (*within, name))


def _forms_of(schema: Any) -> Iterator[str]:
    """Yield the names of the definitions that describe the same instance as a schema."""
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            yield schema["$ref"].removeprefix(DEFINITIONS)
        for form in schema.get("anyOf", ()):
            yield from _forms_of(form)


def _check_references(contract: Contract, document: Document, whole: Schema) -> None:
    """Raise for a reference that leads to no definition of the same file, or only to itself."""
    for path, schema in subschemas_of(whole):
        target, seen = schema, set[str]()
        while isinstance(target, Mapping) and isinstance(ref := target.get("$ref"), str):
            name = ref.removeprefix(DEFINITIONS)
            if not ref.startswith(DEFINITIONS) or name not in whole.get("$defs", {}) or ref in seen:
                problem = f"the reference {ref!r} leads to no definition of this file"
                raise contract.error(document, pointer((*path, "$ref")), problem)
            seen.add(ref)
            target = whole["$defs"][name]


def _check_format(contract: Contract, document: Document, schema: Schema, where: str) -> None:
    name = schema.get("format")
    if name is not None and not is_checked(name):
        problem = (
            f"format {name!r} cannot be checked here, so it would always pass; "
            "in a clone of docpact, pip install '.[formats]' adds the formats of JSON Schema"
        )
        raise contract.error(document, f"{where}/format", problem)
