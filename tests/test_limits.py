"""Limits of foreign data: each is named when it is reached, and costs grow as inputs do."""

from __future__ import annotations

import asyncio
import copy
import gzip
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from threading import Event
from typing import Any, Final

import httpx
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from command import Docpact
from hostile.document import DOCUMENT
from servers.jobs import make_jobs
from servers.loopback import Answer, Request, Server
from servers.reference import KEY, Api
from toy import LAMPS, exchange, lamp

from docpact import check, limits, load
from docpact.bodies.codings import CodingError, undo_codings
from docpact.bodies.decode import decode
from docpact.bodies.engine import Engine, make_engine
from docpact.bodies.rows import LONG, PLACES, find_lists, list_errors
from docpact.bodies.validate import make_validator, validate
from docpact.capture.openapi import capture_operation, find_operation
from docpact.cases import bounds
from docpact.cases.bounds import lengths, sizes, values_outside
from docpact.cases.requests import boundary_cases
from docpact.cases.samples import full
from docpact.cases.sampling import sample_items
from docpact.catalogue import documents, load_files
from docpact.client_gate.command import run_command
from docpact.conformance import open_target
from docpact.conformance.plan.followup_cases import filter_cases, token_cases
from docpact.conformance.plan.near_misses import near_miss_cases
from docpact.conformance.plan.observations import Observations
from docpact.conformance.plan.phases import PLAN, afford
from docpact.diff.view import write_limit
from docpact.errors import ContractError, UsageError
from docpact.files import read_json, read_text, read_yaml
from docpact.limits import (
    MAX_BESIDE,
    MAX_BREACHES,
    MAX_CHUNKS,
    MAX_MEMBERS,
    MAX_SAMPLES,
    MAX_URL,
    MAX_VALUES,
    MAX_VIOLATIONS,
    RUN_CUT,
)
from docpact.model import Case, Failure, Parameter, Roles, Verdict
from docpact.model.least import find_sizes, measure, measure_definitions
from docpact.model.paging import read_number
from docpact.model.pointer import pointer, resolve, tokens
from docpact.rules import gather
from docpact.rules.responses.accumulator import Accumulator
from docpact.rules.responses.summary import BreachKey
from docpact.rules.walks.bodies import BodyReader
from docpact.rules.walks.pages import read_page
from docpact.targets.asgi import CONTROL, asgi_app
from docpact.targets.connections import CONNECTIONS, BudgetSpent, RequestBudget, read
from docpact.targets.mock import MockApi
from docpact.targets.mock_responses import read_as
from docpact.traffic import BadRecord, Part, read_traffic

REFERENCES: Final = {
    "$ref": "#/$defs/Page",
    "$defs": {
        "Page": {"type": "object", "properties": {"rows": {"$ref": "#/$defs/Rows"}}},
        "Rows": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Row"}},
        "Row": {"type": "object", "properties": {"id": {"anyOf": [{"type": "string"}]}}},
    },
}

HAR: Final = '{"log": {"version": "1.2", "entries": [{"request": {"url": "' + "x" * 500
DEFAULT_NAME: Final = "llamacloud/list_classify_jobs"
ROOT = Path(__file__).parents[1]
PAGE: Final = (
    files("docpact.schemas").joinpath("llamacloud/list_classify_jobs/page.txt").read_text()
)
MARKDOWN: Final = """## List Things

**get** `/v2/things`

### Query Parameters

- `size: optional number`

  How many.

### Returns

- `name: string`

### Example

```http
curl https://things.example/v2/things
```

#### Response

```json
{"name": "a"}
```
"""
TABLE: Final = """# List things

`GET https://things.example/v1/things`

## Query parameters

| Name | Type | Required |
| --- | --- | --- |
| size | integer | No |

## Response

| Field | Type | Required |
| --- | --- | --- |
| id | string | Yes |

```json
{"id": "a"}
```
"""
HOSTILE: Final = """
import resource
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from docpact.capture.sources import list_operations
from docpact.errors import DocpactError

def read(text):
    try:
        return [each.capture() for each in list_operations(text, "page")]
    except DocpactError:
        return []

blanks = " " * 300_000
"""
BLANKS: Final = {
    "text": (PAGE, "Only jobs in this state", "f'a:{blanks}x'"),
    "Markdown": (MARKDOWN, "  How many.", "f'  a:{blanks}x'"),
    "a bullet": (MARKDOWN, "- `name: string`", "f'- `a:{blanks}string x`'"),
    "lists of lists": (MARKDOWN, "- `name: string`", "'- `a` (' + 'array of ' * 30_000 + 'b)'"),
    "a heading": (TABLE, "## Response", "f'## GET{blanks}a'"),
    "an endpoint": (TABLE, "## Response", "f'- **Endpoint:**{blanks}GET{blanks}a'"),
    "a type": (TABLE, "| size | integer | No |", "f'| a | x{blanks}y | a{blanks}b |'"),
    "a status": (TABLE, "## Response", "f'## Response\\n### a{blanks}b'"),
    "a block": (TABLE, "## Response", "'{% swagger' + blanks + 'x'"),
    "the kind of a block": (TABLE, "## Response", "'{% swagger-' + 'a' * 300_000"),
    "a component": (TABLE, "## Response", """'<A' + ' method="a"' * 30_000"""),
    "many blocks": (TABLE, "## Response", "'{% swagger ' * 30_000"),
    "an element": (TABLE, "## Response", "f'<a>/{blanks}x'"),
    "a label": (TABLE, "## Response", "f'{blanks}a!'"),
    "a term": (TABLE, "## Response", "'_' * 300_000 + '!'"),
    "columns": (TABLE, "| size | integer | No |", "'| x | array of ' * 20_000 + '|'"),
    "a rule": (TABLE, "| size | integer | No |", "'a|b\\n' + '- ' * 100_000 + 'x'"),
}


@pytest.mark.slow
def test_blanks_are_read_once() -> None:
    asked = []
    for kind, (page, line, hostile) in BLANKS.items():
        assert f"\n{line}\n" in page
        asked += [f"read({page!r}.replace({line!r}, {hostile}))", f"print({kind!r}, flush=True)"]
    done = subprocess.run([sys.executable, "-c", "\n".join([HOSTILE, *asked])], text=True,
                          capture_output=True, check=False)  # fmt: skip
    assert (done.returncode, done.stdout.splitlines()) == (0, [*BLANKS]), done.stderr


def test_every_limit_is_documented() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    assert [name for name in vars(limits) if name.isupper() and f"`{name}`" not in page] == []


@pytest.mark.sampled(6)
@pytest.mark.parametrize("piece", [b"{}", b"[]", b"0", b'{"a":1}', b'",[{"'])
def test_a_body_holds_a_limited_number_of_values(piece: bytes) -> None:
    per_piece = 2 if b":" in piece else 1
    most = (MAX_VALUES - 1) // per_piece
    assert decode(b"[" + b",".join([piece] * most) + b"]").problems == ()
    (problem,) = decode(b"[" + b" , ".join([piece] * (most + per_piece)) + b"]").problems
    assert problem.kind == "size"
    assert problem.message == f"{1 + per_piece * (most + per_piece):,} values, more than 500,000"


def test_a_body_has_a_limited_number_of_members() -> None:
    member = gzip.compress(b" ")
    assert b"".join(undo_codings([member * MAX_MEMBERS], ["gzip"])) == b" " * MAX_MEMBERS
    with pytest.raises(CodingError, match=r"coded with gzip in more than 1,000 members"):
        b"".join(undo_codings([member * (MAX_MEMBERS + 1)], ["gzip"]))


def test_a_body_comes_in_a_limited_number_of_chunks() -> None:
    def stream(count: int) -> httpx.Response:
        return httpx.Response(200, content=iter([b" "] * count))

    outcome = read(stream(MAX_CHUNKS + 1), 60)
    assert outcome == Failure("size", "the body has more than 100,000 chunks")
    assert not isinstance(read(stream(MAX_CHUNKS), 60), Failure)


def test_a_long_list_has_the_same_errors_element_by_element() -> None:
    rng = random.Random(7)
    elements: list[Any] = [{"id": "a", "state": "on"}, {}, {"id": 1}, 3, None, {"state": "no"}]
    for schema, name in ((LAMPS.response_schema, "items"), (REFERENCES, "rows")):
        lists = find_lists(schema)
        assert [each.path for each in lists] == [(name,)]
        for weights in ((1, 1, 1, 1, 1, 1), (0, 1, 1, 1, 1, 1), (99, 0, 0, 0, 0, 1)):
            value = {name: rng.choices(elements, weights, k=LONG), "next": 5}
            engine = make_engine(schema)
            groups = list_errors(lists, engine, value, is_finite=True)
            found = [error for group in groups for error in group]
            assert len(found) == len(set(found))
            assert {*found} == {*engine.errors(value)}


@pytest.mark.parametrize("keyword", ["uniqueItems", "contains", "prefixItems"])
def test_a_list_whose_elements_depend_on_each_other_is_validated_as_a_whole(keyword: str) -> None:
    items: Any = {"type": "array", "items": {}, keyword: {"uniqueItems": True}.get(keyword, [{}])}
    assert find_lists({"properties": {"items": items}}) == []
    assert find_lists({"properties": {"items": {"items": {}}}, "anyOf": [{}]}) == []
    beside = {"properties": {"a": {"$ref": "#/$defs/L", "maxItems": 1}}}
    assert find_lists({**beside, "$defs": {"L": {"items": {}}}}) == []


def test_of_many_violations_the_first_are_described_and_all_are_counted() -> None:
    wrong, total = {"id": 1, "state": "no", "x": 0}, MAX_VIOLATIONS + 5
    validator = make_validator(LAMPS.response_schema)
    contents, violations = validator.inspect({"items": [wrong] * total})
    assert len(violations) == 2 * MAX_VIOLATIONS
    assert sum(times for _, times in violations) == 2 * total
    assert [len(each.values) for each in contents.extras] == [total]
    assert len(validate(LAMPS.response_schema, {"items": [wrong] * total}).violations) == 2 * total


def test_of_many_names_in_one_object_the_smallest_are_listed() -> None:
    names = [f"{number:05}" for number in range(MAX_BREACHES + 7)]
    contents, _ = make_validator(LAMPS.response_schema).inspect(dict.fromkeys(reversed(names), 0))
    assert contents.is_cut
    assert sorted(each.folded[-1] for each in contents.extras) == names[:MAX_BREACHES]


@pytest.mark.parametrize(
    ("limit", "what"),
    [
        ("RUN_BYTES", "the bodies have"),
        ("RUN_VALUES", "the bodies have"),
        ("RUN_ITEMS", "the pages have"),
        ("RUN_READING", "reading the bodies took"),
    ],
)
def test_a_run_reads_a_limited_amount(
    limit: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 0 if limit == "RUN_READING" else 50
    monkeypatch.setattr(f"docpact.rules.walks.bodies.{limit}", most)
    with Server(Api(make_jobs(60))) as server:
        run = check(load(), server.url, key=KEY)
        assert len(server.requests) <= 3
    assert run.reason.startswith(what)
    assert f"more than {most} " in run.reason
    assert "left out that no other case replaces" in run.reason
    assert run.verdict(strict=False) is Verdict.INCONCLUSIVE


def test_the_operations_of_a_run_share_what_they_may_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("docpact.rules.walks.bodies.RUN_BYTES", 100)
    whole = RequestBudget()
    one, other = whole.share(Fraction(1, 2)), whole.share(Fraction(1, 2))
    reader = BodyReader(LAMPS, one.amounts)
    reader.receive(exchange({"items": [lamp(number) for number in range(9)]}))
    with pytest.raises(BudgetSpent, match=r"the bodies have more than 100 bytes together"):
        other.take()
    assert other.left == 0
    reader.release(["x" * 40])
    other.take()
    BodyReader(LAMPS, other.amounts).receive(exchange({"items": [lamp(9)]}))
    assert one.left == 0


def test_a_long_body_counts_as_its_text_does_in_memory() -> None:
    amounts = RequestBudget().amounts
    body = {"items": [], "note": "a\N{GRINNING FACE}" + "a" * MAX_BESIDE}
    BodyReader(LAMPS, amounts).receive(exchange(body))
    assert amounts.bytes > 4 * MAX_BESIDE


@pytest.mark.parametrize(("length", "is_alone"), [(MAX_BESIDE, False), (MAX_BESIDE + 1, True)])
def test_after_a_long_body_responses_come_one_at_a_time(length: int, is_alone: bool) -> None:
    def answer(_: Request) -> Answer:
        return Answer(200, (), b" " * length)

    with Server(answer) as server, open_target(LAMPS, server.url) as opened:
        opened.send(Case("no parameters"))
        assert opened.concurrency.closed is is_alone


def test_a_text_that_no_url_may_hold_is_not_sent() -> None:
    long = "x" * 3_000
    first = exchange({"items": [lamp(1, note=long), {"id": long, "state": "on"}], "next": long})
    page = read_page(LAMPS, first, {"items": [lamp(1)], "next": long * 100})
    assert page is not None
    assert [len(text) for _, text in page.onward.query or ()] == [MAX_URL]
    asked: list[str] = []

    def redact(text: str) -> str:
        asked.append(text)
        return text

    seen = Observations(LAMPS, gather(LAMPS, [first]).walks, redact=redact)
    cases = [*near_miss_cases(seen), *filter_cases(seen), *token_cases(seen)]
    assert len(cases) > 3
    assert max(len(text) for case in cases for _, text in case.query) < 3_000
    assert max(map(len, asked)) < 3_000


def test_a_run_ends_after_some_responses_that_are_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("docpact.targets.connections.MAX_BYTES", 50)
    with Server(Api(make_jobs(30))) as server:
        run = check(load(), server.url, key=KEY)
    assert run.reason.startswith("20 responses or more were longer than a limit: ")
    (finding,) = run.findings
    assert (finding.rule, finding.location) == ("response.json", "body")
    assert RUN_CUT <= finding.count < RUN_CUT + CONNECTIONS


def test_equal_bodies_are_stored_once() -> None:
    reader = BodyReader(LAMPS)
    first, second = (reader.receive(exchange({"items": [lamp(1)]})) for _ in range(2))
    assert first.response is not None
    assert second.response is not None
    assert first.response.body is second.response.body


def test_of_endless_breaches_the_smallest_are_kept_with_their_counts() -> None:
    accumulator = Accumulator(LAMPS, keeps_visits=True)
    names = [f"/{number:05}" for number in range(3 * MAX_BREACHES)]
    for number, name in enumerate([*reversed(names), *names]):
        accumulator.begin((0, number), exchange({}))
        accumulator.add_breach(
            BreachKey("response.undocumented_field", True, "/properties", name), ""
        )
    summary = accumulator.summary()
    assert summary.is_cut
    assert [key.location for key in summary.breaches] == names[:MAX_BREACHES]
    assert {each.count for each in summary.breaches.values()} == {2}


@pytest.mark.parametrize(
    ("name", "text", "limit", "problem"),
    [
        ("a.har", HAR, "har.MAX_RECORD", "#/log/entries/0: longer"),
        ("a.yaml", "interactions:\n" + "- a\n" * 50, "cassette.MAX_DOCUMENT", ": longer"),
    ],
)
def test_a_record_has_a_limited_length(
    name: str, text: str, limit: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"docpact.traffic.{limit}", 80)
    monkeypatch.setattr("docpact.traffic.har._CHUNK", 16)
    source = tmp_path / name
    source.write_text(text)
    with pytest.raises(UsageError, match=re.escape(f"{source}{problem}") + r".* than 80 bytes"):
        list(read_traffic(Part(str(source), 0, size=len(text)), LAMPS))


def test_a_line_that_is_too_long_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docpact.traffic.streams.MAX_RECORD", 80)
    source, good = tmp_path / "a.jsonl", b'{"body": 1}\n'
    long = [b'{"body": "' + b"x" * length + b'"}\n' for length in (66, 67, 68, 69, 800_000)]
    source.write_bytes(good + b"".join(long) + good)
    found = list(read_traffic(Part(str(source), 0, size=0), LAMPS))
    problems = [each.problem for _, each in found if isinstance(each, BadRecord)]
    assert [each.partition(" than")[0] for each in problems] == [
        f"{source}:{number}: the line is longer" for number in (4, 5, 6)
    ]
    assert found[-1][0] == source.stat().st_size - len(good)


def test_a_number_of_thousands_of_digits_is_not_read() -> None:
    digits = "9" * 5_000
    assert (read_number(digits), read_number("1_0"), read_number("\u0663")) == (None, None, None)
    for text in (digits, f"-{digits}"):
        request = httpx.Request("GET", "http://mock.invalid/v1/lamps", params={"page_size": text})
        assert MockApi(LAMPS).answer(request).status_code >= 400
    assert read_as({"type": "object", "properties": {"id": {}}}, "/id", digits) == digits
    assert len(write_limit("maximum", (10**4_000, False))) < 200
    assert write_limit("maximum", (1_000_001, False)) == "maximum 1000001"


PAGES: Final = {"data_page_size": 1, "write_batch_size": 10}
PARQUET: Final = [
    PAGES | {"use_dictionary": False},
    PAGES | {"use_dictionary": False, "data_page_version": "2.0", "compression": "zstd"},
    PAGES | {"use_dictionary": False, "write_statistics": False, "write_page_checksum": True},
    PAGES | {"dictionary_pagesize_limit": 4000},
]
"""Options of a writer that puts ten rows on a page."""


@pytest.mark.parametrize("options", PARQUET)
def test_a_page_of_parquet_has_a_limited_length(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps({"items": [lamp()], "padding": " " * 1000})
    rows = [{"body": f"{body}{' ' * number}", "status": 200} for number in range(100)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet", **options)
    part = Part(str(tmp_path / "a.parquet"), 0, format="parquet")

    def read() -> int:
        return len(list(read_traffic(part, LAMPS)))

    assert read() == 100
    monkeypatch.setattr("docpact.traffic.parquet.MAX_PAGE", 15_000)
    assert read() == 100  # ten rows on a page
    monkeypatch.setattr("docpact.traffic.parquet.MAX_PAGE", 8_000)
    with pytest.raises(UsageError, match=r"a page of column `body` is longer than 8,000 bytes"):
        read()


def test_a_column_of_parquet_without_values_has_an_empty_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docpact.traffic.parquet.MAX_PAGE", 20)
    columns = {"body": pa.array([None] * 5, pa.string()), "status": [200] * 5}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    part = Part(str(tmp_path / "a.parquet"), 0, format="parquet")
    assert len(list(read_traffic(part, LAMPS))) == 5


def test_a_document_has_a_limited_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.txt"
    page.write_text("x" * 21)
    monkeypatch.setattr("docpact.files.MAX_DOCUMENT", 20)
    for endless in (page, Path("/dev/zero")):
        with pytest.raises(UsageError, match=f"{endless}: longer than 20 bytes"):
            read_text(endless)
    monkeypatch.setattr("docpact.files.MAX_NODES", 20)
    assert read_json("[[], {}" + ", 1" * 16 + "]")[:2] == [[], {}]
    with pytest.raises(ValueError, match=r"more than 20 commas and brackets"):
        read_json("[[], {}" + ", 1" * 17 + "]")
    assert len(read_yaml("- a\n" * 20, page)) == 20
    with pytest.raises(UsageError, match=r"more than 20 lines, commas and brackets"):
        read_yaml("- a\n" * 21, page)


HUGE: Final = 2**31 - 1


def test_a_huge_maximum_is_never_reached_and_a_huge_minimum_is_refused() -> None:
    text = {"type": "string", "maxLength": HUGE}
    assert lengths(text) == (0, None)
    assert sizes({"maxItems": HUGE, "minItems": 2}) == (2, None)
    assert [keyword for keyword, _ in values_outside({"minLength": 1, **text})] == ["minLength"]
    written = documents(DEFAULT_NAME)
    for keyword in ("minLength", "minItems"):
        schema = {"type": "object", "properties": {"items": {keyword: HUGE}}}
        texts = {name: json.dumps(each) for name, each in written.items()}
        texts["response.schema.json"] = json.dumps(schema)
        with pytest.raises(ContractError, match=rf"#/properties/items/{keyword}: docpact makes no"):
            load_files(texts, "x")


REQUIRED: Final[dict[str, Callable[[Any], Any]]] = {
    "fields": lambda inner: {**fields_of(inner), "required": ["p", "q"]},
    "elements": lambda inner: {"type": "array", "items": inner, "minItems": 2},
    "unions": lambda inner: {
        "anyOf": [{"type": "array", "prefixItems": [inner] * 2, "minItems": 2}]
    },
}


@pytest.mark.parametrize("kind", REQUIRED)
def test_what_a_schema_requires_has_a_limited_number_of_values(kind: str) -> None:
    texts = {name: json.dumps(each) for name, each in documents(DEFAULT_NAME).items()}
    for levels in (40, 5):
        definitions: dict[str, Any] = {
            f"A{n}": REQUIRED[kind]({"$ref": f"#/$defs/A{n + 1}"}) for n in range(levels)
        }
        definitions[f"A{levels}"] = {"anyOf": [{"$ref": "#/$defs/A0"}, {"type": "string"}]}
        root = {"type": "object", "properties": {"p": {"$ref": "#/$defs/A0"}}, "required": ["p"]}
        stated = json.dumps({**root, "$defs": definitions})
        if levels == 5:
            assert measure_definitions(definitions)["A0"] == 2**6 - 1
            continue
        with pytest.raises(ContractError, match=r"its required parts have more than 20,000 values"):
            load_files({**texts, "response.schema.json": stated}, "x")


def test_each_definition_is_measured_once_after_those_that_it_refers_to() -> None:
    """A definition that many others name, or one names many times, costs no more."""
    many = [{"$ref": f"#/$defs/A{n}"} for n in range(50)] * 3
    definitions: dict[str, Any] = {"A": {"required": ["p"], "properties": {"p": {"anyOf": many}}}}
    definitions |= {f"A{n}": {"type": "string"} for n in range(50)}
    measured: list[Any] = []

    def find(schema: Any, sizes: Mapping[str, int]) -> int | None:
        measured.append(schema)
        return measure(schema, sizes)

    assert find_sizes(definitions, find)["A"] == 2
    assert len(measured) <= 2 * len(definitions)


def test_what_a_schema_requires_has_a_limited_depth() -> None:
    texts = {name: json.dumps(each) for name, each in documents(DEFAULT_NAME).items()}
    for levels in (60, 400):
        definitions: dict[str, Any] = {
            f"A{n}": {"required": ["p"], "properties": {"p": {"$ref": f"#/$defs/A{n + 1}"}}}
            for n in range(levels)
        }
        definitions[f"A{levels}"] = {"type": "string"}
        root = {"type": "object", "properties": {"x": {"$ref": "#/$defs/A0"}}}
        stated = {**texts, "response.schema.json": json.dumps({**root, "$defs": definitions})}
        if levels == 60:
            assert measure_definitions(definitions, is_depth=True)["A0"] == 61
            continue
        with pytest.raises(ContractError, match="its required parts are nested deeper than 64"):
            load_files(stated, "x")


def test_a_sample_leaves_out_optional_parts_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    definitions = {f"A{n}": fields_of({"$ref": f"#/$defs/A{n + 1}"}) for n in range(9)}
    definitions["A9"] = {"type": "string"}
    schema = {"$ref": "#/$defs/A0", "$defs": definitions}
    assert json.dumps(full(schema)).count("text") == 2**9
    monkeypatch.setattr("docpact.cases.samples.MAX_FULL", 100)
    assert 10 < json.dumps(full(schema)).count("text") < 100


def wide(levels: int, leaf: Any) -> dict[str, Any]:
    """Return objects of 24 optional objects each, nested in each other."""
    definitions = {
        f"A{n}": {
            "type": "object",
            "properties": {f"p{k}": {"$ref": f"#/$defs/A{n + 1}"} for k in range(24)},
        }
        for n in range(levels)
    }
    return {"$ref": "#/$defs/A0", "$defs": {**definitions, f"A{levels}": leaf}}


@pytest.mark.slow
def test_the_items_of_a_mock_have_a_limited_number_of_values() -> None:
    operation = replace(LAMPS, response_schema=wide(6, {"type": "string"}), roles=Roles())
    items = sample_items(operation, 20)
    number = sum(json.dumps(each).count(":") for each in items)
    assert 1_000 < number < 2 * MAX_SAMPLES


def test_lists_are_looked_for_at_a_limited_number_of_places() -> None:
    lists = find_lists(wide(6, {"type": "array", "items": {"type": "string"}}))
    assert len(lists) < PLACES
    few = wide(2, {"type": "array", "items": {"type": "string"}})
    assert [each.path for each in find_lists(few)][:25:24] == [("p0", "p0"), ("p1", "p0")]


def test_the_listed_values_of_a_schema_are_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    def make(schema: Any) -> Engine:
        made.append(schema)
        return make_engine(schema)

    monkeypatch.setattr(bounds, "make_engine", make)
    schema = {"type": "string", "enum": ["a", "b2", "c3"], "pattern": "[0-9]$", "$defs": {"x": {}}}
    assert [bounds.members(schema) for _ in range(9)] == [("b2", "c3")] * 9
    assert [each.get("$defs") for each in made] == [None]


def test_a_schema_has_a_limited_number_of_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docpact.catalogue.contract.MAX_SCHEMA", 50)
    found = documents(DEFAULT_NAME)
    found["response.schema.json"]["$comment"] = "a schema that no other test has read"
    texts = {name: json.dumps(each) for name, each in found.items()}
    with pytest.raises(ContractError, match=r"more than 50 values in one schema"):
        load_files(texts, "one")


COMPONENT: Final = "#/components/schemas/"
FAMILIES: Final[dict[str, Callable[[int], dict[str, Any]]]] = {
    "the branches": lambda n: {f"A{n}": {"allOf": [{"$ref": f"{COMPONENT}A{n + 1}"}] * 2}},
    "the branches of properties": lambda n: {
        f"A{n}": fields_of({"allOf": [{"$ref": f"{COMPONENT}A{n + 1}"}, {"minProperties": 0}]})
    },
    "the properties of branches": lambda n: {
        f"A{n}": fields_of({"$ref": f"{COMPONENT}A{n + 1}"}),
        f"B{n}": fields_of({"$ref": f"{COMPONENT}B{n + 1}"}),
    },
}


def fields_of(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": dict.fromkeys("pq", schema)}


@pytest.mark.parametrize("kind", FAMILIES)
def test_merged_schemas_have_a_limited_number_of_parts(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("merging", "schemas"):
        monkeypatch.setattr(f"docpact.capture.openapi.{module}.MAX_PARTS", 200)
    for levels in (2, 12):
        schemas: dict[str, Any] = {f"{each}{levels}": {"type": "object"} for each in "AB"}
        for number in range(levels):
            schemas |= FAMILIES[kind](number)
        both = [{"$ref": f"{COMPONENT}{each}0"} for each in "AB" if f"{each}0" in schemas]
        stated = write_openapi({"allOf": both}, schemas)
        if levels == 2:
            assert "response.schema.json" in capture_json(stated)
            continue
        with pytest.raises(ContractError, match=r"allOf has more than 200 parts"):
            capture_json(stated)


BRANCHES: Final[dict[str, Callable[[Any], Any]]] = {
    "a union": lambda each: {"anyOf": [each] * 4},
    "exactly one of several": lambda each: {"oneOf": [each] * 4},
    "a condition": lambda each: {"if": each, "then": each, "else": each},
    "what must not fit": lambda each: {"not": {"anyOf": [each] * 4}},
    "a dependent schema": lambda each: {"dependentSchemas": {"a": each, "b": each}},
}


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=[pytest.mark.slow] if kind == "exactly one of several" else [])
        for kind in BRANCHES
    ],
)
def test_a_limited_number_of_schemas_describe_one_value(kind: str) -> None:
    for levels in (3, 30):
        named = {f"A{n}": BRANCHES[kind]({"$ref": f"{COMPONENT}A{n + 1}"}) for n in range(levels)}
        schemas = {**named, f"A{levels}": fields_of({"type": "string"})}
        files = capture_json(write_openapi({"$ref": f"{COMPONENT}A0"}, schemas))
        if levels == 3:
            assert load_files(files, "x").response_schema
            continue
        with pytest.raises(ContractError, match=r"more than 50,000 schemas describe one value"):
            load_files(files, "x")


def capture_json(stated: Any) -> dict[str, str]:
    return dict(capture_operation(find_operation(stated, "op", "a document")))


def write_openapi(schema: Any, schemas: Any) -> dict[str, Any]:
    """Return an OpenAPI document whose one operation responds with a schema."""
    content = {"application/json": {"schema": schema}}
    operation = {"operationId": "op", "responses": {"200": {"description": "", "content": content}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://things.example"}],
        "paths": {"/things": {"get": operation}},
        "components": {"schemas": schemas},
    }


def test_the_values_of_a_long_enumeration_are_sent_in_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of 150,000 values was compared with all of them."""
    monkeypatch.setattr("docpact.cases.requests.MAX_LISTED", 30)
    listed = [f"v{each}" for each in range(90)]
    kind = Parameter("kind", "query", required=False, schema={"type": "string", "enum": listed})
    cases = boundary_cases(replace(LAMPS, parameters=(*LAMPS.parameters, kind)))
    sent = {text for each in cases for _, text in each.query if text in listed}
    assert 30 <= len(sent) < 40


def test_a_long_enumeration_takes_a_part_of_the_request_budget() -> None:
    """The 700 banks of a parameter left no requests for other parameters."""
    listed = [f"v{each}" for each in range(700)]
    kind = Parameter("kind", "query", required=False, schema={"type": "string", "enum": listed})
    operation = replace(LAMPS, parameters=(*LAMPS.parameters, kind))
    drawn = set[frozenset[str]]()
    for seed in (1, 2):
        phase = next(each for each in PLAN if each.name == "queries")
        sent, left_out = afford([phase], Observations(operation, seed=seed, left=300), 10_000)
        texts = frozenset(v for each in sent for _, v in each.case.query if v in listed)
        assert {"v0", "v699"} < texts
        assert 8 < len(texts) <= 80
        assert len(left_out) > 600
        drawn.add(texts)
    assert len(drawn) == 2


ENDLESS: Final = "import itertools, sys; [sys.stdout.write('x' * 65536) for _ in itertools.count()]"
PARENT: Final = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid)
"""


def test_a_command_writes_a_limited_amount(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docpact.client_gate.command.MAX_OUTPUT", 100_000)
    done = run_command([sys.executable, "-c", ENDLESS], b"", {}, lambda: 60)
    assert (done.is_cut, len(done.stdout)) == (True, 100_000)


def test_a_command_ends_with_everything_that_it_started() -> None:
    done = run_command([sys.executable, "-c", PARENT], b"", {}, lambda: 60)
    assert done.code == 0
    with pytest.raises(ProcessLookupError):
        wait_for_end(int(done.stdout))


def wait_for_end(number: int) -> None:
    """Wait until a process is gone, and raise ProcessLookupError then."""
    for _ in range(2000):
        os.kill(number, 0)
        if Path(f"/proc/{number}/stat").exists():
            state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
            if state == "Z":  # nobody waits for it
                raise ProcessLookupError
        Event().wait(0.01)


def ask(
    method: str, target: bytes, host: bytes = b"x", body: bytes = b"", api: MockApi | None = None
) -> tuple[int, str]:
    """Return status and text of the mock's response to one request over ASGI."""
    sent: list[Any] = []
    scope = {"method": method, "path": target.decode(), "raw_path": target, "query_string": b""}
    received = iter([{"body": body[:9], "more_body": True}, {"body": body[9:], "more_body": False}])

    async def receive() -> Any:
        return next(received)

    async def send(message: Any) -> None:
        sent.append(message)

    async def talk() -> None:
        app = asgi_app(api or MockApi(LAMPS))
        await app({**scope, "headers": [(b"host", host)]}, receive, send)

    asyncio.run(talk())
    return sent[0]["status"], sent[1]["body"].decode()


@pytest.mark.parametrize(
    ("method", "target", "host"),
    [
        ("GET", b"http://other.example/v1/lamps", b"x"),
        ("OPTIONS", b"*", b"x"),
        ("CONNECT", b"other.example:443", b"x"),
        ("GET", b"/v1/lamps", b"a b\xff"),
        ("GET", b"/v1/lamps", b"a b"),
        ("GET", b"/v1/lamps", b"a/b?c#d"),
        ("GET", b"/v1/lamps", b"me@a:80"),
        ("GET", b"/v1/lamps", b"a:port"),
        ("GET", b"/v1/lamps", b"http://["),
        ("GET", b"/v1/lamps", b"%zz"),
    ],
)
def test_the_mock_refuses_requests_that_no_api_has(method: str, target: bytes, host: bytes) -> None:
    status, text = ask(method, target, host)
    assert status == 400
    assert text.startswith("th")


@pytest.mark.parametrize("host", [b"", b"a_b.example:8000", b"127.0.0.1:80", b"[::1]:80", b"a%20b"])
def test_the_mock_answers_to_any_host(host: bytes) -> None:
    assert ask("GET", b"/v1/lamps", host)[0] in (200, 401)


def test_the_mock_reads_and_remembers_a_limited_amount(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docpact.targets.asgi.MAX_BYTES", 20)
    assert ask("GET", b"/v1/lamps", body=b"x" * 21) == (413, "the body is longer than 20 bytes")
    assert ask("GET", b"/v1/lamps", body=b"x" * 20)[0] != 413
    monkeypatch.setattr("docpact.targets.faults.MAX_REQUESTS", 3)
    api = MockApi(LAMPS)
    for number in range(5):
        api.answer(httpx.Request("GET", f"http://x/v1/lamps?size={number}"))
    assert [each.url.params["size"] for each in api.requests] == ["2", "3", "4"]
    monkeypatch.setattr("docpact.targets.faults.MAX_REMEMBERED", 9_000)
    for number in range(5):
        request = httpx.Request("POST", f"http://x/v1/lamps?size={number}", content=b"x" * 4_000)
        api.answer(request)
    assert [each.url.params["size"] for each in api.requests] == ["3", "4"]


def test_the_mock_takes_a_limited_number_of_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    api = MockApi(LAMPS)
    assert "nested too deeply" in ask("POST", CONTROL.encode(), body=b"[" * 50_000)[1]
    monkeypatch.setattr("docpact.targets.faults.MAX_FAULTS", 2)
    monkeypatch.setattr("docpact.targets.asgi.MAX_FAULT", 100)
    texts = [b'{"cut": true}', b'{"body": "%s"}' % (b"x" * 100), b"[" * 99, b'{"cut": true}']
    answers = [ask("POST", CONTROL.encode(), body=each, api=api) for each in (*texts, texts[0])]
    assert [status for status, _ in answers] == [204, 422, 422, 204, 422]
    assert "longer than 100 bytes" in answers[1][1]
    assert "2 faults wait" in answers[4][1]


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("/components", "text"),
        ("/components/securitySchemes", 1.5),
        ("/components/securitySchemes/key/type", {}),
        ("/info/title", "\ud800"),
        ("/components/schemas/Thing/properties/color", {"$ref": "a\0.json"}),
        ("/paths/~1things~1{owner}/get/summary", "\ud800"),
    ],
)
def test_an_odd_openapi_document_is_captured_or_refused(
    where: str, value: Any, tmp_path: Path
) -> None:
    content = copy.deepcopy(DOCUMENT)
    *path, name = tokens(where)
    resolve(content, pointer(path))[name] = value
    (tmp_path / "a.json").write_text(json.dumps(content))
    done = Docpact(tmp_path)("capture", "a.json", "--operation", "op", "--out", "contract")
    assert done.returncode in (0, 2), done.stderr


@pytest.mark.slow
def test_no_input_of_a_small_attack_is_lost() -> None:
    attack = [sys.executable, str(ROOT / "benchmarks" / "attack.py"), "--size", "0.0005"]
    done = subprocess.run(attack, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def chain(count: int) -> dict[str, Any]:
    """Return a document whose only response nests through some components."""
    document: dict[str, Any] = copy.deepcopy(dict(DOCUMENT))
    place = "#/components/schemas/"
    steps = {
        f"S{at}": {"type": "object", "properties": {"a": {"$ref": f"{place}S{at + 1}"}}}
        for at in range(count)
    }
    steps[f"S{count}"] = {"type": "string"}
    document["components"]["schemas"] |= steps
    content = {"application/json": {"schema": {"$ref": f"{place}S0"}}}
    document["paths"] = {
        "/deep": {"get": {"operationId": "op", "responses": {"200": {"content": content}}}}
    }
    return document


@pytest.mark.slow
def test_components_nest_deeply_but_not_without_end(tmp_path: Path) -> None:
    for count, code, last in ((300, 0, "conforms: "), (3_000, 2, "or too deeply\n")):
        (tmp_path / "a.json").write_text(json.dumps(chain(count)))
        done = Docpact(tmp_path)("check", "a.json")
        assert done.returncode == code, done.stderr
        assert last in done.stdout + done.stderr
