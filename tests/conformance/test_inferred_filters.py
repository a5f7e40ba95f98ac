"""Filters that only their names suggest: a note where they are none, breaking where they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from lists import Handler, Query, breaking, check, contract

from docpact.model import Finding, Level, Operation, Verdict

TEXT: Final = {"type": "string"}
DAYS: Final = [f"2025-08-{day:02}" for day in range(1, 21)]
COLORS: Final = ("amber", "blue", "cyan", "dark blue")
STATED: Final = {
    "document": "operation",
    "pointer": "/roles/filters/color",
    "value": {"value": "/color"},
    "source": "the documentation, line 3",
}


def listed(name: str, *refinements: Any, schema: Mapping[str, Any] = TEXT) -> Operation:
    return contract({name: schema}, {"id": TEXT, name: schema}, {}, refinements)


def serving(name: str, values: list[str], selects: Callable[[str, str], bool]) -> Handler:
    """Return a server that shows the items for whose value and the given one a test is true."""
    items = [{"id": f"t{n}", name: value} for n, value in enumerate(values)]

    def handler(query: Query) -> Any:
        given = query.get(name)
        return 200, {"items": [i for i in items if given is None or selects(i[name], given)]}

    return handler


def suspects(operation: Operation, handler: Handler) -> list[Finding]:
    run = check(operation, handler)
    assert breaking(run) == []
    assert run.verdict() is Verdict.CONFORMS
    return [each for each in run.findings if each.rule == "filter.suspect"]


MANY: Final = [COLORS[n % 4] for n in range(20)]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("values", "selects"),
    [
        (DAYS, lambda value, given: value >= given),
        (DAYS, lambda value, given: value <= given),
        (DAYS, lambda value, given: value > given),
        (DAYS[:2], lambda value, given: value >= given),
        (MANY, lambda value, given: given in value),
        (MANY, lambda value, given: True),
        (MANY, lambda value, given: False),
        (["blue"] * 4, lambda value, given: True),
        (
            ["2", "10", "9", "1", "30"],
            lambda value, given: int(value) >= (int(given) if given.isdecimal() else 0),
        ),
    ],
    ids=["from", "to", "after", "two", "part", "ignored", "other values", "one value", "numbers"],
)
def test_a_parameter_that_is_no_filter_is_at_most_a_note(
    values: list[str], selects: Callable[[str, str], bool]
) -> None:
    (finding,) = suspects(listed("color"), serving("color", values, selects))
    assert (finding.level, finding.location) == (Level.NOTE, "query/color")
    assert '"pointer": "/roles/filters/color", "value": {"value": "/color"}' in finding.observed
    assert "refinements.json" in finding.observed


OPERATORS: Final = {"type": "string", "pattern": "^(IS|NOT):[a-z ]*$"}


@pytest.mark.parametrize("values", [MANY, ["IS:a", "NOT:b"] * 4], ids=["other values", "values"])
def test_a_parameter_that_takes_no_value_of_its_field_is_no_filter(values: list[str]) -> None:
    operation = contract({"color": OPERATORS}, {"id": TEXT, "color": TEXT}, {})
    found = suspects(operation, serving("color", values, lambda value, given: True))
    assert len(found) == (0 if values is MANY else 1)


@pytest.mark.parametrize("kind", ["integer", "object", ["number", "null"]])
def test_a_flag_that_shows_a_field_of_its_name_is_no_filter(kind: Any) -> None:
    operation = contract({"SharedSize": {"type": "boolean"}}, {"SharedSize": {"type": kind}}, {})
    assert operation.roles.filters == {}


def test_a_filter_that_selects_has_no_note() -> None:
    assert suspects(listed("color"), serving("color", MANY, lambda one, other: one == other)) == []


def test_a_filter_that_selects_one_value_must_select_the_others() -> None:
    def selects(value: str, given: str) -> bool:
        return given in (value, "cyan")

    found = breaking(check(listed("color"), serving("color", MANY, selects)))
    assert ("filter.selects", "query/color") in found


@pytest.mark.parametrize(("kinds", "lost"), [(20, "c4"), (20, "c19"), (40, "c39")])
def test_a_filter_that_loses_the_items_with_one_value_is_found(kinds: int, lost: str) -> None:
    items = [{"id": f"t{n}", "color": f"c{n % kinds}"} for n in range(3 * kinds - 1)]

    def handler(query: Query) -> Any:
        asked = query.get("color")
        found = [i for i in items if asked in (None, i["color"])]
        return 200, {"items": [] if asked == lost else found}

    assert breaking(check(listed("color"), handler)) == [("filter.complete", "query/color")]


def test_a_near_miss_is_that_of_a_value_that_no_server_misreads() -> None:
    texts = {"color": "Only things with exactly this color."}
    operation = contract({"color": TEXT}, {"id": TEXT, "color": TEXT}, {}, texts=texts)
    values = [("red & blue", "black")[n % 2] for n in range(12)]
    handler = serving("color", values, lambda value, given: value.startswith(given))
    assert breaking(check(operation, handler)) == [("filter.unknown", "query/color")]


def test_a_filter_that_selects_must_not_lose_items() -> None:
    items = [{"id": f"t{n}", "color": color} for n, color in enumerate(MANY)]

    def handler(query: Query) -> Any:
        found = [i for i in items if query.get("color", i["color"]) == i["color"]]
        return 200, {"items": found[1:] if query.get("color") == "cyan" else found}

    assert breaking(check(listed("color"), handler)) == [("filter.complete", "query/color")]


LOOSELY: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "prefix": lambda value, given: value.startswith(given),
    "suffix": lambda value, given: value.endswith(given),
    "case": lambda value, given: value.lower() == given.lower(),
    "wildcard": lambda value, given: given in (value, "*"),
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("selects", LOOSELY.values(), ids=LOOSELY)
def test_a_filter_that_compares_loosely_is_breaking_only_if_documented(
    selects: Callable[[str, str], bool],
) -> None:
    loose = serving("color", [f"c-{color}" for color in MANY], selects)
    (finding,) = suspects(listed("color"), loose)
    assert finding.location == "query/color"
    found = breaking(check(listed("color", STATED), loose))
    assert found == [("filter.unknown", "query/color")]


def test_a_response_that_contains_only_some_items_is_no_search() -> None:
    text = "The response will only contain the things matching exactly the specified color."
    operation = contract({"color": TEXT}, {"color": TEXT}, {}, texts={"color": text})
    roles = operation.roles
    assert (roles.filters, roles.bounds, "color" in roles.inferred) == (
        {"color": "/color"},
        {},
        False,
    )


def test_a_listed_value_that_names_a_group_is_no_value_of_a_field() -> None:
    """Deleted things are hidden, as in lists that do not state the parameter."""
    values = ["open", "won", "deleted"] * 4
    listed_values = {**TEXT, "enum": ["open", "won", "deleted", "all_not_deleted"]}
    operation = contract({"state": listed_values}, {"id": TEXT, "state": TEXT}, {})
    items = [{"id": f"t{n}", "state": state} for n, state in enumerate(values)]

    def handler(query: Query) -> Any:
        asked = query.get("state", "all_not_deleted")
        every = asked == "all_not_deleted"
        shown = [i for i in items if i["state"] == asked or (every and i["state"] != "deleted")]
        return (200, {"items": shown}) if asked in listed_values["enum"] else (400, {})

    assert suspects(operation, handler) == []


@pytest.mark.parametrize(
    ("says", "shown_too", "found"),
    [
        ("", (), "filter.suspect"),
        ("Also `open` (active and pending).", (), None),
        ("`open` selects active and pending ones.", (), None),
        ("`open` selects active and pending ones.", ("closed",), "filter.several"),
    ],
)
def test_a_listed_value_that_no_item_has_may_select_several_others(
    says: str, shown_too: tuple[str, ...], found: str | None
) -> None:
    """It is judged if the description says which."""
    opened = ("active", "pending", *shown_too)
    groups = {"open": opened} | {each: (each,) for each in ("active", "closed", "pending")}
    values = ["active", "pending", "closed"] * 4
    listed_values = {**TEXT, "enum": [*groups]}
    shown = {"id": TEXT, "state": TEXT}
    operation = contract({"state": listed_values}, shown, {}, texts={"state": says})
    items = [{"id": f"t{n}", "state": state} for n, state in enumerate(values)]

    def handler(query: Query) -> Any:
        chosen = groups.get(query.get("state", "open"), ())
        is_known = query.get("state", "open") in groups
        selected = [i for i in items if i["state"] in chosen or "state" not in query]
        return (200, {"items": selected}) if is_known else (400, {})

    named = [e.rule for e in check(operation, handler).findings if e.rule.startswith("filter.")]
    assert named == [found] * bool(found)


@pytest.mark.parametrize("shown", [COLORS[:1], COLORS])
def test_a_server_may_leave_out_the_field_that_a_guessed_filter_selects_by(
    shown: tuple[str, ...],
) -> None:
    items = [{"id": f"t{n}", "color": color} for n, color in enumerate(MANY)]
    body = {"type": "object", "properties": {"id": TEXT, "color": TEXT}, "required": ["id"]}
    operation = contract({"color": TEXT}, {}, body={"type": "array", "items": body})

    def handler(query: Query) -> Any:
        if "color" not in query:
            return 200, items
        kept = [i for i in items if i["color"] == query["color"] or i["color"] in shown[1:]]
        return 200, [{k: v for k, v in i.items() if k == "id" or len(shown) > 1} for i in kept]

    assert bool(suspects(operation, handler)) is (shown == COLORS)


@pytest.mark.parametrize("count", [1, 20])
def test_items_hidden_by_a_field_that_none_shows_need_not_be_in_every_list(count: int) -> None:
    """Converted things are hidden unless they are asked for, and the field is left out."""
    kinds = {**TEXT, "enum": ["true", "false", "both"]}
    item = {"id": TEXT, "converted": {"type": "boolean"}}
    one = {"type": "object", "properties": item, "required": ["id"]}
    sizes = {"type": "integer", "minimum": 1, "maximum": 50}
    parameters = {"converted": kinds, "offset": {"type": "integer", "minimum": 0}, "limit": sizes}
    operation = contract(parameters, item, body={"type": "array", "items": one})

    def handler(query: Query) -> Any:
        if not query.get("offset", "0").isdecimal() or not query.get("limit", "1").isdecimal():
            return 400, {}
        asked = query.get("converted", "false")
        found = [
            {"id": f"t{n}"} for n in range(count) if asked in ("both", str(n % 7 == 0).lower())
        ]
        start, size = int(query.get("offset", "0")), int(query.get("limit", "50"))
        is_valid = asked in kinds["enum"] and start >= 0 and 1 <= size <= 50
        return (200, found[start : start + size]) if is_valid else (400, {})

    assert suspects(operation, handler) == []


def test_two_filters_of_one_field_need_not_both_match() -> None:
    """The server takes the second instead of the first."""
    items = [{"id": f"t{n}", "color": color} for n, color in enumerate(MANY)]
    texts = dict.fromkeys(("color", "color[]"), "Only things with this color.")
    operation = contract(
        {**dict.fromkeys(texts, TEXT)}, dict.fromkeys(items[0], TEXT), {}, texts=texts
    )

    def handler(query: Query) -> Any:
        asked = query.get("color[]", query.get("color"))
        return 200, {"items": [each for each in items if asked in (None, each["color"])]}

    assert breaking(check(operation, handler)) == []


def test_a_documented_filter_that_is_ignored_is_breaking() -> None:
    ignored = serving("color", MANY, lambda value, given: True)
    found = breaking(check(listed("color", STATED), ignored))
    assert ("filter.selects", "query/color") in found


def test_a_refinement_says_that_a_parameter_is_no_filter() -> None:
    operation = listed("color", {**STATED, "value": None})
    assert operation.roles.filters == {}
    handler = serving("color", DAYS, lambda value, given: value >= given)
    assert suspects(operation, handler) == []


@pytest.mark.parametrize(
    "name",
    [
        *("created_after", "createdBefore", "starting_at", "min_price", "maxPrice", "price_gte"),
        *("since", "until", "before", "q", "search", "sort", "order", "order_by", "price[lt]"),
    ],
)
def test_names_of_bounds_searches_and_orders_suggest_no_filter(name: str) -> None:
    assert listed(name).roles.filters == {}


@pytest.mark.parametrize("name", ["color", "created_at", "minutes", "order_id", "tokens", "format"])
def test_other_names_of_fields_suggest_a_filter(name: str) -> None:
    assert listed(name).roles.inferred == {name}


MONEY: Final = {
    "type": "object",
    "properties": {"amount": {"type": "integer"}, "currency": {"type": "string"}},
    "required": ["currency"],
}


def nested(name: str, field: Mapping[str, Any], schema: Mapping[str, Any] = TEXT) -> Operation:
    return contract({name: schema}, {"id": TEXT, "value": field}, {})


@pytest.mark.parametrize("name", ["currency", "value_currency", "value.currency", "valueCurrency"])
@pytest.mark.parametrize("field", [MONEY, {"anyOf": [MONEY, {"type": "null"}]}], ids=["", "null"])
def test_a_parameter_named_like_the_only_nested_field_may_be_a_filter(
    name: str, field: Mapping[str, Any]
) -> None:
    operation = nested(name, field)
    assert operation.roles.filters == {name: "/value/currency"}
    assert operation.roles.inferred == {name}


@pytest.mark.parametrize(
    ("field", "schema"),
    [
        ({"type": "array", "items": MONEY}, TEXT),
        (MONEY, {"type": "integer"}),
        ({**MONEY, "properties": {"currency": MONEY}}, {"type": "integer"}),
        ({**MONEY, "properties": {"a": MONEY, "b": MONEY}}, TEXT),
        (
            {**MONEY, "properties": {"currency": {"type": "string", "enum": ["a"]}}},
            {"type": "string", "enum": ["b", "c"]},
        ),
    ],
    ids=["array", "type", "object", "two", "values"],
)
def test_other_nested_fields_suggest_no_filter(
    field: Mapping[str, Any], schema: Mapping[str, Any]
) -> None:
    assert nested("currency", field, schema).roles.filters == {}


def test_a_parameter_that_changes_how_items_are_shown_is_no_nested_filter() -> None:
    field = {"type": "object", "properties": {"expand": TEXT}}
    assert nested("expand", field).roles.filters == {}


def in_currencies(currencies: list[str], show: Callable[[str, str | None], str | None]) -> Handler:
    """Return a server that shows each item in the currency that a function returns, if any."""

    def handler(query: Query) -> Any:
        shown = ((n, show(each, query.get("currency"))) for n, each in enumerate(currencies))
        return 200, {
            "items": [{"id": f"t{n}", "value": {"currency": one}} for n, one in shown if one]
        }

    return handler


CURRENCIES: Final = {"type": "string", "enum": ["EUR", "USD"]}
MIXED: Final = ["EUR", "EUR", "USD"] * 7


def select_currency(own: str, given: str | None) -> str | None:
    return own if given in (None, own) else None


@pytest.mark.parametrize("values", [MIXED, ["EUR"] * 20])
def test_a_nested_filter_that_selects_conforms(values: list[str]) -> None:
    server = in_currencies(values, select_currency)
    assert suspects(nested("currency", MONEY, CURRENCIES), server) == []


def test_a_nested_filter_that_selects_must_not_lose_items() -> None:
    plain = in_currencies(MIXED, select_currency)

    def handler(query: Query) -> Any:
        status, body = plain(query)[:2]
        return status, {"items": body["items"][query.get("currency") == "USD" :]}

    found = breaking(check(nested("currency", MONEY, CURRENCIES), handler))
    assert found == [("filter.complete", "query/currency")]


def test_a_filter_of_which_every_item_has_one_value_must_not_lose_items() -> None:
    plain = in_currencies(["EUR"] * 20, select_currency)

    def handler(query: Query) -> Any:
        status, body = plain(query)[:2]
        return status, {"items": body["items"]["currency" in query :]}

    found = breaking(check(nested("currency", MONEY, CURRENCIES), handler))
    assert found == [("filter.complete", "query/currency")]


@pytest.mark.parametrize(
    "show",
    [
        lambda own, given: given or own,
        lambda own, given: given or "EUR",
        lambda own, given: own if own == "USD" else given or "EUR",
    ],
    ids=["converted", "from one", "where possible"],
)
def test_a_parameter_that_converts_items_is_at_most_a_note(
    show: Callable[[str, str | None], str | None],
) -> None:
    suspects(nested("currency", MONEY, CURRENCIES), in_currencies(MIXED, show))


LISTED: Final = {"type": "string", "enum": ["a", "b"]}
ONLY: Final = {"type": "string", "enum": ["a"]}
FLAG: Final = {"type": "boolean"}
WHOLE: Final = {"type": "integer"}


@pytest.mark.parametrize(
    ("name", "item", "field"),
    [
        ("ownerIds", {"id": TEXT, "owner_id": TEXT}, "/owner_id"),
        ("thing_ids", {"uuid": TEXT, "name": TEXT}, "/uuid"),
        ("owner_ids[]", {"id": TEXT, "owner": {"properties": {"id": TEXT}}}, "/owner/id"),
    ],
)
def test_a_list_of_ids_is_of_the_field_that_its_name_states(
    name: str, item: Mapping[str, Any], field: str
) -> None:
    operation = contract({name: {"type": "array", "items": TEXT}}, item, {})
    assert operation.roles.filters == {name: field}


@pytest.mark.parametrize(
    ("schema", "text", "is_documented"),
    [
        (LISTED, "Only things in this state.", True),
        (LISTED, "Filter by state.", True),
        (LISTED, "The state.", True),
        (LISTED, "", True),
        (ONLY, "", False),
        (LISTED, "Only applies to new things.", False),
        (LISTED, "Things in this state or later, filtered.", False),
        (LISTED, "Filter by state; by default all are shown.", False),
        (FLAG, "Filters by whether things are new.", True),
        (FLAG, "Show only new things.", False),
        (FLAG, "If `true`, only those in it are shown. If `false`, only the others.", True),
        (FLAG, "Only things in it (true) or outside of it (false).", True),
        (FLAG, "`true`: only things in it; `false`: only the others.", True),
        (FLAG, "`true` shows only things in it, `false` shows all things.", False),
        (FLAG, "Only things in it (true) or all (false).", False),
        (FLAG, "Whether new things are filtered by date, unless it is set.", False),
        (TEXT, "Filter by state.", False),
        (WHOLE, "Only things of this state.", True),
        (WHOLE, "Only things in the given state.", True),
        (WHOLE, "Only things below this state.", False),
        (WHOLE, "Only things in this state or later.", False),
        (WHOLE, "Only things of this owner.", False),
        (WHOLE, "Filter by state.", False),
        (TEXT, "Only things with exactly this state.", True),
        (TEXT, "Returns the things with exactly this state.", True),
    ],
)
def test_a_description_documents_a_filter(
    schema: Mapping[str, Any], text: str, is_documented: bool
) -> None:
    fields = {"id": TEXT, "state": schema}
    operation = contract({"state": schema}, fields, {}, texts={"state": text})
    assert ("state" in operation.roles.filters, "state" not in operation.roles.inferred) == (
        True,
        is_documented,
    )


@pytest.mark.parametrize(
    ("name", "text", "is_documented"),
    [
        ("owner_id", "Only things of this owner.", True),
        ("ownerUuid", "The owner's UUID to filter by.", True),
        ("owner_id", "Only things with a specific owner_id.", True),
        ("owner_id", "The owner, whose default is the caller.", False),
        ("owner_id", "Filter by owner, including former ones.", False),
        ("category_id", "Only things of this category.", False),
    ],
)
@pytest.mark.parametrize("schema", [WHOLE, TEXT])
def test_a_description_documents_a_filter_by_an_id(
    schema: Mapping[str, Any], name: str, text: str, is_documented: bool
) -> None:
    operation = contract({name: schema}, {"id": TEXT, name: schema}, {}, texts={name: text})
    assert (name not in operation.roles.inferred) is is_documented


@pytest.mark.parametrize("text", ["Search by name.", "Names that contain it.", "A prefix."])
def test_a_parameter_that_searches_is_no_filter(text: str) -> None:
    operation = contract({"name": TEXT}, {"id": TEXT, "name": TEXT}, {}, texts={"name": text})
    assert operation.roles.filters == {}


@pytest.mark.parametrize("name", ["level", "priority", "currency", "language", "visibility"])
def test_the_same_values_document_a_filter_only_of_classes(name: str) -> None:
    """`level=warn` often shows errors too, and `currency=EUR` converts."""
    operation = contract({name: LISTED}, {"id": TEXT, name: LISTED}, {})
    assert name in operation.roles.inferred


def test_an_ignored_filter_with_the_values_of_its_field_is_breaking() -> None:
    operation = contract({"state": LISTED}, {"id": TEXT, "state": LISTED}, {})
    handler = serving("state", ["a", "b"] * 8, lambda value, given: True)
    assert breaking(check(operation, handler)) == [("filter.selects", "query/state")]


@pytest.mark.parametrize(("shown", "found"), [({"id", "state"}, True), ({"id"}, False)])
def test_a_field_that_no_item_shows_unasked_judges_no_filter(shown: set[str], found: bool) -> None:
    item = {"type": "object", "properties": {"id": TEXT, "state": LISTED}, "required": ["id"]}
    operation = contract({"state": LISTED}, {}, body={"type": "array", "items": item})
    items = [{"id": f"t{n}", "state": "ab"[n % 2]} for n in range(16)]

    def handler(query: Query) -> Any:
        known = [{**each, "state": None} if query else each for each in items]
        return 200, [{n: v for n, v in each.items() if n in shown} for each in known]

    broken = breaking(check(operation, handler))
    assert (("filter.selects", "query/state") in broken) is found


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", ["ids", "ids[]"])
@pytest.mark.parametrize("schema", [TEXT, {"type": "integer"}])
def test_a_list_of_ids_selects_the_items_of_all(name: str, schema: Mapping[str, Any]) -> None:
    operation = contract({name: {"type": "array", "items": schema}}, {"id": schema}, {})
    assert operation.roles.filters == {name: "/id"}

    def handler(query: Query) -> Any:
        last = query.get(name)  # of several ids
        items = [{"id": n if "integer" in schema.values() else str(n)} for n in range(9)]
        return 200, {"items": [each for each in items if last in (None, str(each["id"]))]}

    rules = [rule for rule, _ in breaking(check(operation, handler))]
    assert any(rule.startswith("filter.") for rule in rules)


OWNED: Final[list[dict[str, Any]]] = [
    {"id": f"t{n}", "owner": {"gid": f"u{n % 3}", "name": f"Name {n % 3}"}} for n in range(12)
]
OWNER: Final = {"type": "object", "properties": {"gid": TEXT, "name": TEXT}, "required": ["gid"]}


@pytest.mark.parametrize(
    ("chooses", "found"),
    [
        (lambda given: [given], []),
        (lambda given: [given, "u2"] if given == "u1" else [given], ["filter.selects"]),
    ],
)
def test_a_parameter_named_after_an_object_may_take_its_id(
    chooses: Callable[[str], list[str]], found: list[str]
) -> None:
    def handler(query: Query) -> Any:
        asked = chooses(query["owner"]) if "owner" in query else ["u0", "u1", "u2"]
        return 200, {"items": [each for each in OWNED if each["owner"]["gid"] in asked]}

    operation = contract({"owner": TEXT}, {"id": TEXT, "owner": OWNER}, {})
    assert breaking(check(operation, handler)) == [(rule, "query/owner") for rule in found]
    listed = contract({"owners": {"type": "array", "items": TEXT}}, {"id": TEXT, "owner": OWNER})
    assert listed.roles.filters == {"owners": "/owner/gid"}


@pytest.mark.parametrize("text", ["Only things whose state is this", "Things with this state"])
@pytest.mark.parametrize("is_nested", [True, False])
def test_a_described_filter_is_judged_wherever_its_field_is(is_nested: bool, text: str) -> None:
    state = {"type": "string", "enum": ["on", "off"]}
    nested = {"type": "object", "properties": {"state": state}, "required": ["state"]}
    field = {"status": nested} if is_nested else {"state": state}
    operation = contract({"state": state}, {"id": TEXT, **field}, {}, texts={"state": text})
    values = [{"state": ("on", "off")[n % 2]} for n in range(6)]
    shown = [{"id": str(n), **({"status": v} if is_nested else v)} for n, v in enumerate(values)]
    found = breaking(check(operation, lambda _: (200, {"items": shown})))
    assert found == [("filter.selects", "query/state")]


@pytest.mark.parametrize(
    ("selects", "found"),
    [
        (lambda asked, paused: asked is None or paused is (asked == "true"), []),
        (lambda asked, paused: True, [("filter.suspect", Level.NOTE)]),
        (lambda asked, paused: asked != "true" or paused, [("filter.suspect", Level.NOTE)]),
    ],
)
def test_a_parameter_may_be_named_like_a_flag_without_is(
    selects: Callable[[str | None, bool], bool], found: list[tuple[str, Level]]
) -> None:
    items = [{"id": f"t{n}", "isPaused": n % 3 == 0} for n in range(20)]

    def handler(query: Query) -> Any:
        if query.get("paused", "true") not in ("true", "false"):
            return 422, {}
        return 200, {"items": [i for i in items if selects(query.get("paused"), i["isPaused"])]}  # type: ignore[arg-type]

    run = check(contract({"paused": FLAG}, {"id": TEXT, "isPaused": FLAG}, {}), handler)
    assert [(each.rule, each.level) for each in run.findings] == found


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("Filter the results to things based on their color.", ["filter.selects"]),
        ("A color that is used to filter the list of things.", ["filter.selects"]),
        ("Filter the results based on the color of their owners.", []),
        ("The color.", []),
    ],
)
def test_a_filter_that_is_described_by_its_field_and_never_selects_is_found(
    text: str, rules: list[str]
) -> None:
    items = [{"id": f"t{n}", "color": ("red", "blue", "green")[n % 3]} for n in range(12)]
    operation = contract({"color": TEXT}, {"id": TEXT, "color": TEXT}, texts={"color": text})
    run = check(operation, lambda query: (200, items))
    assert [rule for rule, _ in breaking(run)] == rules


@pytest.mark.parametrize("lost", [0, 1])
def test_a_number_in_a_query_selects_texts_in_items(lost: int) -> None:
    items = [{"id": f"t{n}", "shop_id": str(500 + n % 3)} for n in range(12)]
    operation = contract({"shop-id": {"type": "integer"}}, {"id": TEXT, "shop_id": TEXT})

    def answer(query: Query) -> Any:
        asked = query.get("shop-id", "")
        if not asked.isdecimal() and asked:
            return 400, {}
        return 200, [each for each in items if asked in ("", each["shop_id"])][
            lost if asked else 0 :
        ]

    found = {rule for rule, _ in breaking(check(operation, answer))}
    assert found == ({"filter.complete"} if lost else set())


@pytest.mark.parametrize("is_ignored", [False, True])
def test_a_guess_that_every_request_has_explains_no_ignored_filter(is_ignored: bool) -> None:
    state = {"type": "string", "enum": ["on", "off"]}
    operation = contract(
        {"owner": TEXT, "state": state},
        {"id": TEXT, "owner": TEXT, "state": state},
        {},
        texts={"state": "Only things with this state."},
    )
    items = [{"id": f"t{n}", "owner": "me", "state": ("on", "off")[n % 3 > 0]} for n in range(20)]

    def handler(query: Query) -> Any:
        asked = query.get("state", "on")
        if asked not in state["enum"]:
            return 422, {}
        is_all = is_ignored or "state" not in query
        own = [each for each in items if each["owner"] == query["owner"]]
        return 200, {"items": [each for each in own if is_all or each["state"] == asked]}

    found = breaking(check(replace(operation, given={"owner": "me"}), handler))
    assert found == ([("filter.combined", "query/owner+state")] if is_ignored else [])


@pytest.mark.parametrize("most", [2**63 - 1, 9])
def test_a_number_that_no_database_holds_may_be_ignored(most: int) -> None:
    """This server ignores numbers that it cannot read; one that ignores others is found."""
    items = [{"id": f"t{n}", "owner_id": n % 3 + 1} for n in range(12)]

    def handler(query: Query) -> Any:
        given = query.get("owner_id", "")
        owner = int(given) if re.fullmatch("-?[0-9]+", given) else None
        selects = owner is not None and -most <= owner <= most
        return 200, {"items": [i for i in items if not selects or i["owner_id"] == owner]}

    texts = {"owner_id": "Only things of this owner."}
    number = {"owner_id": {"type": "integer"}}
    operation = contract(number, {"id": TEXT, **number}, {}, texts=texts)
    found = [("filter.unknown", "query/owner_id")] if most == 9 else []
    assert breaking(check(operation, handler)) == found
