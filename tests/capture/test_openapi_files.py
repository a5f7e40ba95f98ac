"""Documents of several files, the lines of their parts, and references of every form."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from capture.test_openapi_schemas import TEXT, document, fields
from hypothesis import given
from hypothesis import strategies as st
from sizes import FEWER

from docpact import validate
from docpact.capture.batch import capture_all
from docpact.capture.openapi import (
    capture_operation,
    find_operation,
    find_operations,
    read_document,
)
from docpact.capture.openapi.reading import TextFile
from docpact.catalogue import load_files
from docpact.cli import main
from docpact.errors import ContractError, UsageError
from docpact.model import Operation
from docpact.model.pointer import pointer


def write(folder: Path, **files: Any) -> Path:
    """Write files as YAML, with `__` for a slash in a name; return the first one."""
    paths = [folder / f"{name.replace('__', '/')}.yaml" for name in files]
    for path, content in zip(paths, files.values(), strict=True):
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    return paths[0]


def named(**schemas: Any) -> dict[str, Any]:
    return {"schemas": schemas}


def load(file: Path, root: Path | None = None) -> Operation:
    found = find_operation(read_document(file, root), "op", file.name)
    return load_files(capture_operation(found), "toys/op")


def test_a_path_in_a_file_that_leads_back_to_itself_is_named_as_the_user_wrote_it(
    tmp_path: Path,
) -> None:
    whole = document(TEXT)
    whole["paths"]["/boats"] = {"$ref": "boats.yaml"}
    file = write(tmp_path, openapi=whole, boats={"$ref": "boats.yaml"})
    found = find_operations(read_document(file), str(file))
    refused = capture_all(found, str(file), "toys").refused
    assert refused == {"/boats": "boats.yaml#: the reference 'boats.yaml' leads back to itself"}


def test_references_lead_to_other_files_and_back(tmp_path: Path) -> None:
    whole = document({"$ref": "parts/boat%20kinds.yaml#/Boat"}, components=named(Name=TEXT))
    parts = {
        "Boat": fields(name={"$ref": "../api.yaml#/components/schemas/Name"}, of={"$ref": "#/Of"}),
        "Of": fields(hull={"$ref": "hull.yaml"}),
    }
    file = write(tmp_path, api=whole, **{"parts__boat kinds": parts, "parts__hull": TEXT})
    operation = load(file)
    body = {"name": 1, "of": {"hull": 2}}
    found = validate(operation.response_schema, body).violations
    assert {each.pointer for each in found} == {"/name", "/of/hull"}


def test_a_path_item_may_be_a_file(tmp_path: Path) -> None:
    whole = document({"$ref": "#/components/schemas/A"}, components=named(A=TEXT))
    item = whole["paths"].pop("/things")
    media = item["get"]["responses"]["200"]["content"]["application/json"]
    media["schema"]["$ref"] = "api.yaml#/components/schemas/A"
    whole["paths"]["/things"] = {"$ref": "./things.yaml"}
    file = write(tmp_path, api=whole, things=item)
    assert load(file).response_schema["type"] == "string"


@pytest.mark.parametrize(
    ("ref", "says"),
    [
        ("https://boats.example/a.yaml#/A", "nothing from the network"),
        ("//boats.example/a.yaml", "nothing from the network"),
        ("file:///etc/passwd", "nothing from the network"),
        ("../outside.yaml#/A", "outside of the folder"),
        ("missing.yaml#/A", "missing.yaml: No such file"),
        ("broken.yaml#/A", "not YAML"),
        ("pipe.yaml#/A", "pipe.yaml is not a file"),
        (f"{'a' * 5000}.yaml#/A", "File name too long"),
    ],
)
def test_a_reference_that_is_not_followed_is_one_line(tmp_path: Path, ref: str, says: str) -> None:
    file = write(tmp_path, inner__api=document(fields(a={"$ref": ref})), outside={"A": TEXT})
    (file.parent / "broken.yaml").write_text("{", "utf-8")
    os.mkfifo(file.parent / "pipe.yaml")
    with pytest.raises(ContractError, match=says) as caught:
        load(file)
    assert caught.value.where.endswith("application~1json/schema/properties/a")
    assert ("outside" in ref) == (str(tmp_path) in str(caught.value))


def test_a_reference_of_swagger_may_be_the_name_of_a_definition(tmp_path: Path) -> None:
    response = {"description": "ok", "schema": {"$ref": "Boats"}}
    whole = {
        "swagger": "2.0",
        "info": {"title": "Boats", "version": "1"},
        "paths": {"/boats": {"get": {"operationId": "op", "responses": {"200": response}}}},
        "definitions": {"Boats": {"type": "array", "items": {"$ref": "Boat"}}, "Boat": TEXT},
    }
    operation = load(write(tmp_path, api=whole))
    assert [each.pointer for each in validate(operation.response_schema, ["a", 1]).violations] == [
        "/1"
    ]


def test_a_url_means_the_file_that_was_saved_beside_the_document(tmp_path: Path) -> None:
    whole = document({"$ref": "https://boats.example/1.0/parts.yaml#/Boat"})
    operation = load(write(tmp_path, whole=whole, parts={"Boat": fields(size={"type": "integer"})}))
    found = validate(operation.response_schema, {"size": "large"})
    assert [each.pointer for each in found.violations] == ["/size"]


def test_the_name_of_a_discriminator_may_be_too_long_for_a_file(tmp_path: Path) -> None:
    schema = fields(a=TEXT) | {"discriminator": {"mapping": {"a": "a" * 5000, "b": "b.yaml"}}}
    with pytest.raises(ContractError, match="leads nowhere"):
        load(write(tmp_path, api=document(schema)))


@pytest.mark.parametrize("name", [["a"], {"a": 1}, 1, None])
def test_a_format_that_is_no_text_is_left_out(tmp_path: Path, name: Any) -> None:
    schema = fields(a={"type": "string", "format": name})
    loaded = load(write(tmp_path, api=document(schema)))
    assert "format" not in loaded.response_schema["properties"]["a"]


def test_a_reference_that_names_no_file_is_one_line(tmp_path: Path) -> None:
    for ref in ("a\ud800.json#/A", "a\0.json"):
        content = document(fields(a={"$ref": ref}))
        content["x"] = {"discriminator": {"mapping": {"a": ref}}}
        file = tmp_path / "api.json"
        file.write_text(json.dumps(content))
        with pytest.raises(ContractError, match="it names no file"):
            load(file)


def test_files_outside_of_the_folder_are_read_when_asked(tmp_path: Path) -> None:
    ref = {"$ref": "../outside.yaml#/A"}
    file = write(tmp_path, inner__api=document(ref), outside={"A": TEXT})
    assert load(file, tmp_path).response_schema["type"] == "string"
    arguments = ["capture", str(file), "--out", str(tmp_path / "out")]
    assert main(arguments) == 2
    assert main([*arguments, "--root", str(tmp_path)]) == 0


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    file = write(tmp_path, inner__api=document({"$ref": "link.yaml#/A"}), outside={"A": TEXT})
    (file.parent / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    with pytest.raises(ContractError, match="outside of the folder"):
        load(file)


def test_examples_keep_what_looks_like_a_reference(tmp_path: Path) -> None:
    schema = fields(a={"type": "object", "default": {"$ref": "missing.yaml"}})
    stated = document(schema)
    file = write(tmp_path, api=stated, other={})
    properties = read_document(file)["paths"]["/things"]["get"]["responses"]["200"]["content"]
    assert properties["application/json"]["schema"] == schema


@pytest.mark.parametrize("ref", ["#name", "https://boats.example/name"])
def test_anchors_and_ids_are_followed(ref: str) -> None:
    schema = {**TEXT, "$anchor": "name", "$id": "https://boats.example/name"}
    stated = document({"$ref": ref}, components=named(Name=schema))
    operation = load_files(capture_operation(find_operation(stated, "op", "x")), "toys/op")
    assert operation.response_schema["type"] == "string"


@pytest.mark.parametrize("name", ["https://boats.example/specs/api.yaml", "api.yaml", ""])
def test_a_document_may_state_its_own_address(tmp_path: Path, name: str) -> None:
    """OpenAPI 3.2, section 4.1.1: `$self` is what its references are relative to."""
    ref = f"{name}#/components/schemas/Name"
    stated = document({"$ref": ref}, openapi="3.2.0", components=named(Name=TEXT))
    stated["$self"] = "https://boats.example/specs/api.yaml"
    assert load(write(tmp_path, openapi=stated)).response_schema["type"] == "string"


@pytest.mark.parametrize(
    "ref", ["#/components/schemas/a%20b~1c%7Bd%7D", "#/components/schemas/e%f"]
)
def test_references_may_be_escaped(ref: str) -> None:
    stated = document({"$ref": ref}, components=named(**{"a b/c{d}": TEXT, "e%f": TEXT}))
    operation = load_files(capture_operation(find_operation(stated, "op", "x")), "toys/op")
    assert operation.response_schema["type"] == "string"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "[" * 100_000),
        ("a.json", '{"a": ' * 100_000),
        ("a.yaml", "[" * 5_000),
        ("a.json", "\x00"),
        ("a.json", f'{{"a": {"9" * 5_000}}}'),
    ],
)
def test_hostile_files_are_one_line(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(UsageError, match=name):
        read_document(tmp_path / name)


TEXTS = st.text(max_size=10)
"""Of lines that are short enough to be quoted, however their characters are escaped."""

VALUES = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@FEWER
@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_the_line_of_any_value_is_found(value: Any, indent: int | None, is_json: bool) -> None:
    text = (
        json.dumps(value, indent=indent)
        if is_json
        else yaml.safe_dump(value, allow_unicode=True, default_flow_style=indent is None)
    )
    file, lines = TextFile("a", text, is_json=is_json), text.split("\n")

    def look(part: Any, tokens: tuple[str | int, ...]) -> None:
        found = file.find_line(pointer(tokens))
        if tokens and isinstance(tokens[-1], str) and is_json and indent:
            assert found is not None
            assert json.dumps(tokens[-1]) in lines[found[0] - 1]
        for name, each in part.items() if isinstance(part, dict) else ():
            look(each, (*tokens, name))
        for number, each in enumerate(part) if isinstance(part, list) else ():
            look(each, (*tokens, number))

    look(value, ())


@pytest.mark.parametrize("is_json", [True, False])
def test_the_line_is_that_of_the_name(is_json: bool) -> None:
    text = '{\n "a": {\n  "b~/": [\n   1,\n   {"c": 2}\n  ]\n }\n}\n'
    file = TextFile("x", text, is_json=is_json)
    assert file.find_line("/a/b~0~1/1/c") == (5, '{"c": 2}')
    assert file.find_line("/a/b~0~1/0") == (4, "1")
    assert file.find_line("/a/b~0~1/7") == (3, '"b~/": [')


def test_the_line_of_minified_json_is_not_quoted() -> None:
    text = json.dumps({"a": ["x" * 400]})
    assert TextFile("x", text, is_json=True).find_line("/a/0") is None


def test_a_path_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    content = document(TEXT)
    content["paths"]["/lost"] = {"$ref": "lost.yaml"}
    listed = find_operations(read_document(write(tmp_path, api=content)), "api.yaml")
    found = capture_all(listed, "api.yaml", "toys")
    assert [*found.operations] == ["op"]
    assert "lost.yaml: No such file" in found.refused["/lost"]


def test_a_path_without_a_slash_follows_the_server() -> None:
    content = document(TEXT)
    content["paths"] = {"things": content["paths"]["/things"], "x-other": {"get": {}}}
    found = capture_all(find_operations(content, "api.yaml"), "api.yaml", "toys")
    assert [each.path for each in found.operations.values()] == ["/things"]


@pytest.mark.parametrize(
    "ref",
    ["/kinds/boat", "/kinds/boat#size", "#size", "/kinds/boat#/$defs/size", "/kinds/far/size#"],
)
def test_ids_are_the_base_of_references(ref: str) -> None:
    defined = {
        "size": {"$anchor": "size", "type": "string"},
        "far": {"$id": "far/size", "$ref": "#/$defs/text", "$defs": {"text": TEXT}},
    }
    boat = {"$id": "/kinds/boat", "$ref": "#/$defs/size", "$defs": defined}
    content = document({"$ref": ref}, openapi="3.1.0", components=named(Boat=boat))
    operation = load_files(capture_operation(find_operation(content, "op", "x")), "toys/op")
    assert operation.response_schema["type"] == "string"


def test_a_malformed_id_is_one_line() -> None:
    boat = {"$id": "http://[", "$ref": "http://[x"}
    content = document({"$ref": "#/components/schemas/Boat"}, components=named(Boat=boat))
    with pytest.raises(ContractError, match="leads nowhere"):
        capture_operation(find_operation(content, "op", "x"))


def anchored(schema: dict[str, Any], *, is_dynamic: bool = False) -> dict[str, Any]:
    """Return definitions with a schema that has the anchor `it`."""
    return {"$defs": {"own": {"$dynamicAnchor" if is_dynamic else "$anchor": "it", **schema}}}


@pytest.mark.parametrize("own", [{}, {"$id": "https://boats.example/b"}])
def test_each_file_has_its_own_anchors(tmp_path: Path, own: dict[str, Any]) -> None:
    stated = fields(a={"$ref": "a.yaml#it"}, b={"$ref": "b.yaml"}, c={"$ref": "#it"})
    content = document(stated, openapi="3.1.0", components=named(C=anchored({"type": "boolean"})))
    other = {**own, **fields(b={"$ref": "#it"}), **anchored(TEXT)}
    file = write(tmp_path, openapi=content, a=anchored({"type": "integer"}), b=other)
    schema = load(file).response_schema
    assert validate(schema, {"a": 1, "b": {"b": "x"}, "c": True}).violations == ()
    found = validate(schema, {"a": "x", "b": {"b": 1}, "c": 1}).violations
    assert [each.pointer for each in found] == ["/a", "/b/b", "/c"]


def test_a_dynamic_reference_leads_to_the_file_that_is_used(tmp_path: Path) -> None:
    items = {"type": "array", "items": {"$dynamicRef": "#it"}}
    texts, numbers = (
        {"$ref": "page.yaml", **anchored({"type": kind}, is_dynamic=True)}
        for kind in ("string", "integer")
    )
    stated = fields(a={"$ref": "texts.yaml"}, b={"$ref": "numbers.yaml"})
    page = {**fields(items=items), **anchored({}, is_dynamic=True)}
    content = document(stated, openapi="3.1.0")
    file = write(tmp_path, openapi=content, page=page, texts=texts, numbers=numbers)
    schema = load(file).response_schema
    found = validate(schema, {"a": {"items": [1]}, "b": {"items": ["x"]}}).violations
    assert [each.pointer for each in found] == ["/a/items/0", "/b/items/0"]
    assert validate(schema, {"a": {"items": ["x"]}, "b": {"items": [1]}}).violations == ()


@pytest.mark.parametrize("text", ['{"a": 1,}', "a: 1", "{'a': 1} # no comment in JSON"])
def test_json_that_is_yaml_is_read_as_yaml(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text, "utf-8")
    assert read_document(file) == {"a": 1}
