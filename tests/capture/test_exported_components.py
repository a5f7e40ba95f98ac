"""The components of exported documents."""

from __future__ import annotations

import json
from typing import Any

from docpact.capture.openapi import capture_operation, find_operation, write_document
from docpact.model.pointer import list_leaves, resolve


def decoded(files: Any) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in files.items()}


def sharing(name: str, path: str, **components: Any) -> dict[str, Any]:
    """Return the files of an operation that responds with the component `A.one`."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/A.one"}}}
    responses = {"200": {"description": "", "content": content}}
    document = {
        "openapi": "3.1.0",
        "paths": {path: {"get": {"operationId": name, "responses": responses}}},
        "components": {
            "schemas": {each.replace("_", "."): components[each] for each in components}
        },
    }
    return decoded(capture_operation(find_operation(document, name, "a document")))


def tree(leaf: Any) -> dict[str, Any]:
    children = {"type": "array", "items": {"$ref": "#/components/schemas/A.one"}}
    properties = {"children": children, "leaf": {"$ref": "#/components/schemas/Leaf"}}
    return {"A_one": {"type": "object", "properties": properties}, "Leaf": leaf}


def test_components_of_an_export_have_short_names_and_are_shared_where_they_are_equal() -> None:
    text, number = (
        {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Leaf"}, "x": each}}
        for each in ({"type": "string"}, {"type": "integer"})
    )
    contracts = [
        ("a/one", sharing("one", "/one", **tree(text))),
        ("a/two", sharing("two", "/two", **tree(text))),
        ("a/three", sharing("three", "/three", **tree(number))),
    ]
    written = write_document(contracts, version="1")
    named = written["components"]["schemas"]
    whole = {"OneResponse", "TwoResponse", "ThreeResponse"}
    assert named.keys() - whole == {"AOne", "Leaf", "ThreeResponseAOne", "ThreeResponseLeaf"}
    assert named["ThreeResponseAOne"]["properties"]["leaf"] == {
        "$ref": "#/components/schemas/ThreeResponseLeaf"
    }
    for name, files in contracts:
        found = find_operation(written, name.removeprefix("a/"), "a document")
        assert decoded(capture_operation(found)) == files
    named["Leaf"]["properties"]["x"]["maxLength"] = 3
    changed = decoded(capture_operation(find_operation(written, "two", "a document")))
    assert changed["response.schema.json"] != contracts[1][1]["response.schema.json"]


def test_all_references_of_an_export_lead_somewhere() -> None:
    files = sharing("one", "/one", **tree({"type": "string"}))
    written = write_document([("a/one", files)], version="1")
    refs = {text for where, text in list_leaves(written) if where.endswith("/$ref")}
    assert refs
    assert all(resolve(written, text.removeprefix("#")) for text in refs)
