"""Saved HTML: a reference page of Stainless as Markdown, and the OpenAPI documents in any page.

Scripts are never run: only JSON and addresses are read from their text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from docpact.capture.embedded import decode_document, is_document
from docpact.capture.layout.constraints import CONSTRAINTS, UNSUPPORTED
from docpact.errors import UsageError

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

GROUPS: Final = {
    "p": "Path Parameters",
    "q": "Query Parameters",
    "h": "Header Parameters",
    "c": "Cookie Parameters",
    "body": "Body Parameters",
    "returns": "Returns",
}
"""Value of `data-stldocs-property-group` → the heading of its section."""

ATTEMPTS: Final = 200
"""Maximum number of places where a document in a script may begin."""

_ROUTE: Final = re.compile(r"(?<![A-Za-z])([A-Za-z]+)\s*(/\S*)")
_KEYWORDS: Final = "|".join((*CONSTRAINTS, *UNSUPPORTED))
_GLUED: Final = re.compile(rf"({_KEYWORDS})(\S.*)")
_VERSION: Final = re.compile(r"""["'](?:openapi|swagger)["']\s*:\s*["'][23]\.""")
_OBJECT: Final = re.compile(r"(?:\A|[=(])\s*\{")
ADDRESS: Final = re.compile(
    r"""(?:\burl["']?\s*:\s*|Redoc\.init\(\s*|spec-?[Uu]rl["']?\s*[:=]\s*)["']([^"'\s<>]+)["']"""
)
_DOCUMENT_NAME: Final = re.compile(
    r"(?:openapi|swagger|api-docs)[\w.-]*(?:\.json|\.ya?ml)?$", re.IGNORECASE
)
_ATTRIBUTES: Final = ("spec-url", "data-url", "apidescriptionurl", "data-spec-url", "openapi-url")
"""Attributes of Redoc, RapiDoc, Scalar and Stoplight Elements with the address of a document."""

_ADDRESSES: Final = (
    ('link[rel~="service-desc"]', "href"),
    ('link[rel~="alternate"][type*="openapi"]', "href"),
    ('link[type="text/markdown"]', "href"),
    *((f"[{name}]", name) for name in _ATTRIBUTES),
)
"""Selector of elements and the attribute with an address, the likeliest first."""

_SCRIPTS: Final = re.compile(r"(?:swagger-initializer|swagger-ui-init|swagger-init)[\w.-]*\.js$")
"""Scripts in which Swagger UI keeps the address of its document, or the document itself."""


def is_html(text: str) -> bool:
    """Return whether a text is an HTML page."""
    head = text[:2000].lstrip("\ufeff \t\r\n").lower()
    return head.startswith(("<!doctype html", "<html")) or ("<head" in head and "<html" in head)


def parse(text: str, name: str) -> BeautifulSoup:
    """Parse an HTML page."""
    from bs4 import BeautifulSoup
    from bs4.exceptions import ParserRejectedMarkup

    try:
        return BeautifulSoup(text, "html.parser")
    except (ParserRejectedMarkup, RecursionError) as error:
        raise UsageError(f"{name}: not HTML that can be parsed: {error}") from None


def list_embedded(soup: BeautifulSoup, name: str) -> list[Any]:
    """Return the OpenAPI documents that a page contains, decoded, each once.

    They are in scripts, in attributes such as `data-configuration`, and in blocks of code.
    """
    texts = [script.get_text() for script in soup.find_all("script")]
    texts += [str(value) for tag in soup.find_all(True) for key, value in tag.attrs.items()
              if key.startswith("data-")]  # fmt: skip
    blocks = [block.get_text() for block in soup.find_all("pre")]
    found = [each for text in texts for each in list_in_script(text)]
    found += [decode_document(block, name) for block in blocks if is_document(block)]
    return list({json.dumps(each, sort_keys=True): each for each in found}.values())


def list_in_script(text: str) -> Iterator[Mapping[str, Any]]:
    """Yield the OpenAPI documents in the text of a script, decoded."""
    decoder, attempts, behind = json.JSONDecoder(), 0, 0
    for match in _VERSION.finditer(text):
        if match.start() < behind:
            continue
        for at in _list_starts(text, behind, match.start()):
            attempts += 1
            if attempts > ATTEMPTS:
                return
            try:
                value, end = decoder.raw_decode(text, at)
            except (ValueError, RecursionError):
                continue
            if end > match.start() and (found := [*_list_documents(value)]):
                yield from found
                behind = end
                break


def _list_starts(text: str, start: int, end: int) -> Iterator[int]:
    """Yield where an object around a place may begin: assigned or passed ones, then the nearest."""
    yield from islice(
        (each.end() - 1 for each in _OBJECT.finditer(text, start, end)), ATTEMPTS // 8
    )
    while (end := text.rfind("{", start, end)) >= 0:
        yield end


def _list_documents(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the OpenAPI documents in a decoded value, from the outside in."""
    waiting = [value]
    for each in waiting:
        if isinstance(each, dict) and "paths" in each and each.keys() & {"openapi", "swagger"}:
            yield each
        elif isinstance(each, dict | list):
            waiting += each.values() if isinstance(each, dict) else each


def list_links(soup: BeautifulSoup) -> list[str]:
    """Return the addresses, as written, that may lead to the page's Markdown or its document.

    The likeliest come first.
    """
    found = [_text(tag, name) for choice, name in _ADDRESSES for tag in soup.select(choice)]
    for tag in soup.select("[data-configuration]"):
        found += ADDRESS.findall(_text(tag, "data-configuration"))
    found += _in_scripts(soup)
    anchors = [_text(each, "href") for each in soup.find_all("a", href=True)]
    found += [each for each in anchors if _DOCUMENT_NAME.search(each.partition("?")[0])]
    return list(dict.fromkeys(each for each in found if each and not each.startswith("#")))


def _in_scripts(soup: BeautifulSoup) -> Iterator[str]:
    for script in soup.find_all("script"):
        text = script.get_text()
        if re.search(r"SwaggerUI|Redoc|Scalar|createApiReference|spec-?url", text, re.IGNORECASE):
            yield from ADDRESS.findall(text)
        if _SCRIPTS.search(_text(script, "src")):
            yield _text(script, "src")


def _text(tag: Tag, name: str) -> str:
    value = tag.get(name, "")
    return " ".join(value) if isinstance(value, list) else str(value or "")


def write_markdown(soup: BeautifulSoup) -> str:
    """Return a reference page of Stainless in the Markdown layout; empty for any other page."""
    routes = soup.select(".stldocs-method-route")
    sections = soup.select("[data-stldocs-property-group]")
    if len(routes) != 1 or not sections:
        return ""
    route = _ROUTE.search(" ".join(routes[0].stripped_strings))
    if route is None:
        return ""
    title = soup.select_one(".stldocs-method-title") or soup.find("h1")
    lines = [f"## {_words(title) or 'Untitled'}", "", f"**{route[1].lower()}** `{route[2]}`", ""]
    for section in sections:
        heading = GROUPS.get(_text(section, "data-stldocs-property-group"))
        if heading is not None:
            lines += [f"### {heading}", "", *_write_properties(section)]
    return "\n".join([*lines, *_write_examples(soup)])


def _words(tag: Any) -> str:
    return "" if tag is None else " ".join(tag.get_text(" ").split())


def _write_properties(section: Tag) -> Iterator[str]:
    for each in section.select(".stldocs-property"):
        depth = sum(1 for above in each.parents if _has_class(above, "stldocs-property"))
        declaration = each.select_one(".stldocs-property-declaration")
        if declaration is None:
            continue
        indent = "  " * depth
        yield f"{indent}- `{' '.join(declaration.get_text().split())}`"
        yield ""
        for line in _write_below(each):
            yield f"{indent}  {line}"
            yield ""


def _has_class(tag: Any, name: str) -> bool:
    return name in (tag.get("class") or ()) if hasattr(tag, "get") else False


def _write_below(each: Tag) -> Iterator[str]:
    """Yield the prose and the constraints of a property, but not of those inside it."""
    for part in each.select(".stldocs-property-description, .stldocs-property-content"):
        owner = part.find_parent(class_="stldocs-property")
        if owner is not each:
            continue
        if _has_class(part, "stldocs-property-content"):
            yield from _write_constraints(list(part.stripped_strings))
        elif text := _words(part):
            yield text


def _write_constraints(texts: list[str]) -> Iterator[str]:
    """Yield `keyword: value` for each constraint, which is one text or two."""
    at = 0
    while at < len(texts):
        text = texts[at]
        at += 1
        glued = _GLUED.fullmatch(text)
        if text.rstrip(":") in (*CONSTRAINTS, *UNSUPPORTED) and at < len(texts):
            yield f"{text.rstrip(':')}: {texts[at]}"
            at += 1
        elif glued:
            yield f"{glued[1]}: {glued[2].removeprefix(':').strip()}"
        else:
            yield text


def _write_examples(soup: BeautifulSoup) -> Iterator[str]:
    """Yield the curl command and the JSON below it."""
    blocks = [block.get_text().strip("\n") for block in soup.find_all("pre")]
    start = next((at for at, block in enumerate(blocks) if block.startswith("curl ")), None)
    if start is None:
        return
    yield from ("### Example", "", "```http", *blocks[start].split("\n"), "```", "")
    bodies = (each for each in blocks[start + 1 :] if each.startswith(("{", "[")))
    if (body := next(bodies, None)) is not None:
        yield from ("#### Response", "", "```json", *body.split("\n"), "```", "")
