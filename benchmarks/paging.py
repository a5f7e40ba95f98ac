"""False alarms: lists of real OpenAPI documents, served correctly in every style of paging.

    python benchmarks/paging.py FOLDER [--operations 40] [--seed 0] [--counts 3 30 237]

Each GET operation that lists items is served twice: by its own mock, and with its items in every
style of `tests/servers/paged.py`, whose parameters replace those of the document. The script prints
the number of runs, breaking findings, errors and seconds, and ends with 1 if there is a finding.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from servers.paged import STYLES, Place, Request, Style, correctly  # noqa: E402

from docpact.capture.openapi import (  # noqa: E402
    OpenApiOperation,
    capture_operation,
    read_document,
)
from docpact.capture.openapi.document import list_operations  # noqa: E402
from docpact.capture.roles.inference import roles  # noqa: E402
from docpact.cases.sampling import sample_given, sample_items  # noqa: E402
from docpact.cases.styles import write_path  # noqa: E402
from docpact.cases.wire import can_be_documented, write_value  # noqa: E402
from docpact.catalogue import load_files  # noqa: E402
from docpact.conformance import Session  # noqa: E402
from docpact.errors import DocpactError  # noqa: E402
from docpact.model import Level, Operation, Parameter, Run  # noqa: E402
from docpact.model.paging import PAGE_PARAMETERS, SIZE_PARAMETERS, plain  # noqa: E402
from docpact.model.pointer import resolve  # noqa: E402
from docpact.targets.given import with_values  # noqa: E402
from docpact.targets.http import HttpTarget  # noqa: E402
from docpact.targets.mock import MockApi  # noqa: E402
from docpact.targets.mock_selection import list_names, select_items  # noqa: E402

BASE: Final = "https://lists.example"
SIZE: Final = {"type": "integer", "minimum": 1, "maximum": 100}


def find_operations(folder: Path) -> Iterator[tuple[str, OpenApiOperation]]:
    """Yield name and operation of every GET operation of the documents in a folder."""
    files = (each for each in folder.iterdir() if each.suffix in (".json", ".yaml", ".yml"))
    for file in sorted(files):
        try:
            found = list_operations(read_document(file), file.stem)
        except DocpactError as error:
            print(f"{file.name}: {error}", file=sys.stderr)
            continue
        yield from ((f"{file.stem} {e.path}", e) for e in found if e.method.upper() == "GET")


def restyle(files: Mapping[str, str], style: Style) -> Operation:
    """Return the list of a contract in another style of paging."""
    content = json.loads(files["operation.json"])
    query, response = (json.loads(files[f"{name}.schema.json"]) for name in ("query", "response"))
    paging = {*PAGE_PARAMETERS, *SIZE_PARAMETERS}
    kept = {n: s for n, s in query.get("properties", {}).items() if plain(n) not in paging}
    added = {**style.parameters, style.size: SIZE}
    query = {**query, "properties": {**kept, **added}}
    query["required"] = [name for name in query.get("required", ()) if name in kept]
    others = [p for p in content["parameters"] if p["in"] != "query" or p["name"] in kept]
    item = load_files(files, "lists/list").item_schema
    definitions = response.get("$defs", {})
    item = {k: v for k, v in item.items() if k != "$defs"}
    body: dict[str, Any] = {"type": "array", "items": item}
    if style.fields is not None:
        properties = {**style.fields, "items": body}
        body = {"type": "object", "properties": properties, "required": ["items"]}
    body |= {"$defs": definitions} if definitions else {}
    content |= {
        "parameters": [*others, *({"name": n, "in": "query", "required": False} for n in added)],
        "roles": roles(content["path"], query, body),
        "provenance": {},
        "lines": {},
        "security": [],
        "gaps": [],
    }
    content["response"]["examples"] = []
    changed = {"operation": content, "query.schema": query, "response.schema": body}
    texts = {f"{name}.json": json.dumps(value) for name, value in changed.items()}
    return load_files({**files, **texts}, "lists/list")


@dataclass(frozen=True)
class StyledServer:
    """A correct server of a list in a style of paging."""

    operation: Operation
    style: Style
    items: Sequence[Any]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        path = httpx.URL(BASE + write_path(self.operation, self.operation.given)).path
        if request.method not in ("GET", "HEAD"):
            return httpx.Response(405, json={}, headers={"Allow": "GET, HEAD"})
        if request.url.path != path:
            return httpx.Response(404, json={})
        values: dict[str, list[str]] = {}
        for name, text in request.url.params.multi_items():
            values.setdefault(name, []).append(text)
        if not all(self._allows(each, values) for each in self.operation.query_parameters):
            return httpx.Response(422, json={})
        return self._page(values, str(request.url).partition("?")[0])

    def _allows(self, parameter: Parameter, values: Mapping[str, list[str]]) -> bool:
        texts = values.get(parameter.name, [])
        is_documented = all(can_be_documented(parameter, text) for text in texts if text)
        return is_documented and (bool(texts) or not parameter.required)

    def _page(self, values: Mapping[str, list[str]], address: str) -> httpx.Response:
        found = select_items(self.operation, self.items, [*self._read_values(values)])
        query = {name: texts[-1] for name, texts in values.items()}
        size = int(float(query.get(self.style.size) or 20))
        start = self.style.start(query, size, found)
        if start is None:
            return httpx.Response(400, json={})
        shown, count, more = correctly(Request(found, self.items, start, size))
        place = Place(values, start, size, shown, count, more, address)
        fields = self.style.fields
        body = shown if fields is None else {"items": shown, **self.style.write(place)}
        return httpx.Response(200, json=body, headers=self.style.headers(place))

    def _read_values(self, values: Mapping[str, list[str]]) -> Iterator[tuple[str, list[str]]]:
        """Yield the names and values of the parameters that select or sort items."""
        for name in list_names(self.operation):
            parameter = self.operation.parameter(name)
            default = parameter.schema.get("default")
            texts = [text for text in values.get(name, ()) if text]
            texts = texts or ([] if default is None else [write_value(default)])
            if texts:
                yield name, texts if parameter.is_array else texts[-1:]


@dataclass
class Benchmark:
    """Runs and counts.

    Attributes:
        sizes: of the accounts.
        counts: by name.
    """

    sizes: Sequence[int]
    counts: Counter[str]

    def check_styles(self, name: str, files: Mapping[str, str], operation: Operation) -> None:
        """Check the list of a contract on its own mock, and in every style."""
        self.check(f"{name}, own mock", operation, None)
        for style in STYLES:
            if "id of the last" in style.name and operation.roles.id != "/id":
                continue
            try:
                styled = restyle(files, style)
            except DocpactError as error:
                self.counts["refused"] += 1
                print(f"{name}, {style.name}: {error}", file=sys.stderr)
            else:
                self.check(f"{name}, {style.name}", styled, style)

    def check(self, name: str, operation: Operation, style: Style | None) -> None:
        """Check a server at every account size."""
        for size in self.sizes:
            try:
                ready = with_values(operation, sample_given(operation))
                found = run(replace(ready, credential=None), style, size)
            except Exception as error:  # noqa: BLE001 — counted and shown
                self.counts["errors"] += 1
                print(f"ERROR {name}, {size}: {type(error).__name__}: {error}"[:300])
                continue
            self.counts["runs"] += 1
            for each in found.findings:
                if each.level is Level.BREAKING and not each.rule.startswith("response."):
                    self.counts["findings"] += 1
                    print(f"{name}, {size}: {each.rule} {each.location} {each.observed}"[:400])


def has_unique_ids(operation: Operation) -> bool:
    """Return whether sample items have different ids, which some schemas do not allow."""
    where = operation.roles.id
    items = sample_items(operation, 30)
    return where is None or len({str(resolve(item, where)) for item in items}) == len(items)


def run(operation: Operation, style: Style | None, size: int) -> Run:
    """Check one server: the mock, or one in a style of paging."""
    items = sample_items(operation, size)
    mock = MockApi(operation, items, key=None).answer
    answer = mock if style is None else StyledServer(operation, style, items)
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        target = HttpTarget(BASE, operation, BASE, client, sleep=lambda _: None)
        return Session(target).run()


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--operations", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--counts", type=int, nargs="+", default=[3, 30, 237])
    options = parser.parse_args()
    named = [*find_operations(options.folder)]
    Random(options.seed).shuffle(named)  # noqa: S311
    benchmark, started = Benchmark(options.counts, Counter()), time.monotonic()
    for name, found in named:
        if benchmark.counts["operations"] >= options.operations:
            break
        try:
            files = dict(capture_operation(found))
            operation = load_files(files, "lists/list")
        except DocpactError:
            benchmark.counts["refused"] += 1
            continue
        if operation.roles.is_list and has_unique_ids(operation):
            benchmark.counts["operations"] += 1
            benchmark.check_styles(name, files, operation)
    print(dict(benchmark.counts), f"{time.monotonic() - started:.0f} s")
    return 1 if benchmark.counts["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
