"""Searches, flags, ranges and totals that descriptions state, and parameters that need others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from lists import Query, breaking, check, contract, whole_number
from sizes import sample

from docpact.model import Run, Verdict

TEXT: Final = {"type": "string"}
FLAG: Final = {"type": "boolean"}
WHEN: Final = {"type": "string", "format": "date-time"}
WHOLE: Final = {"type": "integer"}
STATE: Final = {"type": "string", "enum": ["new", "old"]}
PARAMETERS: Final[Mapping[str, Any]] = {
    "offset": {"type": "integer", "minimum": 0},
    "limit": {"type": "integer", "minimum": 1, "maximum": 50},
    "state": STATE,
    "search": TEXT,
    "q": TEXT,
    "tags": {"type": "array", "items": TEXT},
    "include_hidden": {**FLAG, "default": False},
    "include_deleted": {"anyOf": [FLAG, {"type": "null"}]},
    "only_open": FLAG,
    "since": WHEN,
}
TEXTS: Final = {
    "search": "Full-text search in names.",
    "tags": "Only things with at least one of these tags.",
    "include_hidden": "Also show hidden things.",
    "include_deleted": "Also show deleted things.",
    "only_open": "Show only open things.",
    "since": "Only things created at or after this time (created_at).",
}
FLAGS: Final = ("include_hidden", "include_deleted", "only_open")
ITEM: Final = {
    "id": TEXT,
    "name": TEXT,
    "state": STATE,
    "tags": {"type": "array", "items": TEXT},
    "hidden": FLAG,
    "open": FLAG,
    "deleted_at": {"anyOf": [WHEN, {"type": "null"}]},
    "created_at": WHEN,
}
TOTAL: Final = {"type": "integer", "description": "Number of things that match the filters"}

Things = list[dict[str, Any]]
Part = Callable[[Things, str], Things]


def make(count: int) -> Things:
    return [
        {
            "id": f"t{n}",
            "name": f"{('amber', 'birch', 'cedar')[n % 3]} {n}",
            "state": STATE["enum"][n % 5 % 2],
            "tags": [tag for k, tag in enumerate(("red", "blue")) if n >> k & 1],
            "hidden": n % 7 == 3,
            "open": n % 4 != 1,
            "deleted_at": "2026-03-02T00:00:00Z" if n % 11 == 6 else None,
            "created_at": f"2026-03-01T{n % 24:02}:{n // 24:02}:00Z",
        }
        for n in range(count)
    ]


def minute(text: str) -> str:
    """Return a time in UTC without its seconds, or another text."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()[:16]
    except ValueError:
        return text


CORRECT: Final[Mapping[str, Part]] = {
    "state": lambda things, text: [each for each in things if each["state"] == text],
    "search": lambda things, text: [each for each in things if text.lower() in each["name"]],
    "q": lambda things, text: [each for each in things if text.lower() in each["name"]],
    "tags": lambda things, text: [each for each in things if text in each["tags"]],
    "include_hidden": lambda things, text: [e for e in things if text == "true" or not e["hidden"]],
    "include_deleted": lambda ts, text: [e for e in ts if text == "true" or not e["deleted_at"]],
    "only_open": lambda things, text: [e for e in things if text != "true" or e["open"]],
    "since": lambda things, text: [e for e in things if minute(e["created_at"]) >= minute(text)],
}


def serve(
    count: int,
    total: Callable[[int, Query], int] | None = None,
    changed: Mapping[str, Part] | None = None,
) -> Any:
    """Return a server with some parts that differ from a correct one."""
    parts = {**CORRECT, **(changed or {})}

    def handler(query: Query) -> Any:
        start = whole_number(query.get("offset", "0"), 0, 10**6)
        size = whole_number(query.get("limit", "20"), 1, 50)
        flags = [query.get(name, "true") for name in FLAGS]
        is_valid = {*flags} <= {"true", "false"} and query.get("state", "new") in STATE["enum"]
        if start is None or size is None or not is_valid or "T" not in query.get("since", "T"):
            return 422, {}
        found = make(count)
        for name, part in parts.items():
            if name in query or name in FLAGS[:2]:
                found = part(found, query.get(name, "false"))
        stated = total(len(found), query) if total else len(found)
        return 200, {"items": found[start : start + size], "total": stated}

    return handler


def judge(handler: Any, texts: Mapping[str, str] = TEXTS, **total: Any) -> Run:
    return check(contract(PARAMETERS, ITEM, {"total": {**TOTAL, **total}}, texts=texts), handler)


@pytest.mark.sampled(4)
@pytest.mark.parametrize("count", sample((0, 1, 3, 30, 120), 2))
def test_described_parameters_that_do_what_they_say_raise_no_alarm(count: int) -> None:
    run = judge(serve(count))
    assert (breaking(run), run.verdict()) == ([], Verdict.CONFORMS)
    assert not [each for each in run.findings if each.rule.endswith("suspect")]


@pytest.mark.parametrize("text", ["also returns hidden things", "hidden things are shown as well"])
def test_a_flag_whose_description_says_that_it_adds_items_is_no_filter(text: str) -> None:
    roles = contract({"hidden": FLAG}, ITEM, {}, texts={"hidden": f"If true, {text}."}).roles
    assert (roles.filters, roles.bounds["hidden"].is_lower) == ({}, False)


def ignore(things: Things, text: str) -> Things:
    del text
    return things


def hide(things: Things, text: str) -> Things:
    return [each for each in things if each["hidden"] is (text == "true")]


def begin(things: Things, text: str) -> Things:
    return [each for each in things if any(tag.startswith(text) for tag in each["tags"])]


def show_deleted(things: Things, text: str) -> Things:
    return [each for each in things if (each["deleted_at"] is None) is (text != "true")]


BROKEN: Final[Mapping[str, tuple[str, Part]]] = {
    "a search is ignored": ("search", ignore),
    "a tag is ignored": ("tags", ignore),
    "the beginning of a tag is enough": ("tags", begin),
    "hidden things are always shown": ("include_hidden", ignore),
    "deleted things are always shown": ("include_deleted", ignore),
    "only hidden things are shown": ("include_hidden", hide),
    "only deleted things are shown": ("include_deleted", show_deleted),
    "a flag is ignored": ("only_open", ignore),
    "a time that a description names is ignored": ("since", ignore),
}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", sample([*BROKEN], 3))
def test_a_described_parameter_that_does_something_else_is_found(name: str) -> None:
    parameter, part = BROKEN[name]
    found = breaking(judge(serve(30, changed={parameter: part})))
    assert found == [("filter.range", f"query/{parameter}")]


def test_a_search_that_only_its_name_suggests_is_at_most_a_note() -> None:
    run = judge(serve(30, changed={"q": ignore}))
    assert breaking(run) == []
    assert "query/q" in {f.location for f in run.findings if f.rule == "filter.suspect"}


@pytest.mark.slow
@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "text", ["Semantic search in names.", "Search; if nothing matches, all things are shown."]
)
def test_a_search_that_may_show_other_things_is_not_tested(text: str) -> None:
    assert breaking(judge(serve(30, changed={"search": ignore}), {**TEXTS, "search": text})) == []


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("text", "total", "found"),
    [
        ("Number of things that match the filters", lambda n, _: n + 2, True),
        ("Number of things that match the filters", lambda n, query: n + ("state" in query), True),
        ("Total number of things", lambda n, _: n + 2, True),
        ("Total number of things", lambda n, query: n + ("state" in query), False),
        ("Estimated number of things", lambda n, _: n + 2, False),
        ("Number of things in total, at most 50", lambda n, _: n + 2, False),
        ("Number of matching things", lambda n, query: 0 if "state" in query else n, True),
        ("Number of matching things", lambda n, _: 0, False),
        ("", lambda n, _: n + 2, False),
    ],
)
def test_a_total_is_exact_if_its_description_says_so(
    text: str, total: Callable[[int, Query], int], found: bool
) -> None:
    run = judge(serve(30, total), description=text)
    assert breaking(run) == ([("paging.total", "/total")] if found else [])


@pytest.mark.slow
def test_a_total_may_count_more_things_than_the_list_shows() -> None:
    run = judge(serve(117, lambda n, _: 237 if n == 100 else n))
    assert breaking(run) == []


def test_a_cursor_of_two_parameters_is_not_sent_in_part() -> None:
    things = make(30)

    def handler(query: Query) -> Any:
        after = query.get("after_id"), query.get("after_name")
        if (after[0] is None) != (after[1] is None):
            return 400, {}
        names = [(each["id"], each["name"]) for each in things]
        start = names.index((after[0] or "", after[1] or "")) + 1 if after in names else 0
        shown, more = things[start : start + 10], start + 10 < len(things)
        onward = {"after_id": shown[-1]["id"], "after_name": shown[-1]["name"]} if more else None
        return 200, {"items": shown, "next": onward}

    parts = {"type": ["object", "null"], "properties": {"after_id": TEXT, "after_name": TEXT}}
    query = {"after_id": TEXT, "after_name": TEXT}
    texts = {"after_id": "Begin after this thing; must be sent together with after_name."}
    run = check(contract(query, ITEM, {"next": parts}, texts=texts), handler)
    assert breaking(run) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Distance in metres. Needs `centre`.", False),
        ("Distance in metres; centre must be set as well.", False),
        ("Distance in metres, mandatory if `centre` is given.", False),
        ("Distance in metres from centre.", True),
        ("Distance in metres, as many as a client needs.", True),
    ],
)
def test_a_value_may_be_refused_without_the_parameter_that_it_needs(text: str, found: bool) -> None:
    def handler(query: Query) -> Any:
        return (400, {}) if "radius" in query and "centre" not in query else (200, make(8))

    run = check(
        contract({"radius": {"type": "number"}, "centre": TEXT}, ITEM, texts={"radius": text}),
        handler,
    )
    assert breaking(run) == ([("query.accepts", "query/radius")] if found else [])


@pytest.mark.parametrize("text", ["", "Only things in this state."])
def test_a_filter_with_a_syntax_of_its_own_is_refused_without_alarm(text: str) -> None:
    def handler(query: Query) -> Any:
        if not query.get("name", "eq.x").startswith("eq."):
            return 400, {}
        return 200, make(8)

    run = check(contract({"name": TEXT}, ITEM, texts={"name": text}), handler)
    assert breaking(run) == ([("query.accepts", "query/name")] if text else [])


@pytest.mark.parametrize("name", ["start_cursor", "offset"])
def test_a_token_with_another_name_leads_to_the_next_page(name: str) -> None:
    things = make(30)

    def handler(query: Query) -> Any:
        start = whole_number((query.get(name) or "c0").removeprefix("c"), 0, 100)
        if start is None:
            return 400, {}
        more = start + 10 < len(things)
        field = "next_cursor" if name == "start_cursor" else name
        again = things[max(start - 1, 0) : start + 10]
        return 200, {"items": again, **({field: f"c{start + 10}"} if more else {})}

    field = "next_cursor" if name == "start_cursor" else name
    run = check(contract({name: TEXT}, ITEM, {field: TEXT}), handler)
    assert [rule for rule, _ in breaking(run)] == ["paging.unique"]


CITIES: Final = ("Ulm", "Rom", "Bern")
LISTED: Final = {"type": "array", "items": STATE}


@pytest.mark.parametrize(
    ("name", "schema", "text", "is_ignored"),
    [
        ("state", LISTED, "Only things in one of these states", True),
        ("city", TEXT, "Only things for this city", True),
        ("city", TEXT, "Only things for this city", False),
    ],
)
def test_a_described_filter_that_is_ignored_is_found(
    name: str, schema: Any, text: str, is_ignored: bool
) -> None:
    things = [
        {"id": f"t{n}", "state": ("new", "old")[n % 2], "city": CITIES[n % 3]} for n in range(12)
    ]

    def handler(query: Query) -> Any:
        asked = None if is_ignored else query.get(name)
        if name == "state" and query.get(name, "new") not in ("new", "old"):
            return 422, {}
        return 200, [each for each in things if asked in (None, each[name])]

    item = {"id": TEXT, "state": STATE, "city": TEXT}
    found = breaking(check(contract({name: schema}, item, texts={name: text}), handler))
    assert (("filter.selects", f"query/{name}") in found) is is_ignored
    assert found == [] or is_ignored


@pytest.mark.parametrize(
    ("text", "shown", "rules"),
    [
        ("Include hidden things.", lambda asked, hidden: asked or not hidden, []),
        ("Include hidden things.", lambda asked, hidden: True, ["filter.range"]),
        ("Whether to include the hidden field in each thing.", lambda asked, hidden: True, []),
    ],
)
def test_a_flag_that_adds_things_or_fields_selects_no_value(
    text: str, shown: Callable[[bool, bool], bool], rules: list[str]
) -> None:
    def handler(query: Query) -> Any:
        if (asked := query.get("hidden", "false")) not in ("true", "false"):
            return 422, {}
        return 200, [each for each in make(20) if shown(asked == "true", each["hidden"])]

    run = check(contract({"hidden": FLAG}, ITEM, texts={"hidden": text}), handler)
    assert breaking(run) == [(rule, "query/hidden") for rule in rules]
    assert {each.rule for each in run.findings} == {*rules}


@pytest.mark.parametrize(
    ("text", "is_filter"),
    [
        ("Filter by whether a thing is hidden. Hidden things include those of old owners.", True),
        ("Whether the thing is hidden.\nHidden things include those of old owners.", True),
        ("Whether the hidden things are included.", False),
        ("Include the user's filters of hidden things.", False),
    ],
)
def test_a_flag_may_select_by_a_value_whose_meaning_includes_something(
    text: str, is_filter: bool
) -> None:
    operation = contract({"hidden": FLAG}, ITEM, texts={"hidden": text})
    assert ("hidden" in operation.roles.filters) is is_filter


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("body", "is_refusal"),
    [
        ({"code": "rest_forbidden_status", "message": "Invalid parameter"}, False),
        ({"detail": "You do not have permission to list old things"}, False),
        ({"detail": "You must be logged in"}, False),
        ({"detail": "Sorry, you are not allowed to list old things"}, False),
        ({"detail": "old is no valid state"}, True),
        ({"detail": '"state" is not allowed to be old'}, True),
        ({"detail": "state contains forbidden characters"}, True),
    ],
)
def test_a_value_that_needs_a_permission_may_be_refused(body: Any, is_refusal: bool) -> None:
    def handler(query: Query) -> Any:
        if query.get("state", "new") != "new":
            return 400, body
        return 200, [each for each in make(20) if each["state"] == "new"]

    run = check(contract({"state": STATE}, ITEM, texts={"state": "Things in this state."}), handler)
    assert breaking(run) == ([("query.accepts", "query/state")] if is_refusal else [])


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("The newest first; only available if only_open is set.", False),
        ("The newest first; only works together when only_open is set.", False),
        ("The newest first, as only_open does not.", True),
    ],
)
def test_a_parameter_that_needs_another_one_may_be_refused_alone(text: str, is_found: bool) -> None:
    def handler(query: Query) -> Any:
        return (400, {}) if "newest" in query and "only_open" not in query else (200, make(20))

    parameters = {"newest": {"type": "string", "enum": ["first", "last"]}, "only_open": FLAG}
    run = check(contract(parameters, ITEM, texts={"newest": text}), handler)
    assert (("query.accepts", "query/newest") in breaking(run)) is is_found


@pytest.mark.parametrize(
    ("text", "is_sent"),
    [
        ("Watch for changes and return them as a stream of events.", False),
        ("If set, the response is streamed.", False),
        ("Only things with a stream.", True),
    ],
)
def test_a_flag_that_asks_for_a_stream_is_not_set(text: str, is_sent: bool) -> None:
    def handler(query: Query) -> Any:
        is_stream = query.get("watch") == "true"
        return 200, b'{"type": "new"}\n{"type": "old"}\n' if is_stream else make(8)

    run = check(contract({"watch": FLAG}, ITEM, texts={"watch": text}), handler)
    assert (("response.json", "body") in breaking(run)) is is_sent
