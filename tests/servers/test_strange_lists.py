"""Lists that read filters and pages in their own way, beside broken ones that resemble them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final
from unicodedata import combining, normalize

import pytest
from lists import Query, breaking, check, contract, whole_number
from sizes import sample

from docpact.model import Verdict

TEXT: Final = {"type": "string"}
STATES: Final = ("active", "archived", "pending")
STATE: Final = {"type": "string", "enum": [*STATES]}
FILTERS: Final = {"status": STATE, "owner": TEXT, "urgent": {"type": "boolean"}, "tag": TEXT}
ITEM: Final = {
    "id": TEXT,
    **{name: FILTERS[name] for name in ("status", "owner", "urgent")},
    "tags": {"type": "array", "items": TEXT},
}
TEXTS: Final = {name: f"Only things with this {name}." for name in FILTERS} | {
    "owner": "The owner."
}
TOKEN: Final = ({"cursor": TEXT}, {"next_cursor": {"type": ["string", "null"]}})
NUMBERED: Final = (
    {"page": {"type": "integer", "minimum": 0}},
    {"totalPages": {"type": "integer"}, "last": {"type": "boolean"}},
)

COUNTED: Final = ({"page": {"type": "integer", "minimum": 1}}, dict[str, Any]())

Item = Mapping[str, Any]


class Refusal(Exception):
    """A response with status 400."""


class Things:
    """A correct list; others override a method or an attribute.

    Attributes:
        count: number of items.
        turn: number of requests so far.
        filters: the documented filters.
        texts: further descriptions of parameters.
        style: parameters and fields of pages.
        largest: page size.
    """

    filters: Mapping[str, Any] = FILTERS
    texts: Mapping[str, str] = TEXTS
    style: Any = TOKEN
    largest: int = 100

    def __init__(self, count: int) -> None:
        self.count, self.turn = count, 0

    def list_items(self) -> Sequence[Item]:
        """Return the items."""
        return [make(number) for number in range(self.count)]

    def match(self, name: str, text: str, item: Item) -> bool:
        """Return whether an item passes a filter."""
        if name == "tag":
            return text in item["tags"]
        return bool(item[name] is (text == "true") if name == "urgent" else item[name] == text)

    def select(self, item: Item, asked: Query) -> bool:
        """Return whether an item passes all filters."""
        return all(self.match(name, text, item) for name, text in asked.items())

    def read(self, query: Query) -> tuple[Query, int]:
        """Return the query of the first page, and the number of items before a page."""
        if self.style is NUMBERED:
            start = whole_number(query.get("page", "0"), 0, 1000)
            return query, -1 if start is None else start * int(query.get("limit", "20"))
        text = query.get("cursor", "c0")
        start = whole_number(text.removeprefix("c"), 0, 10**6) if text[:1] == "c" else None
        return query, -1 if start is None else start

    def write(self, query: Query, end: int) -> str:
        """Return the cursor of a page."""
        del query
        return f"c{end}"

    def __call__(self, query: Query) -> Any:
        self.turn += 1
        states = self.filters["status"]["enum"]
        known = query.get("status", STATES[0]) in states
        size = whole_number(query.get("limit", "20"), 1, self.largest)
        if size is None or not known or query.get("urgent", "true") not in ("true", "false"):
            return 422, {}
        try:
            query, start = self.read(query)
        except Refusal:
            return 400, {}
        asked = {name: text for name, text in query.items() if name in self.filters}
        found = [item for item in self.list_items() if self.select(item, asked)]
        size = int(query.get("limit", "20"))
        end = start + size
        if start < 0 or (self.style is NUMBERED and start >= max(1, len(found))):
            return 400, {}
        more = end < len(found)
        pages = {"totalPages": -(-len(found) // size), "last": not more}
        onward = {"next_cursor": self.write(query, end) if more else None}
        return 200, {"items": found[start:end], **(onward if self.style is TOKEN else pages)}


def make(number: int) -> Item:
    return {
        "id": f"t{number:03}",
        "status": STATES[number**2 % 7 % 3],
        "owner": ("Anna", "Zoë", "li-wei")[number % 5 % 3],
        "urgent": number % 4 == 0,
        "tags": [("red", "blue", "green")[number % 3]],
    }


def match_any(self: Things, item: Item, asked: Query) -> bool:
    return not asked or any(self.match(name, text, item) for name, text in asked.items())


def match_any_and_more(self: Things, item: Item, asked: Query) -> bool:
    """Show one thing whatever two filters ask for."""
    return match_any(self, item, asked) or (len(asked) > 1 and item["id"] == "t004")


def match_first(self: Things, item: Item, asked: Query) -> bool:
    return all(self.match(name, text, item) for name, text in [*asked.items()][:1])


def plain(text: str) -> str:
    return "".join(c for c in normalize("NFD", text.casefold()) if not combining(c))


def match_plain(self: Things, name: str, text: str, item: Item) -> bool:
    if name != "owner":
        return Things.match(self, name, text, item)
    return text == "null" or plain(item[name]) == plain(text)


def match_empty_tag(self: Things, name: str, text: str, item: Item) -> bool:
    return (name, text) == ("tag", "") or Things.match(self, name, text, item)


def match_every_tag(self: Things, name: str, text: str, item: Item) -> bool:
    return name == "tag" or Things.match(self, name, text, item)


def match_all_states(self: Things, name: str, text: str, item: Item) -> bool:
    return (name, text) == ("status", "all") or Things.match(self, name, text, item)


def hide_archived(self: Things, item: Item, asked: Query) -> bool:
    is_hidden = "status" not in asked and item["status"] == "archived"
    return Things.select(self, item, asked) and not is_hidden


def hide_one(self: Things, item: Item, asked: Query) -> bool:
    return Things.select(self, item, asked) and (bool(asked) or item["id"] != "t001")


def read_alone(self: Things, query: Query) -> tuple[Query, int]:
    if "cursor" not in query:
        return query, 0
    try:
        first, start = json.loads(bytes.fromhex(query["cursor"]))
    except ValueError:
        raise Refusal from None
    if len(query) > 1:
        raise Refusal
    return first, start


def write_alone(self: Things, query: Query, end: int) -> str:
    del self
    return json.dumps([query, end]).encode().hex()


def read_short(self: Things, query: Query) -> tuple[Query, int]:
    query, start = Things.read(self, query)
    return query, -1 if start >= 100 else start


def list_late(self: Things) -> Sequence[Item]:
    """Show one more thing for each twelve requests, in every second response even later."""
    late = (self.turn - self.turn % 2 * 12) // 12
    return [make(number) for number in range(self.count + min(5, max(0, late)))]


def list_fewer(self: Things) -> Sequence[Item]:
    """Do the same, but lose the second thing in every second response."""
    return [each for each in list_late(self) if self.turn % 2 or each["id"] != "t001"]


def show_all(self: Things, query: Query, most: int = 10**6) -> Any:
    """Show at most some items to a request without number and size of a page."""
    page = whole_number(query.get("page", "1"), 1, 1000)
    size = whole_number(query.get("limit", "10"), 1, self.largest)
    known = query.get("status", STATES[0]) in STATES
    if not page or not size or not known or query.get("urgent", "true") not in ("true", "false"):
        return 422, {}
    asked = {name: text for name, text in query.items() if name in self.filters}
    found = [item for item in self.list_items() if self.select(item, asked)]
    is_plain = query.keys().isdisjoint(("page", "limit"))
    return 200, {"items": found[:most] if is_plain else found[(page - 1) * size : page * size]}


def show_forty(self: Things, query: Query) -> Any:
    return show_all(self, query, 40)


def read_place(self: Any, query: Query) -> tuple[Query, int]:
    query, self.start = Things.read(self, query)
    return query, self.start


def forget_pairs(self: Any, item: Item, asked: Query) -> bool:
    return (self.start and {"status", "urgent"} <= {*asked}) or Things.select(self, item, asked)


def filter_late(self: Things, query: Query) -> Any:
    """Filter each page of ten things after it was read."""
    status, body = Things.__call__(self, {n: query[n] for n in query if n in ("cursor", "limit")})
    asked = {name: text for name, text in query.items() if name in self.filters}
    refused, _ = Things.__call__(self, query)
    if refused != 200:
        return refused, {}
    found = [each for each in body["items"] if Things.select(self, each, asked)]
    return status, {**body, "items": found}


def filter_late_and_stop(self: Things, query: Query) -> Any:
    status, body = filter_late(self, query)
    is_empty = not body.get("items", True)
    return status, {**body, **({"next_cursor": None} if is_empty else {})}


def lose_single(self: Things, query: Query) -> Any:
    status, body = Things.__call__(self, query)
    is_single = len(body.get("items", ())) == 1 and "cursor" in query
    return status, {**body, "items": []} if is_single else body


def match_part(self: Things, name: str, text: str, item: Item) -> bool:
    return text in item[name] if name == "owner" else Things.match(self, name, text, item)


def match_any_owner(self: Things, name: str, text: str, item: Item) -> bool:
    return name == "owner" or Things.match(self, name, text, item)


@dataclass(frozen=True)
class Row:
    """A server.

    Attributes:
        name: its difference; the pytest id.
        changes: its methods and attributes.
        rules: of breaking findings; a broken server gets one of them.
        notes: of notes that it gets.
    """

    name: str
    changes: Mapping[str, Any]
    rules: frozenset[str] = frozenset()
    notes: frozenset[str] = frozenset()


OR: Final = {"status": "Only things with this status. Filters are joined by OR."}
ALONE: Final = {"cursor": "The cursor of the next page. It takes no other parameters."}
ALL: Final = {**FILTERS, "status": {"type": "string", "enum": [*STATES, "all"]}}
EXACT: Final = {"owner": "Only things with exactly this owner."}
LOST: Final = frozenset(
    {"filter.complete", "filter.combined", "filter.range", "paging.complete", "stability.same"}
)
JOINED: Final = frozenset({"filter.combined"})
ROWS: Final = (
    Row("filters joined by OR", {"select": match_any, "texts": OR}),
    Row("undocumented OR", {"select": match_any}, JOINED, frozenset({"filter.suspect"})),
    Row("only the first filter counts", {"select": match_first}, JOINED),
    Row("owners without accents", {"match": match_plain}, notes=frozenset({"filter.suspect"})),
    Row(
        "exact owners without accents",
        {"match": match_plain, "texts": EXACT},
        frozenset({"filter.unknown"}),
    ),
    Row("an empty tag counts as none", {"match": match_empty_tag}),
    Row("every tag counts as none", {"match": match_every_tag}, frozenset({"filter.range"})),
    Row("not archived by default", {"select": hide_archived}, notes=frozenset({"filter.default"})),
    Row("one thing hidden by default", {"select": hide_one}, frozenset({"paging.complete"})),
    Row("a value for all", {"match": match_all_states, "filters": ALL}),
    Row("a cursor that stands alone", {"read": read_alone, "write": write_alone, "texts": ALONE}),
    Row(
        "a cursor that stands alone, which is not documented",
        {"read": read_alone, "write": write_alone},
        frozenset({"query.accepts"}),
    ),
    Row("400 beyond the last page", {"style": NUMBERED}),
    Row(
        "400 beyond the hundredth thing",
        {"style": NUMBERED, "read": read_short},
        frozenset({"query.accepts"}),
    ),
    Row(
        "a pair forgotten from the second page on",
        {"read": read_place, "select": forget_pairs},
        frozenset({"paging.token", "paging.unique"}),
    ),
    Row("pages that are filtered late", {"__call__": filter_late}),
    Row(
        "pages that are filtered late, up to the first empty one",
        {"__call__": filter_late_and_stop},
        frozenset({"filter.complete", "filter.combined", "paging.complete"}),
    ),
    Row("no page for one thing", {"__call__": lose_single}, frozenset({"paging.complete"})),
    Row(
        "every owner, where the description promises a filter",
        {"match": match_any_owner, "texts": {"owner": "Filter by owner."}},
        frozenset({"filter.selects", "filter.unknown", "filter.combined"}),
    ),
    Row(
        "parts of owners, where the description promises a filter",
        {"match": match_part, "texts": {"owner": "Filter by owner."}},
        notes=frozenset({"filter.suspect"}),
    ),
    Row("things that other responses show later", {"list_items": list_late}),
    Row(
        "all things without the number of a page",
        {"style": COUNTED, "largest": 1000, "__call__": show_all},
    ),
    Row(
        "forty things without the number of a page",
        {"style": COUNTED, "largest": 1000, "__call__": show_forty},
        frozenset({"paging.unique", "paging.ends", "paging.complete"}),
    ),
    Row(
        "a thing that some responses lack",
        {"list_items": list_fewer},
        LOST | {"paging.unique"},
    ),
)
LARGEST: Final = 237


@pytest.mark.sampled(3)
@pytest.mark.parametrize("count", sample((0, 1, 3, 30, LARGEST), 3))
@pytest.mark.parametrize("row", sample(ROWS, 8, attrgetter("name")))
def test_an_odd_list(row: Row, count: int) -> None:
    server: Things = type("Changed", (Things,), dict(row.changes))(count)
    texts = {**TEXTS, **server.texts}
    size = {"type": "integer", "minimum": 1, "maximum": server.largest}
    pages, fields = server.style
    parameters = {**pages, "limit": size, **server.filters}
    run = check(contract(parameters, ITEM, fields, texts=texts), server)
    found = {rule for rule, _ in breaking(run)}
    assert found <= row.rules
    if count == LARGEST:
        assert bool(found) == bool(row.rules)
        assert row.notes <= {each.rule for each in run.findings}
    if count and not row.rules:
        assert run.verdict() is Verdict.CONFORMS


@pytest.mark.slow
@pytest.mark.parametrize("select", [match_any, match_any_and_more])
def test_a_thing_that_matches_neither_filter_is_not_found_by_or(select: Any) -> None:
    server: Things = type("Joined", (Things,), {"select": select})(30)
    size = {"type": "integer", "minimum": 1, "maximum": server.largest}
    pages, fields = server.style
    run = check(contract({**pages, "limit": size, **server.filters}, ITEM, fields), server)
    assert breaking(run)[:1] == (
        [] if select is match_any else [("filter.combined", "query/owner+status")]
    )


def test_the_form_of_responses_to_undocumented_requests_is_not_documented() -> None:
    class Explaining(Things):
        def __call__(self, query: Query) -> Any:
            is_known = query.get("status") in (None, "", *STATES)
            return super().__call__(query) if is_known else (200, {"problem": "no such status"})

    stated = contract(FILTERS, ITEM, TOKEN[1], texts=TEXTS)
    run = check(stated, Explaining(3))
    assert "query.rejects" in {each.rule for each in run.findings}
    assert {rule for rule, _ in breaking(run)} == set()


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", ["id", "title"])
@pytest.mark.parametrize("often", [1, 7])
def test_a_field_that_changes_hides_no_page_that_is_the_first_one_again(
    name: str, often: int
) -> None:
    class Aging(Things):
        def __call__(self, query: Query) -> Any:
            self.turn += 1
            page = whole_number(query.get("page", "1"), 1, 10**6)
            size = whole_number(query.get("page_size", "20"), 1, 100)
            if page is None or size is None:
                return 422, {}
            age = f"{self.turn // often} s ago"
            items = [{name: f"thing {number}", "age": age} for number in range(self.count)]
            return 200, {"items": items[(page - 1) * size : page * size]}

    sizes = {"type": "integer", "maximum": 100}
    parameters = {"page": {"type": "integer"}, "page_size": sizes}
    run = check(contract(parameters, {name: TEXT, "age": TEXT}, {}), Aging(41))
    assert (run.verdict(), breaking(run)) == (Verdict.CONFORMS, [])


def test_a_text_that_its_description_calls_json_may_be_none() -> None:
    """The parameter `key` of CouchDB takes a JSON value, documented as a text."""

    def answer(query: Query) -> Any:
        items = [{"id": f"t{number}", "key": f"k{number}"} for number in range(5)]
        try:
            wanted = json.loads(query.get("key", "null"))
        except ValueError:
            return 400, {}
        return 200, [each for each in items if wanted in (None, each["key"])]

    def find(text: str) -> list[tuple[str, str]]:
        texts = {"key": f"Returns only things with this key{text}."}
        parameters = {"key": TEXT}
        return breaking(check(contract(parameters, {"id": TEXT, "key": TEXT}, texts=texts), answer))

    assert find(", as JSON") == []
    assert ("query.accepts", "query/key") in find("")


@pytest.mark.parametrize(
    ("states", "rules"),
    [(["archived"], set()), (["active", "archived", "pending"], {"paging.complete"})],
    ids=["hidden by default", "hidden whatever its state"],
)
def test_a_list_that_shows_no_item_without_a_filter(states: list[str], rules: set[str]) -> None:
    items = [{"id": f"t{number}", "status": state} for number, state in enumerate(states)]

    def answer(query: Query) -> Any:
        size, start = (whole_number(query.get(n, "0"), 0, 100) for n in ("limit", "offset"))
        if size is None or start is None or query.get("status", "active") not in STATES:
            return 400, {}
        found = [each for each in items if each["status"] == query.get("status")]
        return 200, found[start : start + (size or 20)]

    parameters = {"status": STATE, "limit": {"type": "integer", "minimum": 1, "maximum": 100}}
    parameters |= {"offset": {"type": "integer", "minimum": 0}}
    run = check(contract(parameters, {"id": TEXT, "status": STATE}), answer)
    assert {rule for rule, _ in breaking(run)} == rules
