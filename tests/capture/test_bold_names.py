"""Parameters in lines of their own: the name in bold, its type behind it, its text below."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture.normalize.text import rewrite
from docpact.capture.sources import list_operations

PAGE = """\
# List boats

**GET** `https://boats.example/v1/fleets/:fleet/boats`

## Request

### Path Parameters

**fleet** `string` *required*

Which fleet.

### Query Parameters

**sort** `string`

**Possible values:** [`asc`, `desc`]

Order of the boats.

**Default value:**`asc`

**limit** integer<int32>required

**X-Mode**  `string`

## Responses

### Schema

**boats** `object[]` *required*

    ↳ **id** `string` *required*

    ↳ **rig** `object` *required*

oneOf

**mast** `string` *required*

**total** `integer`
"""


def read(page: str) -> tuple[dict[str, Any], Any, Any]:
    (found,) = list_operations(page, "page")
    files = {n: json.loads(t) for n, t in found.capture().items() if n.endswith(".json")}
    return files["operation.json"], files["query.schema.json"], files["response.schema.json"]


def test_names_in_bold_are_parameters_and_fields() -> None:
    operation, query, response = read(PAGE)
    stated = {each["name"]: (each["in"], each["required"]) for each in operation["parameters"]}
    assert stated == {
        "fleet": ("path", True),
        "sort": ("query", False),
        "limit": ("query", True),
        "X-Mode": ("query", False),
    }
    assert query["properties"]["sort"] == {
        "type": "string",
        "enum": ["asc", "desc"],
        "default": "asc",
    }
    items = response["properties"]["boats"]["items"]
    assert items["required"] == ["id", "rig"]


@pytest.mark.parametrize("line", ["oneOf", "**property name*** Mast"])
def test_fields_below_a_union_or_an_object_without_arrows_are_a_gap(line: str) -> None:
    operation, _, response = read(PAGE.replace("oneOf", line))
    assert response["properties"].keys() == {"boats"}
    assert any("Schema" in each["said"] for each in operation["gaps"])
    start = PAGE.index("    ↳")
    _, _, other = read(PAGE[:start] + PAGE[start:].replace("    ↳ ", "").replace("oneOf\n", ""))
    assert other["properties"].keys() == {"boats"}


def test_rewritten_lines_are_not_changed_again() -> None:
    assert rewrite(rewrite(PAGE)) == rewrite(PAGE)
    text = "**Version** indicates the version\n\n**Status** `/v1/boats`\n"
    assert rewrite(text) == text


def test_a_segment_with_the_name_of_a_path_parameter_is_one() -> None:
    operation, _, _ = read(PAGE.replace("fleets/:fleet", "fleets/fleet"))
    assert operation["path"] == "/v1/fleets/{fleet}/boats"
    whole, _, _ = read(PAGE.replace("fleets/:fleet", "fleet/{fleet}"))
    assert whole["path"] == "/v1/fleet/{fleet}/boats"
