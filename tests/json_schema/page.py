"""Writes docs/json-schema.md: the vocabulary by keyword, and the official suite by file.

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
from docpact.model.schema import ANNOTATIONS, SUPPORTED

PAGE: Final = Path(__file__).parents[2] / "docs" / "json-schema.md"

HEAD: Final = """\
# JSON Schema

The schemas of a contract are JSON Schema 2020-12, in the vocabulary that a documentation page can
state. A contract that holds any other keyword, `true` or `false` for a schema, or a reference that
leads out of its own file is refused when it is loaded: nothing is passed over in silence.

`tests/json_schema` writes this page, and holds docpact to it.

## Keywords

Whatever is *asserted* is asserted of bodies, and kept by what the strategies draw. They raise a
`ContractError` where an assertion stands beside a `$ref`, or beside an `anyOf` of which not every
form states it too.
"""

FORMATS_HEAD: Final = """\

## Formats

A format that is not asserted here, where `docpact[formats]` is installed, is refused. The
strategies draw texts of some formats, and raise a `ContractError` for the others.
"""

SUITE: Final = "\n## The official test suite\n"

SUITE_HEAD: Final = """
[JSON-Schema-Test-Suite](https://github.com/json-schema-org/JSON-Schema-Test-Suite), draft 2020-12,
as `nox -s json_schema_suite` brings it; counted are its cases, an instance of a schema each. *Held*
are those whose schema a contract may hold: both engines say of them what the suite says, but for
what is *waived*. Of the schemas that are *drawn* the strategies draw valid values only, and the
likes of each valid instance.
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


def how(keyword: str) -> str:
    """Say what docpact makes of a keyword."""
    if keyword not in SUPPORTED:
        return "refused"
    return "no assertion" if keyword in ANNOTATIONS else "asserted"


def vocabulary() -> str:
    """Write what is known without the suite."""
    rows = ((f"`{keyword}`", name, how(keyword)) for keyword, name in keywords())
    formats = (
        (f"`{each}`", _yes(is_checked(each)), _yes(each in FORMATS)) for each in sorted(STANDARD)
    )
    return (
        HEAD
        + _table(("keyword", "vocabulary", "in a contract"), rows)
        + FORMATS_HEAD
        + _table(("format", "asserted", "drawn"), formats)
    )


def whole() -> str:
    """Write the page; what the suite tells stands at its end."""
    files = groupby(GROUPS, key=lambda group: group.file)
    waived = "".join(f"- `{each.file}`: {each.description}. {each.reason}\n" for each in WAIVERS)
    head = ("file", "cases", "held", "waived", "drawn", "refused, or not drawn, and why")
    rows = [_row(f"`{file}`", tuple(found)) for file, found in files]
    rows.append((*_row("all", GROUPS)[:-1], ""))
    return f"{vocabulary()}{SUITE}{SUITE_HEAD}{_table(head, rows)}\n### What is waived\n\n{waived}"


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
    told = "; ".join(f"{why} ({count})" for why, count in reasons.items())
    return name, *(str(count or "") for count in counts), told


def _shortened(why: str) -> str:
    """Write a reason without what it is an instance of, and without advice."""
    if why.startswith(("keyword", "format")):
        return re.sub("'(.*?)'", r"`\1`", why.partition(";")[0].partition(",")[0])
    return re.sub(r"'.*'", "…", why).partition(": …")[0]


def _yes(told: bool) -> str:
    return "yes" if told else ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "\n" + "".join(f"| {' | '.join(line)} |\n".replace("  |", " |") for line in lines)


if __name__ == "__main__":
    if not FOLDER:
        sys.exit(MISSING)
    PAGE.write_text(whole(), encoding="utf-8")
