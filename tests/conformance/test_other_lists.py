"""Lists in several styles of paging, also unknown ones: no false alarm, and faults are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from lists import BASE, Handler, Query, breaking, check, contract, whole_number
from sizes import sample

from docpact.errors import ContractError
from docpact.model import Operation, Run, Verdict
from docpact.model.documented import DocumentedResponse, Parameter, ResponseHeader
from docpact.targets.mock import MockApi

STATES: Final = ("new", "paid")
SIZE: Final = {"type": "integer", "minimum": 1, "maximum": 100}
NUMBER: Final = {"type": "integer", "minimum": 1}
TEXT: Final = {"type": "string"}
NULLABLE: Final = {"type": ["string", "null"]}
STATE: Final = {"type": "string", "enum": [*STATES]}
THING: Final = {"id": TEXT, "state": STATE}
NOT_SEEN: Final = (
    "there may be further pages that docpact cannot request; where it did not see the end of a "
    "list, it did not test whether the list is complete"
)


def things(count: int) -> list[dict[str, Any]]:
    return [{"id": f"t{n:03}", "state": STATES[n % 2]} for n in range(count)]


def select(items: list[dict[str, Any]], query: Query) -> list[dict[str, Any]]:
    return [each for each in items if query.get("state", each["state"]) == each["state"]]


def paged(style: str, count: int = 45, default: int = 20, most: int = 100) -> Handler:
    """Return a correct list in a style of paging."""
    items = things(count)

    def handler(query: Query) -> Any:
        size = whole_number(query.get("limit", str(default)), 1, 100)
        page = whole_number(query.get("page", query.get("folio", "1")), 1, 10**6)
        if size is None or page is None or query.get("state", "new") not in STATES:
            return 422, {}
        found, size = select(items, query), min(size, most)
        start = (page - 1) * size
        if "after_id" in query:
            start = sum(each["id"] <= query["after_id"] for each in found)
        if query.get("cursor"):
            at = whole_number(query["cursor"], 0, 10**6)
            if at is None:
                return 400, {}
            start = at
        end = start + size
        more, shown = end < len(found), found[start:end]
        if style in ("link", "results"):
            following = urlencode({**query, "page": page + 1})
            onward = f'<{BASE}/things?{following}>; rel="next"'
            always = {"Link": f'{onward}; results="{str(more).lower()}"'}
            return 200, shown, always if style == "results" else {"Link": onward} if more else {}
        return 200, {"items": shown, **fields(more, end, found, size)}

    def fields(more: bool, end: int, found: list[Any], size: int) -> dict[str, Any]:
        every: dict[str, dict[str, Any]] = {
            "page": {},
            "unknown": {},
            "silent": {},
            "has_more": {"has_more": more},
            "total_pages": {"total_pages": -(-len(found) // size)},
            "meta": {"meta": {"next_cursor": str(end) if more else None}},
            "count": {"total": min(size, len(found))},
        }
        return every[style]

    return handler


def listed(style: str, **size: Any) -> Operation:
    onward: dict[str, dict[str, Any]] = {
        "has_more": {"after_id": TEXT},
        "meta": {"cursor": TEXT},
        "unknown": {"folio": NUMBER, "before_cursor": NUMBER},
        "silent": {},
    }
    fields: dict[str, dict[str, Any]] = {
        "has_more": {"has_more": {"type": "boolean"}},
        "total_pages": {"total_pages": {"type": "integer"}},
        "meta": {"meta": {"type": "object", "properties": {"next_cursor": NULLABLE}}},
        "count": {"total": {"type": "integer"}},
    }
    return contract(
        {**onward.get(style, {"page": NUMBER}), "limit": {**SIZE, **size}, "state": STATE},
        THING,
        None if style in ("link", "results") else fields.get(style, {}),
    )


UNPAGED: Final = contract({"state": STATE}, THING, {})

STYLES: Final = (
    *("page", "unknown", "silent", "has_more", "total_pages", "meta", "link", "results", "count"),
)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("count", sample((3, 45, 150), 2))
@pytest.mark.parametrize("style", sample(STYLES, 3))
def test_a_correct_list_conforms(style: str, count: int) -> None:
    run = check(listed(style), paged(style, count))
    assert breaking(run) == []
    assert run.verdict() is Verdict.CONFORMS


@pytest.mark.parametrize("lost", [0, 1])
def test_a_page_size_that_servers_may_refuse_is_not_asked_for(lost: int) -> None:
    """No maximum is documented; the correct server has one, the other loses a last item alone."""
    items = things(237)

    def handler(query: Query) -> Any:
        size = whole_number(query.get("limit", "50"), 1, 100)
        start = whole_number(query.get("offset", "0"), 0, 10**6)
        if size is None or start is None:
            return 400, {}
        shown = items[start : start + size]
        return 200, {"items": shown[:-1] if lost and len(shown) == 1 else shown, "total": 237}

    parameters = {"limit": NUMBER, "offset": {"type": "integer", "minimum": 0}}
    operation = contract(parameters, THING, {"total": {"type": "integer"}})
    assert breaking(check(operation, handler)) == [("paging.complete", "/items")][:lost]


def test_a_server_that_shortens_pages_in_silence_conforms() -> None:
    operation = contract({"limit": NUMBER, "state": STATE}, THING, {})
    assert breaking(check(operation, paged("silent", 150, default=100, most=30))) == []


def observations(run: Run, rule: str) -> int:
    return sum(each.observations for each in run.results if each.promise.rule == rule)


def test_completeness_is_not_tested_where_the_end_was_not_seen() -> None:
    run = check(listed("unknown"), paged("unknown"))
    assert observations(run, "filter.complete") == 0
    assert observations(run, "filter.selects") > 0
    assert NOT_SEEN in run.remarks
    assert NOT_SEEN not in check(UNPAGED, paged("silent", default=99)).remarks


def drop_last(body: Any) -> Any:
    return {**body, "items": body["items"][:-1]}


def faulty(handler: Handler, change: Callable[[Any], Any]) -> Handler:
    """Return a server that changes the pages of one filter."""

    def answer(query: Query) -> Any:
        status, body, *rest = handler(query)
        return (status, change(body) if query.get("state") == "paid" and body else body, *rest)

    return answer


@pytest.mark.sampled(2)
@pytest.mark.parametrize("style", ["has_more", "total_pages", "meta"])
def test_an_item_lost_from_a_page_that_says_it_is_the_last_is_found(style: str) -> None:
    run = check(listed(style), faulty(paged(style), drop_last))
    assert breaking(run) == [("filter.complete", "query/state")]


def test_an_item_lost_from_a_list_without_pages_is_found() -> None:
    run = check(
        contract({"state": STATE}, THING, {}), faulty(paged("silent", default=99), drop_last)
    )
    assert breaking(run) == [("filter.complete", "query/state")]


def test_an_item_lost_from_a_short_page_is_found() -> None:
    run = check(listed("silent", default=20), faulty(paged("silent"), drop_last))
    assert breaking(run) == [("filter.complete", "query/state")]


@pytest.mark.sampled(4)
@pytest.mark.parametrize("style", sample(STYLES, 3, first=1))
def test_a_filter_that_is_ignored_is_found(style: str) -> None:
    def answer(query: Query) -> Any:
        return paged(style)({k: v for k, v in query.items() if k != "state" or v == "new"})

    found = breaking(check(listed(style), answer))
    assert ("filter.selects", "query/state") in found


@pytest.mark.parametrize("least", [0, None])
def test_a_page_size_of_zero_is_no_crash(least: int | None) -> None:
    size = {"type": "integer", "maximum": 100} | ({} if least is None else {"minimum": least})

    def handler(query: Query) -> Any:
        size, start = (query.get("page_size", "20"), query.get("page_token", "0"))
        number, at = whole_number(size.removeprefix("-"), 0, 100), whole_number(start, 0, 999)
        if number is None or at is None:
            return 422, {}
        end = at + number
        return 200, {"items": things(30)[at:end], "next_page_token": str(end) if end < 30 else None}

    operation = contract(
        {"page_size": size, "page_token": TEXT},
        THING,
        {"next_page_token": {"type": ["string", "null"]}},
    )
    assert breaking(check(operation, handler)) == []


@pytest.mark.parametrize("lost", [0, 1])
def test_a_header_with_the_url_of_the_next_page_is_followed(lost: int) -> None:
    def handler(query: Query) -> Any:
        found = select(things(45), query)
        at = whole_number(query.get("cursor") or "0", 0, 10**6)
        size = whole_number(query.get("limit", "20"), 1, 100)
        if at is None or size is None or query.get("state", "new") not in STATES:
            return 422, {}
        url = f"{BASE}/things?{urlencode({**query, 'cursor': at + size})}"
        onward = {"X-Next-Page": url} if at + size < len(found) else {}
        return 200, found[at + lost if at else 0 : at + size], onward

    run = check(contract({"limit": SIZE, "cursor": TEXT, "state": STATE}, THING, None), handler)
    assert breaking(run) == ([("paging.complete", "")] if lost else [])
    assert NOT_SEEN not in run.remarks


@pytest.mark.parametrize("stated", [True, False])
def test_a_list_may_end_at_a_documented_number_of_items(stated: bool) -> None:
    def handler(query: Query) -> Any:
        size, page = (
            whole_number(query.get(n, d), 1, 10**6) for n, d in (("limit", "20"), ("page", "1"))
        )
        if size is None or size > 30 or page is None or query.get("state", "new") not in STATES:
            return 422, {}
        return 200, select(things(150), query)[:60][(page - 1) * size : page * size]

    asked = {"page": NUMBER, "limit": {**SIZE, "maximum": 30}, "state": STATE}
    text = "Only the first 60 things can be reached." if stated else ""
    run = check(contract(asked, THING, None, texts={"page": text}), handler)
    assert breaking(run) == ([] if stated else [("paging.complete", "")])


LIMIT_AND_OFFSET: Final = {"limit": SIZE, "offset": {"type": "integer", "minimum": 0}}
OFFSETS: Final = {**LIMIT_AND_OFFSET, "state": STATE}


def offsets(items: list[Any], skipped: int = 0, total: str = "") -> Handler:
    """Return a list with offsets; later pages begin some items too far or too early."""

    def handler(query: Query) -> Any:
        size = whole_number(query.get("limit", "20"), 1, 100)
        at = whole_number(query.get("offset", "0"), 0, 10**6)
        if size is None or at is None or query.get("state", "new") not in STATES:
            return 422, {}
        found = [each for each in items if query.get("state") in (None, each.get("state"))]
        start = at + skipped if at else 0
        return 200, {"items": found[start : start + size], **({total: len(found)} if total else {})}

    return handler


NAMED: Final = [{"name": f"n{n}", "state": STATES[n % 2]} for n in range(237)]
NUMBERED: Final = [{"id": n, "state": STATES[n % 2]} for n in range(237)]
ALIKE: Final = [{"state": STATES[n % 2]} for n in range(237)]
INTEGER: Final = {"type": "integer"}


def offset_list(**item: Any) -> Operation:
    return contract(OFFSETS, {**item, "state": STATE}, {})


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("items", "operation"),
    [
        (NAMED, offset_list(name=TEXT)),
        (NUMBERED, offset_list(id=INTEGER)),
        (ALIKE, offset_list()),
        (NAMED[:7], offset_list(name=TEXT)),
        ([*NAMED, *NAMED[5:9]], offset_list(name=TEXT)),
        ([{"state": "new"}] * 60, offset_list()),
    ],
    ids=["names", "numbers", "alike", "few", "equal", "one value"],
)
def test_items_without_a_text_id_raise_no_false_alarm(
    items: list[Any], operation: Operation
) -> None:
    run = check(operation, offsets(items))
    assert breaking(run) == []
    assert run.verdict() is Verdict.CONFORMS


def test_items_without_an_id_that_change_all_the_time_raise_no_false_alarm() -> None:
    turns = [0]

    def handler(query: Query) -> Any:
        turns[0] += 1
        loads = [{"load": (n + turns[0] % 2) % 40, "state": STATES[n % 2]} for n in range(60)]
        return offsets(loads)(query)

    assert breaking(check(offset_list(load=INTEGER), handler)) == []


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("items", "operation"),
    [(NAMED, offset_list(name=TEXT)), (NUMBERED, offset_list(id=INTEGER))],
    ids=["names", "numbers"],
)
@pytest.mark.parametrize(("skipped", "rule"), [(1, "paging.complete"), (-1, "paging.unique")])
def test_a_boundary_item_without_a_text_id_that_is_lost_or_repeated_is_found(
    items: list[Any], operation: Operation, skipped: int, rule: str
) -> None:
    found = breaking(check(operation, offsets(items, skipped)))
    without_id = {("filter.complete", "query/state")} if "name" in items[0] else set()
    assert {(rule, "/items"), *without_id} & {*found}


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    ("skipped", "found"), [(0, []), (1, ["paging.complete"]), (-1, ["paging.unique"])]
)
def test_numbers_that_are_documented_as_texts_page_a_list(skipped: int, found: list[str]) -> None:
    stated = {"limit": {**TEXT, "default": "20"}, "offset": {**TEXT, "default": "0"}}
    operation = contract({**stated, "state": STATE}, {"id": INTEGER, "state": STATE}, {})

    def handler(query: Query) -> Any:
        known = {n: text for n, text in query.items() if n == "state" or text.isdecimal()}
        if whole_number(known.get("limit", "20"), 1, 100) is None:
            del known["limit"]
        return offsets(NUMBERED, skipped)(known)

    broken = breaking(check(operation, handler))
    assert list(dict.fromkeys(rule for rule, _ in broken)) == found


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("items", "operation"),
    [(NAMED, offset_list(name=TEXT)), (NUMBERED, offset_list(id=INTEGER))],
    ids=["names", "numbers"],
)
def test_a_server_that_ignores_the_offset_is_found(items: list[Any], operation: Operation) -> None:
    def handler(query: Query) -> Any:
        return offsets(items)({**query, "offset": "0"})

    assert ("paging.ends", "/items") in breaking(check(operation, handler))


def test_the_mock_numbers_its_items() -> None:
    items = MockApi(offset_list(id=INTEGER)).items
    assert len({each["id"] for each in items}) == len(items)


def test_a_required_filter_is_part_of_every_question() -> None:
    states = ["new", "paid", "sent"]
    items = [{"id": f"t{n:03}", "state": states[n % 3]} for n in range(60)]
    state = {"type": "string", "enum": states}
    document = contract({"state": state, **LIMIT_AND_OFFSET}, {"id": TEXT, "state": state}, {})
    required = replace(
        document,
        parameters=tuple(replace(p, required=p.name == "state") for p in document.parameters),
        given={"state": "new"},
    )

    def handler(query: Query, skipped: int = 0) -> Any:
        if query.get("state") not in states:
            return 422, {}
        rest = {name: text for name, text in query.items() if name != "state"}
        return offsets([i for i in items if i["state"] == query["state"]], skipped)(rest)

    run = check(required, handler)
    assert breaking(run) == []
    assert observations(run, "filter.selects") > 0
    lost = breaking(check(required, lambda query: handler(query, 1)))
    assert {("paging.complete", "/items"), ("filter.complete", "query/state")} & {*lost}


@pytest.mark.parametrize(
    ("pointer", "value", "says"),
    [
        ("/roles/page_paramter", {"value": "page"}, "did you mean page_parameter"),
        ("/rolez", {}, "did you mean /roles"),
        ("/roles/page_parameter", {"value": "pages"}, "no query parameter 'pages'"),
        ("/roles/total", {"value": "/count"}, "nothing at '/count'"),
        ("/roles/total", {"value": "/items", "counts": "every"}, "'every' is not one of all"),
    ],
)
def test_a_refinement_that_is_misspelt_is_an_error(pointer: str, value: Any, says: str) -> None:
    stated = {"document": "operation", "pointer": pointer, "value": value, "source": "page 3"}
    with pytest.raises(ContractError, match=says):
        contract({"page": NUMBER, "limit": SIZE}, THING, {}, [stated])


def test_a_refinement_states_the_style_of_paging() -> None:
    stated = {
        "document": "operation",
        "pointer": "/roles/page_parameter",
        "value": {"value": "folio"},
        "source": "the guide, section 2",
    }
    operation = contract({"folio": NUMBER, "limit": SIZE, "state": STATE}, THING, {}, [stated])
    run = check(operation, paged("unknown"))
    assert breaking(run) == []
    assert observations(run, "paging.complete") > 0


@pytest.mark.parametrize(("name", "found"), [("total_count", True), ("total", False)])
def test_a_total_that_counts_the_items_of_its_page_is_found(name: str, found: bool) -> None:
    operation = contract({"page": NUMBER, "limit": SIZE, "state": STATE}, THING, {name: INTEGER})

    def handler(query: Query) -> Any:
        status, body, *_ = paged("page")(query)
        return status, {**body, name: len(body["items"])} if status == 200 else body

    run = check(operation, handler)
    assert (("paging.total", f"/{name}") in breaking(run)) is found
    assert found or "paging.suspect" in {each.rule for each in run.findings}


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("more", "rules", "found"), [(0, [], False), (1, ["paging.total"], False), (100, [], True)]
)
def test_a_header_with_another_total_is_a_note_unless_all_are_wrong_by_one(
    more: int, rules: list[str], found: bool
) -> None:
    operation = contract({"page": NUMBER, "limit": SIZE, "state": STATE}, THING, {})
    header = ResponseHeader("x-total-count", required=False, schema=INTEGER)
    operation = replace(operation, responses=(DocumentedResponse("200", headers=(header,)),))

    def handler(query: Query) -> Any:
        status, body, *_ = paged("page")(query)
        total = len(select(things(45), query)) + more
        return status, body, {"X-Total-Count": str(total)}

    run = check(operation, handler)
    assert breaking(run) == [(rule, "header/x-total-count") for rule in rules]
    assert ("paging.suspect" in {each.rule for each in run.findings}) is found


@pytest.mark.parametrize(("honored", "rule"), [((1,), "paging.size"), ((), "paging.suspect")])
def test_a_page_of_the_requested_length_shows_that_a_parameter_is_a_page_size(
    honored: tuple[int, ...], rule: str
) -> None:
    def handler(query: Query) -> Any:
        size = whole_number(query.get("size", "20"), 1, 100)
        items = things(45)
        return (422, {}) if size is None else (200, items[:size] if size in honored else items)

    run = check(contract({"size": SIZE}, THING), handler)
    assert {f.rule for f in run.findings if f.location == "query/size"} == {rule}


def test_a_run_without_any_documented_field_is_inconclusive() -> None:
    run = check(contract({"limit": SIZE}, THING, {"total": INTEGER}), lambda _: (200, {"ok": True}))
    body = contract({}, THING, {"name": TEXT})
    optional = replace(body, response_schema={**body.response_schema, "required": []})
    silent = check(optional, lambda _: (200, {}))
    assert run.verdict() is Verdict.DRIFT
    assert silent.verdict() is Verdict.INCONCLUSIVE
    assert "no response has any documented field" in silent.reason


@pytest.mark.parametrize("name", ["itemsPerPage", "results_per_page", "batchSize"])
def test_page_sizes_have_many_names(name: str) -> None:
    operation = contract({"page": NUMBER, name: SIZE}, THING, {"results": NUMBER})
    assert operation.roles.size_parameter == name
    assert operation.roles.total == "/results"


@pytest.mark.parametrize("is_repeated", [False, True])
def test_each_owner_may_number_its_own_items(is_repeated: bool) -> None:
    """The name of the path is a wildcard, so that the list shows the items of all owners."""
    item = {"id": TEXT, "room": TEXT}
    operation = contract({"offset": NUMBER | {"minimum": 0}, "limit": SIZE}, item, {})
    room = Parameter("room", "path", required=True, schema=TEXT)
    operation = replace(
        operation,
        path="/rooms/{room}/things",
        parameters=(room, *operation.parameters),
        roles=replace(operation.roles, path={"room": "/items/*/room"}),
        given={"room": "-"},
    )
    items = [{"id": f"t{n % 9}", "room": "abcde"[n // 9]} for n in range(45)]
    shown = [*items[:20], items[19], *items[20:]] if is_repeated else items

    def handler(query: Query) -> Any:
        size, start = (
            whole_number(query.get(name, str(default)), name == "limit", 10**6)
            for name, default in (("limit", 20), ("offset", 0))
        )
        if size is None or start is None or size > 100:
            return 422, {}
        return 200, {"items": shown[start : start + size]}

    found = {rule for rule, _ in breaking(check(operation, handler)) if "path" not in rule}
    assert found == ({"paging.unique"} if is_repeated else set())
