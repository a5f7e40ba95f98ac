"""Limits, defaults and values in the words of a description."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture import capture
from docpact.capture.statements.limits import read_limits

HEAD = "# List boats\n\n`GET /v1/boats`\n\n## Query Parameters\n\n"


@pytest.mark.parametrize(
    ("text", "bounds", "default"),
    [
        ("How many (default: 20, max: 100)", {"maximum": 100}, "20"),
        ("Between 1 and 100, inclusive.", {"minimum": 1, "maximum": 100}, ""),
        ("How many boats per page (1-200)", {"minimum": 1, "maximum": 200}, ""),
        ("Defaults to 40 boats. Max. 1,000 boats.", {"maximum": 1000}, "40"),
        ("Default:`10`<br>Minimum value is `0`", {"minimum": 0}, "`10`"),
        ("At least 1, at most 50. If omitted, defaults to 5.", {"minimum": 1, "maximum": 50}, "5"),
        ("Latitude, -90 to 90", {"minimum": -90, "maximum": 90}, ""),
        ("The value cannot be greater than 0.5", {"maximum": 0.5}, ""),
        ("The rating. Possible values: 1 to 7.", {"minimum": 1, "maximum": 7}, ""),
        ("20 by default", {}, "20"),
        ("Size (value is 20 by default)", {}, "20"),
        ("How many. 1 <= `size` <= 50", {"minimum": 1, "maximum": 50}, ""),
        ("Up to 10 boats of 2019", {}, ""),
        ("Max 5 MB", {}, ""),
        ("Max 100 (200 for captains). Default: 5", {}, "5"),
        ("Page number (max 100 boats per page)", {}, ""),
        ("Must be at most 100 if `all` is set", {}, ""),
        ("Between 9 and 3", {}, ""),
        ("Defaults to 30 seconds", {}, ""),
        ("Defaults to `5` for captains, `6` for others", {}, ""),
        ("Max 100. Maximum: 50", {}, ""),
        ("Max 50 characters", {}, ""),
        (f"Max 100{'1 ' * 9000}", {}, ""),
    ],
)
def test_bounds_and_defaults_of_numbers(text: str, bounds: Any, default: str) -> None:
    found = read_limits(text, "number")
    assert (found.bounds, found.default) == (bounds, default)
    assert bool(found.unread) is (not bounds and default != "20" and len(text) < 1000)


@pytest.mark.parametrize(
    ("text", "kind", "bounds"),
    [
        ("5-20 characters long", "string", {"minLength": 5, "maxLength": 20}),
        ("Has a maximum length of 40.", "string", {"maxLength": 40}),
        ("A note, up to 255 chars", "string", {"maxLength": 255}),
        ("At most 10 boats", "array", {"maxItems": 10}),
        ("Name (max 255)", "string", {}),
        ("Max 20 characters per boat", "array", {}),
        ("Max 100", "", {}),
    ],
)
def test_bounds_of_other_values(text: str, kind: str, bounds: Any) -> None:
    found = read_limits(text, kind)
    assert found.bounds == bounds
    assert bool(found.unread) is not bool(bounds)


@pytest.mark.parametrize(
    ("text", "literals"),
    [
        ("One of `up`, `down`, or `off`. Default: up", ("up", "down", "off")),
        ("Where it goes. Allowed values: up, down.", ("up", "down")),
        ('Enum: "up", "down", null', ("up", "down")),
        ("Possible values:<br>`up`: above<br>- `down` (below)<br>Default: `up`", ("up", "down")),
        ('Must be `"boats"`.', ("boats",)),
        ("Either `up` or `down.`", ("up", "down")),
        ("The way, enum: `up` | `down`", ("up", "down")),
        ("One of `up`, `down`, or the name of a boat", ()),
        ("A list, separated by commas. Allowed values: `up`, `down`", ()),
        ("Allowed values include `up`, `down`", ()),
        ("Example values: up, down", ()),
        ("One of your boats, `up` or not", ()),
        ("The boat, either `id` or `slug`", ()),
        ("Can be `string` or `array`.", ()),
        ("Must be `Bearer <token>`", ()),
        ("The boat's way must be `up` or `down`", ("up", "down")),
        ("The captain. The boat's kind must be `sail` or `motor`.", ()),
        ("Default values: `up`, `down`", ()),
        ("Sort by, one of `id`, `name`", ("id", "name")),
        ("Possible values:<br>`up`: above<br>- down", ()),
    ],
)
def test_values_of_texts(text: str, literals: tuple[str, ...]) -> None:
    found = read_limits(text, "string")
    assert found.literals == literals
    assert found.unread == [] or not literals


FORMS = (
    """
| Name | Type | Description |
| --- | --- | --- |
| limit | integer | How many (default: 20, max: 100) |
| way | string | One of `up`, `down` |
""",
    """
| Name | Type | Default | Max | Values |
| --- | --- | --- | --- | --- |
| limit | integer | 20 | 100 | - |
| way | string | | | `up`, `down` |
""",
    """
- `limit` (integer, default: 20, max: 100): How many
- `way` (string): Possible values:
  - `up`: above
  - `down`
""",
    """
<table><tr><th>Name</th><th>Type</th><th>Description</th></tr>
<tr><td><p>limit</p></td><td>integer (max 100)</td><td>Default is <code>20</code></td></tr>
<tr><td>way</td><td>string</td><td>Allowed values:
<ul><li><code>up</code></li><li><code>down</code>: below</li></ul></td></tr></table>
""",
    """
<ParamField query="limit" type="integer" default="20">How many. Maximum: 100</ParamField>
<ParamField query="way" type="string">
  One of `up`, `down`
</ParamField>
""",
)


@pytest.mark.parametrize("parameters", FORMS)
def test_every_form_of_parameters_has_limits(parameters: str) -> None:
    files = capture(HEAD + parameters)
    properties = json.loads(files["query.schema.json"])["properties"]
    assert properties == {
        "limit": {"type": "integer", "default": 20, "maximum": 100},
        "way": {"type": "string", "enum": ["up", "down"]},
    }
    gaps = [each["said"] for each in json.loads(files["operation.json"])["gaps"]]
    assert not any("limits and formats" in each for each in gaps)


def test_a_limit_that_is_not_read_is_a_gap() -> None:
    row = "| file | string | At most 5 MB |\n"
    files = capture(f"{HEAD}| Name | Type | Description |\n| --- | --- | --- |\n{row}")
    gaps = [each["said"] for each in json.loads(files["operation.json"])["gaps"]]
    assert "file: the text 'At most 5 MB'" in gaps
