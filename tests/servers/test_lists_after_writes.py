"""Lists show what was created and changed, under filters too, and a PATCH may empty an array."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from servers.loopback import Answer, Request
from servers.pets import FIELDS, PATCH, Pets, Refusal
from servers.test_writes import Case, check, findings, no_waiting

__all__ = ["no_waiting"]


def with_filters(document: Any) -> None:
    """Document filters by kind and by name, and a default of the tags."""
    kind = {"name": "kind", "in": "query", "schema": FIELDS["kind"]}
    named = {"name": "name", "in": "query", "schema": {"type": "string"}}
    document["paths"]["/pets"]["get"]["parameters"] = [
        {**kind, "description": "Only pets of this kind."},
        {**named, "description": "Only pets with exactly this name."},
    ]
    for path, method in (("/pets", "post"), ("/pets/{pet_id}", "put")):
        media = document["paths"][path][method]["requestBody"]["content"]["application/json"]
        fields = {**FIELDS, "tags": {**FIELDS["tags"], "default": []}}
        media["schema"] = {**media["schema"], "properties": fields}


def list_filtered(self: Pets, request: Request) -> Any:
    kinds, names = request.values("kind"), request.values("name")
    if not {*kinds} <= {*FIELDS["kind"]["enum"]}:
        raise Refusal(422)
    shown = [self.show(number) for number in self.pets]
    shown = [pet for pet in shown if not kinds or pet["kind"] in kinds]
    return {"pets": [pet for pet in shown if not names or pet["name"] in names]}


def list_first_values(self: Pets, request: Request) -> Any:
    """Show each pet with the values that it had when it was listed first."""
    for number, pet in self.pets.items():
        self.keys.setdefault(f"listed {number}", dict(pet))  # type: ignore[arg-type]
    known = {number: self.keys[f"listed {number}"] for number in self.pets}
    other = Pets(pets=known)  # type: ignore[arg-type]
    other.pets = known  # type: ignore[assignment]
    return list_filtered(other, request)


def list_old_names(self: Pets, request: Request) -> Any:
    """Find only the pets that were there at the start by their names."""
    shown = list_filtered(self, request)["pets"]
    return {"pets": [pet for pet in shown if not request.values("name") or pet["id"] <= 102]}


def list_truncated(self: Pets, request: Request) -> Any:
    """Show short notes only, whose ends are left out."""
    shown = list_filtered(self, request)["pets"]
    return {"pets": [{**pet, "note": f"{pet['note'][:12]}..."} for pet in shown]}


def list_late() -> Any:
    """Return a list that shows changes only from the second call on."""
    calls, seen = count(), dict[int, Any]()

    def show(self: Pets, request: Request) -> Any:
        shown = list_filtered(self, request)["pets"]
        before = {pet["id"]: dict(pet) for pet in shown}
        late = [seen.get(pet["id"], pet) if next(calls) % 2 else pet for pet in shown]
        seen.update(before)
        return {"pets": late}

    return show


def patch_filled(self: Pets, number: int, request: Request) -> Answer:
    """Ignore empty arrays."""
    sent = self.read(request, PATCH).items()
    self.pets[number] |= {name: value for name, value in sent if value != []}
    return self.write(200, self.show(number))


def patch_added(self: Pets, number: int, request: Request) -> Answer:
    """Add the elements of an array to those that are there."""
    sent, known = self.read(request, PATCH), self.pets[number]
    self.pets[number] |= {**sent, "tags": [*known["tags"], *sent.get("tags", [])]}
    return self.write(200, self.show(number))


def refuse_empty(self: Pets, number: int, request: Request) -> Answer:
    if self.read(request, PATCH).get("tags") == []:
        raise Refusal(422)
    return Pets.patch(self, number, request)


def keep_tags(self: Pets, number: int, request: Request) -> Answer:
    """Keep the tags if a replacement has none."""
    known = {"tags": self.pets[number]["tags"]}
    return Pets.put(self, number, request, {} if "tags" in self.read(request) else known)


def hide_empty(self: Pets, number: int) -> Any:
    return {name: value for name, value in self.pets[number].items() if value != []}


def put_new(self: Pets, number: int, request: Request) -> Answer:
    """Change the time of the creation, too."""
    return Pets.put(self, number, request, {"created_at": "2024-06-01T00:00:00Z"})


def show_version(self: Pets, number: int) -> Any:
    return {**self.pets[number], "version": 7}


def show_queued(self: Pets, number: int) -> Any:
    """Show pets as jobs that are done in turn: each when those before it were removed."""
    is_next = number == min(n for n in self.pets if n > 102 or n == number)
    return {
        **self.pets[number],
        "state": "done" if is_next else "queued",
        "tries": 1 if is_next else 0,
        "result": 7 if is_next else None,
    }


def show_earlier() -> Any:
    """Return a function that shows an earlier time of the last change each time."""
    minutes = count(1)
    start = datetime(2026, 1, 1, tzinfo=UTC)

    def show(self: Pets, number: int) -> Any:
        changed = start - timedelta(minutes=next(minutes))
        return {**self.pets[number], "updated_at": changed.isoformat()}

    return show


def show_second(self: Pets, number: int) -> Any:
    """Show a time without fractions, within which all changes happen."""
    return {**self.pets[number], "updated_at": "2026-01-01T00:00:00Z"}


FILTERED: Final = {"list": list_filtered}
BROKEN: Final = (
    Case("a list of old values", {"list": list_first_values}, "write.updated", "every page"),
    Case("a name that finds old pets", {"list": list_old_names}, "write.listed", "(name="),
    Case(
        "an empty array is ignored", {**FILTERED, "patch": patch_filled}, "write.updated", "/tags"
    ),
    Case("an array is added", {**FILTERED, "patch": patch_added}, "write.updated", "/tags"),
    Case("a PUT creates again", {**FILTERED, "put": put_new}, "write.kept", "/created_at"),
    Case("a PUT keeps the tags", {**FILTERED, "put": keep_tags}, "write.default", "/tags"),
)
UNUSUAL: Final = (
    Case("nothing unusual", FILTERED),
    Case("a list with short notes", {"list": list_truncated}),
    Case("a list that is late", {"list": list_late()}),
    Case("an empty array is refused", {**FILTERED, "patch": refuse_empty}),
    Case("a PUT makes a version", {**FILTERED, "put": put_new, "show": show_version}),
    Case("jobs that wait for others", {**FILTERED, "show": show_queued}),
    Case("empty arrays are absent", {**FILTERED, "show": hide_empty}),
)


@pytest.mark.sampled(8)
@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.name)
def test_a_broken_server_is_found(case: Case, tmp_path: Path) -> None:
    run, _ = check(Case(case.name, case.methods, change=with_filters), tmp_path)
    found = [(each.rule, f"{each.location} {each.observed}") for each in findings(run)]
    assert any(rule == case.rule and case.where in text for rule, text in found), found


@pytest.mark.sampled(8)
@pytest.mark.parametrize("case", UNUSUAL, ids=lambda case: case.name)
def test_an_unusual_server_conforms(case: Case, tmp_path: Path) -> None:
    run, _ = check(Case(case.name, case.methods, change=with_filters), tmp_path)
    serious = [each for each in findings(run) if each.rule != "response.undocumented_field"]
    assert [(each.rule, each.location, each.observed) for each in serious] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("show", "expected"),
    [
        pytest.param(show_earlier(), {"/updated_at"}, id="earlier"),
        pytest.param(show_second, set(), id="within one second"),
    ],
)
def test_a_change_moves_the_time_of_the_last_change(
    show: Any, expected: set[str], tmp_path: Path
) -> None:
    run, _ = check(Case("times", {**FILTERED, "show": show}, change=with_filters), tmp_path)
    found = [each for one in run.runs for each in one.findings]
    assert {each.location for each in found if each.rule == "write.time"} == expected


def count_from(first: int, *, created: bool = True, deleted: bool = True) -> dict[str, Any]:
    """Return a list with a total that leaves out created or deleted things, or begins higher."""

    def show(self: Pets, request: Request) -> Any:
        total = first + created * (self.last - 102) - deleted * self.deleted
        return {**Pets.list(self, request), "total": total}

    return {"list": show}


def count_late() -> dict[str, Any]:
    """Return a list with the total of the request before."""
    known = [2, 2]

    def show(self: Pets, request: Request) -> Any:
        known.append(len(self.pets))
        return {**Pets.list(self, request), "total": known[-2]}

    return {"list": show}


EXACT: Final = "The number of pets in the list."
TOTALS: Final = (
    ("none is counted", count_from(2, created=False, deleted=False), EXACT, True),
    ("deleted ones are counted", count_from(2, deleted=False), EXACT, True),
    ("an estimate", count_from(2, deleted=False), "An estimate.", False),
    ("those of others", count_from(40), EXACT, False),
    ("not counted", count_from(0, created=False, deleted=False), EXACT, False),
    ("exact", count_from(2), EXACT, False),
    ("late", count_late(), EXACT, False),
)


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("name", "methods", "text", "is_broken"), TOTALS, ids=lambda v: str(v)[:9])
def test_a_total_counts_created_and_deleted_things(
    name: str, methods: Any, text: str, is_broken: bool, tmp_path: Path
) -> None:
    def with_total(document: Any) -> None:
        media = document["paths"]["/pets"]["get"]["responses"]["200"]["content"]["application/json"]
        total = {"type": "integer", "description": text}
        fields = {**media["schema"]["properties"], "total": total}
        media["schema"] = {**media["schema"], "properties": fields}

    run, _ = check(Case(name, methods, change=with_total), tmp_path)
    rules = {each.rule for each in findings(run)}
    assert ("write.total" in rules) is is_broken, rules
