"""The forms in which requests carry parameters and fields of forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from docpact.diff.rules import normalize_media_type
from docpact.diff.shapes import ANYTHING
from docpact.diff.view import SourceView, ValueView
from docpact.media_types import is_json

_DELIMITERS: Final = {"spaceDelimited": "%20", "pipeDelimited": "|", "tabDelimited": "%09"}
"""Style → the text between the elements of a joined value, where it is not a comma."""

_PLACES: Final = {"path": "simple", "header": "simple"}
"""Part → the style of its values, where it is not `form` (OpenAPI 3.1, section 4.8.12.2)."""

_EXPLODED: Final = {
    "form": ("", "&"),
    "simple": ("", ","),
    "label": (".", "."),
    "matrix": (";", ";"),
}
"""Style → the text before a value, and the text between its exploded elements."""

_RESERVED: Final = frozenset(":/?#[]@!$&'()*+,;=")
"""Characters that have a meaning in a URL (RFC 3986, section 2.2)."""


def compare_styles(
    part: str, a: SourceView, b: SourceView, views: tuple[ValueView, ValueView]
) -> Iterator[tuple[str, str, str]]:
    """Yield each name of a part whose values the sources write differently, with a sample of each.

    In a sample, `x` is the name, the elements of an array are `a` and `b`, and an object has the
    fields `k` and `l`.
    """
    stated = [source.styles.get(part, {}) for source in (a, b)]
    children = [view.children for view in views]
    common = stated[0].keys() & stated[1].keys() & children[0].keys() & children[1].keys()
    for name in sorted(common):
        found = [each[name] for each in children]
        kinds = _list_kinds(found[0]) & _list_kinds(found[1])
        forms = [
            _write(part, each[name], kinds, view) for each, view in zip(stated, found, strict=True)
        ]
        if forms[0] != forms[1]:
            yield name, forms[0], forms[1]


def _list_kinds(view: ValueView) -> frozenset[str]:
    """Return the kinds of values whose form depends on the style."""
    kinds = frozenset({"array", "object"} & view.types if view.shapes != ANYTHING else ())
    array = view.shapes.get("array")
    is_single = array is not None and array.limits.get("maxItems", (2,))[0] <= 1
    return (kinds - {"array"} if is_single else kinds) | ({"one"} if view.types - kinds else set())


def _write(part: str, stated: Mapping[str, Any], kinds: frozenset[str], view: ValueView) -> str:
    """Return samples of the values; equal texts for equal requests."""
    media_type = stated.get("content_type")
    if media_type is not None:
        is_plain = is_json(media_type) and view.types <= {"integer", "number", "boolean"}
        return "x=a" if is_plain and part != "path" else f"as {normalize_media_type(media_type)}"
    style = str(stated.get("style", _PLACES.get(part, "form")))
    is_exploded = stated.get("explode", style == "form") is True
    forms = [_write_sample(style, kind, is_exploded=is_exploded) for kind in sorted(kinds)]
    is_raw = stated.get("allowReserved") is True and part == "query" and _has_reserved(view)
    return " or ".join(forms) + ", reserved characters as they are" * is_raw


def _write_sample(style: str, kind: str, *, is_exploded: bool) -> str:
    if style == "deepObject" and kind != "one":
        return "x[k]=a&x[l]=b" if kind == "object" else style
    lead, joint = _EXPLODED.get(style, _EXPLODED["form"])
    name = "" if style in ("simple", "label") else "x="
    if kind == "one":
        return f"{lead}{name}a"
    if is_exploded:
        pairs = ("k=a", "l=b") if kind == "object" else (f"{name}a", f"{name}b")
        return lead + joint.join(pairs)
    parts = ("k", "a", "l", "b") if kind == "object" else ("a", "b")
    return lead + name + _DELIMITERS.get(style, ",").join(parts)


def _has_reserved(view: ValueView) -> bool:
    """Return whether a text of a value, or of a part of it, may have a reserved character."""
    found = (each.shapes.get("string") for each in (view, *view.children.values()))
    return any(
        text.values is None or any(_RESERVED & {*str(value)} for value in text.values)
        for text in found
        if text is not None
    )
