"""docpact on real documentation: `nox -s corpus -- DIR [--every 5] [--mocks 20]`.

Every operation of every OpenAPI document and page in a folder is captured and loaded. The table
counts the losses at each step: operations, credentials, keywords, and violations behind references.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from docpact import check, validate
from docpact.bodies.formats import HINTS
from docpact.capture.openapi import OpenApiOperation, capture_operation, read_document
from docpact.capture.openapi.document import list_operations
from docpact.capture.openapi.messages import find_main_response
from docpact.capture.sources import list_operations as list_page_operations
from docpact.cases.samples import full
from docpact.catalogue import load_files
from docpact.errors import DocpactError
from docpact.files import DOCUMENTS, read_text
from docpact.model import Operation, Schema
from docpact.model.pointer import Tokens, find_by_prefix, pointer
from docpact.model.run import Verdict
from docpact.model.schema import ASSERTIONS, descriptions, parts, resolve_path, with_definitions
from docpact.model.traversal import subschemas

PAGES: Final = (".md", ".mdx", ".txt", ".html")
"""The suffixes of pages."""

PLANTED: Final = 3
"""Maximum number of violations planted in one body."""

DEEPEST: Final = 12
"""Maximum length of the path of a planted violation."""

_NAMES: Final = ("type", "required")
"""Keywords that list names, which merge."""

SCALARS: Final = ("string", "integer", "number", "boolean")

LOADING: Final = """
import sys, time, schemathesis
start = time.perf_counter()
schema = schemathesis.openapi.from_path(sys.argv[1])
print(sum(1 for _ in schema.get_all_operations()), time.perf_counter() - start)
"""


@dataclass
class Tally:
    """The counts so far."""

    counts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    tracebacks: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    unlike: list[str] = field(default_factory=list)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take each Nth operation")
    parser.add_argument("--mocks", type=int, default=20, help="GETs checked for each document")
    parser.add_argument("--schemathesis", help="a Python that has it, to compare loading times")
    args = parser.parse_args()
    tally = Tally()
    files = sorted(f for f in args.folder.rglob("*") if f.suffix in (*DOCUMENTS, *PAGES))
    for file in files:
        started = perf_counter()
        count = count_page if file.suffix in PAGES else count_document
        count(file, tally, args.every, args.mocks)
        sys.stderr.write(f"{file.name}: {perf_counter() - started:.1f} s\n")
    sys.stdout.write(write_table(tally))
    documents = [file for file in files if file.suffix in DOCUMENTS]
    if documents:
        largest = max(documents, key=lambda file: file.stat().st_size)
        sys.stdout.write(compare_loading(largest, args.schemathesis))


def count_document(file: Path, tally: Tally, every: int, mocks: int) -> None:
    """Count what becomes of the operations of one document."""
    tally.counts["documents"] += 1
    try:
        operations = list_operations(read_document(file), file.name)
    except DocpactError as error:
        tally.refusals[_shorten(error)] += 1
        return
    left = mocks
    for stated in operations[::every]:
        tally.counts["operations"] += 1
        operation = _load(partial(capture_operation, stated), tally)
        if operation is None:
            continue
        tally.counts["loaded"] += 1
        count_credentials(stated, operation, tally)
        count_planted(stated, operation, tally)
        count_lost_keywords(stated, operation, tally)
        if stated.method == "get" and left:
            left -= 1
            check_on_mock(operation, file.name, tally)


def count_page(file: Path, tally: Tally, every: int, mocks: int) -> None:
    """Count what becomes of the operations of one page."""
    tally.counts["pages"] += 1
    try:
        found = list_page_operations(read_text(file), file.name)
    except DocpactError as error:
        tally.refusals[_shorten(error)] += 1
        return
    tally.counts["pages with operations"] += 1
    for each in found[::every]:
        tally.counts["operations"] += 1
        operation = _load(each.capture, tally)
        tally.counts["loaded"] += operation is not None
        if operation is not None and operation.method == "GET" and mocks:
            mocks -= 1
            check_on_mock(operation, file.name, tally)


def _load(capture: Callable[[], Mapping[str, str]], tally: Tally) -> Operation | None:
    try:
        return load_files(capture(), "corpus/operation")
    except DocpactError as error:
        tally.refusals[_shorten(error)] += 1
    except Exception as error:  # noqa: BLE001 — a traceback is what is counted
        last = traceback.extract_tb(error.__traceback__)[-1]
        tally.tracebacks[f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"] += 1
    return None


def _shorten(error: DocpactError) -> str:
    text = re.sub(r"^\S+?: |^line \d+: ", "", str(error))
    return re.sub(r"'[^']*'", "'...'", text)[:100]


def count_credentials(stated: OpenApiOperation, operation: Operation, tally: Tally) -> None:
    """Count the operations that ask for a credential, and those whose contract sends one."""
    security = stated.content.get("security", stated.document.content.get("security")) or []
    if any(security):
        tally.counts["with a credential"] += 1
        kept = operation.credential is not None
        tally.counts["credential kept"] += kept or any(
            gap.pointer == "/security" for gap in operation.gaps
        )


def check_on_mock(operation: Operation, name: str, tally: Tally) -> None:
    """Check an operation on its own mock."""
    tally.counts["checked on the mock"] += 1
    try:
        run = check(operation)
    except DocpactError as error:
        tally.unlike.append(f"{name} {operation.request}: {error}")
    except Exception as error:  # noqa: BLE001 — a traceback is what is counted
        last = traceback.extract_tb(error.__traceback__)[-1]
        tally.tracebacks[f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"] += 1
    else:
        if run.verdict() is Verdict.CONFORMS:
            tally.counts["conform on the mock"] += 1
        else:
            shown = [f"{f.promise.rule} {f.location} {f.observed}"[:90] for f in run.findings[:2]]
            tally.unlike.append(f"{name} {operation.request}: {run.reason or shown}")


def count_planted(stated: OpenApiOperation, operation: Operation, tally: Tally) -> None:
    """Plant values of a wrong type behind references, and count those that are reported."""
    main = find_main_response(stated)
    if "schema" not in main.media or not operation.is_json:
        return
    try:
        body = full(operation.response_schema)
    except Exception:  # noqa: BLE001 — counted by the check on the mock
        return
    places = find_references(stated, main.media["schema"], body)
    for path in sorted({*places}, key=str)[:PLANTED]:
        tally.counts["planted"] += 1
        found = validate(operation.response_schema, plant(body, path)).violations
        tally.counts["reported"] += any(each.pointer == pointer(path) for each in found)


def find_references(
    stated: OpenApiOperation, schema: Any, value: Any, path: Tokens = (), *, behind: bool = False
) -> Iterator[Tokens]:
    """Yield the path of each scalar of a body that only a reference documents."""
    behind = behind or (isinstance(schema, Mapping) and "$ref" in schema)
    schema, _ = stated.document.resolve(schema, "/paths")
    if not isinstance(schema, Mapping) or len(path) > DEEPEST:
        return
    if behind and path and schema.get("type") in SCALARS and value is not None:
        yield path
    for each in schema.get("allOf") or []:
        yield from find_references(stated, each, value, path, behind=behind)
    if isinstance(value, dict) and isinstance(schema.get("properties"), Mapping):
        for name in schema["properties"].keys() & value.keys():
            each = schema["properties"][name]
            yield from find_references(stated, each, value[name], (*path, name), behind=behind)
    if isinstance(value, list) and value and isinstance(schema.get("items"), Mapping):
        yield from find_references(stated, schema["items"], value[0], (*path, 0), behind=behind)


def plant(body: Any, path: Tokens) -> Any:
    """Return a body with an object in the place of a scalar."""
    if not path:
        return {"planted": True}
    changed: Any = dict(body) if isinstance(body, dict) else list(body)
    changed[path[0]] = plant(body[path[0]], path[1:])
    return changed


def count_lost_keywords(stated: OpenApiOperation, operation: Operation, tally: Tally) -> None:
    """Count the keywords of the main response that are neither in the contract nor a gap."""
    main = find_main_response(stated)
    if "schema" not in main.media or not operation.is_json:
        return
    origins = operation.origins.get("response", {})
    kept = {
        find_by_prefix(origins, pointer((*path, keyword)))
        for path, each in subschemas(operation.response_schema)
        if isinstance(each, Mapping)
        for keyword in each
    }
    known = {each.place for each in operation.gaps} | {each for each in kept if each}
    for keyword, value, where, location in list_keywords(
        stated, main.media["schema"], f"{main.where}/schema"
    ):
        tally.counts["keywords"] += 1
        place = stated.document.find_place(where).text
        is_known = any(part in known for part in list_parts(place)) or any(
            f"{keyword} {value}" in gap.text for gap in operation.gaps
        )
        if not is_known and not is_stated(operation.response_schema, location, keyword, value):
            tally.lost[keyword] += 1


def is_stated(schema: Schema, location: Tokens, keyword: str, value: Any) -> bool:
    """Return whether a schema states a keyword for a folded location, perhaps merged with others.

    Null may be one of several types, and one name of several required ones. Of an `enum`, another
    statement may exclude some values, and null may be one more.
    """
    found = [schema]
    for name in location:
        found = [
            with_definitions(each, resolve_path(stated, names))
            for each in found
            for stated, _ in descriptions(each)
            for names, folded in parts(stated)
            if folded == (name,)
        ]
    wanted = {*(value if isinstance(value, list) else [value])} if keyword in _NAMES else {keyword}
    merged: set[Any] = set()
    for stated in (stated for each in found for stated, _ in descriptions(each)):
        kept = stated.get(keyword)
        is_schema = isinstance(value, Mapping) and isinstance(kept, Mapping)
        if keyword not in _NAMES and (kept == value or is_schema):
            return True
        if keyword == "enum" and all(
            each is None or each in value for each in stated.get("enum", [stated])
        ):
            return True
        listed = stated.get(keyword, [])
        merged |= (
            {*(listed if isinstance(listed, list) else [listed])} if keyword in _NAMES else set()
        )
        takes_null = "type" not in stated and None in stated.get("enum", (None,))
        merged |= {"null"} if takes_null else set()
    return wanted <= merged


def list_parts(place: str) -> Iterator[str]:
    """Yield a place and the unions and schemas around it."""
    yield place
    while "/" in place.partition("#")[2]:
        place = place.rpartition("/")[0]
        if place.endswith(("/anyOf", "/oneOf", "/allOf")):
            yield place
            yield place.rpartition("/")[0]


def list_keywords(
    stated: OpenApiOperation, schema: Any, where: str
) -> Iterator[tuple[str, Any, str, Tokens]]:
    """Yield keyword, value, JSON Pointer and folded location of each assertion."""
    seen: set[str] = set()
    waiting: list[tuple[Any, str, Tokens]] = [(schema, where, ())]
    while waiting:
        *entry, location = waiting.pop()
        found, at = stated.document.resolve(*entry)
        if at in seen or not isinstance(found, Mapping):
            continue
        seen.add(at)
        for keyword, value in _drop_write_only(found).items():
            if found.get(exclusive := f"exclusive{keyword.capitalize()}") is True:
                keyword = exclusive  # noqa: PLW2901
            is_hint = keyword == "format" and str(value) in HINTS
            asserts = keyword in ASSERTIONS - {"anyOf", "oneOf"} and not is_hint
            if asserts and value not in (True, False, [], {}):
                yield keyword, value, f"{at}/{keyword}", location
        for name, each in (found.get("properties") or {}).items():
            if not (isinstance(each, Mapping) and each.get("writeOnly")):
                at_field = f"{at}{pointer(['properties', name])}"
                waiting.append((each, at_field, (*location, name)))
        waiting += [
            (found[k], f"{at}/{k}", (*location, "*"))
            for k in ("items", "additionalProperties")
            if k in found
        ]
        for union in ("allOf", "anyOf", "oneOf"):
            waiting += [
                (each, f"{at}/{union}/{n}", location)
                for n, each in enumerate(found.get(union) or [])
            ]


def _drop_write_only(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema that does not require properties which no response has."""
    named, required = schema.get("properties"), schema.get("required")
    if not isinstance(named, Mapping) or not isinstance(required, list):
        return schema
    hidden = {n for n, each in named.items() if isinstance(each, Mapping) and each.get("writeOnly")}
    return {**schema, "required": [each for each in required if each not in hidden]}


def write_table(tally: Tally) -> str:
    """Return the table of the measures as Markdown, with the reasons below."""
    counts = tally.counts
    refused, broken = sum(tally.refusals.values()), sum(tally.tracebacks.values())
    kept = _share(counts["credential kept"], counts["with a credential"])
    mock = _share(counts["conform on the mock"], counts["checked on the mock"])
    rows = [
        ("documents", f"{counts['documents']:,}"),
        ("pages", f"{counts['pages']:,}"),
        ("pages with operations", f"{counts['pages with operations']:,}"),
        ("operations tried", f"{counts['operations']:,}"),
        ("contracts that load", _share(counts["loaded"], counts["operations"])),
        ("refused in one line", f"{refused:,}"),
        ("tracebacks", f"{broken:,}"),
        ("credentials kept or listed as gaps", kept),
        ("GETs that conform on their own mock", mock),
        ("planted violations reported", _share(counts["reported"], counts["planted"])),
        ("keywords lost", _share(sum(tally.lost.values()), counts["keywords"])),
    ]
    lines = ["| measure | value |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in rows), ""]
    for title, table in (("refused", tally.refusals), ("traceback", tally.tracebacks)):
        lines += [f"{title}: {number:,} times {text}" for text, number in table.most_common(20)]
    lines += [f"lost: {number:,} times {text}" for text, number in tally.lost.most_common(20)]
    lines += [f"mock: {text}" for text in tally.unlike[:60]]
    return "\n".join(lines) + "\n"


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({100 * part / whole:.1f} %)" if whole else "none"


def compare_loading(file: Path, python: str | None) -> str:
    """Return how long docpact and Schemathesis take to load all operations of a document."""
    started = perf_counter()
    number = len(list_operations(read_document(file), file.name))
    ours = perf_counter() - started
    text = f"loading {file.name}: docpact {number:,} operations in {ours:.2f} s"
    if python is None:
        return f"{text}\n"
    done = subprocess.run(
        [python, "-c", LOADING, str(file)], capture_output=True, text=True, check=True
    )
    theirs = float(done.stdout.split()[1])
    return f"{text}; Schemathesis in {theirs:.2f} s; ratio {ours / theirs:.2f}\n"


if __name__ == "__main__":
    main()
