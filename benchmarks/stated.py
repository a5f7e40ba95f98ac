"""What documents state and contracts lose: `python benchmarks/stated.py DIR [--every 5]`.

Each field of each operation is left out, one at a time. If neither the contract nor its gaps
change, docpact does not read the field. Fields are those of OpenAPI 2.0 to 3.2 that state something
about messages, without those of schemas, which `corpus.py` counts; values that repeat a default are
left out.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from docpact.capture.openapi import capture_operation, read_document
from docpact.capture.openapi.document import OpenApi, OpenApiOperation, list_operations
from docpact.errors import DocpactError
from docpact.files import DOCUMENTS
from docpact.model.pointer import Tokens, pointer, tokens

_VALUE: Final = {"content": "{media"}

KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "item": {"parameters": "[parameter", "servers": "[server"},
    "operation": {
        "parameters": "[parameter",
        "requestBody": "body",
        "responses": "{response",
        "callbacks": "{callback",
        "security": "[requirement",
        "servers": "[server",
    },
    "parameter": _VALUE,
    "body": {"content": "{media"},
    "media": {"encoding": "{encoding"},
    "encoding": {"headers": "{header"},
    "response": {"headers": "{header", "content": "{media", "links": "{link"},
    "header": _VALUE,
    "link": {"parameters": "{value"},
    "server": {"variables": "{variable"},
    "scheme": {"flows": "{flow"},
}
"""Kind of object → its fields with further objects: `[` a list of them, `{` a map of them."""

SILENT: Final = frozenset(
    {"description", "summary", "title", "example", "examples", "externalDocs", "tags", "deprecated"}
    | {"operationId", "default", "name", "in", "url", "scopes", "consumes", "produces", "schemes"}
    | {"bearerFormat", "authorizationUrl", "refreshUrl", "openIdConnectUrl"}
)
"""Fields that state nothing, or without which a document is another one."""

DEFAULTS: Final[Mapping[str, tuple[Any, ...]]] = {
    "explode": (True, False),
    "style": ("form", "simple"),
    "collectionFormat": ("csv",),
    "scheme": ("bearer",),
}
"""Field → values that may repeat the default; `false`, 0 and empty ones always may."""


def list_fields(operation: OpenApiOperation) -> Iterator[tuple[str, Tokens]]:
    """Yield kind and field, and place, of each field that an operation states or refers to."""
    document, seen = operation.document, set[str]()
    waiting: list[tuple[str, Any, str]] = [
        ("operation", operation.content, operation.where),
        ("item", {k: operation.path_item.get(k) for k in KINDS["item"]}, operation.item_where),
    ]
    held = operation.content if "security" in operation.content else document.content
    names = {name for each in held.get("security") or () for name in each}
    schemes = document.content.get("components", {}).get("securitySchemes", {})
    waiting += [
        ("scheme", schemes[name], f"/components/securitySchemes{pointer([name])}")
        for name in names & schemes.keys()
    ]
    while waiting:
        kind, value, where = waiting.pop()
        try:
            value, where = _follow(document, value, where)
        except DocpactError:
            continue
        if where in seen or not isinstance(value, Mapping):
            continue
        seen.add(where)
        for name, each in value.items():
            inner, at = KINDS.get(kind, {}).get(name, ""), f"{where}{pointer([name])}"
            parts = _list_parts(inner, each, at)
            waiting += [(inner.lstrip("[{"), *part) for part in parts]
            is_usual = not each or (name == "required" and value.get("in") == "path")
            is_usual = is_usual or each in DEFAULTS.get(name, ()) or name.startswith(("x-", "$ref"))
            if not parts and not is_usual and name not in SILENT:
                yield f"{kind} {name}", tokens(at)


def _follow(document: OpenApi, value: Any, where: str) -> tuple[Any, str]:
    return document.resolve(value, where, () if document.is_3_0 else ("type", "properties"))


def _list_parts(inner: str, value: Any, at: str) -> list[tuple[Any, str]]:
    if inner.startswith("{") and isinstance(value, Mapping):
        return [(each, f"{at}{pointer([name])}") for name, each in value.items()]
    if inner.startswith("[") and isinstance(value, list):
        return [(each, f"{at}/{number}") for number, each in enumerate(value)]
    return [(value, at)] if inner and isinstance(value, Mapping) else []


def leave_out(value: Any, path: Tokens) -> Any:
    """Return a document without one field; all that is not around it is shared."""
    first, *rest = path
    if isinstance(value, list):
        number = int(first)
        return [leave_out(e, tuple(rest)) if n == number else e for n, e in enumerate(value)]
    if rest:
        return {**value, first: leave_out(value[first], tuple(rest))}
    return {name: each for name, each in value.items() if name != first}


def read_contract(operation: OpenApiOperation) -> tuple[Any, frozenset[str]] | None:
    """Return the promises of a contract, and the places of its gaps; None if it is refused."""
    try:
        files = {name: json.loads(t) for name, t in capture_operation(operation).items()}
    except DocpactError:
        return None
    stated = files["operation.json"]
    gaps = stated.pop("gaps", [])
    for part in ("origins", "provenance", "lines"):
        stated.pop(part, None)
    return (files, [each["said"] for each in gaps]), frozenset(g.get("place", "") for g in gaps)


def count(file: Path, every: int, lost: Counter[str], shown: dict[str, str]) -> int:
    """Count the fields of one document, and those that are lost."""
    try:
        content = read_document(file)
        operations = list_operations(content, file.name)[::every]
    except DocpactError:
        return 0
    number = 0
    for each in operations:
        if each.problem is not None or (whole := read_contract(each)) is None:
            continue
        for field, path in list_fields(each):
            number += 1
            document = each.document
            place = document.find_place(pointer(path)).text
            if any(f"{place}/".startswith(f"{gap}/") for gap in whole[1] if gap):
                continue
            changed = OpenApi(
                leave_out(document.content, path), document.name, document.moved, document.files
            )
            item, _ = changed.resolve({"$ref": f"#{each.item_where}"}, "")
            left = OpenApiOperation(changed, each.path, each.method, item, each.item_where)
            if (found := read_contract(left)) is not None and found[0] == whole[0]:
                lost[field] += 1
                shown.setdefault(field, f"{file}: {each.method_and_path} {pointer(path)}")
    return number


def main() -> None:
    """Print how many fields are lost, by kind and name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take each Nth operation")
    args = parser.parse_args()
    lost, shown, number = Counter[str](), dict[str, str](), 0
    for file in sorted(f for f in args.folder.rglob("*") if f.suffix in DOCUMENTS):
        number += count(file, args.every, lost, shown)
    sys.stdout.write(f"{number:,} fields, {sum(lost.values()):,} neither read nor a gap\n")
    for field, times in lost.most_common():
        sys.stdout.write(f"{times:6,}  {field:30}  e.g. {shown[field]}\n")


if __name__ == "__main__":
    main()
