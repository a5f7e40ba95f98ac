"""Lists with odd documentation: fields that are never filled in, unions of items, any objects."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import httpx
import pytest
from lists import BASE, Handler, Query, breaking, check, contract, whole_number
from sizes import sample

from docpact import conformance
from docpact.model import Case, Operation, Question, Verdict
from docpact.model.roles import selects_fields
from docpact.targets.address import url
from docpact.targets.http import HttpTarget
from docpact.targets.mock import MockApi, mock_client

TEXT: Final = {"type": "string"}
NULLABLE: Final = {"type": ["string", "null"]}
NUMBER: Final = {"type": "integer", "minimum": 0}
SIZE: Final = {"type": "integer", "minimum": 1, "maximum": 50}
STATES: Final = ("new", "paid")
ITEMS: Final = [{"id": f"t{n:03}", "state": STATES[n % 3 // 2]} for n in range(45)]

PARAMETERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "next_page_token": {"page_token": TEXT},
    "nextCursor": {"cursor": TEXT},
    "page": {"page": {"type": "integer", "minimum": 1}},
    "offset": {"offset": NUMBER},
    "has_more": {"starting_after": TEXT},
}
"""The field that names the next page, or requests it → the parameter."""

PAGES: Final = (("offset", "0"), ("limit", "20"))

UNUSED: Final = ("next", "next_page_token", "next_cursor", "nextPage", "links")


def listed(style: str, unused: str) -> Operation:
    link = {"type": ["object", "null"], "properties": {"next": NULLABLE}}
    fields: dict[str, Any] = {unused: link if unused == "links" else NULLABLE}
    if style in ("next_page_token", "nextCursor"):
        fields[style] = NULLABLE
    if style == "has_more":
        fields[style] = {"type": "boolean"}
    state = {"type": "string", "enum": [*STATES]}
    parameters = {**PARAMETERS[style], "limit": SIZE, "state": state}
    return contract(parameters, {"id": TEXT, "state": state}, fields)


def serve(style: str, unused: Mapping[str, Any], skipped: int = 0) -> Handler:
    """Return a list in a style; later pages begin some items too far."""

    def handler(query: Query) -> Any:
        found = [each for each in ITEMS if query.get("state", each["state"]) == each["state"]]
        size = whole_number(query.get("limit", "20"), 1, 50)
        start = find_start(style, query, size or 1, found)
        if size is None or start is None or query.get("state", "new") not in STATES:
            return 422, {}
        start += skipped if start else 0
        end = start + size
        more, body = end < len(found), {**unused, "items": found[start:end]}
        if style in ("next_page_token", "nextCursor"):
            body[style] = f"at{end}" if more else None
        return 200, body | ({"has_more": more} if style == "has_more" else {})

    return handler


def find_start(style: str, query: Query, size: int, found: list[Any]) -> int | None:
    """Return the index of the first item of a page; None for a value that is not allowed."""
    (name,) = PARAMETERS[style]
    text = query.get(name)
    if text is None:
        return 0
    if style == "has_more":
        ids = [each["id"] for each in found]
        return ids.index(text) + 1 if text in ids else None
    number = whole_number(text.removeprefix("at"), style == "page", 10**6)
    return (number - 1) * size if style == "page" and number else number


@pytest.mark.slow
@pytest.mark.sampled(3)
@pytest.mark.parametrize("style", PARAMETERS)
@pytest.mark.parametrize("unused", sample(UNUSED, 6))
@pytest.mark.parametrize("is_null", sample((True, False), 2))
def test_a_field_that_is_never_filled_in_does_not_end_a_list(
    style: str, unused: str, is_null: bool
) -> None:
    if unused == style:
        return
    run = check(listed(style, unused), serve(style, {unused: None} if is_null else {}))
    assert breaking(run) == []


@pytest.mark.sampled(6)
@pytest.mark.parametrize("style", PARAMETERS)
def test_an_item_that_is_lost_between_pages_is_found_beside_such_a_field(style: str) -> None:
    run = check(listed(style, "links"), serve(style, {"links": None}, skipped=1))
    assert ("paging.complete", "/items") in breaking(run)


def test_a_list_ends_where_a_url_that_other_pages_have_is_missing() -> None:
    operation = listed("page", "next")

    def handler(query: Query) -> Any:
        status, body, *_ = serve("page", {})(query)
        if status != 200:
            return status, body
        size, page = int(query.get("limit", "20")), int(query.get("page", "1"))
        if page * size < len(ITEMS) and "state" not in query:
            body["next"] = f"{BASE}/things?limit={size}&page={page + 1}"
        lost = "state" in query and page == 1
        return status, {**body, "items": body["items"][1:]} if lost else body

    assert ("filter.complete", "query/state") in breaking(check(operation, handler))


def test_a_server_that_fails_for_whole_numbers_of_more_than_64_bits_is_found() -> None:
    operation = contract({"offset": NUMBER, "limit": SIZE}, {"id": TEXT}, {})

    def handler(query: Query) -> Any:
        is_large = int(whole_number(query.get("offset", "0"), 0, 10**99) or 0) >= 2**63
        return (500, {}) if is_large else serve("offset", {})(query)

    assert breaking(check(operation, handler)) == [("query.server_error", "query/offset")]
    assert breaking(check(operation, serve("offset", {}))) == []


UNION: Final = {
    "anyOf": [
        {
            "type": "object",
            "properties": {"id": TEXT, "state": TEXT, kind: TEXT},
            "required": ["id", "state"],
        }
        for kind in ("wheel", "wing")
    ]
}
ANY: Final = {"type": "object"}
ITEM: Final = UNION["anyOf"][0]


def of_items(item: Mapping[str, Any]) -> Operation:
    return of_array({"type": "array", "items": item})


def of_array(array: Mapping[str, Any]) -> Operation:
    body = {"type": "object", "properties": {"items": array}, "required": ["items"]}
    parameters = {"offset": NUMBER, "limit": SIZE, "state": TEXT}
    return contract(parameters, {}, body=body)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("item", [UNION, ANY], ids=["union", "any object"])
def test_items_of_several_forms_are_a_list(item: Mapping[str, Any]) -> None:
    operation = of_items(item)
    assert operation.roles.items == "/items"
    assert breaking(check(operation, serve("offset", {}))) == []
    assert ("paging.complete", "/items") in breaking(check(operation, serve("offset", {}, 1)))


def test_fields_that_all_forms_have_are_ids_and_filters() -> None:
    roles = of_items(UNION).roles
    assert (roles.id, roles.filters) == ("/id", {"state": "/state"})


@pytest.mark.slow
@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    "others",
    [[UNION], [ANY], [{**ANY, "additionalProperties": True}], [UNION, ANY]],
    ids=["union", "any object", "open object", "both"],
)
@pytest.mark.parametrize("is_optional", sample((True, False), 2))
def test_several_forms_of_the_array_are_a_list(others: list[Any], is_optional: bool) -> None:
    arrays = [{"type": "array", "items": item} for item in (ITEM, *others)]
    operation = of_array({"anyOf": [*arrays, *[{"type": "null"}] * is_optional]})
    roles = operation.roles
    assert (roles.items, roles.id, roles.filters) == ("/items", "/id", {"state": "/state"})
    assert breaking(check(operation, serve("offset", {}))) == []
    assert ("paging.complete", "/items") in breaking(check(operation, serve("offset", {}, 1)))


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("path", "arrays", "items"),
    [
        ("/things", ["things"], "/things"),
        ("/v2/odd-things", ["kinds", "oddThings"], "/oddThings"),
        ("/v2/odd-things", ["things"], "/things"),
        ("/things", ["kinds"], None),
        ("/anythings", ["things"], None),
    ],
)
def test_an_array_with_the_name_of_the_path_is_a_list_beside_other_fields(
    path: str, arrays: list[str], items: str | None
) -> None:
    listed = {name: {"type": "array", "items": ITEM} for name in arrays}
    fields = {"version": NUMBER, "owner": TEXT, **listed}
    body = {"type": "object", "properties": fields, "required": [*fields]}
    operation = contract({"state": TEXT}, {}, body=body, path=path)
    assert operation.roles.items == items

    def ignore(_: Query) -> Any:
        found = [*ITEMS, *[{**each, "id": f"o{each['id']}", "state": "old"} for each in ITEMS]]
        return 200, {"version": 1, "owner": "ann", **dict.fromkeys(arrays, found)}

    found = [each.rule for each in check(operation, ignore).findings if each.rule[:6] == "filter"]
    assert found == (["filter.suspect"] if items else [])


@pytest.mark.parametrize("other", [ITEM, {"type": "string"}, {"type": "array", "items": TEXT}])
def test_an_array_or_something_else_is_not_a_list(other: Mapping[str, Any]) -> None:
    assert of_array({"anyOf": [{"type": "array", "items": ITEM}, other]}).roles.items is None


def test_a_total_that_ignores_the_filter_is_a_note() -> None:
    operation = contract(
        {"offset": NUMBER, "limit": SIZE, "state": {"type": "string", "enum": [*STATES]}},
        {"id": TEXT, "state": TEXT},
        {"total": NUMBER},
    )

    def counting(*, all_items: bool) -> Handler:
        def handler(query: Query) -> Any:
            status, body, *_ = serve("offset", {})(query)
            asked = query.get("state") if not all_items else None
            count = sum(asked in (None, each["state"]) for each in ITEMS)
            return status, {**body, "total": count}

        return handler

    def notes(handler: Handler) -> set[str]:
        run = check(operation, handler)
        assert breaking(run) == []
        return {each.observed for each in run.findings if each.location == "/total"}

    assert notes(counting(all_items=False)) == set()
    (observed,) = notes(counting(all_items=True))
    assert observed.startswith("45 for state=new, a list of 30 items")


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", ["fields", "$select", "response_fields"])
def test_required_fields_may_be_absent_where_a_request_chooses_fields(name: str) -> None:
    parameters = {"offset": NUMBER, "limit": SIZE, name: TEXT}
    operation = contract(parameters, {"id": TEXT, "state": TEXT}, {})

    def choosing(query: Query) -> Any:
        status, body, *_ = serve("offset", {})(query)
        chosen = query[name].split(",") if name in query else ["id", "state"]
        items = [{n: v for n, v in i.items() if n in chosen} for i in body.get("items", ())]
        return status, {**body, "items": items}

    def losing(query: Query) -> Any:
        status, body, *_ = choosing(query)
        return status, {**body, "items": [{"state": "new"} for _ in body["items"]]}

    assert breaking(check(operation, choosing)) == []
    assert ("response.required", "/items/*/id") in breaking(check(operation, losing))


@pytest.mark.parametrize("text", ["Comma-separated fields to include.", "Related things."])
def test_the_description_of_include_decides_whether_required_fields_may_be_absent(
    text: str,
) -> None:
    fields = {"id": TEXT, "state": TEXT}
    parameters = {"offset": NUMBER, "limit": SIZE, "include": TEXT}
    operation = contract(parameters, fields, {}, texts={"include": text})

    def including(query: Query) -> Any:
        status, body, *_ = serve("offset", {})(query)
        items = body.get("items", ())
        kept = [{"id": each["id"]} if "include" in query else each for each in items]
        return status, {**body, "items": kept}

    found = breaking(check(operation, including))
    is_selection = "fields" in text
    assert found == ([] if is_selection else [("response.required", "/items/*/state")])


@pytest.mark.slow
@pytest.mark.parametrize("value", ["state", "state.colour"])
def test_an_expanded_field_may_be_an_object_and_no_other(value: str) -> None:
    expand = {"type": "array", "items": {"type": "string", "enum": [value]}}
    parameters = {"offset": NUMBER, "limit": SIZE, "expand": expand}
    operation = contract(parameters, {"id": TEXT, "state": TEXT}, {})

    def expanding(query: Query, field: str = "state") -> Any:
        status, body, *_ = serve("offset", {})(query)
        if query.get("expand") == value:
            body = {**body, "items": [{**i, field: {"colour": "red"}} for i in body["items"]]}
        return status, body

    assert breaking(check(operation, expanding)) == []
    found = breaking(check(operation, lambda query: expanding(query, "id")))
    assert ("response.type", "/items/*/id") in found


def test_ids_for_a_parameter_that_excludes_things_are_still_required() -> None:
    assert not any(map(selects_fields, ("exclude_archived", "only_open", "field", "include")))
    assert selects_fields("fields[pets]")


def test_a_parameter_that_shows_whole_things_in_some_fields_does_not_choose_fields() -> None:
    assert selects_fields("include", "Comma-separated columns to return.")
    assert not selects_fields("include", "Use on Pointer columns to return the full object.")


def test_a_finding_shows_the_values_of_an_array_as_they_were_sent() -> None:
    """A server that knows only repeated parameters, where commas are documented."""
    box = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}
    operation = contract({"box": box}, {"id": {"type": "string"}})
    parameters = tuple(replace(each, explode=False) for each in operation.parameters)

    def answer(query: Query) -> Any:
        return (400, {}) if "," in query.get("box", "") else (200, [{"id": "a"}])

    run = check(replace(operation, parameters=parameters), answer)
    found = [each.observed for each in run.findings if each.rule == "query.accepts"]
    assert found == ["400 to box=1,1,1,1"]


@pytest.mark.parametrize("explode", [True, False])
def test_a_required_array_gets_as_many_values_as_it_needs(explode: bool) -> None:
    names = {"type": "array", "items": TEXT, "minItems": 2, "uniqueItems": True}
    operation = contract({"names": names}, {"id": TEXT})
    (names_of,) = operation.parameters
    documented = replace(names_of, explode=explode, required=True)
    operation = replace(operation, parameters=(documented,))
    assert conformance.check(operation, "mock").verdict() is Verdict.CONFORMS
    given = replace(operation, given={"names": "a,b"})
    sent = [url(BASE, given, Case("", Question()))]
    assert sent == [f"{BASE}/things?names=a{'&names=' if explode else ','}b"]


@pytest.mark.slow
def test_whole_numbers_are_equal_with_and_without_a_fraction() -> None:
    rating = {"type": "number"}
    parameters = {"offset": NUMBER, "limit": SIZE, "rating": rating}
    role = {"document": "operation", "pointer": "/roles/filters/rating", "source": "a test"}
    stated = [{**role, "value": {"value": "/rating"}}]
    operation = contract(parameters, {"id": TEXT, "rating": rating}, {}, stated)
    items: list[dict[str, Any]] = [{"id": f"t{n:03}", "rating": n % 5 / 2} for n in range(30)]

    def rated(query: Query, is_shown: Callable[[float, float], bool] = float.__eq__) -> Any:
        try:
            asked = float(query.get("rating", "nan"))
        except ValueError:
            return 422, {}
        found = [i for i in items if "rating" not in query or is_shown(i["rating"], asked)]
        start, size = (whole_number(query.get(n, d), 0, 50) for n, d in PAGES)
        if start is None or not size:
            return 422, {}
        return 200, {"items": found[start : start + size]}

    assert breaking(check(operation, rated)) == []
    assert breaking(check(operation, lambda query: rated(query, float.__ge__))) != []


def test_a_parameter_that_takes_one_value_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"type": "string", "enum": [*STATES]}
    role = {"document": "operation", "pointer": "/roles/filters/id", "source": "a test"}
    stated = [{**role, "value": {"value": "/id"}}]
    parameters = {"offset": NUMBER, "limit": SIZE, "id": TEXT, "state": state}
    operation = contract(parameters, {"id": TEXT, "state": state}, {}, stated)

    def single(query: Query) -> Any:
        found = [i for i in ITEMS if all(query.get(n, i[n]) == i[n] for n in ("id", "state"))]
        start, size = (whole_number(query.get(n, d), 0, 50) for n, d in PAGES)
        if start is None or not size or query.get("state", "new") not in STATES:
            return 422, {}
        return 200, {"items": found[start : start + size]}

    list_pairs = httpx.QueryParams.multi_items

    def read(params: httpx.QueryParams) -> list[tuple[str, str]]:
        pairs = list_pairs(params)
        return pairs if len(pairs) == len(dict(pairs)) else [("limit", "x")]

    monkeypatch.setattr(httpx.QueryParams, "multi_items", read)
    assert breaking(check(operation, single)) == []


def test_a_number_that_no_response_showed_may_be_refused_as_a_token() -> None:
    size, start = {"type": "integer", "minimum": 0}, {"type": "integer", "minimum": 0}
    fields = {"next": {"type": ["integer", "null"]}}
    texts = {"from": "Fetch the next set of results from the given uid."}
    operation = contract({"limit": size, "from": start}, {"id": TEXT}, fields, texts=texts)
    assert operation.roles.token_parameter == "from"
    assert conformance.check(operation, "mock").verdict() is Verdict.CONFORMS


@pytest.mark.parametrize("names", [("startAt", "endAt"), ("start", "end"), ("from", "to")])
def test_a_number_beside_an_upper_bound_is_no_offset(names: Any) -> None:
    item = {"id": TEXT, "created": {"type": "integer"}}
    number = {"type": "number"}
    fields = {"count": number, "page": number, "pageSize": number}
    operation = contract(dict.fromkeys(names, number), item, fields)
    created = [1_700_000_000 + n for n in range(57)]
    least, most = names

    def within(query: Query) -> Any:
        low = whole_number(query.get(least, "0"), 0, 2**63)
        high = whole_number(query.get(most, f"{2**63}"), 0, 2**63)
        if low is None or high is None:
            return 422, {}
        found = [{"id": f"t{each}", "created": each} for each in created if low <= each <= high]
        return 200, {"items": found[:20], "count": len(found), "page": 1, "pageSize": 20}

    assert breaking(check(operation, within)) == []


PAGED: Final = {"page": {**NUMBER, "minimum": 1}, "page_size": SIZE}


def in_pages(tell: Callable[[int, int], dict[str, Any]]) -> Handler:
    """Return a server of 30 items, whose pages have further fields, given their number and size."""

    def handler(query: Query) -> Any:
        page = whole_number(query.get("page", "1"), 1, 99)
        size = whole_number(query.get("page_size", "7"), 1, 50)
        if page is None or size is None:
            return 422, {}
        items = [{"id": f"t{n}"} for n in range(30)][(page - 1) * size : page * size]
        return 200, {"items": items, **tell(page, size)}

    return handler


@pytest.mark.parametrize(("lost", "found"), [(1, True), (0, False)])
def test_a_page_before_another_one_has_a_link_to_it(lost: int, found: bool) -> None:
    fields = {"next": {"type": ["string", "null"]}, "total_pages": NUMBER}

    def tell(page: int, size: int) -> dict[str, Any]:
        link = f"/things?page={page + 1}&page_size={size}" if 30 - page * size > lost else None
        return {"total_pages": -(-30 // size), "next": link}

    run = check(contract(PAGED, {"id": TEXT}, fields), in_pages(tell))
    assert (("paging.fields", "/next") in breaking(run)) is found


@pytest.mark.parametrize(("relation", "found"), [("eq", True), ("gte", False)])
def test_a_total_beside_a_relation_may_be_less(relation: str, found: bool) -> None:
    fields = {"total": {"type": "object", "properties": {"value": NUMBER, "relation": TEXT}}}
    total = {"total": {"value": 10, "relation": relation}}
    run = check(contract(PAGED, {"id": TEXT}, fields), in_pages(lambda page, size: total))
    assert any(each.rule.startswith("paging.") for each in run.findings) is found


@pytest.mark.parametrize("lost", [0, 1])
def test_a_pagination_token_takes_the_next_token(lost: int) -> None:
    meta = {"type": "object", "properties": {"next_token": TEXT}}
    query = {"pagination_token": TEXT, "max_results": SIZE}
    operation = contract(query, {"id": TEXT}, {"meta": meta})

    def handler(query: Query) -> Any:
        start = whole_number(query.get("pagination_token", "t0")[1:], 0, 99)
        size = whole_number(query.get("max_results", "7"), 1, 50)
        if start is None or size is None:
            return 422, {}
        items = [{"id": f"i{n}"} for n in range(30)][start + (lost if start else 0) :][:size]
        more = {"next_token": f"t{start + size}"} if start + size < 30 else {}
        return 200, {"items": items, "meta": more}

    rules = {rule for rule, _ in breaking(check(operation, handler))}
    assert rules == ({"paging.complete"} if lost else set())


@pytest.mark.parametrize("lost", [0, 1])
def test_a_header_may_have_the_token_of_the_next_page(lost: int) -> None:
    """It has the name of the parameter, and the last page has no such header."""

    def handler(query: Query) -> Any:
        start = whole_number(query.get("continuationToken", "t0")[1:], 0, 99)
        size = whole_number(query.get("$top", "10"), 1, 50)
        if start is None or size is None:
            return 422, {}
        end = start + size
        header = {"x-ms-continuationtoken": f"t{end + lost}"} if end < 30 else {}
        return 200, {"items": [{"id": f"i{n}"} for n in range(30)][start:end]}, header

    operation = contract({"continuationToken": TEXT, "$top": SIZE}, {"id": TEXT}, {})
    found = breaking(check(operation, handler))
    assert bool(found) is bool(lost)
    assert all(rule.startswith("paging.") for rule, _ in found)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_documented_header_has_the_value_of_after(lost: int) -> None:
    """As in Coinbase's lists: it is absent on the last page, and the newest items come first."""
    items = [{"id": str(n)} for n in range(30, 0, -1)]

    def handler(query: Query) -> Any:
        size, after = whole_number(query.get("limit", "7"), 1, 50), query.get("after", "31")
        if size is None or not after.isdecimal():
            return 400, {}
        shown = [i for i in items if int(i["id"]) < int(after) - lost * ("after" in query)]
        more = {"CB-AFTER": shown[size - 1]["id"]} if len(shown) > size else {}
        return 200, shown[:size], more

    query = {"before": TEXT, "after": TEXT, "limit": SIZE}
    operation = contract(query, {"id": TEXT}, headers={"CB-AFTER": {"schema": TEXT}})
    run = check(operation, handler)
    assert {rule for rule, _ in breaking(run)} == ({"paging.complete"} if lost else set())
    assert "paging.suspect" not in {each.rule for each in run.findings}


@pytest.mark.parametrize("lost", [0, 1])
def test_two_headers_may_lead_to_the_next_page_together(lost: int) -> None:
    """Azure's tables have parameters with the ends of these names, and need both."""
    rows = [{"PartitionKey": f"p{n // 10}", "RowKey": f"r{n % 10}"} for n in range(30)]
    names = ("NextPartitionKey", "NextRowKey")

    def handler(query: Query) -> Any:
        size, given = whole_number(query.get("$top", "7"), 1, 50), [query.get(n) for n in names]
        if size is None or (given[1] and not given[0]):
            return 400, {}
        after = [n for n, row in enumerate(rows) if [*row.values()] == given]
        start = after[0] + lost if after else 0
        onward = rows[start + size] if start + size < 30 else {}
        headers = zip((f"x-ms-continuation-{n}" for n in names), onward.values(), strict=False)
        return 200, {"items": rows[start : start + size]}, dict(headers)

    query = {"$top": SIZE, **dict.fromkeys(names, TEXT)}
    operation = contract(query, {"PartitionKey": TEXT, "RowKey": TEXT}, {})
    found = breaking(check(operation, handler))
    assert bool(found) is bool(lost)
    assert all(rule.startswith("paging.") for rule, _ in found)


@pytest.mark.parametrize(("wrong", "filtered"), [(0, 0), (1, 0), (0, 1)])
def test_a_total_that_a_flag_asks_for_is_compared(wrong: int, filtered: int) -> None:
    total = {"type": ["integer", "null"], "description": "The total number of matching records."}
    flag = {"include_total": {"type": "boolean"}, "offset": {"type": "integer", "minimum": 0}}
    kind = {"type": "string", "enum": ["a", "b"]}
    shown, asks = {"id": TEXT, "kind": kind}, {**flag, "limit": SIZE, "kind": kind}
    operation = contract(asks, shown, {"total": total})

    def handler(query: Query) -> Any:
        start = whole_number(query.get("offset", "0"), 0, 10**6)
        size = whole_number(query.get("limit", "7"), 1, 50)
        asked, chosen = query.get("include_total", "false"), query.get("kind")
        if start is None or size is None or asked not in ("true", "false"):
            return 422, {}
        if chosen not in (None, "a", "b"):
            return 422, {}
        items = [{"id": f"i{n}", "kind": "abb"[n % 3]} for n in range(30)]
        items = [each for each in items if chosen in (None, each["kind"])]
        count = len(items) + wrong + filtered * (chosen is not None)
        found = {"items": items[start : start + size]}
        return 200, {**found, "total": count if asked == "true" else None}

    found = breaking(check(operation, handler))
    assert found == [("paging.total", "/total")] * max(wrong, filtered)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("more", "rules"),
    [
        (lambda start, _: start > 0, ["paging.total"]),
        (lambda start, _: -start, ["paging.total"]),
        (lambda start, _: -30 if start else 0, []),
        (lambda start, number: start > 0 and number == 9, []),
    ],
    ids=["one too many after the first page", "the remaining items", "first page only", "once"],
)
def test_a_documented_total_is_the_same_on_all_pages(
    more: Callable[[int, int], int], rules: list[str]
) -> None:
    total = {"type": "integer", "description": "The total number of matching records."}
    offset = {"offset": {"type": "integer", "minimum": 0}}
    operation = contract({**offset, "limit": SIZE}, {"id": TEXT}, {"total": total})
    requests = itertools.count(1)

    def handler(query: Query) -> Any:
        start = whole_number(query.get("offset", "0"), 0, 10**6)
        size = whole_number(query.get("limit", "7"), 1, 50)
        if start is None or size is None:
            return 422, {}
        items = [{"id": f"i{n}"} for n in range(30)][start : start + size]
        return 200, {"items": items, "total": 30 + more(start, next(requests))}

    assert breaking(check(operation, handler)) == [(rule, "/total") for rule in rules]


@pytest.mark.parametrize(
    ("field", "rules"), [("page_size", []), ("color", [("paging.total", "/count")])]
)
def test_a_parameter_of_json_may_choose_a_page(field: str, rules: list[tuple[str, str]]) -> None:
    content = {"type": "object", "properties": {field: {"type": "integer"}}}
    count = {**NUMBER, "description": "The number of all items"}
    listed = contract({"q": TEXT}, {"id": TEXT}, {"count": count})
    parameter = replace(listed.parameters[0], content=content)

    def handler(query: Query) -> Any:
        return 200, {"count": 45, "items": [{"id": each["id"]} for each in ITEMS[:20]]}

    found = breaking(check(replace(listed, parameters=(parameter,)), handler, families={"paging"}))
    assert found == rules


def test_pages_without_items_may_have_links() -> None:
    link = {"type": "object", "properties": {"first": NULLABLE, "next": NULLABLE}}
    listed = contract(PARAMETERS["page"], {"id": TEXT}, {"links": link})

    def handler(query: Query) -> Any:
        page = whole_number(query.get("page", "1"), 1, 10**9)
        if page is None:
            return 422, {}
        onward = f"{BASE}/things?page={page + 1}" if page < 3 else None
        return 200, {"items": [], "links": {"first": f"{BASE}/things?page=1", "next": onward}}

    assert breaking(check(listed, handler)) == []


def serve_either(is_broken: bool) -> Handler:
    """Return a list with pages by offset, and by a cursor if the request has one."""

    def handler(query: Query) -> Any:
        size, offset = whole_number(query.get("limit", "20"), 1, 50), query.get("offset", "0")
        start = whole_number(query.get("cursor", f"at{offset}").removeprefix("at") or "0", 0, 10**6)
        if size is None or start is None or not query.get("cursor", "at").startswith(("", "at")):
            return 400, {}
        found = ITEMS[start + (is_broken and start > 0) :][:size]
        cursor = f"at{start + size}" if "cursor" in query and start + size < len(ITEMS) else None
        return 200, {"next_cursor": cursor, "items": found}

    return handler


@pytest.mark.sampled(3)
@pytest.mark.parametrize("is_broken", [False, True])
@pytest.mark.parametrize(
    "text", ["Pass an empty string for the first page.", "First: `cursor=*`.", "Set to * to start."]
)
def test_a_cursor_that_requests_must_ask_for_gives_way_to_an_offset(
    text: str, is_broken: bool
) -> None:
    parameters = {"cursor": TEXT, "offset": NUMBER, "limit": SIZE}
    fields, texts = {"next_cursor": NULLABLE}, {"cursor": text}
    operation = contract(parameters, {"id": TEXT, "state": TEXT}, fields, texts=texts)
    run = check(operation, serve_either(is_broken))
    assert {rule for rule, _ in breaking(run)} == ({"paging.complete"} if is_broken else set())
    assert (run.verdict() is Verdict.CONFORMS) is not is_broken
    assert "paging.suspect" not in {each.rule for each in run.findings}


@pytest.mark.parametrize("skipped", [0, 1])
def test_a_cursor_in_an_object_about_pages_is_that_of_a_parameter_of_another_name(
    skipped: int,
) -> None:
    """Twitch's `pagination.cursor` is the value of `after`, and no item's id is."""
    pagination = {"type": "object", "properties": {"cursor": TEXT}}
    operation = contract({"after": TEXT, "first": SIZE}, {"id": TEXT}, {"pagination": pagination})

    def handler(query: Query) -> Any:
        size = whole_number(query.get("first", "20"), 1, 50)
        start = whole_number(query.get("after", "at0").removeprefix("at"), 0, 10**6)
        if size is None or start is None:
            return 422, {}
        end, shown = start + size, ITEMS[start + (skipped if start else 0) : start + size]
        more = {"cursor": f"at{end}"} if end < len(ITEMS) else {}
        return 200, {"items": [{"id": each["id"]} for each in shown], "pagination": more}

    found = [rule for rule, _ in breaking(check(operation, handler))]
    assert found == ["paging.complete"] * skipped


@pytest.mark.parametrize("holder", ["data", "card"])
@pytest.mark.parametrize("is_sorted", [True, False])
def test_items_whose_fields_are_in_an_object_are_sorted_by_them(
    holder: str, is_sorted: bool
) -> None:
    """Zotero's items have their fields in `data`, the NVD's in their only field."""
    fields = {"title": TEXT, "added": NUMBER}
    inner = {holder: {"type": "object", "properties": fields, "required": [*fields]}}
    sort = {"type": "string", "enum": ["added", "-added"]}
    operation = contract({"sort": sort}, inner if holder == "card" else {"id": TEXT, **inner})
    items = [{"id": f"t{n}", holder: {"title": f"{n}", "added": n * 7 % 12}} for n in range(12)]

    def handler(query: Query) -> Any:
        if query.get("sort", "added") not in sort["enum"]:
            return 422, {}
        is_down = query.get("sort") == "-added"
        key = lambda each: each[holder]["added"]  # noqa: E731
        return 200, sorted(items, key=key, reverse=is_down) if is_sorted else items

    found = {rule for rule, _ in breaking(check(operation, handler))}
    assert found == (set() if is_sorted else {"filter.order"})


def test_the_mock_of_a_list_whose_tokens_are_numbers_in_responses_conforms() -> None:
    fields, item = {"next_marker": {"type": "integer"}}, {"id": TEXT, "state": TEXT}
    operation = contract({"marker": TEXT, "limit": SIZE}, item, fields)
    with mock_client(MockApi(operation)) as client:
        target = HttpTarget(operation.server, operation, operation.server, client)
        run = conformance.Session(target).run()
    assert run.verdict() is Verdict.CONFORMS
    assert "paging.complete" in {e.promise.rule for e in run.results if e.observations}


@pytest.mark.parametrize(("field", "ends"), [(TEXT, True), (NULLABLE, False)])
def test_an_empty_page_ends_a_list_that_has_a_next_page_everywhere(field: Any, ends: bool) -> None:
    """The last page leads to itself: that is right only if the types allow no other end."""
    operation = contract({"from": TEXT}, {"id": TEXT}, {"next": field})
    body = {**operation.response_schema, "required": ["items", "next"]}

    def serve(query: Query) -> Any:
        start = whole_number(query.get("from", "0"), 0, len(ITEMS))
        if start is None:
            return 400, {}
        page = [{"id": each["id"]} for each in ITEMS[start : start + 20]]
        return 200, {"items": page, "next": f"{BASE}/things?from={start + len(page)}"}

    run = check(replace(operation, response_schema=body), serve)
    assert [rule for rule, _ in breaking(run)] == ([] if ends else ["paging.ends"])


@pytest.mark.parametrize("least", [1, 40])
def test_a_server_may_refuse_a_number_as_large_as_its_type(least: int) -> None:
    """A format says how a number is stored; a number near the documented bound is accepted."""
    days = {"type": "integer", "format": "int32", "minimum": 1}

    def serve(query: Query) -> Any:
        known = whole_number(query.get("days", "50"), least, 366)
        return (200, [{"id": "a"}]) if known else (400, {})

    found = breaking(check(contract({"days": days}, {"id": TEXT}), serve))
    assert found == ([] if least == 1 else [("query.accepts", "query/days")])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The estimated number.", False),
        ("The number, capped at 20.", False),
        ("The number of things on this page.", False),
        ("The number of things in the database, not the number of rows returned.", False),
        ("The number of all things, regardless of any filters.", False),
        ("", True),
    ],
)
def test_an_estimate_may_be_less_than_the_length_of_a_page(text: str, found: bool) -> None:
    total = {"type": "integer", "description": text}
    operation = contract({"page": NUMBER}, {"id": TEXT}, {"total": total})
    items = [{"id": str(number)} for number in range(27)]
    run = check(
        operation,
        lambda query: (200, {"items": items[: 27 * (query.get("page", "0") == "0")], "total": 20}),
    )
    assert ("paging.total" in [rule for rule, _ in breaking(run)]) is found
    assert found or not {each.rule for each in run.findings} - {"query.rejects"}


@pytest.mark.parametrize("status", [401, 400])
def test_a_value_may_need_a_credential(status: int) -> None:
    operation = contract({"context": {"enum": ["view", "edit"]}}, {"id": TEXT})
    refused = [("query.accepts", "query/context")] if status == 400 else []

    def serve(query: Query) -> Any:
        return (status, {}) if query.get("context") == "edit" else (200, [{"id": "a"}])

    assert breaking(check(operation, serve)) == refused


@pytest.mark.parametrize("value", ["ids", "newest"])
def test_a_value_with_the_name_of_another_parameter_may_need_it(value: str) -> None:
    """Things can be sorted as their ids were sent, if some were."""
    parameters = {"sort": {"enum": ["id", value]}, "ids": TEXT}

    def serve(query: Query) -> Any:
        is_refused = query.get("sort") == value and "ids" not in query
        return (400, {}) if is_refused else (200, [{"id": "a"}])

    found = breaking(check(contract(parameters, {"id": TEXT}), serve))
    assert found == ([] if value == "ids" else [("query.accepts", "query/sort")])


@pytest.mark.parametrize("text", ["The order of items is not stable.", "The page."])
def test_items_may_change_their_places_if_a_description_says_so(text: str) -> None:
    parameters = {"page": {"type": "integer", "minimum": 1}, "limit": SIZE}
    operation = contract(parameters, {"id": TEXT}, {}, texts={"page": text})

    def serve(query: Query) -> Any:
        page, size = (
            whole_number(query.get(n, d), 1, 50) for n, d in (("page", "1"), ("limit", "20"))
        )
        items = ITEMS[::-1] if size and size % 2 else ITEMS
        start = ((page or 1) - 1) * (size or 1)
        return (200, {"items": items[start : start + (size or 1)]}) if page and size else (400, {})

    found = breaking(check(operation, serve))
    assert found == ([("paging.order", "/items")] if text == "The page." else [])


@pytest.mark.parametrize("shift", [0, 1])
def test_a_list_may_be_whole_unless_a_page_is_asked_for(shift: int) -> None:
    """Some items are hidden by default; a wrong server begins its pages too late."""
    parameters = {"page": {"type": "integer"}, "include_paid": {"type": "boolean"}}

    def serve(query: Query) -> Any:
        asked, page = query.get("include_paid", "false"), query.get("page", "1")
        known = ITEMS if asked == "true" else [e for e in ITEMS if e["state"] == "new"]
        number = whole_number(page, 1, 99)
        if number is None or asked not in ("true", "false"):
            return 400, {}
        start = (number - 1) * 10 + shift * (number > 1)
        if "page" not in query:
            return 200, {"items": known}
        return 200, {"items": known[start : start + 10], "pageCount": -(-len(known) // 10)}

    fields = {"id": TEXT, "state": {"type": "string", "enum": [*STATES]}}
    run = check(contract(parameters, fields, {"pageCount": {"type": "integer"}}), serve)
    assert bool(breaking(run)) == bool(shift)


def test_an_object_named_continue_may_have_several_parameters_of_the_next_page() -> None:
    """As in MediaWiki: one of them alone leads to the same page again."""
    parameters = {"from": TEXT, "continue": TEXT}
    onward = {"type": "object", "properties": parameters}

    def serve(query: Query) -> Any:
        start = whole_number(query.get("from", "0"), 0, len(ITEMS))
        if start is None:
            return 400, {}
        more = start + 20 < len(ITEMS)
        onward = {"continue": {"from": str(start + 20), "continue": "-||"}} if more else {}
        return 200, {"items": ITEMS[start : start + 20], **onward}

    assert not breaking(check(contract(parameters, {"id": TEXT}, {"continue": onward}), serve))


@pytest.mark.parametrize("others", ["kinds", "states", "copies"])
def test_ids_may_be_unique_among_things_of_one_kind_only(others: str) -> None:
    """Other fields, and items that are shown again, do not excuse the same id."""
    name, kinds = ("type", ("post", "poll")) if others == "kinds" else ("state", STATES)
    count = {"kinds": 60, "states": 60, "copies": 30}[others]
    items = [{"id": number // 2, name: kinds[number % 2]} for number in range(count)]
    items = items[::2] + items[:8:2] if others == "copies" else items

    def serve(query: Query) -> Any:
        start = whole_number(query.get("offset", "0"), 0, 99)
        return (400, {}) if start is None else (200, {"items": items[start : start + 20]})

    fields = {"id": {"type": "integer"}, name: {"enum": [*kinds]}}
    found = breaking(check(contract({"offset": NUMBER}, fields, {}), serve))
    assert found == ([] if others == "kinds" else [("paging.unique", "/items")])


@pytest.mark.parametrize(("name", "first", "rules"), [("from", 1, []), ("offset", 0, [])])
def test_a_list_may_begin_at_the_number_of_an_item(name: str, first: int, rules: Any) -> None:
    """`from` with the minimum 1 is the number of an item; an offset is never."""
    numbers = [{"id": str(number)} for number in range(45)]

    def serve(query: Query) -> Any:
        start = whole_number(query.get(name, str(first)), 0, 99)
        size = whole_number(query.get("limit", "20"), 1, 50)
        if start is None or size is None:
            return 400, {}
        return 200, {"items": numbers[max(0, start - first) :][:size]}

    parameters = {name: {"type": "integer", "minimum": 1}, "limit": SIZE}
    assert breaking(check(contract(parameters, {"id": TEXT}, {}), serve)) == rules


@pytest.mark.parametrize("name", ["before", "limit"])
def test_a_guessed_way_to_the_next_page_may_be_refused(name: str) -> None:
    """`before` takes the value of `more` here, not the last id; a documented value is accepted."""
    parameters = {"before": TEXT, "limit": SIZE}

    def serve(query: Query) -> Any:
        is_refused = "before" in query if name == "before" else query.get("limit") == "50"
        size = whole_number(query.get("limit", "20"), 1, 50)
        items = [{"id": each["id"]} for each in ITEMS[: size or 0]]
        return (400, {}) if is_refused or not size else (200, {"items": items, "next": "b64"})

    found = breaking(check(contract(parameters, {"id": TEXT}, {"next": NULLABLE}), serve))
    assert found == ([] if name == "before" else [("query.accepts", "query/limit")])


def test_a_list_that_grows_in_every_walk_repeats_items() -> None:
    """The newest come first, so that the last item of a page moves to the next one."""
    turn = iter(range(10_000))
    parameters = {"page": {"type": "integer", "minimum": 1}, "limit": SIZE}

    def serve(query: Query) -> Any:
        page, size = whole_number(query.get("page", "1"), 1, 99), query.get("limit", "20")
        count, number = 60 + next(turn) // 9, whole_number(size, 1, 50)
        if page is None or number is None:
            return 400, {}
        items = [{"id": str(count - place)} for place in range(count)]
        return 200, {"items": items[(page - 1) * number : page * number]}

    assert not breaking(check(contract(parameters, {"id": TEXT}, {}), serve))


@pytest.mark.parametrize("value", ["2024-01-01T08:30:00Z", "true", "Amber"])
def test_times_and_flags_are_the_same_in_another_case(value: str) -> None:
    items = [{"id": "a", "seen": value}, {"id": "b", "seen": "other"}]

    def serve(query: Query) -> Any:
        asked = query.get("seen")
        return 200, [e for e in items if asked is None or asked.lower() == e["seen"].lower()]

    run = check(contract({"seen": TEXT}, {"id": TEXT, "seen": TEXT}), serve)
    rules = {each.rule for each in run.findings}
    assert ("filter.suspect" in rules) is (value == "Amber")


@pytest.mark.parametrize("without", [" Without it, the roots.", ""])
def test_a_description_says_which_items_a_list_shows_without_a_filter(without: str) -> None:
    """A tree may show its roots only, unless a parent is named; another list shows all items."""
    nodes = [{"id": n, "parent_id": n // 4 or None} for n in range(1, 30)]
    number = {"type": "integer"}

    def serve(query: Query) -> Any:
        page, parent = whole_number(query.get("page", "1"), 1, 99), query.get("parent_id")
        size = whole_number(query.get("limit", "20"), 1, 50)
        if not page or not size or not (parent is None or parent.isdecimal()):
            return 400, {}
        found = [e for e in nodes if e["parent_id"] == (parent and int(parent))]
        return 200, {"items": found[(page - 1) * size : page * size]}

    fields = {"id": number, "parent_id": {"type": ["integer", "null"]}}
    texts = {"parent_id": f"Only the nodes directly below this one.{without}"}
    parameters = {"parent_id": number, "page": {**number, "minimum": 1}, "limit": SIZE}
    found = breaking(check(contract(parameters, fields, {}, texts=texts), serve))
    assert [rule for rule, _ in found] == ([] if without else ["paging.complete"])


@pytest.mark.parametrize("text", ["It can range between 1 and 20.", "The size of a page."])
def test_a_page_size_above_the_numbers_of_its_description_may_be_refused(text: str) -> None:
    parameters = {"offset": NUMBER, "limit": {"type": "integer"}}

    def serve(query: Query) -> Any:
        size = whole_number(query.get("limit", "10"), 1, 20)
        start = whole_number(query.get("offset", "0"), 0, 999)
        if size is None or start is None:
            return 400, {}
        return 200, {"items": ITEMS[start : start + size], "total": len(ITEMS)}

    operation = contract(parameters, {"id": TEXT}, {"total": NUMBER}, texts={"limit": text})
    found = breaking(check(operation, serve))
    assert found == ([] if "20" in text else [("query.accepts", "query/limit")])
