"""Values of path parameters, found in the items of lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from toy import LAMPS

from docpact.cases.names import list_fields, names_list
from docpact.cases.path_values import PathValues, Shown, collection
from docpact.cases.wire import can_be_read
from docpact.model import Parameter


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ({"id": 7, "name": "low"}, {"lampKey": "7"}),
        ({"name": "low", "code": "l"}, {"lampKey": "low"}),
        ({"key": "k", "name": "low"}, {"lampKey": "k"}),
        ({"watts": 60}, {}),
        ("low", {"lampKey": "low"}),
    ],
)
def test_an_item_without_an_id_is_named_by_its_name(item: Any, value: dict[str, str]) -> None:
    listing = replace(LAMPS, roles=replace(LAMPS.roles, id=None))
    parameter = Parameter("lampKey", "path", required=True, schema={"type": ["string", "integer"]})
    one = replace(LAMPS, path=f"{LAMPS.path}/{{lampKey}}", parameters=(parameter,))
    values = PathValues()
    values.learn(Shown(listing, [{"items": [item]}]))
    assert values.fill(one) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [("/tags", {"uuid": "7"}), ("/tag", {"uuid": "7"}), ("/cats", {}), ("/tags/names", {})],
)
def test_the_path_of_one_thing_may_be_in_the_singular(path: str, value: dict[str, str]) -> None:
    listing = replace(LAMPS, path=path, roles=replace(LAMPS.roles, id=None))
    parameter = Parameter("uuid", "path", required=True, schema={"type": "string"})
    one = replace(LAMPS, path="/tag/{uuid}", parameters=(parameter,))
    values = PathValues()
    values.learn(Shown(listing, [{"items": [{"uuid": "7"}]}]))
    assert values.borrow(one, ()) == value


@pytest.mark.parametrize(
    ("item", "value"),
    [({"tags": 7}, {}), ({"tags": [7]}, {"uuid": "7"}), ({"tag": 7}, {"uuid": "7"})],
)
def test_a_number_with_the_name_of_a_list_counts_its_things(item: Any, value: Any) -> None:
    parameter = Parameter("uuid", "path", required=True, schema={"type": ["string", "integer"]})
    one = replace(LAMPS, path="/tags/{uuid}/parts", parameters=(parameter,))
    values = PathValues()
    values.learn(Shown(LAMPS, [{"items": [{"id": "1", **item}]}]))
    assert values.borrow(one, ()) == value


@pytest.mark.parametrize(
    ("path", "is_named"),
    [
        ("/books/{}/notes", True),
        ("/v1/books/notes", True),
        ("/notes", False),
        ("/papers/{}/notes", False),
        ("/book_notes", True),
        ("/me/bookNoteList", True),
        ("/{}/notes", False),
        ("/", False),
    ],
)
def test_the_words_of_a_name_may_be_spread_over_a_path(path: str, is_named: bool) -> None:
    assert names_list("book_note_id", path) is is_named


def test_a_lookup_of_django_names_the_field_that_it_compares() -> None:
    fields = ("name", "code", "exact")
    for name in ("code__iexact", "user__code__exact", "owner_code"):
        assert list(list_fields(fields, name)) == ["code"]
    assert list(list_fields(fields, "is_exact")) == ["exact"]


@pytest.mark.parametrize(
    ("path", "found"),
    [("/lamps({id})", "/lamps"), ("/lamps('{id}')/parts", "/lamps"), ("/lamps(a{id})", None)],
)
def test_parentheses_name_the_things_of_a_list_in_odata(path: str, found: str | None) -> None:
    assert collection(replace(LAMPS, path=path), "id") == found


@pytest.mark.parametrize("end", ["", "/by-name", "/by_id", "/name"])
def test_a_word_before_a_name_says_how_the_path_names_a_thing(end: str) -> None:
    below = replace(LAMPS, path=f"/books/{{book}}{end or '/pages'}/{{name}}")
    assert collection(replace(LAMPS, path=f"/books{end}/{{name}}"), "name") == "/books"
    assert collection(below, "name") != "/books/{}"


def test_values_are_found_while_another_list_is_learned() -> None:
    values, numbers = PathValues(), count()

    class Bodies(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            values.learn(Shown(replace(LAMPS, path=f"/v1/tags{next(numbers)}"), []))
            return super().__iter__()

    values.learn(Shown(replace(LAMPS, path="/v1/lamps"), [{"items": [{"id": "7"}]}]))
    values.learn(Shown(replace(LAMPS, path="/v1/rooms"), Bodies([{"items": [{"id": "r"}]}])))
    parameter = Parameter("lamp", "path", required=True, schema={"type": "string"})
    one = replace(LAMPS, path="/v1/shelves/{lamp}", parameters=(parameter,))
    assert values.borrow(one, ()) == {"lamp": "7"}
    parameter = replace(parameter, name="room")
    assert values.borrow(replace(one, parameters=(parameter,)), (), 1) == {}


@pytest.mark.parametrize(
    ("text", "explode", "is_valid"),
    [
        ("limit,5,left,3", False, True),
        ("limit,5,left,x", False, False),
        ("limit=5,left=3", True, True),
    ],
)
def test_an_object_in_one_text_has_names_and_values(
    text: str, explode: bool, is_valid: bool
) -> None:
    numbers = {name: {"type": "integer"} for name in ("limit", "left")}
    schema = {"type": "object", "properties": numbers, "required": [*numbers]}
    assert can_be_read(schema, text, explode) is is_valid


@pytest.mark.parametrize(
    ("shown", "payer", "payee"),
    [
        ([{"payer_id": 2, "payee_id": 3}, {"payer_id": 3, "payee_id": 3}], 2, 3),
        ([{"payer_id": None, "payee_id": 2}, {"payer_id": 2, "payee_id": 3}], 2, 3),
        ([{"payer_id": 2, "payee_id": 9}], 2, None),
        ([{"payer_id": 2, "payee_id": 3}, {"payer_id": 9, "payee_id": 3}], None, 3),
        ([{"payer_id": None, "payee_id": None}], None, None),
    ],
)
def test_a_field_that_shows_ids_of_things_names_them(
    shown: list[dict[str, Any]], payer: int | None, payee: int | None
) -> None:
    values, create = PathValues(), replace(LAMPS, path="/v1/payments", method="POST")
    values.learn(Shown(replace(LAMPS, path="/v1/accounts"), [{"items": [{"id": 2}, {"id": 3}]}]))
    values.learn(Shown(replace(create, method="GET"), [{"items": shown}]))
    assert values.find_thing(create, "payer_id") == payer
    assert values.find_thing(create, "payee_id") == payee
    assert values.find_thing(create, "other_id") is None
