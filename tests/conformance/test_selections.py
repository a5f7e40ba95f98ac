"""Selections of fields: broken servers are found, and correct but unusual ones raise no alarm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any, Final

import pytest
from lists import Query, breaking, check, contract, whole_number
from sizes import sample

from docpact.conformance import Session
from docpact.errors import ContractError
from docpact.model import Operation, Run
from docpact.rules.responses.field_choices import find_selections
from docpact.targets.http import HttpTarget
from docpact.targets.mock import MockApi, mock_client

TEXT: Final = {"type": "string"}
WEIGHT: Final = {"type": "number"}
ITEM: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "name": TEXT,
        "color": {"type": ["string", "null"]},
        "price": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "owner_id": TEXT,
        "owner": {"type": "object"},
        "tags": {"type": "array", "items": TEXT},
    },
    "required": ["id"],
}
BODY: Final = {"type": "object", "properties": {"items": {"type": "array", "items": ITEM}}}
ONLY: Final = "Comma-separated list of fields. If omitted, all are returned, else only these."
SOME: Final = "Names of fields to include in the response, separated by commas."
LISTED: Final = {"type": "string", "enum": ["name", "color"]}
REPEATED: Final = {"type": "array", "items": TEXT}
JOINED: Final = {"type": "string"}
RELATED: Final = {"type": "string", "enum": ["owner", "tags"]}
ADDS: Final = "Related things to include in each item."

Item = dict[str, Any]
Items = Sequence[Item]
Change = Callable[[Item, list[str], int], Any]


def make(number: int) -> list[Item]:
    return [
        {
            "id": f"t{n}",
            "name": f"Name {n}",
            "color": "red" if n % 2 else None,
            "price": n / 4,
            "owner_id": f"u{n % 3}",
        }
        for n in range(number)
    ]


def listed(schema: Any = JOINED, text: str = ONLY, name: str = "fields", **item: Any) -> Operation:
    body = {**BODY, "properties": {"items": {"type": "array", "items": {**ITEM, **item}}}}
    return contract({name: schema}, {}, body=body, texts={name: text})


def keep(item: Item, asked: list[str], *also: str) -> Item:
    return {name: value for name, value in item.items() if name in {*asked, *also, "id"}}


def serve(
    change: Change, name: str = "fields", items: Callable[[], Items] = lambda: make(5)
) -> Callable[[Query], Any]:
    """Return a server whose items are changed where a query has a parameter."""

    def handler(query: Query) -> Any:
        asked = [text for text in query.get(name, "").split(",") if text]
        shown = [change(item, asked, n) if asked else item for n, item in enumerate(items())]
        return (422, {}) if "refused" in shown else (200, {"items": shown})

    return handler


def broken(run: Run) -> set[str]:
    return {each.location for each in run.findings if each.rule == "query.selection"}


def shift(item: Item, asked: list[str], number: int) -> Item:
    return keep({**make(6)[number + 1], "id": item["id"]}, asked)


BROKEN: Final[Mapping[str, tuple[Change, str]]] = {
    "it is ignored": (lambda i, a, n: i, "all other fields"),
    "a field is dropped": (
        lambda i, a, n: {name: v for name, v in keep(i, a).items() if name != "color"},
        "no color",
    ),
    "a value is emptied": (lambda i, a, n: {**keep(i, a), "name": None}, "name null"),
    "a value is cut off": (lambda i, a, n: {**keep(i, a), "name": i["name"][:4]}, 'name "Name"'),
    "values of items are mixed up": (shift, "otherwise"),
}


@pytest.mark.parametrize(
    "schema", [pytest.param(LISTED, id="listed"), pytest.param(JOINED, id="text")]
)
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_selection_is_found(name: str, schema: Any) -> None:
    change, observed = BROKEN[name]
    run = check(listed(schema), serve(change))
    assert broken(run) == {"query/fields"}
    assert any(observed in each.observed for each in run.findings)


def test_values_without_ids_belong_to_an_item() -> None:
    wrong = serve(lambda i, a, n: {name: f"no {i[name]}" for name in a if name in i})
    right = serve(lambda i, a, n: {name: i[name] for name in a if name in i})
    assert broken(check(listed(), wrong)) == {"query/fields"}
    assert broken(check(listed(), right)) == set()


@pytest.mark.parametrize(
    ("change", "expected"),
    [(lambda i, a, n: keep(i, a), set()), (shift, {"query/sheet_fields"})],
    ids=["correct", "mixed up"],
)
def test_a_description_says_that_a_parameter_chooses_fields(
    change: Change, expected: set[str]
) -> None:
    operation = listed(text=SOME, name="sheet_fields", required=["id", "name"])
    run = check(operation, serve(change, "sheet_fields"))
    assert {location for _, location in breaking(run)} == expected


def test_a_guess_is_judged_where_responses_confirm_it() -> None:
    swap = lambda i, a, n: {**keep(i, a), "name": "x"}  # noqa: E731
    assert broken(check(listed(text=""), serve(swap))) == {"query/fields"}
    assert broken(check(listed(text=""), serve(lambda i, a, n: {**i, "name": "x"}))) == set()


TIMES: Final = count()


def grow() -> Items:
    return [{**item, "name": f"Name {next(TIMES)}"} for item in make(5)]


UNUSUAL: Final[Mapping[str, tuple[Change, Callable[[], Items], Mapping[str, Any]]]] = {
    "only the fields": (
        lambda i, a, n: {name: i[name] for name in a if name in i},
        lambda: make(5),
        {},
    ),
    "with the id": (lambda i, a, n: keep(i, a), lambda: make(5), {}),
    "with links and a type": (
        lambda i, a, n: {**keep(i, a), "type": "thing", "links": {"self": "/x"}},
        lambda: make(5),
        {},
    ),
    "with all required fields": (
        lambda i, a, n: i,
        lambda: make(5),
        {"required": ["id", "name", "color", "price"]},
    ),
    "with a small representation": (lambda i, a, n: keep(i, a, "name"), lambda: make(5), {}),
    "without fields that are null": (
        lambda i, a, n: {name: v for name, v in keep(i, a).items() if v is not None},
        lambda: make(5),
        {},
    ),
    "fields change all the time": (lambda i, a, n: keep(i, a), grow, {}),
    "other fields are null": (
        lambda i, a, n: {**dict.fromkeys(i), **keep(i, a)},
        lambda: make(5),
        {},
    ),
    "other fields are empty": (
        lambda i, a, n: {**dict.fromkeys(i, ""), **keep(i, a)},
        lambda: make(5),
        {},
    ),
    "names are unknown and fields null": (
        lambda i, a, n: {**dict.fromkeys(i), "id": i["id"]},
        lambda: make(5),
        {},
    ),
    "refused": (lambda i, a, n: "refused", lambda: make(5), {}),
    "names are unknown": (lambda i, a, n: {}, lambda: make(5), {}),
    "nested below the item": (
        lambda i, a, n: {"id": i["id"], "attributes": keep(i, a)},
        lambda: make(5),
        {},
    ),
    "in another order": (
        lambda i, a, n: keep(make(5)[4 - n], a),
        lambda: make(5),
        {},
    ),
    "without the first field": (
        lambda i, a, n: i if a == ["name"] else keep(i, a),
        lambda: [{name: v for name, v in item.items() if name != "name"} for item in make(5)],
        {},
    ),
    "several items with one id": (
        lambda i, a, n: keep(make(9)[n + 4], [*a, "price"]) | {"id": "t1"},
        lambda: [{**item, "id": "t1"} for item in make(5)],
        {},
    ),
    "no ids, and a field that only the first item has": (
        lambda i, a, n: {name: v for name, v in i.items() if name in {*a, "size", "kind"}},
        lambda: [{"size": n, "kind": "k", **({} if n > 1 else {"note": "x"})} for n in (1, 2, 3)],
        {
            "properties": {"size": {"type": "integer"}, "kind": TEXT, "note": TEXT},
            "required": ["size", "kind"],
        },
    ),
    "no items": (lambda i, a, n: keep(i, a), list, {}),
    "only ids": (lambda i, a, n: keep(i, a), lambda: [{"id": "t1"}], {}),
    "numbers as texts": (
        lambda i, a, n: {name: str(v) for name, v in keep(i, a).items() if v is not None},
        lambda: make(5),
        {},
    ),
}


@pytest.mark.sampled(5)
@pytest.mark.parametrize("text", [ONLY, SOME, ""])
@pytest.mark.parametrize("name", sample(UNUSUAL, 2))
def test_a_correct_selection_raises_no_alarm(name: str, text: str) -> None:
    change, items, item = UNUSUAL[name]
    assert broken(check(listed(text=text, **item), serve(change, items=items))) == set()


@pytest.mark.parametrize("text", ["Select properties to be returned", "Fields to return"])
def test_a_selection_in_the_words_of_odata_is_tested(text: str) -> None:
    assert broken(check(listed(text=text), serve(lambda i, a, n: i))) == {"query/fields"}
    assert broken(check(listed(text=text), serve(lambda i, a, n: keep(i, a)))) == set()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="undocumented"),
        pytest.param(SOME, id="not said to leave out others"),
        pytest.param("Only these fields, by their ids, e.g. `12`.", id="ids"),
        pytest.param("Only these fields are returned, as in `items(name)`.", id="mask"),
        pytest.param("Only additional fields to return.", id="additional"),
        pytest.param("Only the fields to leave out: they are hidden.", id="hides"),
    ],
)
def test_a_selection_that_may_mean_something_else_may_be_ignored(text: str) -> None:
    assert broken(check(listed(text=text), serve(lambda i, a, n: i))) == set()


def add(item: Item, asked: list[str], *, without: str = "", **changed: Any) -> Item:
    added = {name: {"id": item["owner_id"]} if name == "owner" else ["a"] for name in asked}
    return {name: v for name, v in {**item, **added, **changed}.items() if name != without}


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(
            lambda i, a, n: add(i, a, without="name"), {"query/include"}, id="drops a field"
        ),
        pytest.param(lambda i, a, n: add(i, a, name="x"), {"query/include"}, id="changes a field"),
        pytest.param(lambda i, a, n: add(i, a), set(), id="adds a field"),
        pytest.param(lambda i, a, n: add(i, a, price=9), set(), id="counts more"),
        pytest.param(lambda i, a, n: i, {"query/include"}, id="adds nothing"),
        pytest.param(lambda i, a, n: {**i, "owner": None}, {"query/include"}, id="adds null"),
        pytest.param(lambda i, a, n: add(i, a, owner={"id": 9}), set(), id="adds other ids"),
        pytest.param(
            lambda i, a, n: add(i, a, owner={"id": make(5)[n - 1]["owner_id"]}),
            {"query/include"},
            id="adds the owner of another item",
        ),
        pytest.param(
            lambda i, a, n: i if n else add(i, a), set(), id="adds one, the others are gone"
        ),
        pytest.param(lambda i, a, n: keep(i, a), set(), id="restricts"),
        pytest.param(
            lambda i, a, n: add(i, a, without="owner_id" if "owner" in a else ""),
            set(),
            id="replaces the id",
        ),
    ],
)
def test_an_addition_keeps_the_other_fields(change: Change, expected: set[str]) -> None:
    run = check(listed(RELATED, ADDS, "include"), serve(change, "include"))
    assert broken(run) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda i, a, n: {**i, "tag_count": n}, {"query/include"}),
        (lambda i, a, n: {**i, "tag_count": 0}, set()),
        (lambda i, a, n: {**i, "tag_count": n, "tags": ["a"] * n}, set()),
        (lambda i, a, n: {**i, "tag_count": n} | ({"tags": ["a"] * n} if n else {}), set()),
    ],
    ids=["adds nothing", "nothing to add", "adds", "leaves out what is empty"],
)
def test_an_addition_shows_some_of_the_things_that_are_counted(
    change: Change, expected: set[str]
) -> None:
    counts = [change(each, [], n)["tag_count"] for n, each in enumerate(make(5))]
    items = [{**each, "tag_count": count} for each, count in zip(make(5), counts, strict=True)]
    tags = {"type": "array", "items": {"type": "object"}}
    counted = {"tags": tags, "tag_count": {"type": "integer"}}
    operation = listed(
        {**TEXT, "enum": ["tags"]}, ADDS, "include", properties={**ITEM["properties"], **counted}
    )
    assert broken(check(operation, serve(change, "include", lambda: items))) == expected


@pytest.mark.parametrize("is_other", [True, False])
def test_numbers_of_a_thing_do_not_name_it(is_other: bool) -> None:
    items = [{**each, "owner_id": 10 + n} for n, each in enumerate(make(5))]

    def expand(item: Item, asked: list[str], number: int) -> Item:
        owner = {"id": 10 if is_other else item["owner_id"], "size": 1}
        return {**item, "owner": owner}

    numbers = {"properties": {**ITEM["properties"], "owner_id": {"type": "integer"}}}
    operation = listed({**TEXT, "enum": ["owner"]}, ADDS, "include", **numbers)
    found = broken(check(operation, serve(expand, "include", lambda: items)))
    assert found == ({"query/include"} if is_other else set())


@pytest.mark.parametrize("is_added", [True, False])
def test_a_description_says_that_a_field_is_added(is_added: bool) -> None:
    operation = listed({**TEXT, "enum": ["owner"]}, "`owner` adds the field `owner`.", "include")
    run = check(operation, serve(lambda i, a, n: add(i, a) if is_added else i, "include"))
    assert broken(run) == (set() if is_added else {"query/include"})


def test_two_requests_are_sent_and_only_for_such_a_parameter() -> None:
    def list_sent(name: str) -> list[Query]:
        sent = list[Query]()

        def handler(query: Query) -> Any:
            sent.append(query)
            return serve(lambda i, a, n: i, name)(query)

        check(listed(name=name, text=""), handler)
        return sent

    assert len(list_sent("columns")) - len(list_sent("purpose")) == 2
    assert find_selections(listed(name="purpose", text=ONLY)) == ()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(lambda i, a, n: keep(i, a), set(), id="correct"),
        pytest.param(lambda i, a, n: {name: i[name] for name in a if name in i}, set(), id="no id"),
        pytest.param(lambda i, a, n: i, {"query/fields"}, id="ignored"),
        pytest.param(lambda i, a, n: {**keep(i, a), "name": "x"}, {"query/fields"}, id="changed"),
    ],
)
def test_a_single_thing_is_compared_too(change: Change, expected: set[str]) -> None:
    operation = contract({"fields": JOINED}, {}, body=ITEM, texts={"fields": ONLY})
    shown = serve(change)
    run = check(operation, lambda query: (200, shown(query)[1]["items"][1]))
    assert broken(run) == expected
    with mock_client(MockApi(operation)) as client:
        run = Session(HttpTarget(operation.server, operation, operation.server, client)).run()
    assert breaking(run) == []


@pytest.mark.sampled(6)
@pytest.mark.parametrize("schema", [LISTED, JOINED, REPEATED])
@pytest.mark.parametrize("text", [ONLY, SOME])
def test_the_mock_conforms(text: str, schema: Any) -> None:
    operation = listed(schema, text)
    with mock_client(MockApi(operation)) as client:
        run = Session(HttpTarget(operation.server, operation, operation.server, client)).run()
    assert breaking(run) == []
    assert [e.observations > 0 for e in run.results if e.promise.rule == "query.selection"] == [
        True
    ]


def stated(value: str | None) -> Operation:
    """Return a list whose refinements say how a parameter of another name chooses fields."""
    role = None if value is None else {"value": value}
    entry = {
        "document": "operation",
        "pointer": "/roles/selections",
        "value": {"fl": role},
        "source": "the guide",
    }
    return contract({"fl": JOINED}, {}, body=BODY, refinements=[entry])


def add_owner(item: Item, asked: list[str], number: int) -> Item:
    """Add the owner of an item, and lose its color."""
    return {**{n: v for n, v in item.items() if n != "color"}, "owner": {"id": f"u{number}"}}


@pytest.mark.parametrize(
    ("role", "change", "found"),
    [
        ("only", lambda i, a, n: i, True),
        ("only", lambda i, a, n: keep(i, a), False),
        ("some", lambda i, a, n: i, False),
        ("some", BROKEN["a value is cut off"][0], True),
        (None, BROKEN["a value is cut off"][0], False),
    ],
)
def test_a_refinement_states_how_fields_are_chosen(role: Any, change: Change, found: bool) -> None:
    run = check(stated(role), serve(change, "fl"))
    assert broken(run) == ({"query/fl"} if found else set())


def test_a_refinement_of_a_selection_has_a_known_value() -> None:
    with pytest.raises(ContractError, match="'all' is not one of only, some, more"):
        stated("all")


def test_additions_that_the_description_names_keep_the_other_fields() -> None:
    text = "Related things to expand, separated by commas: owner, tags."
    operation = listed(JOINED, text, "expand")
    assert find_selections(operation)[0].names == ("owner", "tags")
    assert broken(check(operation, serve(add_owner, "expand"))) == {"query/expand"}

    def keep_all(item: Item, asked: list[str], number: int) -> Item:
        return {**item, "owner": {"id": item["owner_id"]}}

    assert broken(check(operation, serve(keep_all, "expand"))) == set()


ARTICLE: Final = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "type": TEXT,
        "attributes": {"type": "object", "properties": {"title": TEXT, "body": TEXT}},
    },
    "required": ["id", "type"],
}
SPARSE: Final = "Comma-separated list of fields; only these are returned."


def test_fields_of_a_flat_item_may_be_chosen_in_the_form_of_json_api() -> None:
    operation = listed(name="fields[things]")
    ignored = serve(lambda i, a, n: i, "fields[things]")
    assert broken(check(operation, ignored)) == {"query/fields[things]"}
    assert broken(check(operation, serve(lambda i, a, n: keep(i, a), "fields[things]"))) == set()


@pytest.mark.parametrize(
    ("kept", "expected"),
    [(("title",), set()), (("title", "body"), {"query/fields[articles]"})],
)
def test_fields_of_json_api_are_attributes(kept: tuple[str, ...], expected: set[str]) -> None:
    body = {"type": "object", "properties": {"data": {"type": "array", "items": ARTICLE}}}
    name = "fields[articles]"
    operation = contract({name: JOINED}, {}, body=body, texts={name: SPARSE})

    def show(item: Item, asked: list[str], number: int) -> Item:
        fields = {"title": f"Title {number}", "body": f"Body {number}"}
        shown = {n: v for n, v in fields.items() if not asked or n in (*asked, *kept)}
        return {"id": item["id"], "type": "articles", "attributes": shown}

    def handler(query: Query) -> Any:
        asked = [text for text in query.get(name, "").split(",") if text]
        return 200, {"data": [show(item, asked, n) for n, item in enumerate(make(3))]}

    assert [each.names for each in find_selections(operation)] == [("title", "body")]
    assert broken(check(operation, handler)) == expected


def test_a_selection_that_leaves_out_ids_hides_no_lost_item() -> None:
    known: Mapping[str, Any] = ITEM["properties"]
    item = {**ITEM, "properties": {**known, "weight": WEIGHT}, "required": []}
    listing = {"type": "object", "properties": {"items": {"type": "array", "items": item}}}
    texts = {"fields": ONLY, "min_weight": "Only things with at least this weight."}
    things = [{**each, "weight": 5 * n} for n, each in enumerate(make(9))]

    def answer(query: Query) -> Any:
        names = {*query.get("fields", ",".join(known)).split(",")}
        try:
            least = float(query.get("min_weight", "0"))
        except ValueError:
            return 422, {}
        if not names <= {*known}:
            return 422, {}
        kept = [each for each in things if each["weight"] >= least][1 if least else 0 :]
        return 200, {"items": [{n: t[n] for n in (*names, "weight") if n in t} for t in kept]}

    asked = {"fields": LISTED, "min_weight": WEIGHT}
    run = check(contract(asked, {}, body=listing, texts=texts), answer)
    assert ("filter.range", "query/min_weight") in breaking(run)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "schema", "text", "change"),
    [
        ("fields", JOINED, ONLY, lambda i, a, n: keep(i, a)),
        ("include", RELATED, ADDS, lambda i, a, n: add(i, a)),
    ],
)
def test_every_page_has_the_chosen_fields(
    name: str, schema: Any, text: str, change: Change
) -> None:
    def serve_pages(query: Query, *, forgets: bool) -> Any:
        start = whole_number(query.get("offset", "0"), 0, 10**6)
        size = whole_number(query.get("limit", "6"), 1, 20)
        if start is None or size is None:
            return 422, {}
        asked = [each for each in query.get(name, "").split(",") if each]
        shown = make(14)[start : start + size]
        is_plain = not asked or (forgets and start > 0)
        return 200, {"items": [i if is_plain else change(i, asked, 0) for i in shown]}

    body = {**BODY, "properties": {"items": {"type": "array", "items": ITEM}}}
    pages = {"offset": {"type": "integer", "minimum": 0}, "limit": {"type": "integer"}}
    operation = contract({**pages, name: schema}, {}, body=body, texts={name: text})
    assert broken(check(operation, partial(serve_pages, forgets=False))) == set()
    assert broken(check(operation, partial(serve_pages, forgets=True))) == {f"query/{name}"}
