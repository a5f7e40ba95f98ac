"""Writes docs/json-schema.md: the supported keywords, and the results of the official test suite.

PYTHONPATH=tests DOCPACT_JSON_SCHEMA_SUITE=FOLDER python -m json_schema.page
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from json_schema.suite import (
    FOLDER,
    GROUPS,
    MISSING,
    UNDRAWN,
    WAIVERS,
    Group,
    cases,
    drawn,
    operation,
    problem,
    waiver,
)
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

from docpact.bodies.formats import STANDARD, is_checked
from docpact.cases.texts import FORMATS
from docpact.model.references import RESOLVED
from docpact.model.schema import ANNOTATIONS, SUPPORTED

PAGE: Final = Path(__file__).parents[2] / "docs" / "json-schema.md"

HEAD: Final = """\
# JSON Schema

The schemas of a contract are JSON Schema 2020-12. A reference may lead to any part of the same
file or of another file of the contract, to a resource that the file contains, or to a metaschema;
docpact never fetches one. Keywords,
formats and patterns that docpact does not know are listed as a gap of the contract.

`docpact.strategies.from_schema` draws values of any schema of drafts 4, 6, 7, 2019-09 and 2020-12.

`tests/json_schema` writes this page and tests docpact against it.

## Keywords

docpact checks bodies against *asserted* keywords, and the strategies generate values that conform
to them. Those that are *resolved* lead to other schemas: when it loads a contract, docpact brings
every reference into one form.
"""

FORMATS_HEAD: Final = """\

## Formats

docpact checks all *asserted* formats, without optional libraries, and the strategies generate
texts of all *generated* ones. Of the OpenAPI format registry it knows the formats of
numbers (`int32`, `int64`, `float`, `double` and others) by their bounds, `byte` and `decimal` by
their notation. `binary` and `password` exclude nothing.

In an OpenAPI document, `contentEncoding: base64` means the format `byte`: a text that cannot be
decoded is a violation. Other encodings, and the content of encoded texts, are gaps.
"""

SUITE: Final = "\n## The official test suite\n"

SUITE_HEAD: Final = """
The table counts the cases of the
[JSON-Schema-Test-Suite](https://github.com/json-schema-org/JSON-Schema-Test-Suite), draft 2020-12,
as `nox -s json_schema_suite` downloads it. A case is one instance of one schema. *Passed* counts
the cases whose schema a contract can contain: both validation engines agree with the suite on them,
except for the *waived* ones. For the schemas that are *generated*, the strategies generate only
valid values; of the others, most have no valid value.
"""

VOCABULARIES: Final = (
    *("core", "applicator", "unevaluated", "validation"),
    *("meta-data", "format-annotation", "content"),
)
"""The vocabularies of 2020-12, by the names of their metaschemas."""


def keywords() -> Iterator[tuple[str, str]]:
    """Yield every keyword of 2020-12 with its vocabulary."""
    for name in VOCABULARIES:
        found = REGISTRY.contents(f"https://json-schema.org/draft/2020-12/meta/{name}")
        for keyword in found["properties"]:
            yield keyword, name


def describe_support(keyword: str) -> str:
    """Return how docpact treats a keyword."""
    if keyword in RESOLVED:
        return "resolved"
    if keyword not in SUPPORTED:
        return "listed as a gap"
    if keyword in ("properties", "items", "then", "else"):
        return "asserted"
    return "no assertion" if keyword in ANNOTATIONS else "asserted"


def vocabulary() -> str:
    """Return the part of the page that does not need the suite."""
    rows = ((f"`{keyword}`", name, describe_support(keyword)) for keyword, name in keywords())
    formats = (
        (f"`{each}`", _yes(is_checked(each)), _yes(each in FORMATS)) for each in sorted(STANDARD)
    )
    return (
        HEAD
        + _table(("keyword", "vocabulary", "in a contract"), rows)
        + FORMATS_HEAD
        + _table(("format", "asserted", "generated"), formats)
    )


def whole() -> str:
    """Return the whole page; the results of the suite are at its end."""
    files = groupby(GROUPS, key=lambda group: group.file)
    waived = "".join(f"- `{each.file}`: {each.description}. {each.reason}\n" for each in WAIVERS)
    head = ("file", "cases", "passed", "waived", "generated", "reasons for the others")
    rows = [_row(f"`{file}`", tuple(found)) for file, found in files]
    rows.append((*_row("all", GROUPS)[:-1], ""))
    undrawn = "".join(f"- `{name}`. {reason}\n" for name, reason in UNDRAWN.items())
    return (
        f"{vocabulary()}{SUITE}{SUITE_HEAD}{_table(head, rows)}\n### Waived cases\n\n{waived}"
        f"\n### Schemas with values that are not generated\n\n{undrawn}"
    )


def _row(name: str, found: tuple[Group, ...]) -> tuple[str, ...]:
    held = [case for g in found if not problem(operation, g) for case in cases(g)]
    generated = [case for g in found if not problem(drawn, g) for case in cases(g)]
    reasons = Counter[str]()
    for group in found:
        if why := problem(drawn, group):
            reasons[_shortened(why)] += len(group.tests)
    counts = (
        sum(len(group.tests) for group in found),
        len(held),
        sum(waiver(case) is not None for case in held),
        len(generated),
    )
    listed = "; ".join(f"{why} ({count})" for why, count in reasons.items())
    return name, *(str(count or "") for count in counts), listed


def _shortened(why: str) -> str:
    """Return a reason without names and advice, so that equal ones are counted together."""
    if why.startswith(("keyword", "format")):
        return re.sub("'(.*?)'", r"`\1`", why.partition(";")[0].partition(",")[0])
    return re.sub(r"'.*'", "…", why).partition(": …")[0]


def _yes(value: bool) -> str:
    return "yes" if value else ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "\n" + "".join(f"| {' | '.join(line)} |\n".replace("  |", " |") for line in lines)


if __name__ == "__main__":
    if not FOLDER:
        sys.exit(MISSING)
    PAGE.write_text(whole(), encoding="utf-8")
