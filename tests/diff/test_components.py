"""A change of a shared component is one entry of the report, with all its places."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import in_process

TEXT = {"type": "string"}
PLACES = 5


def refer(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def document(**schemas: Any) -> dict[str, Any]:
    """Return a document of two operations, whose responses have shared parts."""
    components = {
        "State": {"enum": ["new", "old"]},
        "Base": {"properties": {"id": TEXT, "state": refer("State")}, "required": ["id"]},
        "Box": {"allOf": [refer("Base")], "properties": {"label": TEXT}},
        "Bag": {"allOf": [refer("Base")], "properties": {"label": TEXT}},
        "Any": {"anyOf": [refer("Box"), refer("Bag")]},
        **schemas,
    }
    box = {
        "box": refer("Box"),
        "spare": {"anyOf": [refer("Box"), {"type": "null"}]},
        "bags": {"type": "array", "items": refer("Bag")},
        "one": refer("Any"),
        "state": {**refer("State"), "description": "as of today"},
    }
    answers = ({"properties": box}, {"properties": {"data": {"properties": box}}})
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {
            f"/p{number}": {
                "get": {
                    "responses": {
                        "200": {"description": "", "content": {"application/json": {"schema": a}}}
                    }
                }
            }
            for number, a in enumerate(answers)
        },
        "components": {"schemas": components},
    }


def compare(folder: Path, before: Any, after: Any) -> tuple[list[str], Any]:
    """Return the first line of each entry and the last line of the report, and the JSON."""
    (folder / "a.json").write_text(json.dumps(before))
    (folder / "b.json").write_text(json.dumps(after))
    arguments = ("diff", "a.json", "b.json", "--json", "d.json", "--markdown", "d.md")
    done = in_process(arguments, folder, {})
    lines = done.stdout.splitlines()
    written = json.loads((folder / "d.json").read_text())
    rows = [r for r in (folder / "d.md").read_text().splitlines() if "`diff." in r]
    entries = [line.strip() for line in lines if line.startswith("  diff.")]
    assert len(rows) == len(entries)
    assert all(each["operations"] for each in written["changes"])
    missing = [e for e in written["changes"] if not any(f"`{e['location']}`" in r for r in rows)]
    assert (missing, done.stderr) == ([], "")
    return [*entries, lines[-1]], written


BASE = {"properties": {"id": TEXT, "state": refer("State")}, "required": ["id"]}
PLAIN = {"allOf": [refer("Base")], "properties": {}}
SCHEMAS = "#/components/schemas"
LABEL = "#/components/schemas/{}/properties/label"
STRICT = {"allOf": [refer("Base")], "properties": {"label": TEXT}, "required": ["state"]}

CHANGES: dict[str, tuple[dict[str, Any], list[str], str]] = {
    "a value of an enumeration": (
        {"State": {"enum": ["new", "old", "lost"]}},
        ["diff.response.value_added  #/components/schemas/State"],
        "1 change at 10 places: 1 breaking, 0 additive; next version: major",
    ),
    "a type of a shared field": (
        {"Base": {**BASE, "properties": {**BASE["properties"], "id": {"type": "integer"}}}},  # type: ignore[dict-item]
        ["diff.response.type_changed  #/components/schemas/Base/properties/id"],
        "1 change at 8 places: 1 breaking, 0 additive; next version: major",
    ),
    "the same change of two components": (
        {"Box": PLAIN, "Bag": PLAIN},
        [
            f"diff.response.removed  {LABEL.format('Box')}",
            f"diff.response.removed  {LABEL.format('Bag')}",
            f"diff.response.removed  {LABEL.format('Bag')} and 1 more",
        ],
        "3 changes at 8 places: 3 breaking, 0 additive; next version: major",
    ),
    "a component that requires a field of another one": (
        {"Bag": STRICT},
        [
            f"diff.response.always  {SCHEMAS}/Bag/required and 1 more",
        ],
        "1 change at 2 places: 0 breaking, 1 additive; next version: minor",
    ),
}


@pytest.mark.parametrize(("new", "entries", "total"), CHANGES.values(), ids=CHANGES)
def test_a_change_of_a_component_is_one_entry(
    tmp_path: Path, new: Any, entries: list[str], total: str
) -> None:
    found, written = compare(tmp_path, document(), document(**new))
    assert found[-1] == total
    assert found[:-1] == entries
    assert f"at {len(written['changes'])} places" in total
