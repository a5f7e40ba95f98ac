"""The operations of a text, whatever it is: a reference page, an OpenAPI document, or HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from docpact.capture import capture, capture_part
from docpact.capture.batch import Found, encode_files
from docpact.capture.embedded import Fences, decode_document, find_documents, is_document
from docpact.capture.html import page as html
from docpact.capture.html import prose
from docpact.capture.layout import lines
from docpact.capture.normalize.copies import as_typed
from docpact.capture.openapi.capture import find_operations
from docpact.capture.pages.parts import find_layout, split_page
from docpact.capture.rendered.page import read_shown
from docpact.capture.rendered.shown import Shown, write_document
from docpact.errors import PageError, UsageError
from docpact.model.path import METHODS

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

DOCUMENT: Final = "document.json"
"""The file of a contract with the OpenAPI document that copied text was read as."""

PAGE: Final = "page.md"
"""The file of a contract with the Markdown that an HTML page was read as; lines refer to it."""

_REFERENCE: Final = re.compile(r"\{% openapi(?:-\w+)?\b[^%\n]*?\b(?:src|spec)=\"([^\"\n]+)\"")
"""A block of GitBook that shows an operation of an OpenAPI document."""


def list_operations(text: str, name: str) -> list[Found]:
    """Return the operations of a page or of a document.

    Raises:
        PageError: it documents no operation.
        UsageError: a document in it cannot be decoded, or it is HTML of another kind.
        ContractError: it is a document, but not of OpenAPI 3.
    """
    if html.is_html(text):
        return _list_in_html(text, name)
    if is_document(text):
        return find_operations(decode_document(text, name), name)
    documents = find_documents(text, name)
    if documents:
        return [
            each
            for line, content in documents
            for each in find_operations(content, f"{name}:{line}")
        ]
    return list(_list_in_page(text, name))


_OTHER_MARKUP: Final = {
    "AsciiDoc": re.compile(r"\|={3,}|\[source\b[^\[\]]*\]"),
    "reStructuredText": re.compile(
        r"\.\. (?:http:\w+|sourcecode|code-block|code|list-table|csv-table|openapi)::.*"
        r"|\+[-=]+\+(?:[-=]+\+)*"
    ),
    "API Blueprint": re.compile(r"FORMAT: 1A\S*"),
}
"""Markup that docpact does not read → a line of it."""


def _check_markup(text: str) -> None:
    """Raise PageError for a page in markup whose tables and examples docpact does not read."""
    fences = Fences()
    for number, line in enumerate(text.split("\n"), start=1):
        fences.read(line)
        for name, pattern in _OTHER_MARKUP.items():
            if not fences.opening and pattern.fullmatch(line.strip()):
                problem = f"this page is {name}, which docpact does not read; give its OpenAPI"
                raise PageError(number, f"{problem} document, or the page as Markdown or HTML")


_ALONE: Final = rf"^[ \t]*(?i:{'|'.join(METHODS)})[ \t]*$\s+"
_APART: Final = re.compile(rf"{_ALONE}^[ \t]*(?:https?://|/)\S*[ \t]*$", re.MULTILINE)
"""A method, and a path or a URL on the next line."""

_TITLED: Final = re.compile(rf"{_ALONE}^.*\S.*$\s+^[ \t]*https?://\S*[ \t]*$", re.MULTILINE)
"""A method, a title, and a URL, each on a line, as in Postman."""


def _check_rendered(text: str, pattern: re.Pattern[str]) -> None:
    """Raise PageError for text copied from a page that shows an OpenAPI document."""
    match = pattern.search(text)
    if match and "Expand Collapse" not in text and find_layout(text) is lines:
        problem = (
            "method and path are on lines of their own, above rows in a form that docpact does"
            " not read; give the OpenAPI document of the page, or its Markdown"
        )
        raise PageError(text.count("\n", 0, match.start()) + 1, problem)


def _list_in_page(text: str, name: str) -> Iterator[Found]:
    _check_markup(text)
    if shown := read_shown(text):
        for each in shown:
            stated = f"{each.method} {each.path}"
            yield Found(stated, stated, partial(_capture_shown, each, name))
        return
    _check_rendered(as_typed(text), _APART)
    parts = split_page(text)
    if not parts:
        _check_rendered(as_typed(text), _TITLED)
        _check_reference(text)
        capture(text)  # raises the error of a page without an operation
    for part in parts:
        yield Found(part.name, part.method_and_path, partial(capture_part, part.text, part.outside))


def _capture_shown(shown: Shown, name: str) -> Mapping[str, str]:
    """Return the files of a contract for an operation that a page shows, and its document."""
    if not shown.content:
        problem = "no parameters, no responses and no example of this operation; copy its page"
        raise PageError(shown.line, problem)
    document = encode_files({DOCUMENT: write_document(shown)})
    content = decode_document(document[DOCUMENT], DOCUMENT)
    files = dict(find_operations(content, DOCUMENT)[0].capture())
    operation = json.loads(files["operation.json"])
    gaps = [
        {"document": part, "pointer": pointer, "said": said, "place": f"{name}:{line}"}
        for part, pointer, line, said in shown.gaps
    ]
    operation["gaps"] = [*operation.get("gaps", ()), *gaps]
    return {**files, **encode_files({"operation.json": operation}), **document}


def _check_reference(text: str) -> None:
    """Raise PageError for a page that only refers to an OpenAPI document."""
    if match := _REFERENCE.search(text):
        line = text.count("\n", 0, match.start()) + 1
        raise PageError(line, f"the page shows an operation of {match[1]!r}; give that document")


def _list_in_html(text: str, name: str) -> list[Found]:
    soup = html.parse(text, name)
    if found := find_in_html(soup, name):
        return found
    with suppress(PageError):
        return list(_list_in_written(prose.write(soup), name))
    links = html.list_links(soup)
    problem = (
        "an HTML page without a reference that docpact reads; give its OpenAPI document, its"
        " Markdown, or its text as copied from the browser"
    )
    raise UsageError(f"{name}: {problem}{f'; it links to {links[0]}' if links else ''}")


def find_in_html(soup: BeautifulSoup, name: str) -> list[Found]:
    """Return the operations of an HTML page itself; none if it only links to them."""
    documents = html.list_embedded(soup, name)
    if documents:
        return [each for content in documents for each in find_operations(content, name)]
    page = html.write_markdown(soup)
    return list(_list_in_written(page, name)) if page else []


def _list_in_written(page: str, name: str) -> Iterator[Found]:
    """Yield the operations of an HTML page that is written as Markdown."""
    for each in _list_in_page(page, name):
        yield Found(each.name, each.method_and_path, partial(_with_page, each, page))


def _with_page(found: Found, page: str) -> Mapping[str, str]:
    """Return the files of a contract and the Markdown that its HTML page was read as.

    Raises:
        PageError: the operation cannot be captured; docpact may read its text all the same.
    """
    try:
        return {**found.capture(), PAGE: page}
    except PageError as error:
        problem = f"{error.problem}; docpact may read its text as copied from the browser"
        raise PageError(error.line, problem) from error
