"""The sources of `docpact capture`: files, and pages that are fetched."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from docpact.errors import DocpactError, PageError, UsageError
from docpact.files import DOCUMENTS, FETCHED, find_real
from docpact.model.pointer import to_list
from docpact.secrets import redact_urls

if TYPE_CHECKING:
    from docpact.capture.batch import Found
    from docpact.targets.documentation import Fetched

MAX_LINKS: Final = 8
"""Maximum number of links of an HTML page that are followed."""

_USUAL: Final = ("/openapi.json", "/openapi.yaml")
"""Addresses of a document that no page needs to link to."""

MAX_FOLDERS: Final = 8
"""Maximum number of folders above a page in which its document is looked for."""

_MADE_FROM: Final = re.compile(
    r"""(?m)^openapi\s*:\s*["']?(?:(\S+)\s+)?([A-Za-z]+)\s+(/[^\s"']*)["']?\s*$"""
)
"""A line of front matter with a document, a method and a path."""

_SUFFIXES: Final = {"{": ".json", "<": ".html", "#": ".md"}
"""First character of a page → suffix of its file."""


@dataclass(frozen=True, slots=True)
class Source:
    """A page or a document with its operations.

    Attributes:
        name: file or address.
        operations: that it documents.
        is_document: whether it is an OpenAPI document by itself.
        kept: files to keep beside the contracts; none for a file of the user's.
        is_modified: whether a fetched page is another one than last time.
    """

    name: str
    operations: Sequence[Found]
    is_document: bool = False
    kept: Mapping[str, str] = field(default_factory=dict)
    is_modified: bool = True


def read_source(name: str, earlier: Path | None = None, root: Path | None = None) -> Source:
    """Read a page or a document from a file or an address.

    `earlier` is the folder with the page as it was fetched last time, and `root` the one that has
    all files of a document, unless that is the folder of the document.

    Raises:
        UsageError: it cannot be read, or documents no operation.
    """
    from docpact.capture.openapi import find_operations, read_document
    from docpact.files import read_text
    from docpact.targets.documentation import is_url

    if is_url(name):
        return _fetch(name, earlier)
    file = Path(name)
    if file.suffix in DOCUMENTS:
        return Source(name, find_operations(read_document(file, root), name), is_document=True)
    text = read_text(file)
    for document, operation in _list_documents(text, file):
        try:
            found = find_operations(read_document(document), str(document))
        except DocpactError:
            continue
        chosen = [each for each in found if each.method_and_path == operation]
        if chosen:
            return Source(name, chosen)
    return Source(name, _list(text, name))


def _list_documents(text: str, page: Path) -> Iterator[tuple[Path, str]]:
    """Yield the documents from which Mintlify may make a page, with the method and path of it.

    The front matter names the operation, and the document too, or `docs.json` names that. Both are
    relative to a folder above the page.
    """
    match = _MADE_FROM.search(text.partition("\n---")[0]) if text.startswith("---") else None
    if match is None:
        return
    for folder in find_real(page).parents[:MAX_FOLDERS]:
        named = [match[1]] if match[1] else list(_read_settings(folder))
        for each in named:
            file = find_real(folder / each.lstrip("/"))
            if file.is_relative_to(folder) and file.suffix in DOCUMENTS and file.is_file():
                yield file, f"{match[2].upper()} {match[3]}"


def _read_settings(folder: Path) -> Iterator[str]:
    """Yield the documents that the settings of Mintlify in a folder name."""
    from docpact.files import read_json, read_text

    for name in ("docs.json", "mint.json"):
        try:
            settings = read_json(read_text(folder / name))
        except (DocpactError, ValueError):
            continue
        for holder in (settings, settings.get("api")) if isinstance(settings, dict) else ():
            stated = holder.get("openapi") if isinstance(holder, dict) else None
            yield from (each for each in to_list(stated) if isinstance(each, str))


def _list(text: str, name: str) -> Sequence[Found]:
    from docpact.capture.sources import list_operations

    try:
        return list_operations(text, name)
    except PageError as error:
        raise locate(name, error) from None


def locate(name: str, error: PageError) -> UsageError:
    """Return an error of a page with the name of the page."""
    return UsageError(f"{name}:{error.line}: {error.problem}; nothing was written")


def _fetch(url: str, earlier: Path | None) -> Source:
    from docpact.capture.html import page as html
    from docpact.capture.sources import find_in_html
    from docpact.targets.documentation import fetch

    last, shown = _read_last(earlier), redact_urls(url)
    fetched = fetch(url, last.get("etag", "") if last.get("url") == url else "")
    if not fetched.is_modified:
        return Source(shown, (), is_modified=False)
    if not html.is_html(fetched.text):
        return Source(shown, _list(fetched.text, shown), kept=_keep(url, fetched))
    soup = html.parse(fetched.text, shown)
    found = find_in_html(soup, shown)
    if found:
        return Source(shown, found, kept=_keep(url, fetched))
    for linked in _follow(fetched, [*html.list_links(soup), *_USUAL]):
        try:
            listed = _list(linked.text, redact_urls(linked.url))
            return Source(shown, listed, kept=_keep(url, linked))
        except DocpactError:
            continue
    return Source(shown, _list(fetched.text, shown))


def _follow(page: Fetched, links: Sequence[str]) -> Iterator[Fetched]:
    """Yield the pages that the links of a page lead to; links in scripts of Swagger UI too."""
    from docpact.capture.html import page as html
    from docpact.model.path import join_url
    from docpact.targets.documentation import fetch, may_follow

    waiting, seen = [join_url(page.url, link) for link in links], set[str]()
    while waiting and len(seen) < MAX_LINKS:
        url = waiting.pop(0)
        if url in seen or not may_follow(page.url, url):
            continue
        seen.add(url)
        try:
            fetched = fetch(url, page=page.url)
        except UsageError:
            continue
        if url.partition("?")[0].endswith(".js"):
            document = next(html.list_in_script(fetched.text), None)
            waiting[:0] = [join_url(url, each) for each in html.ADDRESS.findall(fetched.text)]
            if document is None:
                continue
            yield replace(fetched, text=json.dumps(document))
        elif not html.is_html(fetched.text):
            yield fetched


def _keep(url: str, fetched: Fetched) -> Mapping[str, str]:
    """Return the files that keep a fetched page, with its address, its time and its ETag.

    An address with a user name, a password or a query, which may hold a secret, is kept without
    these, and the page without its ETag, which only the whole address has.
    """
    suffix = _SUFFIXES.get(fetched.text.lstrip()[:1], ".txt")
    if suffix == ".txt" and "yaml" in fetched.media_type:
        suffix = ".yaml"
    file = f"{FETCHED}{suffix}"
    if suffix == ".json":
        file = f"{FETCHED}_document.json"
    shown, source = redact_urls(url), redact_urls(fetched.url)
    facts: dict[str, Any] = {"url": shown, "time": fetched.time, "file": file}
    if fetched.url != url:
        facts["source"] = source
    elif shown == url:
        facts["etag"] = fetched.etag
    return {f"{FETCHED}.json": _encode(facts), file: fetched.text}


def find_move(kept: Mapping[str, str], folder: Path | None) -> str:
    """Return the address to which a fetched page moved since last time; empty if it did not."""
    last = _read_last(folder)
    facts = json.loads(kept.get(f"{FETCHED}.json", "{}"))
    is_same = facts.get("url") != last.get("url") or facts.get("source") == last.get("source")
    return "" if is_same else str(facts.get("source", facts["url"]))


def keep_last(kept: Mapping[str, str], folder: Path) -> Mapping[str, str]:
    """Return the files that keep a fetched page beside the one that was fetched before it.

    A page that is the same has the time at which it was first fetched as well.
    """
    from docpact.files import read_text

    last = _read_last(folder)
    if not kept or not last or not (folder / last["file"]).is_file():
        return kept
    text, facts = read_text(folder / last["file"]), json.loads(kept[f"{FETCHED}.json"])
    if kept[facts["file"]] == text:
        facts["since"] = last.get("since", last["time"])
        return {**kept, f"{FETCHED}.json": _encode(facts)}
    day = f"{FETCHED}_{last['time'][:10]}"
    file = last["file"].replace(FETCHED, day, 1)
    return {**kept, f"{day}.json": _encode({**last, "file": file}), file: text}


def _encode(facts: Mapping[str, str]) -> str:
    return json.dumps(facts, indent=2) + "\n"


def _read_last(folder: Path | None) -> Mapping[str, str]:
    """Return the facts of the page as it was fetched last time; empty if there are none."""
    from docpact.files import read_facts

    return {} if folder is None else read_facts(folder / f"{FETCHED}.json")
