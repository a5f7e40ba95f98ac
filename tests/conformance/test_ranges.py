"""Ranges and orders: broken servers are found, and correct but unusual ones raise no alarm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction
from itertools import count
from operator import ge, gt, le, lt
from re import fullmatch
from typing import Any, Final, TypeAlias

import pytest
from lists import Query, breaking, check, contract, whole_number
from sizes import sample

from docpact.conformance import Session
from docpact.conformance.start import plan_budget
from docpact.model import Level, Operation, Run, Verdict
from docpact.model.roles import Bound
from docpact.settings import Config, resolve
from docpact.targets.http import HttpTarget
from docpact.targets.mock import MockApi, mock_client

TEXT: Final = {"type": "string"}
WHEN: Final = {"type": "string", "format": "date-time"}
PRICE: Final = {"type": "number"}
SIZE: Final = {"type": "integer", "minimum": 1, "maximum": 50}
SORT: Final = {"type": "string", "enum": ["price", "-price", "name", "-name"]}
PARAMETERS: Final[Mapping[str, Any]] = {
    "offset": {"type": "integer", "minimum": 0},
    "limit": SIZE,
    "created_after": WHEN,
    "created_before": WHEN,
    "min_price": PRICE,
    "sort": SORT,
}
TEXTS: Final = {
    "created_after": "Only things created after this time.",
    "created_before": "Only things created before this time.",
    "min_price": "Lowest price: things that cost at least this price.",
}
ITEM: Final = {
    "id": TEXT,
    "created_at": WHEN,
    "price": {"type": ["number", "null"]},
    "name": TEXT,
}
BEGIN: Final = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
COUNTS: Final = (0, 1, 3, 30, 237)

Item = dict[str, Any]
Items = Sequence[Item]


def make(count: int) -> list[Item]:
    return [
        {
            "id": f"t{n}",
            "created_at": (BEGIN + timedelta(hours=7 * n)).isoformat(),
            "price": None if n % 7 == 3 else n * 31 % 47 / 2,
            "name": f"{'aBcD'[n % 4]}{n * 7 % 13}",
        }
        for n in range(count)
    ]


def not_below(items: Items, field: str, text: str) -> list[Item]:
    return [each for each in items if each[field] is not None and each[field] >= value_of(text)]


def value_of(text: str) -> Any:
    if "-" not in text[1:]:
        return float(text)
    found = datetime.fromisoformat(text)
    return (found.astimezone(UTC) if found.tzinfo else found).isoformat()


def after(items: Items, query: Query) -> Items:
    return not_below(items, "created_at", query["created_after"])


def before(items: Items, query: Query) -> Items:
    return [i for i in items if i["created_at"] <= value_of(query["created_before"])]


def costing(items: Items, query: Query) -> Items:
    return not_below(items, "price", query["min_price"])


def ordered(items: Items, query: Query) -> Items:
    field, down = query["sort"].removeprefix("-"), query["sort"].startswith("-")
    empty = [each for each in items if each[field] is None]
    full = [each for each in items if each[field] is not None]
    return [*sorted(full, key=lambda each: each[field], reverse=down), *empty]


Change = Callable[[Items, Query], Items]


@dataclass(frozen=True)
class Shop:
    """A list with ranges and orders; each part may be replaced.

    Attributes:
        parts: parameter → what it does with the items.
        cut: changes a page, given all found items, the start and the size.
    """

    parts: Mapping[str, Change]

    def serve(self, items: Items) -> Callable[[Query], Any]:
        def handler(query: Query) -> Any:
            start = whole_number(query.get("offset", "0"), 0, 10**6)
            size = whole_number(query.get("limit", "20"), 1, 50)
            if start is None or size is None or query.get("sort", "name") not in SORT["enum"]:
                return 422, {}
            found = items
            for name, part in self.parts.items():
                if name in query:
                    try:
                        found = part(found, query)
                    except ValueError:
                        return 422, {}
            return 200, {"items": found[start : start + size], "total": len(found)}

        return handler


CORRECT: Final = Shop(
    {"created_after": after, "created_before": before, "min_price": costing, "sort": ordered}
)


def changed(**parts: Change) -> Shop:
    return Shop({**CORRECT.parts, **parts})


def listed(texts: Mapping[str, str] | None = None) -> Operation:
    total = {"total": {"type": "integer"}}
    return contract(PARAMETERS, ITEM, total, texts=TEXTS if texts is None else texts)


def ignore(items: Items, query: Query) -> Items:
    del query
    return items


@pytest.mark.sampled(4)
@pytest.mark.parametrize("count", sample(COUNTS, 2))
def test_an_operation_of_a_whole_api_may_send_what_it_needs(count: int) -> None:
    settings = resolve(Config(), {"target": "https://shop.example"})
    share = plan_budget(settings, [listed()] * 7).share(Fraction(1, 7))
    handler = CORRECT.serve(make(count))
    run = check(listed(), handler, budget=share.budget)
    assert (run.left_out, share.budget) == ((), plan_budget(settings, [listed()]).budget)


def found(run: Run, level: Level = Level.BREAKING) -> set[tuple[str, str]]:
    return {(each.rule, each.location) for each in run.findings if each.level is level}


BROKEN: Final[Mapping[str, tuple[Shop, str, str]]] = {
    "a time is ignored": (changed(created_after=ignore), "filter.range", "created_after"),
    "a number is ignored": (changed(min_price=ignore), "filter.range", "min_price"),
    "a time is compared the wrong way": (
        changed(created_before=lambda i, q: after(i, {"created_after": q["created_before"]})),
        "filter.range",
        "created_before",
    ),
    "numbers are compared as texts": (
        changed(
            min_price=lambda items, q: [
                i for i in items if i["price"] is not None and str(i["price"]) >= q["min_price"]
            ]
        ),
        "filter.range",
        "min_price",
    ),
    "a bound hides one item": (
        changed(created_after=lambda i, q: after(i, q)[:-1]),
        "filter.range",
        "created_after",
    ),
    "a bound is lost on later pages": (
        changed(created_after=lambda i, q: i if int(q.get("offset", 0)) else after(i, q)),
        "filter.range",
        "created_after",
    ),
    "a bound is ignored beside another one": (
        changed(created_before=lambda i, q: i if "created_after" in q else before(i, q)),
        "filter.range",
        "created_after",
    ),
    "a bound hides everything": (
        changed(created_before=lambda items, q: items[:0]),
        "filter.range",
        "created_before",
    ),
    "an order is ignored": (changed(sort=ignore), "filter.order", "sort"),
    "an order is never downwards": (
        changed(sort=lambda i, q: ordered(i, {"sort": q["sort"].removeprefix("-")})),
        "filter.order",
        "sort",
    ),
    "an order hides items without a value": (
        changed(sort=lambda i, q: [each for each in ordered(i, q) if each["price"] is not None]),
        "filter.order",
        "sort",
    ),
    "numbers are sorted as texts": (
        changed(sort=lambda i, q: sorted(i, key=lambda e: str(e[q["sort"].removeprefix("-")]))),
        "filter.order",
        "sort",
    ),
}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("count", [30, pytest.param(237, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", sample(BROKEN, 2))
def test_a_broken_range_or_order_is_found(name: str, count: int) -> None:
    shop, rule, parameter = BROKEN[name]
    assert (rule, f"query/{parameter}") in found(check(listed(), shop.serve(make(count))))


CONFIRMED: Final = ("later pages", "beside another one")
"""Ends of the names of broken servers whose bounds work on the first page, or alone."""


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    "name",
    sample(
        [
            name
            for name, (_, rule, _) in BROKEN.items()
            if rule == "filter.range" and not name.endswith(CONFIRMED)
        ],
        2,
    ),
)
def test_a_range_that_only_its_name_suggests_is_at_most_a_note(name: str) -> None:
    shop, _, parameter = BROKEN[name]
    run = check(listed({}), shop.serve(make(30)))
    assert ("filter.suspect", f"query/{parameter}") in found(run, Level.NOTE)
    assert found(run) == set()


def assert_conforms(run: Run) -> None:
    assert [
        (e.rule, e.location, e.observed) for e in run.findings if e.level is Level.BREAKING
    ] == []
    assert run.verdict() in (Verdict.CONFORMS, Verdict.INCONCLUSIVE), run.reason


def minutes(text: str) -> str:
    return f"{text[:16]}:00+00:00"


def in_turn(part: Change) -> Change:
    """Return a bound that changes places with its opposite if they end before they begin."""

    def change(items: Items, query: Query) -> Items:
        names = ("created_after", "created_before")
        if not query.keys() >= {*names}:
            return part(items, query)
        low, high = sorted((query[name] for name in names), key=value_of)
        return part(items, {names[0]: low, names[1]: high})

    return change


def folded(items: Items, query: Query) -> Items:
    field, down = query["sort"].removeprefix("-"), query["sort"].startswith("-")
    if field != "name":
        return ordered(items, query)
    return sorted(items, key=lambda each: each["name"].casefold(), reverse=down)


def by_number(items: Items, query: Query) -> Items:
    field, down = query["sort"].removeprefix("-"), query["sort"].startswith("-")
    if field != "name":
        return ordered(items, query)
    key = lambda each: (each["name"][0].lower(), int(each["name"][1:]))  # noqa: E731
    return sorted(items, key=key, reverse=down)


UNUSUAL: Final[Mapping[str, tuple[Shop, Callable[[Items], Items]]]] = {
    "correct": (CORRECT, list),
    "bounds that change places": (
        changed(created_after=in_turn(after), created_before=in_turn(before)),
        list,
    ),
    "strict bounds": (
        changed(
            created_after=lambda i, q: [
                e for e in after(i, q) if e["created_at"] != value_of(q["created_after"])
            ],
        ),
        list,
    ),
    "items without a value are in every range": (
        changed(min_price=lambda i, q: [e for e in i if e["price"] is None or e in costing(i, q)]),
        list,
    ),
    "times are shown in minutes": (
        CORRECT,
        lambda items: [{**each, "created_at": minutes(each["created_at"])} for each in items],
    ),
    "times are shown in another zone": (
        CORRECT,
        lambda items: [{**e, "created_at": e["created_at"].replace("+00:00", "Z")} for e in items],
    ),
    "names in the order of their letters": (changed(sort=folded), list),
    "names with numbers in the order of their values": (changed(sort=by_number), list),
    "items without a value first": (
        changed(
            sort=lambda i, q: ordered(i, {"sort": q["sort"].strip("-")})[
                :: -1 if "-" in q["sort"] else 1
            ]
        ),
        list,
    ),
    "all the same price": (CORRECT, lambda items: [{**each, "price": 2} for each in items]),
    "no price": (CORRECT, lambda items: [{**each, "price": None} for each in items]),
}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("count", sample(COUNTS, 5, first=3))
@pytest.mark.parametrize("name", sample(UNUSUAL, 3))
@pytest.mark.parametrize(
    "texts",
    [pytest.param(TEXTS, id="documented"), pytest.param({}, id="named", marks=pytest.mark.slow)],
)
def test_a_correct_range_or_order_raises_no_alarm(
    name: str, count: int, texts: Mapping[str, str]
) -> None:
    shop, show = UNUSUAL[name]
    assert_conforms(check(listed(texts), shop.serve(show(make(count)))))


@pytest.mark.slow
@pytest.mark.sampled(3)
@pytest.mark.parametrize("ignored", [None, "start_time", "end_time"])
@pytest.mark.parametrize("says", ["Inclusive lower bound on the start time", "The start time"])
def test_a_parameter_with_the_name_of_a_field_bounds_what_its_description_says(
    ignored: str | None, says: str
) -> None:
    texts = {"start_time": says, "end_time": "Exclusive upper bound on the start time"}
    parameters = {**PARAMETERS, "start_time": WHEN, "end_time": WHEN}

    def begun(items: Items, query: Query) -> Items:
        return not_below(items, "start_time", query["start_time"])

    def earlier(items: Items, query: Query) -> Items:
        return [i for i in items if i["start_time"] < value_of(query["end_time"])]

    parts = {"start_time": begun, "end_time": earlier}
    shop = Shop({**CORRECT.parts, **parts, **({ignored: ignore} if ignored else {})})
    items = [
        {
            **each,
            "start_time": each["created_at"],
            "end_time": f"{each['created_at'][:10]}T23:59:00Z",
        }
        for each in make(30)
    ]
    total, item = {"total": {"type": "integer"}}, {**ITEM, "start_time": WHEN, "end_time": WHEN}
    run = check(contract(parameters, item, total, texts=TEXTS | texts), shop.serve(items))
    is_found = ignored is not None and "bound" in texts[ignored]
    assert breaking(run) == ([("filter.range", f"query/{ignored}")] if is_found else [])


@pytest.mark.parametrize("part", [after, ignore])
def test_a_parameter_with_the_name_of_a_field_may_be_its_bound(part: Change) -> None:
    texts = {**TEXTS, "created_at": "Inclusive lower bound of the time of creation (created at)."}
    total = {"total": {"type": "integer"}}
    operation = contract({**PARAMETERS, "created_at": WHEN}, ITEM, total, texts=texts)
    bound = lambda i, q: part(i, {"created_after": q["created_at"]})  # noqa: E731
    run = check(operation, Shop({**CORRECT.parts, "created_at": bound}).serve(make(30)))
    assert breaking(run) == ([] if part is after else [("filter.range", "query/created_at")])
    assert found(run, Level.NOTE) == set()


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", ["started_at", "subscriptionStartDate"])
@pytest.mark.parametrize("part", [after, ignore])
def test_a_description_may_name_the_field_of_a_bound(name: str, part: Change) -> None:
    texts = {**TEXTS, name: "Returns only things that were created (created at) from this time on."}
    total = {"total": {"type": "integer"}}
    operation = contract({**PARAMETERS, name: WHEN}, ITEM, total, texts=texts)
    bound = lambda i, q: part(i, {"created_after": q[name]})  # noqa: E731
    run = check(operation, Shop({**CORRECT.parts, name: bound}).serve(make(30)))
    assert breaking(run) == ([] if part is after else [("filter.range", f"query/{name}")])


AMOUNT: Final = {"type": "string", "pattern": r"^\d+\.\d\d$"}


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        pytest.param(Decimal, [], id="as numbers"),
        pytest.param(str, ["filter.range"], id="as texts"),
        pytest.param(lambda text: text and 0, ["filter.range"], id="ignored"),
    ],
)
def test_a_text_with_a_decimal_number_is_bounded(read: Any, expected: list[str]) -> None:
    name, texts = "min_cost", {"min_cost": "Only things with at least this cost."}
    operation = contract({name: AMOUNT}, {"id": TEXT, "cost": AMOUNT}, {}, texts=texts)
    costs = [f"{n * 37 % 41 + n / 8:.2f}" for n in range(30)]

    def handler(query: Query) -> Any:
        least = query.get(name, "0.00")
        if fullmatch(AMOUNT["pattern"], least) is None:
            return 422, {}
        shown = [{"id": f"t{n}", "cost": each} for n, each in enumerate(costs)]
        return 200, {"items": [each for each in shown if read(each["cost"]) >= read(least)]}

    assert [rule for rule, _ in breaking(check(operation, handler))] == expected


def finds(test: Callable[[str, str], bool]) -> Callable[[str], Change]:
    """Return parameter → a search for the items whose name passes a test with its value."""
    return lambda name: lambda items, query: [i for i in items if test(i["name"], query[name])]


NOT_FOUND: Final = finds(lambda text, part: False)
EXACT: Final = finds(str.__eq__)
INSIDE: Final = finds(str.__contains__)
START: Final = finds(str.startswith)
ANY_CASE: Final = finds(lambda text, part: part.casefold() in text.casefold())
WORDS: Final = finds(lambda text, part: part.casefold() in text.casefold().split())
WILD: Final = finds(lambda text, part: fnmatchcase(text, f"*{part.partition(chr(0))[0]}*"))
IGNORED: Final = lambda name: ignore  # noqa: E731

CONTAINS: Final = "Only things whose name contains this text (case-insensitive)."
CONTAINED: Final = "Only things whose name contains this text (not case-insensitive)."
PART: Final = "Substring match of the name (SQL `ILIKE`). Slower than `name_prefix_pattern`."
BEGINS: Final = "Only things whose name starts with this value."
VAGUE: Final = "Fuzzy search in the name or a part of it."


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("name", "text", "right", "wrong"),
    [
        ("name_contains", CONTAINS, (ANY_CASE, WORDS), (IGNORED, NOT_FOUND, EXACT, START, INSIDE)),
        ("name_contains", CONTAINED, (INSIDE, ANY_CASE, WORDS), (IGNORED, EXACT, START)),
        ("name__icontains", CONTAINS, (ANY_CASE,), (IGNORED, START)),
        ("name_pattern", PART, (INSIDE, ANY_CASE, WILD), (IGNORED, NOT_FOUND, WORDS, START)),
        ("name_prefix", BEGINS, (START,), (IGNORED, NOT_FOUND, EXACT, INSIDE)),
        ("name_prefix_pattern", "Case-sensitive prefix match.", (START,), (INSIDE,)),
        ("name_like", VAGUE, (INSIDE, START, WORDS, ANY_CASE, NOT_FOUND), (IGNORED,)),
    ],
)
def test_a_parameter_may_search_the_field_that_its_name_states(
    name: str,
    text: str,
    right: Sequence[Callable[[str], Change]],
    wrong: Sequence[Callable[[str], Change]],
) -> None:
    words = ("amber", "Granite", "marble", "sandstone", "stone marble", "red Amber stone")
    items = [{**each, "name": f"{words[n % 6]} {n}"} for n, each in enumerate(make(30))]
    operation = contract({name: TEXT}, ITEM, {"total": {"type": "integer"}}, texts={name: text})

    def judge(search: Callable[[str], Change]) -> list[tuple[str, str]]:
        shop = Shop({**CORRECT.parts, name: search(name)})
        return breaking(check(operation, shop.serve(items)))

    assert [judge(search) for search in right] == [[] for _ in right]
    expected = [("filter.range", f"query/{name}")]
    assert [judge(search) for search in wrong] == [expected for _ in wrong]


@pytest.mark.parametrize("text", [BEGINS, "Start of the name. Upper and lower case differ."])
def test_a_word_that_is_only_inside_of_texts_is_not_their_beginning(text: str) -> None:
    items = [{**each, "name": ("city", "summer trip")[n % 2]} for n, each in enumerate(make(9))]
    named, total = {"name_starts_with": TEXT}, {"total": {"type": "integer"}}
    operation = contract(named, ITEM, total, texts={"name_starts_with": text})

    def judge(search: Callable[[str], Change]) -> list[tuple[str, str]]:
        shop = Shop({**CORRECT.parts, "name_starts_with": search("name_starts_with")})
        return breaking(check(operation, shop.serve(items)))

    assert judge(INSIDE) == [("filter.range", "query/name_starts_with")]
    assert judge(START) == judge(finds(lambda t, part: t.startswith(part.lower()))) == []


@pytest.mark.slow
def test_a_bound_may_be_strict_where_no_description_includes_the_value() -> None:
    strict = changed(
        min_price=lambda i, q: [e for e in costing(i, q) if e["price"] != value_of(q["min_price"])]
    )
    assert_conforms(check(listed({}), strict.serve(make(30))))
    assert breaking(check(listed(), strict.serve(make(30)))) == [
        ("filter.range", "query/min_price")
    ]


@pytest.mark.parametrize("times", [("created_at",), ("created_at", "updated_at")])
def test_the_only_time_may_be_that_of_a_bound_that_names_none(times: Sequence[str]) -> None:
    """Where it selects some items, it must not lose others."""
    items = [{"id": e["id"], **dict.fromkeys(times, e["created_at"])} for e in make(9)]

    def since(shown: Items, query: Query) -> Items:
        later = not_below(shown, "created_at", query["since"])
        return later if len(later) > 3 else later[:-1]

    operation = contract({"since": WHEN}, {"id": TEXT, **dict.fromkeys(times, WHEN)}, {})
    run = check(operation, Shop({"since": since}).serve(items))
    assert breaking(run) == ([("filter.range", "query/since")] if len(times) == 1 else [])


@pytest.mark.slow
def test_a_bound_in_a_range_of_limited_length_bounds_nothing_alone() -> None:
    """The server adds the other bound."""
    says = "The start of the date range. Maximum range is 6 months and default is 1 month."

    def since(shown: Items, query: Query) -> Items:
        start = datetime.fromisoformat(query["since"]).astimezone(UTC)
        last = start + timedelta(days=30)
        return [e for e in shown if start <= datetime.fromisoformat(e["created_at"]) < last]

    for text, found in ((says, []), ("Things since then.", [("filter.range", "query/since")])):
        operation = contract(
            {"since": WHEN}, {"id": TEXT, "created_at": WHEN}, {}, texts={"since": text}
        )
        run = check(operation, Shop({"since": since}).serve(make(9)))
        assert breaking(run) == found


@pytest.mark.slow
def test_a_number_with_many_decimals_may_be_a_rounded_one() -> None:
    """The server compares more decimals than it shows."""
    items = [{**each, "price": n * 31 % 47 + 0.001} for n, each in enumerate(make(30))]

    def above(shown: Items, query: Query) -> Items:
        return [e for e in shown if e["price"] + 0.0004 > value_of(query["min_price"])]

    texts = {**TEXTS, "min_price": "Only things whose price is greater than this (exclusive)."}
    assert breaking(check(listed(texts), changed(min_price=above).serve(items))) == []


@pytest.mark.sampled(4)
@pytest.mark.parametrize("hours", [7, 70, 150])
@pytest.mark.parametrize("count", sample((30, 3), 2))
def test_items_outside_a_bound_of_every_request_are_not_missed(count: int, hours: int) -> None:
    given = {"created_after": (BEGIN + timedelta(hours=hours)).isoformat()}
    run = check(replace(listed(), given=given), CORRECT.serve(make(count)))
    assert_conforms(run)


DIRECTION: Final = {"type": "string", "enum": ["asc", "desc"]}
BY_FIELD: Final = {"order_by": {"type": "string", "enum": ["price", "name"]}, "sort": DIRECTION}
QUOTED: Final = "The field to sort by: one of `price`, `-price`."


CAMEL: Final = {"priceAscending": "price", "priceDescending": "-price"}


def in_camel(items: Items, query: Query) -> Items:
    return ordered(items, {"sort": CAMEL[query["queryOrder"]]})


def in_two(items: Items, query: Query) -> Items:
    down = "-" if query.get("sort") == "desc" else ""
    return ordered(items, {"sort": f"{down}{query.get('order_by', 'name')}"})


NAMED: Final = {"sort": {"type": "string", "enum": ["price", "name"]}}


def downwards(items: Items, query: Query) -> Items:
    is_of_price = query["sort"] == "price"
    return ordered(items, {"sort": "-price" if is_of_price else query["sort"]})


def by_price(items: Items, query: Query) -> Items:
    return ordered(items, {"sort": f"{'-' if query.get('sort') == 'desc' else ''}price"})


def upwards(items: Items, query: Query) -> Items:
    return ordered(items, {"sort": query["sort"].removeprefix("-")})


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("sort", "text", "right", "wrong"),
    [
        ({"sort": TEXT}, QUOTED, ordered, ignore),
        (
            {"sort": TEXT},
            "Attribute to sort by: `id, price`. Prefix with `-` to sort in descending order.",
            ordered,
            ignore,
        ),
        ({"sort": TEXT}, "Sorts by 'price', descending with a leading minus.", ordered, upwards),
        (BY_FIELD, "", in_two, lambda i, q: in_two(i, {**q, "sort": "asc"})),
        ({"queryOrder": {"type": "string", "enum": [*CAMEL]}}, "", in_camel, ignore),
        (
            {"sort": {**TEXT, "enum": ["price,name", "-price,name"]}},
            "",
            lambda i, q: ordered(i, {"sort": q["sort"].partition(",")[0]}),
            ignore,
        ),
        (NAMED, "`price`: highest first; `name`: in any order.", downwards, upwards),
        (NAMED, "`price` puts the cheapest things first.", ordered, downwards),
        (NAMED, "`price`: highest or lowest first.", downwards, ignore),
        (NAMED, "`price`: highest or lowest first.", ordered, ignore),
        (
            {"sort": DIRECTION},
            "Direction of the sort of renamed things by price.",
            by_price,
            ignore,
        ),
    ],
)
def test_an_order_is_read_from_a_description_or_two_parameters(
    sort: Mapping[str, Any], text: str, right: Change, wrong: Change
) -> None:
    operation = contract(sort, ITEM, {}, texts={"sort": text})
    known = {"price", "-price", "name", "asc", "desc", "price,name", "-price,name", *CAMEL}

    def find(change: Change) -> list[tuple[str, str]]:
        def handler(query: Query) -> Any:
            asked = {*query.values()}
            if not asked <= known:
                return 422, {}
            return 200, {"items": change(make(9), query) if query else make(9)}

        return breaking(check(operation, handler))

    assert find(right) == []
    assert find(wrong) == [("filter.order", f"query/{next(iter(sort))}")]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("count", [3, 30])
def test_the_mock_conforms(count: int) -> None:
    operation = listed()
    with mock_client(MockApi(operation, make(count))) as client:
        target = HttpTarget(operation.server, operation, operation.server, client)
        run = Session(target).run()
    assert_conforms(run)
    judged = {(e.promise.rule, e.promise.location) for e in run.results if e.observations}
    assert {("filter.range", "query/min_price"), ("filter.order", "query/sort")} <= judged


def test_a_finding_quotes_the_description() -> None:
    run = check(listed(), changed(min_price=ignore).serve(make(30)))
    (finding,) = [each for each in run.findings if each.rule == "filter.range"]
    assert TEXTS["min_price"] in str(finding.promise.source)


def test_confirmed_by_responses_a_guess_is_tested_like_a_documented_range() -> None:
    """The first value selects as the name suggests, and the second one loses the dearest item."""

    def lose(items: Items, query: Query) -> Items:
        dear = costing(items, query)
        return dear if len(dear) > 4 else sorted(dear, key=lambda each: each["price"])[:-1]

    run = check(listed({}), changed(min_price=lose).serve(make(30)))
    assert ("filter.range", "query/min_price") in found(run)


@pytest.mark.parametrize(
    ("text", "is_inside", "is_found"),
    [
        ("Only things made at or after this date (made_on).", False, True),
        ("Only things made at or after this date (made_on).", True, False),
        ("Only things made after this date (made_on).", False, False),
    ],
)
def test_a_described_bound_contains_its_value(text: str, is_inside: bool, is_found: bool) -> None:
    date = {"type": "string", "format": "date"}
    things = [{"id": f"t{n}", "made_on": f"2026-03-{n % 5 + 1:02}"} for n in range(20)]

    def handler(query: Query) -> Any:
        least = query.get("made_from", "0")
        return 200, [
            t for t in things if t["made_on"] > least or (is_inside and t["made_on"] == least)
        ]

    bound = contract({"made_from": date}, {"id": TEXT, "made_on": date}, texts={"made_from": text})
    assert breaking(check(bound, handler)) == [("filter.range", "query/made_from")] * is_found


@pytest.mark.parametrize(
    ("name", "text", "is_lower", "inclusive"),
    [
        ("price_max", "Greatest price.", False, None),
        ("price_max", "Highest price to show.", False, None),
        ("price_min", "Lowest price.", True, None),
        ("max_price", "Things with a price up to and including this one.", False, True),
    ],
)
def test_words_of_a_description_document_a_bound(
    name: str, text: str, is_lower: bool, inclusive: bool | None
) -> None:
    roles = contract({name: {"type": "number"}}, ITEM, texts={name: text}).roles
    bound = roles.bounds[name]
    assert (bound.is_lower, bound.inclusive, roles.inferred) == (is_lower, inclusive, frozenset())


def test_a_bound_has_the_field_whose_whole_name_its_description_has() -> None:
    number, text = (
        {"type": "integer"},
        "Only the entries of the alarm log that came after UNIQUEID.",
    )
    item = {"alarm_id": number, "unique_id": number}
    assert contract({"after": number}, item, texts={"after": text}).roles.bounds["after"] == Bound(
        "/unique_id", is_lower=True
    )


def test_a_limit_of_what_a_server_reads_is_no_page_size() -> None:
    text = "Maximum number of targets to match."
    roles = contract({"limit": SIZE}, ITEM, texts={"limit": text}).roles
    assert roles.size_parameter is None


@pytest.mark.parametrize(("text", "is_page"), [("Page number, from 1.", True), ("Offset.", False)])
def test_a_parameter_of_any_name_may_be_described_as_the_number_of_a_page(
    text: str, is_page: bool
) -> None:
    names = ("offset", "p")
    found = [contract({n: {"type": "integer"}}, ITEM, texts={n: text}).roles for n in names]
    assert [e.page_parameter for e in found] == ([*names] if is_page else [None, None])
    assert found[0].offset_parameter == (None if is_page else "offset")


def test_the_word_of_a_field_is_no_direction() -> None:
    item, text = {"id": TEXT, "starts_at": WHEN, "ends_at": WHEN}, "Things that start before this."
    roles = contract({"to": WHEN}, item, texts={"to": text}).roles
    bound = roles.bounds["to"]
    assert (bound.field, bound.is_lower, roles.inferred) == ("/starts_at", False, frozenset())


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("createdAfter", "Things whose createdDateTime is at or after this time"),
        ("on_or_after", "Things whose createdDateTime is at or after this time"),
        ("minTime", "Things that were created at or after this date"),
        ("sys.createdAt[gte]", "Things created at or after this time"),
    ],
)
@pytest.mark.parametrize("is_ignored", [True, False])
def test_a_bound_is_known_by_its_name_and_description(
    name: str, text: str, *, is_ignored: bool
) -> None:
    is_nested = name.startswith("sys.")
    field = "createdAt" if is_nested else "createdDateTime"
    own = {"type": "object", "properties": {field: WHEN}} if is_nested else WHEN
    dates = [each["created_at"] for each in make(20)]

    def handler(query: Query) -> Any:
        least = "" if is_ignored else query.get(name, "").replace("Z", "+00:00")
        shown = [(n, date) for n, date in enumerate(dates) if date >= least]
        return 200, [
            {"id": f"t{n}", **({"sys": {field: date}} if is_nested else {field: date})}
            for n, date in shown
        ]

    item = {"id": TEXT, ("sys" if is_nested else field): own}
    run = check(contract({name: WHEN}, item, texts={name: text}), handler)
    assert breaking(run) == [("filter.range", f"query/{name}")] * is_ignored


@pytest.mark.parametrize(
    ("text", "newest", "rule"),
    [
        ("", 1, None),
        ("", -1, "filter.suspect"),
        ("By the time of creation.", 1, None),
        ("By the time of creation.", -1, "filter.order"),
    ],
)
def test_newest_and_oldest_are_orders_by_the_time_of_creation(
    text: str, newest: int, rule: str | None
) -> None:
    sort = {"order": {"type": "string", "enum": ["newest", "oldest"]}}
    things = [{"id": f"t{n}", "created_at": f"2026-03-{n * 7 % 20 + 1:02}"} for n in range(20)]

    def handler(query: Query) -> Any:
        step = {"newest": -newest, "oldest": newest}.get(query.get("order", "newest"))
        by_age = sorted(things, key=lambda each: each["created_at"])
        return (200, by_age[::step]) if step else (422, {})

    item = {"id": TEXT, "created_at": {"type": "string", "format": "date"}}
    run = check(contract(sort, item, texts={"order": text}), handler)
    assert [each.rule for each in run.findings] == [rule] * (rule is not None)


def test_the_first_order_of_each_field_is_tested() -> None:
    fields = ("a", "b", "c", "d", "e")
    sort = {"order_by": {"type": "string", "enum": [*fields]}, "sort": DIRECTION}
    number = {"type": "integer"}
    things: list[Item] = [{"id": f"t{n}", **dict.fromkeys(fields, n * 7 % 20)} for n in range(20)]

    def handler(query: Query) -> Any:
        field, way = query.get("order_by", "e"), query.get("sort", "asc")
        if field not in fields or way not in DIRECTION["enum"]:
            return 422, {}
        by = sorted(things, key=lambda each: each[field], reverse=way == "desc")
        return 200, things if field == "e" else by

    operation = contract(sort, {"id": TEXT, **dict.fromkeys(fields, number)})
    assert breaking(check(operation, handler)) == [("filter.order", "query/order_by")]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("name", "text", "is_shown", "is_found"),
    [
        ("made_from", "at or after", lambda made, limit: made > limit, True),
        ("made_from", "at or after", lambda made, limit: made + 0.4 >= limit, False),
        ("made_to", "at or before", lambda made, limit: made + 0.4 <= limit, False),
        ("made_to", "strictly before", lambda made, limit: made <= limit, True),
        ("made_to", "strictly before", lambda made, limit: made + 0.4 < limit, False),
    ],
)
def test_a_time_may_be_later_than_shown_by_a_part_of_a_second(
    name: str, text: str, is_shown: Callable[[float, float], bool], is_found: bool
) -> None:
    times = [(BEGIN + timedelta(hours=n % 5)).isoformat() for n in range(20)]
    things = [{"id": f"t{n}", "made_at": time} for n, time in enumerate(times)]

    def handler(query: Query) -> Any:
        try:
            limit = datetime.fromisoformat(query[name]).timestamp()
        except KeyError:
            return 200, things
        except ValueError:
            return 400, {}
        made = (datetime.fromisoformat(each["made_at"]).timestamp() for each in things)
        shown = [is_shown(each, limit) for each in made]
        return 200, [each for each, inside in zip(things, shown, strict=True) if inside]

    described = f"Only things made {text} this time (made_at)."
    bound = contract({name: WHEN}, {"id": TEXT, "made_at": WHEN}, texts={name: described})
    assert breaking(check(bound, handler)) == [("filter.range", f"query/{name}")] * is_found


Show: TypeAlias = Callable[[Items, Query, int], Items]
"""Returns the matching items as a server shows them, given the query and the number of requests."""

NAMELESS: Final[Mapping[str, tuple[Show, str]]] = {
    "as documented": (lambda items, query, now: items, ""),
    "one is lost": (
        lambda items, query, now: items[1:] if "min_price" in query else items,
        "filter.range",
    ),
    "one is lost by an order": (
        lambda items, query, now: items[1:] if "sort" in query else items,
        "filter.order",
    ),
    "items depend on the bound": (
        lambda items, query, now: [{**e, "name": query.get("min_price", "")} for e in items],
        "",
    ),
    "items change all the time": (
        lambda items, query, now: [{**each, "name": f"{now}"} for each in items],
        "",
    ),
}


@pytest.mark.slow
@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", NAMELESS)
def test_items_without_ids_are_compared_by_their_content(name: str) -> None:
    show, rule = NAMELESS[name]
    kept = {each: PARAMETERS[each] for each in ("offset", "limit", "min_price", "sort")}
    operation = contract(kept, {n: f for n, f in ITEM.items() if n != "id"}, {}, texts=TEXTS)
    items = [{n: value for n, value in each.items() if n != "id"} for each in make(30)]
    times = count()

    def handler(query: Query) -> Any:
        size = whole_number(query.get("limit", "20"), 1, 50)
        start = whole_number(query.get("offset", "0"), 0, 10**6)
        if size is None or start is None or query.get("sort", "price") not in SORT["enum"]:
            return 400, {}
        try:
            found = costing(items, query) if query.get("min_price") else items
        except ValueError:
            return 400, {}
        found = show(ordered(found, query) if "sort" in query else found, query, next(times))
        return 200, {"items": found[start : start + size]}

    assert {each for each, _ in breaking(check(operation, handler))} == {rule} - {""}


@pytest.mark.parametrize(
    ("read", "rules"),
    [
        (datetime.fromisoformat, []),
        (lambda text: None if "+" in text else datetime.fromisoformat(text), ["query.accepts"]),
        (lambda text: datetime.fromisoformat(f"{text[:19]}Z"), ["filter.range"]),
    ],
    ids=["as an instant", "only in UTC", "without its zone"],
)
def test_a_time_of_another_zone_bounds_the_same_things(
    read: Callable[[str], datetime | None], rules: list[str]
) -> None:
    times = (f"2026-03-{1 + n // 24:02}T{n % 24:02}:15:00Z" for n in range(40))
    things = [{"id": f"t{n}", "at": at} for n, at in enumerate(times)]

    def handler(query: Query) -> Any:
        try:
            since = read(query["since"]) if "since" in query else datetime.min.replace(tzinfo=UTC)
        except ValueError:
            since = None
        if since is None or since.tzinfo is None:
            return 422, {}
        return 200, [each for each in things if datetime.fromisoformat(each["at"]) >= since]

    text = "Only things at or after this time (at)."
    operation = contract({"since": WHEN}, {"id": TEXT, "at": WHEN}, texts={"since": text})
    assert breaking(check(operation, handler)) == [(rule, "query/since") for rule in rules]


@pytest.mark.parametrize(
    ("name", "text", "digits", "is_inside", "is_found"),
    [
        ("since", "after this time (at), exclusive", 26, ge, True),
        ("since", "after this time (at), exclusive", 26, gt, False),
        ("since", "after this time (at), exclusive", 23, gt, False),
        ("since", "after this time (at), exclusive", 19, gt, False),
        ("until", "at or before this time (at)", 26, lt, True),
        ("until", "at or before this time (at)", 19, le, False),
    ],
)
def test_a_time_with_all_its_digits_is_on_one_side_of_itself(
    name: str, text: str, digits: int, is_inside: Callable[[str, str], bool], is_found: bool
) -> None:
    """Other times may be cut, so that the whole one is later than the one that is shown."""
    times = [f"2026-03-{1 + n:02}T07:15:00.{123457 + n * 31}" for n in range(9)]

    def handler(query: Query) -> Any:
        limit = query.get(name, "").removesuffix("Z")
        if name in query and fullmatch(r"2026-[-T:.\d]{14,21}", limit) is None:
            return 422, {}
        shown = [each for each in times if not limit or is_inside(each, limit)]
        return 200, [{"id": each, "at": f"{each[:digits]}Z"} for each in shown]

    texts = {name: f"Only things {text}."}
    operation = contract({name: WHEN}, {"id": TEXT, "at": WHEN}, texts=texts)
    found = [each for each in breaking(check(operation, handler)) if each[0] == "filter.range"]
    assert found == [("filter.range", f"query/{name}")] * is_found


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("q", "Text that the name contains (case-insensitive).", INSIDE),
        ("q", "Text that the name must start with.", INSIDE),
    ],
)
def test_a_search_may_name_its_field_before_the_verb(
    name: str, text: str, wrong: Callable[[str], Change]
) -> None:
    words = ("amber", "Granite", "marble", "sandstone", "stone marble", "red Amber stone")
    items = [{**each, "name": f"{words[n % 6]} {n}"} for n, each in enumerate(make(30))]
    item = {**ITEM, "name": {**TEXT, "maxLength": 80}}
    operation = contract({name: TEXT}, item, {"total": {"type": "integer"}}, texts={name: text})
    shop = Shop({**CORRECT.parts, name: wrong("q")})
    assert breaking(check(operation, shop.serve(items))) == [("filter.range", f"query/{name}")]


@pytest.mark.slow
@pytest.mark.parametrize("is_inclusive", [True, False])
def test_a_bound_whose_field_only_its_name_suggests_may_state_that_it_is_inclusive(
    is_inclusive: bool,
) -> None:
    text = f"The first value, {'inclusive' if is_inclusive else 'exclusive'}."
    strict = changed(
        min_price=lambda i, q: [e for e in costing(i, q) if e["price"] != value_of(q["min_price"])]
    )
    found = breaking(check(listed({"min_price": text}), strict.serve(make(30))))
    assert found == ([("filter.range", "query/min_price")] if is_inclusive else [])


def test_a_bound_that_no_database_column_holds_may_be_ignored() -> None:
    """The server ignores numbers of more than 64 bits."""
    item = {"id": TEXT, "stock": {"type": "integer"}}
    texts = {"min_stock": "Only things with at least this stock."}
    operation = contract({"min_stock": {"type": "integer"}}, item, {}, texts=texts)

    def in_stock(shown: Items, query: Query) -> Items:
        least = int(query["min_stock"])
        return [e for e in shown if e["stock"] >= least] if least < 2**63 else shown

    items = [{"id": f"t{n}", "stock": n * 7 % 30} for n in range(20)]
    assert breaking(check(operation, Shop({"min_stock": in_stock}).serve(items))) == []
