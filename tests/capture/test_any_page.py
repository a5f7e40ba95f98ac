"""Any contract, printed as a page in either layout, comes back from it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from capture.newer_pages import NewestPrinter, bare, crawl, with_copies, write_html
from capture.pages import (
    PROSE,
    TREE_FIELDS,
    Contract,
    Printer,
    contracts,
    expected,
    expected_field,
    uses_tree,
)
from capture.second_reader import flatten, read_fields
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sizes import examples

from docpact.capture import capture, capture_both
from docpact.capture.sources import list_operations
from docpact.model.pointer import tokens

FEW = settings(max_examples=examples(40), suppress_health_check=[HealthCheck.too_slow])


def shall_be(contract: Contract, *, told: bool) -> dict[Any, Any]:
    """Return the schemas that a capture shall give, and those of the parameters it holds itself."""
    response = expected(contract.response, nullable=True, told=told)
    if contract.listed:
        response = {"type": "array", "items": response}
    found: dict[Any, Any] = {"response": response}
    if contract.body is not None:
        found["body"] = expected(contract.body, nullable=False, told=told)
    for document, schema in (("response", contract.response), ("body", contract.body)):
        if schema is not None and uses_tree(schema):
            tree = expected(TREE_FIELDS, nullable=document == "response", told=told)
            found[document]["$defs"] = {"Tree": tree}
    asked = contract.parameters.get("query", {"type": "object", "properties": {}})
    found["query"] = expected(asked, nullable=False, told=told)
    for location in ("path", "header", "cookie"):
        fields = contract.parameters.get(location, {"properties": {}})["properties"]
        for name, field in fields.items():
            found[location, name] = expected_field(field, nullable=False, told=told)
    return found


def captured(files: Any) -> dict[Any, Any]:
    """Return the schemas of captured files, and those of the parameters."""
    found: dict[Any, Any] = {}
    for file, text in files.items():
        if file.endswith(".schema.json"):
            schema = json.loads(text)
            del schema["$schema"]
            found[file.removesuffix(".schema.json")] = schema
    for parameter in json.loads(files["operation.json"])["parameters"]:
        if parameter["in"] != "query":
            found[parameter["in"], parameter["name"]] = parameter["schema"]
    return found


@FEW
@given(contracts(), PROSE)
def test_the_text_layout_gives_back_what_it_was_printed_from(
    contract: Contract, prose: str
) -> None:
    page = Printer(markdown=False, prose=prose).page(contract)
    files = capture(page)
    assert captured(files) == shall_be(contract, told=True)
    assert "gaps" not in json.loads(files["operation.json"])


@FEW
@given(contracts(), PROSE)
def test_markdown_gives_back_all_but_bounds_and_says_so(contract: Contract, prose: str) -> None:
    page = Printer(markdown=True, prose=prose).page(contract)
    files = capture(page)
    assert captured(files) == shall_be(contract, told=False)
    (gap,) = json.loads(files["operation.json"])["gaps"]
    assert "limits and formats" in gap["said"]


@pytest.mark.slow
@FEW
@given(contracts(), PROSE)
def test_both_layouts_together_are_the_text_layout(contract: Contract, prose: str) -> None:
    text = Printer(markdown=False, prose=prose).page(contract)
    markdown = Printer(markdown=True, prose=prose).page(contract)
    assert capture_both(text, markdown) == capture(text)


@FEW
@given(contracts(), st.booleans())
def test_every_keyword_of_a_captured_contract_traces_to_a_line(
    contract: Contract, markdown: bool
) -> None:
    files = capture(Printer(markdown=markdown, prose="").page(contract))
    operation = json.loads(files["operation.json"])
    for document, traced in operation["provenance"].items():
        whole = json.loads(files.get(f"{document}.schema.json", files["operation.json"]))
        for where in traced:
            found = whole
            for step in tokens(where):
                found = found[int(step)] if isinstance(found, list) else found[step]
    assert operation["provenance"]["response"]


@pytest.mark.slow
@FEW
@given(contracts(), PROSE)
def test_the_newest_markdown_gives_back_limits_too(contract: Contract, prose: str) -> None:
    files = capture(NewestPrinter(prose).page(contract))
    assert captured(files) == shall_be(contract, told=True)


@FEW
@given(contracts(), PROSE)
def test_markdown_without_braces_gives_back_the_same(contract: Contract, prose: str) -> None:
    found, _ = list_operations(bare(NewestPrinter(prose).page(contract)), "page.md")
    assert found.method_and_path == f"{contract.method} {contract.path}"
    assert captured(found.capture()) == shall_be(contract, told=True)


@FEW
@given(contracts())
def test_a_list_that_is_not_repeated_is_looked_up(contract: Contract) -> None:
    contract = with_copies(contract)
    files = capture(NewestPrinter("").page(contract))
    assert captured(files) == shall_be(contract, told=True)


@pytest.mark.slow
@FEW
@given(contracts(), PROSE)
def test_text_that_a_crawler_saved_gives_back_the_same(contract: Contract, prose: str) -> None:
    page = Printer(markdown=False, prose=prose).page(contract)
    files = capture(crawl(page))
    assert captured(files) == captured(capture(page)) == shall_be(contract, told=True)


@pytest.mark.slow
@FEW
@given(contracts(), PROSE)
def test_html_gives_back_the_same(contract: Contract, prose: str) -> None:
    html = write_html(NewestPrinter(prose).page(contract))
    (found,) = list_operations(html, "page.html")
    assert captured(found.capture()) == shall_be(contract, told=True)


@FEW
@given(contracts(), st.sampled_from(["Markdown", "newest", "bare"]))
def test_a_second_reader_agrees_on_every_field(contract: Contract, layout: str) -> None:
    older = layout == "Markdown"
    page = (Printer(markdown=True, prose="") if older else NewestPrinter("")).page(contract)
    page = bare(page) if layout == "bare" else page
    files = captured(list_operations(page, "page.md")[0].capture())
    headings = {"response": "returns", "query": "query parameters", "body": "body parameters"}
    for document, heading in headings.items():
        if document in files:
            ours, theirs = flatten(files[document], files[document]), read_fields(page, heading)
            assert without_null(ours) == without_null(theirs)


def without_null(fields: Any) -> dict[Any, Any]:
    """Return fields without null, which the layout does not print for optional ones."""
    return {
        path: {(required, kinds - {"null"}) for required, kinds in stated}
        for path, stated in fields.items()
    }
