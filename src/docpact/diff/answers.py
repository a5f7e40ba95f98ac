"""Recorded responses as a source: these show nothing about other responses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from docpact.bodies.decode import decode
from docpact.bodies.wording import json_type
from docpact.diff.shapes import Shape, make_key
from docpact.diff.view import Completeness, SourceView, ValueView
from docpact.errors import UsageError
from docpact.files import read_text
from docpact.model.pointer import pointer, tokens


def read_answers(name: str, scope: str | None) -> SourceView:
    """Return the statements of the recorded bodies in a file.

    Args:
        name: `answers:FILE`.
        scope: folded JSON Pointer of the part of a response body that each of them is.

    Raises:
        UsageError: the file cannot be read, a line is not JSON, or there is no body.
    """
    file = name.removeprefix("answers:")
    return view_bodies(read_text(Path(file)), file, scope or "")


def view_bodies(text: str, name: str, scope: str = "") -> SourceView:
    """Return what recorded bodies show.

    Args:
        text: one decoded body, a JSON array of bodies, or one body a line.
        name: of the file in errors and reports.
        scope: folded JSON Pointer of the part of a response body that each of them is.

    Raises:
        UsageError: a line is not JSON, or there is no body.
    """
    bodies = list(_bodies(text, name))
    if not bodies:
        raise UsageError(f"{name}: contains no recorded response")
    response = _view(bodies, "", is_present=True)
    return SourceView(name, Completeness.SAMPLE, parts={"response": response}, scope=tokens(scope))


def _bodies(text: str, name: str) -> Iterator[Any]:
    whole = decode(text.encode("utf-8", "surrogatepass"))
    if whole.readable and not whole.problems:
        yield from whole.value if isinstance(whole.value, list) else [whole.value]
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            body = decode(line.encode("utf-8", "surrogatepass"))
            if not body.readable:
                raise UsageError(f"{name}:{number}: neither the file nor this line is JSON")
            yield body.value


def _view(values: Sequence[Any], path: str, *, is_present: bool) -> ValueView:
    """Return the view of the values that were seen at one location."""
    kinds: dict[str, list[Any]] = {}
    for value in values:
        kinds.setdefault(json_type(value), []).append(value)
    shapes = {kind: _shape(kind, seen) for kind, seen in kinds.items()}
    objects, arrays = kinds.get("object", []), kinds.get("array", [])

    def read_children() -> dict[str, ValueView]:
        names = dict.fromkeys(name for each in objects for name in each)
        found = {name: [each[name] for each in objects if name in each] for name in names}
        views = {
            name: _view(each, f"{path}{pointer([name])}", is_present=len(each) == len(objects))
            for name, each in found.items()
        }
        elements = [each for array in arrays for each in array]
        more = {"*": _view(elements, f"{path}/*", is_present=True)} if elements else {}
        return views | more

    return ValueView(shapes, is_present, path, read_children)


def _shape(kind: str, values: Sequence[Any]) -> Shape:
    """Return the shape of values of one type; numbers are integers if all of them are."""
    if kind in ("null", "object", "array"):
        return Shape()
    listed = tuple(dict(map(make_key, values)).values())
    return Shape(values=listed, is_whole=all(type(value) is int for value in listed))
