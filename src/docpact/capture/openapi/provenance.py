"""The places in the user's document that state the parts of a contract, as in operation.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docpact.capture.openapi.document import OpenApi, Place
from docpact.model.pointer import find_by_prefix


def describe_origins(
    document: OpenApi, stated: Mapping[str, Mapping[str, str]]
) -> dict[str, Mapping[str, Any]]:
    """Return `origins`, `provenance` and `lines` of operation.json.

    Args:
        document: the user's.
        stated: part of the contract → JSON Pointer in it → JSON Pointer in the document.
    """
    lines: dict[int | str, str] = {}
    provenance: dict[str, dict[str, int | str]] = {}
    for name, table in stated.items():
        provenance[name] = {}
        for where, at in table.items():
            place = document.find_place(at)
            if place.line is not None:
                number, lines[number] = _name_line(document, place), place.line[1]
                provenance[name][where] = number
    return {
        "origins": {name: _shorten(document, table) for name, table in stated.items()},
        "provenance": provenance,
        "lines": {str(number): lines[number] for number in sorted(lines, key=str)},
    }


def _name_line(document: OpenApi, place: Place) -> int | str:
    """Return the number of a line; with the name of the file before it, if it is not the first."""
    number = place.line[0] if place.line else 0
    file = place.text.partition("#")[0]
    return number if file == document.file_name else f"{file}:{number}"


def describe_place(document: OpenApi, where: str) -> dict[str, Any]:
    """Return the place and the line of a gap."""
    place = document.find_place(where)
    return {"place": place.text, **({"line": place.line[0]} if place.line else {})}


def _shorten(document: OpenApi, table: Mapping[str, str]) -> dict[str, str]:
    """Return the places of a table without those that follow from the place of a part around."""
    found: dict[str, str] = {}
    places = {where: document.find_place(at).text for where, at in table.items()}
    for where in sorted(places, key=len):
        if find_by_prefix(found, where) != places[where]:
            found[where] = places[where]
    return found
