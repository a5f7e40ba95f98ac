"""HTML that any tool or person wrote: read as the Markdown with the same meaning."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact.capture.sources import list_operations
from docpact.errors import PageError, UsageError

MARKDOWN = """\
# Boats

## List boats

`GET /v1/boats`

### Query parameters

| Name | Type | Required | Description |
| --- | --- | --- | --- |
| rig | string | yes | `sloop` \\| `ketch` |
| limit | integer | no | Maximum value: 50 |

### Response

- `boats` (array): Every boat.
  - `id` (string, required): Its id.
- `next` (string): Where to go on.

```json
{"boats": [{"id": "a"}], "next": "c"}
```
"""

HTML = """<!doctype html><html><head><title>Boats</title><style>p {}</style></head><body>
<nav><ul><li><a href="#a">GET /v1/ships</a></li></ul></nav>
<ul><li><a href="#list">GET /v1/boats</a></li>
<li><a href="#x">POST /v1/oars</a></li></ul>
<div class="content"><h1>Boats<a class="headerlink" href="#boats">&para;</a></h1>
<h2>List boats</h2>%s
<h3>Query parameters</h3>
<table><thead><tr><th>Name</th><th>Type</th><th>Required</th><th>Description</th></tr></thead><tbody>
<tr><td><code>rig</code></td><td>string</td><td>yes</td><td><code>sloop</code> | <code>ketch</code>
</td></tr><tr><td>limit</td><td>integer</td><td>no</td><td>Maximum value:<br>50</td></tr></tbody>
</table><h3>Response</h3>
<ul><li><p><code>boats</code> (array): Every boat.</p>
<ul><li><code>id</code> (string, required): Its id.</ul></li>
<li><code>next</code> (string): Where to go on.</li></ul>
<table class="highlighttable"><tr><td class="linenos"><pre>1</pre></td><td>
<div class="language-json"><pre><code><span class="lineno">1</span>{"boats": [{"id": "a"}],
<span class="lineno">2</span> "next": "c"}</code></pre></div></td></tr></table>
</div><script>GET("/v1/x")</script></body></html>
"""


def read(text: str) -> dict[str, Any]:
    """Return the files of the only operation without what depends on the lines of the page."""
    (found,) = list_operations(text, "page")
    files = {n: json.loads(t) for n, t in found.capture().items() if n.endswith(".json")}
    operation = files["operation.json"]
    del operation["lines"], operation["provenance"]
    operation["gaps"] = [each["said"] for each in operation.get("gaps", [])]
    return files


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "operation",
    [
        "<p><code>GET /v1/boats</code></p>",
        "<pre>GET /v1/boats</pre>",
        '<div><span class="badge">get</span><span>/v1/boats</span></div>',
        "<pre><span>GET</span><h3>/v1/<b>boats</b></h3></pre>",
        "<div><i>GET</i>\n<h6>/v1/boats</h6></div>",
    ],
)
def test_plain_html_gives_the_contract_of_its_markdown(operation: str) -> None:
    assert read(HTML % operation) == read(MARKDOWN)


def test_the_page_is_kept_as_the_markdown_that_lines_refer_to() -> None:
    (found,) = list_operations(HTML % "<p>GET /v1/boats</p>", "page")
    files = found.capture()
    line = json.loads(files["operation.json"])["provenance"]["operation"]["/method"]
    assert "GET /v1/boats" in files["page.md"].split("\n")[line - 1]


def test_cells_stay_below_their_header() -> None:
    rows = (
        "<tr><td>rig</td><td rowspan=2>string</td><td>yes</td><td>Its rig.</td></tr>"
        "<tr><td>sail</td><td>no</td><td>Its sail.</td></tr>"
        "<tr><td colspan=4>Others</td></tr>"
        "<tr><td>mast<td>integer<td>yes<td>Without ends"
    )
    page = HTML % "<p>GET /v1/boats</p>"
    start, end = page.index("<tbody>"), page.index("</tbody>")
    files = read(page[:start] + rows + page[end:])
    stated = {e["name"]: e["required"] for e in files["operation.json"]["parameters"]}
    assert stated == {"rig": True, "sail": False, "mast": True}
    properties = files["query.schema.json"]["properties"]
    assert properties["mast"] == {"type": "integer"}
    assert properties["rig"]["type"] == "string"
    assert "type" not in properties["sail"]


@pytest.mark.parametrize(
    "body", ["<p>Please sign in.</p>", "<div>" * 1200, "<ul><li><a href='#x'>GET /x</a></ul>"]
)
def test_a_page_without_an_operation_is_refused(body: str) -> None:
    with pytest.raises(UsageError, match="an HTML page without a reference"):
        list_operations(f"<!doctype html><html><body>{body}</body></html>", "page")


def test_a_page_with_rows_in_unknown_elements_may_be_copied_as_text() -> None:
    rows = "<pre><span>GET</span> <h2>/boats</h2></pre><h3>Query Parameters</h3><div>limit</div>"
    (found,) = list_operations(f"<!doctype html><html><body>{rows}</body></html>", "page.html")
    with pytest.raises(PageError, match="its text as copied from the browser"):
        found.capture()


def test_a_body_in_a_response_is_not_sent() -> None:
    page = MARKDOWN.replace("GET", "POST").replace("### Response", "### Response\n\n#### Body")
    files = read(page)
    assert "boats" in files["response.schema.json"]["properties"]
    assert "body.schema.json" not in files


@pytest.mark.parametrize("label", ["Choices", "Allowed values", "Possible values"])
def test_the_values_of_a_definition_are_read(label: str) -> None:
    facts = "<strong>Default:&nbsp;</strong><span>20</span> <strong>Example:</strong><span>9</span>"
    page = (
        "<h2>List boats <a>GET</a><code>/v1/boats{?limit,rig}</code></h2>"
        "<p><strong>URI Parameters</strong></p><dl><dt>limit</dt>"
        f"<dd><code>number</code>&nbsp;<span>(optional)</span> {facts}<p>How many</p></dd>"
        "<dt>rig</dt><dd><code>string</code> <span>(required)</span><p>Which</p>"
        f"<p><strong>{label}:&nbsp;</strong><code>sloop</code> <code>-yawl</code> </p></dd></dl>"
    )
    (found,) = list_operations(f"<html><body>{page}</body></html>", "page.html")
    files = found.capture()
    query = json.loads(files["query.schema.json"])["properties"]
    assert query["limit"] | {"type": "number", "default": 20} == query["limit"]
    assert query["rig"] | {"type": "string", "enum": ["sloop", "-yawl"]} == query["rig"]
    assert not any("limit" in e["said"] for e in json.loads(files["operation.json"])["gaps"])


def test_a_list_of_definitions_states_the_parameters_of_a_template() -> None:
    term = "<dt>{}</dt><dd><code>{}</code>&nbsp;<span>({})</span> <p>Which</p></dd>"
    rows = (("fleet", "integer", "required"), ("rig", "string", "optional"))
    page = (
        '<h2>List boats <a class="method">GET</a><code>/v1/fleets/{fleet}{?rig}</code></h2>'
        "<h2>Example URI</h2><p>GET https://boats.example/public/v1/fleets/north</p>"
        "<p><strong>URI Parameters</strong></p>"
        f"<dl>{''.join(term.format(*row) for row in rows)}</dl>"
        "<p><strong>Response <code>200</code></strong></p><pre><code>[]</code></pre>"
    )
    (found,) = list_operations(f"<html><body>{page}</body></html>", "page.html")
    operation = json.loads(found.capture()["operation.json"])
    parameters = [(e["in"], e["name"], e["required"]) for e in operation["parameters"]]
    assert parameters == [("path", "fleet", True), ("query", "rig", False)]
    assert (operation["server"], operation["path"]) == (
        "https://boats.example/public",
        "/v1/fleets/{fleet}",
    )


@pytest.mark.parametrize("heading", ["", "<h2>Responses</h2>"])
def test_rows_in_a_list_without_items_are_read(heading: str) -> None:
    """Docusaurus writes each parameter as a block directly inside a list."""
    row = "<div><span><strong>{}</strong><span>{}</span></span></div>"
    rows = row.format("rig", "string</span><span>required") + row.format("limit", "int32")
    answer = row.format("id", "int64</span><span>required")
    page = (
        "<html><body><h1>List boats</h1><p>GET /boats</p>"
        f"<h3>Query Parameters</h3><ul>{rows}</ul>"
        f"{heading}<ul role='tablist'><li>200</li><li>404</li></ul>"
        f"<div role='tabpanel'><p>Boats</p><ul>{answer}</ul></div>"
        f"<div role='tabpanel'><p>Unknown</p><ul>{row.format('error', 'string')}</ul></div>"
        "</body></html>"
    )
    (found,) = list_operations(page, "boats.html")
    operation = json.loads(found.capture()["operation.json"])
    sent = [(each["name"], each["in"], each["required"]) for each in operation["parameters"]]
    assert sent == [("rig", "query", True), ("limit", "query", False)]
    response = found.capture()["response.schema.json"]
    assert '"id"' in response
    assert '"error"' not in response
