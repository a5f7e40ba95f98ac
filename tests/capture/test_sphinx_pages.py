"""HTML of Sphinx with its extension for HTTP: fields in lists, parameters in brackets."""

from __future__ import annotations

import json
from typing import Any

from docpact.capture.sources import list_operations

LINK = '<a class="headerlink" href="#here" title="Link to this definition">¶</a>'


def write_operation(method: str, path: str, *fields: tuple[str, str]) -> str:
    """Return an operation, with the names of its lists of fields and their items."""
    parts = path.replace("(", '</span>(<em class="property">').replace(")", "</em>)<span>")
    lists = "".join(
        f"<dt>{name}<span>:</span></dt><dd><ul>{rows}</ul></dd>" for name, rows in fields
    )
    return (
        f'<dl class="http"><dt><span>{method} </span><span>{parts}</span>{LINK}</dt>'
        f'<dd><p>What it does.</p><dl class="field-list simple">{lists}</dl></dd></dl>'
    )


def field(name: str, kind: str, prose: str) -> str:
    return f"<li><p><strong>{name}</strong> (<em>{kind}</em>) &ndash; {prose}</p></li>"


PAGE = "".join((
    "<!doctype html><html><body><h1>Boats", LINK, "</h1>",
    write_operation(
        "GET", "/v1/ports/(int: port_id)/boats/(slug)",
        ("Parameters", field("port_id", "int", "The port.")),
        ("Query Parameters", field("sort", "string", "One of <code>name</code>, <code>age</code>.")
                             + "<li><p><strong>rig</strong> &ndash; Its rig.</p></li>"),
        ("Request Headers", "<li><p><em>X-Trace</em> &ndash; Any text.</p></li>"),
        ("Response JSON Array of Objects", field("id", "int", "Its id.")),
        ("Status Codes", '<li><p><a href="http://x">200 OK</a> &ndash; no error</p></li>'),
    ),
    write_operation(
        "POST", "/v1/boats",
        ("Request JSON Object", field("name", "string", "Its name.")),
        ("Form Parameters", field("photo", "string", "Its photo.")),
        ("Response JSON Object", field("id", "int", "Its id.")),
        ("Status Codes", "<li><p>201 Created</p></li><li><p>400 Bad Request</p></li>"),
    ),
    "</body></html>",
))  # fmt: skip


def read(page: str) -> dict[str, dict[str, Any]]:
    """Return the decoded files of each operation by its name."""
    captured = {each.name: each.capture() for each in list_operations(page, "page")}
    return {
        name: {each: json.loads(text) for each, text in files.items() if each.endswith(".json")}
        for name, files in captured.items()
    }


def test_each_operation_of_sphinx_has_its_own_fields() -> None:
    listed, added = read(PAGE).values()
    operation = listed["operation.json"]
    assert operation["path"] == "/v1/ports/{port_id}/boats/{slug}"
    stated = {(each["in"], each["name"]) for each in operation["parameters"]}
    assert stated == {
        ("path", "port_id"), ("path", "slug"), ("query", "sort"), ("query", "rig"),
        ("header", "X-Trace"),
    }  # fmt: skip
    assert listed["query.schema.json"]["properties"]["sort"]["enum"] == ["name", "age"]
    assert listed["response.schema.json"]["type"] == "array"
    assert list(listed["response.schema.json"]["items"]["properties"]) == ["id"]
    assert added["operation.json"]["path"] == "/v1/boats"
    assert added["operation.json"]["response"]["status"] == 201
    assert list(added["body.schema.json"]["properties"]) == ["name"]
    assert list(added["response.schema.json"]["properties"]) == ["id"]
    assert any("Form Parameters" in each["said"] for each in added["operation.json"]["gaps"])


def test_fields_that_sphinx_prints_as_a_request_of_get_are_a_gap() -> None:
    """The extension swaps its two labels for `>json`, so that such fields may be the response."""
    fields = ("Request JSON Object", field("next", "string", "The next page."))
    asked = ("Query Parameters", field("rig", "string", "Its rig."))
    operation = write_operation("GET", "/v1/boats", fields, asked)
    html = f"<!doctype html><html><body>{operation}</body></html>"
    (listed,) = read(html).values()
    assert "body.schema.json" not in listed
    said = [each["said"] for each in listed["operation.json"]["gaps"]]
    assert "the fields below 'Request JSON Object'" in said
