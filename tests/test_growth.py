"""Steps grow no faster than inputs: they are counted at n, 2n and 4n."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from counting import count_steps
from toy import ITEM, JSON_TYPE, LAMPS, exchange, lamp

from docpact.bodies.decode import decode
from docpact.bodies.engine import ReferenceEngine
from docpact.bodies.validate import validate
from docpact.capture import capture as capture_page
from docpact.capture.layout.command import read_command
from docpact.capture.layout.lines import Line
from docpact.capture.openapi import capture_operation, find_operation
from docpact.capture.statements.limits import read_limits
from docpact.cases.payloads import invalid_payload_cases
from docpact.cases.plain import plain
from docpact.cases.samples import Sampler
from docpact.conformance.findings import make_findings
from docpact.diff.normal import name_change, normalize, read_annotation
from docpact.diff.shapes import Shape, all_of
from docpact.errors import PageError
from docpact.files import read_yaml
from docpact.model import Api, ApiRun, Case, Parameter, Question, Roles, Run, collect_results
from docpact.model.schema import NOTHING, Schema, child, forms
from docpact.reports.formats import FORMATS
from docpact.reports.terminal import Detail, render
from docpact.reports.view import Report
from docpact.rules import gather, judge
from docpact.secrets import COOKIE, Secrets
from docpact.targets.mock_store import MockStore

PAGE: Final = (
    files("docpact.schemas").joinpath("llamacloud/list_classify_jobs/page.txt").read_text()
)
ITEMS: Final = {"type": "array", "items": {"type": "integer", "maximum": 5}}


def list_literals(number: int) -> str:
    """Return a page with an enumeration of some literals."""
    names = [f'"x{each}"' for each in range(number)]
    four = ['"PENDING"', '"RUNNING"', '"COMPLETED"', '"FAILED"']
    page = PAGE.replace(" or ".join(four), " or ".join(names), 1)
    return page.replace("\n".join(four), "\n".join(names), 1)


def judge_all(bodies: Iterable[Any], headers: tuple[tuple[str, str], ...] = ()) -> Run:
    """Return the run that some responses make."""
    sent = [exchange(body, headers=(JSON_TYPE, *headers)) for body in bodies]
    judgements = judge(gather(LAMPS, sent))
    findings = make_findings(LAMPS, judgements, {}, str)
    return Run(LAMPS.id, "here", 0, collect_results(judgements), findings, (), 0.0)


def report(number: int) -> None:
    """Write every report of a run with some findings."""
    strange = lamp() | {f"extra{each}": each for each in range(number)}
    view = Report(ApiRun.of(judge_all([{"items": [strange]}])), "1", strict=True)
    render(view, Detail.ALL, color=False)
    for each in FORMATS:
        each.render(view)


def read_open_quote(number: int) -> None:
    """Read a command whose quote is never closed."""
    lines = [Line(at, f'"n": {at},') for at in range(number)]
    with pytest.raises(PageError):
        read_command([Line(0, "curl https://a.example -d '"), *lines], 0)


def redact(number: int) -> None:
    """Redact a text with a secret in every line."""
    Secrets({"s3cret/value-1234": "$KEY"}).redact("s3cret\\/value-1234 %41 &amp;\n" * number)


def redact_cookies(number: int) -> None:
    """Redact texts while every one of them sets a new cookie."""
    secrets = Secrets()
    for each in range(number):
        cookie = sha256(b"%d" % each).hexdigest()
        secrets.learn(cookie, COOKIE)
        assert secrets.redact(f"{cookie}: some text") == f"{COOKIE}: some text"


def unite(number: int) -> None:
    """Read a union of objects, each with its own constant."""
    kinds = {"type": "object", "required": ["kind"]}
    members = [{**kinds, "properties": {"kind": {"const": f"{number}-{n}"}}} for n in range(number)]
    assert "oneOf" not in plain({"oneOf": members})


def unite_alike(number: int) -> None:
    """Read a union of objects of which each value may fit any other."""
    members = [
        {"required": [f"{number}-{n}"], "properties": {f"{number}-{n}": {"const": n}}}
        for n in range(number // 10)
    ]
    found = json.dumps(plain({"type": "object", "properties": {"one": {"oneOf": members}}}))
    assert found.count("oneOf") == 1


def add_conditions(number: int) -> None:
    """Read a schema with many conditions, each about other fields."""
    conditions = [
        {"if": {"required": [f"{at}"]}, "then": {"required": [f"{at * 7 % number}"]}}
        for at in range(number)
    ]
    assert plain({"type": "object", "allOf": conditions})["anyOf"]


def join_members(keyword: str, number: int) -> None:
    """Read a schema that joins objects with one field in common."""
    fields = ({"all": {"const": each}, f"own{each}": {}} for each in range(number))
    normalize({keyword: [{"properties": each} for each in fields]}, str)


def compare_keywords(number: int) -> None:
    """Name the changes of keywords that docpact does not know."""
    one, other = (
        Shape(keywords=frozenset((f"k{at}", f"{at + more}") for at in range(number)))
        for more in (0, 1)
    )
    assert all(name_change(name, one, other) for name, _ in one.keywords)


def double_references(number: int) -> None:
    """Read schemas of which each refers twice to the next one."""
    schemas: dict[str, Any] = {
        f"{number}-{at}": {"allOf": [{"$ref": f"{number}-{at + 1}"}] * 2} for at in range(number)
    }

    def resolve(ref: str) -> Any:
        return schemas.get(ref, {"type": "integer", "maximum": 1e999})

    assert [*normalize({"$ref": f"{number}-0"}, resolve)] == ["number"]
    assert read_annotation({"$ref": f"{number}-0"}, "default", resolve) is None


def nest_unions(number: int) -> None:
    """List the forms of unions that have the next one as each of two members."""
    twice = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(number // 10)}
    definitions = {**twice, f"d{number // 10}": {"type": "integer"}}
    assert len([*forms(child({"$defs": definitions}, "$defs", "d0"))]) == 1


def nest_exclusive(number: int, *names: str) -> None:
    """Read unions of which a value has one form only, each with the next one in all forms."""
    definitions: dict[str, Any] = {"d0": {"type": "integer"}}
    for at in range(1, number):
        inner = {"$ref": f"#/$defs/d{at - 1}"}
        forms = [{"properties": {name: inner}} if name else inner for name in names]
        definitions[f"d{at}"] = {"oneOf": forms, "title": str(number)}
    found = plain({"$ref": f"#/$defs/d{number - 1}", "$defs": definitions})
    assert (found == NOTHING) == ("" in names)


def follow_chain(number: int) -> None:
    """Read a schema whose definitions refer to each other in a chain."""
    chain = {f"d{at}": {"$ref": f"#/$defs/d{at + 1}"} for at in range(number)}
    assert plain({"$ref": "#/$defs/d0", "$defs": {**chain, f"d{number}": {"type": "integer"}}})


class Name(str):
    """A name of a field whose comparisons count as steps."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)


def sample_required(number: int) -> None:
    """Make a sample of an object with many required fields."""
    named = {Name(f"f{at}"): {"type": "integer"} for at in range(number)}
    required = [Name(each) for each in named]
    assert len(Sampler().object({"properties": named, "required": required}, ())) == number


def judge_links_to_pages(number: int) -> None:
    """Judge two pages with many links back, and the names of the links are different."""
    question = Question((("size", "2"),))
    first = Case("first", question, pages=9)
    second = first.next_page((*question.query, ("after", "b")), "after")
    links = [
        {f"{side}{at}": {"prev": "?size=2", "next": "?size=2&after=b"} for at in range(number)}
        for side in "ab"
    ]
    pages = [lamp(1), lamp(2)], [lamp(3), lamp(4)], [lamp(5)]
    third = second.next_page((*question.query, ("after", "c")), "after")
    sent = [
        exchange({"items": items, "next": token, **extra}, case, phase="survey")
        for items, token, extra, case in zip(
            pages, ("b", "c", None), (*links, {}), (first, second, third), strict=True
        )
    ]
    judged = [*judge(gather(LAMPS, sent))]
    assert any(each.promise.rule == "paging.fields" for each in judged)


def capture_contents(number: int) -> None:
    """Capture an operation whose response has many media types."""
    contents: Any = {f"application/vnd.{each}+json": {} for each in range(number)}
    get = {"responses": {"200": {"description": "ok", "content": contents}}}
    document = {"openapi": "3.1.0", "paths": {"/things": {"get": get}}}
    capture_operation(find_operation(document, "GET /things", "a document"))


def ask_mocks(number: int) -> None:
    """Ask the mock of an API for many things below one that no list shows."""
    name = Parameter("lamp", "path", required=True, schema={"type": "string"})
    thing = replace(LAMPS, parameters=(name,), response_schema=ITEM, roles=Roles(), examples=())
    operations = [
        replace(thing, id=f"toys/{at}", path=f"/lamps/{{lamp}}/part{at}") for at in range(number)
    ]
    store = MockStore(Api("toys", tuple(operations)), key=None)
    for each in operations:
        path = each.path.replace("{lamp}", store.apis[each.id].given["lamp"])
        assert store.answer(httpx.Request("GET", f"https://toys.example{path}")).is_success


def validate_nested(keywords: Schema, number: int) -> None:
    """Validate a value within itself, wrong at the end, by a definition that has it twice."""
    definitions = {"node": {"type": "object", **keywords}}
    value: Any = "wrong"
    for _ in range(number):
        value = {"next": value}
    assert validate({"$ref": "#/$defs/node", "$defs": definitions}, value).violations


NEXT: Final = {"properties": {"next": {"$ref": "#/$defs/node"}}}


def is_valid_by_reference(schema: Any, instance: Any) -> None:
    """Validate by the engine that is always installed."""
    assert ReferenceEngine(schema).is_valid(instance)


GROWTH: Final[dict[str, Callable[[int], object]]] = {
    "different names and one twice": lambda n: decode(
        b"{" + b",".join(b'"k%d":1' % each for each in [*range(n), n - 1]) + b"}"
    ),
    "not a number": lambda n: decode(b"[" + b",".join([b"NaN"] * n) + b"]"),
    "empty objects": lambda n: decode(json.dumps([{}] * n).encode()),
    "literals of a page": lambda n: capture_page(list_literals(n // 10)),
    "lines behind an open quote": lambda n: read_open_quote(n // 10),
    "valid items": lambda n: validate(ITEMS, [1] * n),
    "invalid items": lambda n: validate(ITEMS, [9, "x"] * (n // 10)),
    "different objects": lambda n: is_valid_by_reference(
        {"uniqueItems": True}, [{"a": each} for each in range(n // 20)]
    ),
    "two forms of one value": lambda n: validate_nested({"anyOf": [NEXT, NEXT]}, n // 250),
    "two schemas of one value": lambda n: validate_nested({"allOf": [NEXT, NEXT]}, n // 250),
    "two conditions of one value": lambda n: validate_nested(
        {"if": NEXT, "then": NEXT, "else": NEXT}, n // 250
    ),
    "items of a response": lambda n: judge_all([{"items": [{}] * (n // 20)}]),
    "responses": lambda n: judge_all([{"items": [lamp()]}] * (n // 50)),
    "headers": lambda n: judge_all([{}], tuple((f"x-{each}", "a") for each in range(n // 10))),
    "cookies": lambda n: judge_all([{}], (("set-cookie", "a=b; Path=/"),) * (n // 10)),
    "findings in reports": lambda n: report(n // 100),
    "lines of YAML": lambda n: read_yaml("- {a: [1, b]}\n" * (n // 10), Path("a.yaml")),
    "aliases of YAML": lambda n: read_yaml(
        f"- &a [{'1, ' * 40}]\n" + "- *a\n" * (n // 50), Path("a.yaml")
    ),
    "secrets in a text": redact,
    "members of a union": lambda n: unite(n // 20),
    "members of a union that overlap": unite_alike,
    "unions within unions": nest_unions,
    "unions within forms with other fields": lambda n: nest_exclusive(n // 200, "a", "b"),
    "conditions": lambda n: add_conditions(n // 20),
    "members of a union to compare": lambda n: join_members("oneOf", n // 50),
    "members of a conjunction to compare": lambda n: join_members("allOf", n // 50),
    "keywords to compare": lambda n: compare_keywords(n // 10),
    "media types of a response": lambda n: capture_contents(n // 10),
    "operations below one thing": lambda n: ask_mocks(n // 50),
    "references that double": lambda n: double_references(n // 100),
    "unions that all have to fit": lambda n: all_of(
        {"anyOf": [{"minLength": each}, {"minimum": each}]} for each in range(n // 100)
    ),
    "references in a chain": lambda n: follow_chain(n // 20),
    "links to other pages": lambda n: judge_links_to_pages(n // 20),
    "lists of values in a description": lambda n: read_limits("must be\n" * (n // 5), "string"),
    "required fields": lambda n: sample_required(n // 20),
    "cookies in texts": lambda n: redact_cookies(n // 10),
}
SIZES: Final = (1_000, 2_000, 4_000)


@pytest.mark.sampled(5)
@pytest.mark.parametrize("kind", GROWTH)
def test_steps_grow_as_inputs_do(kind: str) -> None:
    GROWTH[kind](SIZES[0])  # what is made once does not count
    small, middle, large = (count_steps(partial(GROWTH[kind], size)) for size in SIZES)
    assert large - middle <= 2.2 * (middle - small) + 100


def test_invalid_bodies_are_compared_by_the_parts_that_differ(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A text of each whole body would be as long as all fields, for a number of bodies as large."""
    write, written = json.dumps, 0

    def count(value: Any, **options: Any) -> str:
        nonlocal written
        text = write(value, **options)
        written += len(text)
        return text

    monkeypatch.setattr(json, "dumps", count)
    sums = []
    for number in (10, 20, 40):
        fields = {f"{each:03}": {"type": "string"} for each in range(number)}
        schema = {"allOf": [{"type": "object", "properties": fields}]}
        assert invalid_payload_cases(replace(LAMPS, response_schema=schema))
        sums.append(written)
        written = 0
    assert sums[2] - sums[1] <= 2.2 * (sums[1] - sums[0])


def test_unions_within_equal_forms_are_read_in_limited_steps() -> None:
    assert count_steps(partial(nest_exclusive, 8, "", "")) < 1_000_000
