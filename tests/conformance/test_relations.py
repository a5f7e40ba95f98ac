"""Parameters with other relations than equality: broken servers are found, correct ones pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from lists import Query, breaking, check, contract, whole_number

from docpact.conformance import Session
from docpact.model import Operation, Run, Verdict
from docpact.targets.http import HttpTarget
from docpact.targets.mock import MockApi, mock_client

TEXT: Final = {"type": "string"}
NUMBER: Final = {"type": "integer"}
WHEN: Final = {"type": "string", "format": "date-time"}
TEXTS: Final = {"type": "array", "items": TEXT}
NAMED: Final = {"type": "object", "properties": {"id": TEXT, "name": TEXT}}
PAGES: Final = {
    "offset": {"type": "integer", "minimum": 0},
    "limit": {"type": "integer", "minimum": 1, "maximum": 50},
}
ITEM: Final = {
    "id": TEXT,
    "state": TEXT,
    "price": NUMBER,
    "title": TEXT,
    "summary": TEXT,
    "created_at": WHEN,
    "tags": TEXTS,
    "labels": {"type": "array", "items": NAMED},
    "owner": {"type": ["string", "null"]},
    "writer_id": {"type": ["string", "null"]},
}
WORDS: Final = ("amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heath", "iris")
BEGIN: Final = datetime.fromisoformat("2026-03-01T00:00:00+00:00")

Item = Mapping[str, Any]
Match = Callable[[Item, str], bool]


def make(n: int) -> Item:
    more = n % 2
    return {
        "id": f"b{n}",
        "state": ("open", "done", "late", "held")[n * n % 7 % 4],
        "price": n * 31 % 47,
        "title": f"{WORDS[n % 9]} {WORDS[n * 2 % 7]}",
        "summary": f"{WORDS[(n * 5 + 1) % 8]} of {WORDS[n * 3 % 9]}",
        "created_at": (BEGIN + timedelta(hours=7 * n)).isoformat(),
        "tags": [WORDS[n % 5], *[WORDS[5 + n % 3]] * more],
        "labels": [{"id": f"l{k}", "name": WORDS[k]} for k in (n % 4, *[n % 3 + 4] * more)],
        "owner": None if n % 4 == 1 else WORDS[n % 6],
        "writer_id": None if n % 3 == 1 else f"w{n % 5}",
    }


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def among(field: str) -> Match:
    return lambda item, text: item[field] in text.split(",")


def folded(field: str) -> Match:
    return lambda item, text: item[field].casefold() in text.casefold().split(",")


def first(field: str) -> Match:
    return lambda item, text: item[field] == text.split(",")[0]


def searched(*fields: str) -> Match:
    return lambda item, text: any(text.casefold() in item[field] for field in fields)


def within(item: Item, text: str) -> bool:
    low, _, high = text.partition(",")
    return bool(int(low) <= item["price"] <= int(high))


def prefixed(item: Item, text: str) -> bool:
    value, limit = seconds(item["created_at"]), seconds(text.lstrip("gelt"))
    return value >= limit if text.startswith("g") else value <= limit


@dataclass(frozen=True)
class Part:
    """A parameter with its description, the right way to match items, and wrong ones."""

    name: str
    schema: Any
    text: str
    match: Match
    wrong: Sequence[Match] = ()

    @property
    def listed(self) -> Operation:
        return contract(
            {**PAGES, self.name: self.schema}, ITEM, {"total": NUMBER}, texts={self.name: self.text}
        )


ANYTHING: Final[Match] = lambda item, text: True  # noqa: E731
PARTS: Final = (
    Part(
        "ids", TEXT, "Comma-separated ids. Only books with these ids.", among("id"), [first("id")]
    ),
    Part("ids", TEXTS, "Only books with one of these ids.", among("id"), [first("id")]),
    Part(
        "state",
        TEXT,
        "Filter by state; books with any of several comma-separated values are returned.",
        among("state"),
        [first("state"), lambda item, text: item["state"] == text],
    ),
    Part("state__in", TEXTS, "Filter by state; multiple values have commas.", among("state")),
    Part("state[in]", TEXT, "Only books in one of these states (CSV).", among("state")),
    Part(
        "state__ne",
        TEXT,
        "Books whose state is not this value.",
        lambda item, text: item["state"] != text,
        [lambda item, text: item["state"] == text],
    ),
    Part(
        "owner__isnull",
        {"type": "boolean"},
        "Whether the owner is null.",
        lambda item, text: (item["owner"] is None) is (text == "true"),
        [lambda item, text: (item["owner"] is None) is (text != "true")],
    ),
    Part(
        "orphaned",
        {"type": "boolean"},
        "true: only books without `owner`; false: only books with one.",
        lambda item, text: (item["owner"] is None) is (text == "true"),
        [lambda item, text: text == "false" or item["owner"] is None],
    ),
    Part(
        "taken",
        {"type": "boolean"},
        "true: only books with an owner; false: only books without one.",
        lambda item, text: (item["owner"] is None) is (text == "false"),
        [lambda item, text: text == "false" or item["owner"] is not None],
    ),
    Part(
        "has_writer",
        {"type": "boolean"},
        "true: only books with a writer; false: only books without a writer (writer_id is null).",
        lambda item, text: (item["writer_id"] is None) is (text == "false"),
        [lambda item, text: text == "false" or item["writer_id"] is not None],
    ),
    Part("price__range", TEXT, "Two prices, lowest and highest, with a comma.", within),
    Part(
        "tags",
        TEXT,
        "Only books with this tag.",
        lambda item, text: text in item["tags"],
        [lambda item, text: text == item["tags"][0]],
    ),
    Part(
        "label",
        TEXT,
        "Only books with a label of this name.",
        lambda item, text: any(text == each["name"] for each in item["labels"]),
        [lambda item, text: text == item["labels"][0]["name"]],
    ),
    Part(
        "label_id",
        TEXT,
        "Only books with the given label.",
        lambda item, text: any(text == each["id"] for each in item["labels"]),
    ),
    Part(
        "tags",
        TEXT,
        "Only books that carry this tag.",
        lambda item, text: text in item["tags"],
        [lambda item, text: text in item["tags"][1:]],
    ),
    Part(
        "prefix",
        TEXT,
        "Only books whose title starts with this.",
        lambda item, text: item["title"].startswith(text),
        [searched("title"), lambda item, text: item["summary"].startswith(text)],
    ),
    Part(
        "q",
        TEXT,
        "Only books whose title contains this text, in any case.",
        searched("title"),
        [lambda item, text: item["title"].startswith(text)],
    ),
    Part(
        "q",
        TEXT,
        "Searches title and summary.",
        searched("title", "summary"),
        [searched("title"), searched("summary")],
    ),
    Part(
        "q",
        TEXT,
        "Case-insensitive substring search in title and summary.",
        searched("title", "summary"),
        [lambda item, text: item["title"].startswith(text) or item["summary"].startswith(text)],
    ),
    Part(
        "created_after",
        NUMBER,
        "Created at or after this Unix timestamp.",
        lambda item, text: seconds(item["created_at"]) >= int(text),
        [lambda item, text: seconds(item["created_at"]) * 1000 >= int(text)],
    ),
    Part(
        "created_since",
        NUMBER,
        "Created since this time, in milliseconds since the epoch.",
        lambda item, text: seconds(item["created_at"]) * 1000 >= int(text),
        [lambda item, text: seconds(item["created_at"]) >= int(text)],
    ),
    Part(
        "created",
        TEXT,
        "When it was created, with a prefix such as ge or le, as in ge2026-01-01.",
        prefixed,
        [lambda item, text: prefixed(item, text.replace("ge", "le"))],
    ),
)


def serve(part: Part, match: Match, pages: int = 10**6) -> Callable[[Query], Any]:
    """Return a list that matches items in one way, on the first items of it only if stated."""

    def handler(query: Query) -> Any:
        start = whole_number(query.get("offset", "0"), 0, 10**6)
        size = whole_number(query.get("limit", "20"), 1, 50)
        if start is None or size is None:
            return 422, {}
        items = [make(number) for number in range(30)]
        if part.name in query and start < pages:
            try:
                items = [item for item in items if match(item, query[part.name])]
            except ValueError:
                return 422, {}
        return 200, {"items": items[start : start + size], "total": len(items)}

    return handler


def join(pairs: Iterable[tuple[str, str]]) -> Query:
    found: dict[str, str] = {}
    for name, text in pairs:
        found[name] = f"{found[name]},{text}" if name in found else text
    return found


def run(part: Part, match: Match, pages: int = 10**6) -> Run:
    return check(part.listed, serve(part, match, pages), take=join, families={"filter"})


@pytest.mark.sampled(2)
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.text[:16])
def test_a_described_relation_is_tested(part: Part) -> None:
    assert run(part, part.match).verdict() is Verdict.CONFORMS
    for wrong in (ANYTHING, *part.wrong):
        found = {
            rule for rule, where in breaking(run(part, wrong)) if where == f"query/{part.name}"
        }
        assert found & {"filter.range", "filter.selects", "filter.several"}


def test_a_relation_that_later_pages_forget_is_found() -> None:
    part = next(each for each in PARTS if each.name == "label")
    assert ("filter.range", "query/label") in breaking(run(part, part.match, pages=1))


@pytest.mark.parametrize("pages", [1, 10**6])
def test_a_flag_that_selects_few_items_is_walked_by_its_cursor(pages: int) -> None:
    part = next(each for each in PARTS if each.name == "owner__isnull")
    answer = serve(part, part.match, pages)

    def handler(query: Query) -> Any:
        start = whole_number(query.get("cursor", "c0")[1:], 0, 10**6) or 0
        status, body = answer({**query, "offset": str(start)})
        if status != 200:
            return status, body
        after = start + len(body["items"])
        onward = f"c{after}" if after < body["total"] else None
        return 200, {"items": body["items"], "next_cursor": onward}

    parameters = {"cursor": TEXT, "limit": PAGES["limit"], part.name: part.schema}
    fields = {"next_cursor": {"type": ["string", "null"]}}
    found = breaking(
        check(contract(parameters, ITEM, fields, texts={part.name: part.text}), handler)
    )
    assert (("filter.range", f"query/{part.name}") in found, bool(found)) == (pages == 1,) * 2


@pytest.mark.slow
@pytest.mark.parametrize("pages", [1, 10**6])
def test_a_relation_after_several_bounds_is_walked_in_pages(pages: int) -> None:
    part = next(each for each in PARTS if each.name == "label")
    times = dict.fromkeys(("created_after", "created_before"), WHEN)
    bounds = {"min_price": NUMBER, "max_price": NUMBER, **times}
    page = {"type": "integer", "minimum": 1}
    parameters = {"page": page, "limit": PAGES["limit"], **bounds, part.name: part.schema}
    operation = contract(parameters, ITEM, {"total": NUMBER}, texts={part.name: part.text})
    answer = serve(part, part.match, pages)

    def handler(query: Query) -> Any:
        number = whole_number(query.get("page", "1"), 1, 10**6)
        size = whole_number(query.get("limit", "20"), 1, 50)
        if number is None or size is None:
            return 422, {}
        return answer({**query, "offset": str((number - 1) * size)})

    found = check(operation, handler, take=join, families={"filter"})
    assert (("filter.range", "query/label") in breaking(found)) is (pages == 1)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("name", "schema", "text"),
    [
        ("state__ne", TEXT, ""),
        ("state__in", TEXTS, ""),
        ("label", TEXT, "The label."),
        ("label", TEXT, "Only books with this label."),
        ("q", TEXT, ""),
        ("owner__isnull", {"type": "boolean"}, ""),
        ("price__range", TEXT, ""),
    ],
)
def test_a_relation_that_only_its_name_suggests_is_at_most_a_note(
    name: str, schema: Any, text: str
) -> None:
    part = Part(name, schema, text, ANYTHING)
    assert run(part, ANYTHING).verdict() is Verdict.CONFORMS


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("name", "text", "match"),
    [
        ("tags", "Only books with this tag, by its id.", lambda item, text: text == "t1"),
        ("labels", "Filter by label ids and names.", lambda item, text: False),
        ("q", "Search in fields such as title and summary.", searched("owner_name")),
        ("q", "Text to search for in summary.", searched("summary")),
        ("q", "Search by title or id.", lambda i, text: text in i["title"] or text == i["id"]),
        ("state", "States to filter by, in a CSV.", folded("state")),
        ("ids", "Only books with one of these ids, in a CSV.", folded("id")),
        ("q", "Searches title and summary from their start.", lambda item, text: False),
        ("owner__ne", "Not of this owner.", lambda item, text: item["owner"] not in (None, text)),
        ("owner__ne", "Not of this owner.", lambda item, text: item["owner"] != text),
    ],
)
def test_a_relation_may_be_an_unusual_one(name: str, text: str, match: Match) -> None:
    part = Part(name, TEXT, text, match)
    plain = lambda item, text: match({**item, "owner_name": ""}, text)  # noqa: E731
    assert run(part, plain).verdict() is Verdict.CONFORMS


@pytest.mark.sampled(4)
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.text[:16])
def test_the_mock_conforms(part: Part) -> None:
    operation = part.listed
    with mock_client(MockApi(operation, [make(number) for number in range(12)])) as client:
        target = HttpTarget(operation.server, operation, operation.server, client)
        assert Session(target).run({"filter"}).verdict() is Verdict.CONFORMS
